"""A Document as text: JSON, zlib, base64. Equal Documents give equal texts."""

from __future__ import annotations

import base64
import dataclasses
import json
import zlib
from typing import TYPE_CHECKING, Any

from podctl.core.document.model import Act, Deed, Document, Leaving, ObjectKey, PodEntry, Silence
from podctl.core.model import PodKey

if TYPE_CHECKING:
    from collections.abc import Mapping

# Grows with every field that is added: an older podctl could not read it, or would write the Document without it.
FORM = 2


def encode(document: Document) -> str:
    text = json.dumps(_plain(document), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 6)).decode("ascii")


def decode(payload: str) -> Document:
    """Raises ValueError for what is no Document, or one of a newer podctl."""
    try:
        text = zlib.decompress(base64.b64decode(payload, validate=True)).decode("utf-8", "surrogatepass")
        value = json.loads(text)
        newer = value["form"] > FORM
        document = None if newer else _document(value)
    except (ValueError, zlib.error, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"it is damaged: {error}") from error
    if document is None:
        raise ValueError(f"it was written by a newer podctl (form {value['form']}, this one knows {FORM})")
    return document


def _plain(document: Document) -> dict[str, Any]:
    return {
        "form": FORM,
        "cluster": document.cluster,
        "revision": document.revision,
        "keepers": list(document.keepers),
        "elders": list(document.elders),
        "pods": [
            {**_fields(each, "key"), "namespace": key.namespace, "name": key.name}
            for key, each in sorted(document.pods.items())
        ],
        "objects": [
            {"kind": key.kind, "namespace": key.namespace, "name": key.name, "raw": raw}
            for key, raw in sorted(document.objects.items(), key=lambda item: item[0])
        ],
        "leaving": [
            {**_fields(each, "key"), "uid": uid, "namespace": each.key.namespace, "name": each.key.name}
            for uid, each in sorted(document.leaving.items())
        ],
        "claims": [[key.namespace, key.name, minion] for key, minion in sorted(document.claims.items())],
        "cordons": sorted(document.cordons),
        "silences": {name: _fields(each) for name, each in document.silences.items()},
        "told": dict(sorted(document.told.items())),
        "acts": [{**_fields(each, "deeds"), "deeds": [_fields(deed) for deed in each.deeds]} for each in document.acts],
    }


def _fields(value: Any, *without: str) -> dict[str, Any]:
    """What differs from its default."""
    pairs = ((each, getattr(value, each.name)) for each in dataclasses.fields(value) if each.name not in without)
    return {each.name: given for each, given in pairs if given != _default(each)}


def _default(of: dataclasses.Field[Any]) -> Any:
    return of.default if of.default_factory is dataclasses.MISSING else of.default_factory()


def _document(value: Mapping[str, Any]) -> Document:
    """What an older podctl did not write has its default."""
    pods = [_pod(each) for each in value["pods"]]
    return Document(
        cluster=value["cluster"],
        revision=value["revision"],
        keepers=tuple(value["keepers"]),
        elders=tuple(value.get("elders", ())),
        pods={each.key: each for each in pods},
        objects={
            ObjectKey(each["kind"], each["namespace"], each["name"]): each["raw"] for each in value.get("objects", ())
        },
        leaving={each["uid"]: _leaving(each) for each in value.get("leaving", ())},
        claims={PodKey(namespace, name): minion for namespace, name, minion in value.get("claims", ())},
        cordons=frozenset(value.get("cordons", ())),
        silences={name: Silence(**each) for name, each in value.get("silences", {}).items()},
        acts=tuple(_act(each) for each in value.get("acts", ())),
        told=dict(value.get("told", {})),
    )


def _act(value: Mapping[str, Any]) -> Act:
    return Act(**{**value, "deeds": tuple(Deed(**deed) for deed in value["deeds"])})


def _leaving(value: Mapping[str, Any]) -> Leaving:
    rest = {name: each for name, each in value.items() if name not in ("uid", "namespace", "name")}
    return Leaving(key=PodKey(value["namespace"], value["name"]), **rest)


def _pod(value: Mapping[str, Any]) -> PodEntry:
    rest = {name: each for name, each in value.items() if name not in ("namespace", "name")}
    return PodEntry(key=PodKey(value["namespace"], value["name"]), **rest)
