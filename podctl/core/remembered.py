"""What the Document remembers, as manifests again: Pods to be made once more, and objects that Pods use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from podctl.core.manifest import parse_values
from podctl.core.references import attempt, referred
from podctl.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.document.model import Document
    from podctl.core.manifest import Manifests, PodManifest
    from podctl.core.model import PodKey

SOURCE = "the Document"


def remembered(document: Document, keys: Iterable[PodKey]) -> Manifests:
    """Those Pods of the Document, in the order of `keys`, without warnings; their references are still open.

    Raises ManifestError for one that this podctl cannot read.
    """
    entries = [document.pods[key] for key in keys if key in document.pods]
    values = [_whole("Pod", each.key.namespace, each.key.name, each.manifest) for each in entries]
    return replace(parse_values(values, SOURCE), warnings=())


def known_objects(document: Document, manifests: Manifests) -> Manifests:
    """The Document's objects that these Pods refer to and these files lack: what `references.resolve` closes them from.

    No other is read, so that one that this podctl cannot read is in nobody's way. Raises ManifestError for such.
    """
    found = [(key, document.objects[key]) for key in sorted(referred(manifests)) if key in document.objects]
    values = [_whole(key.kind, key.namespace, key.name, raw) for key, raw in found]
    return replace(parse_values(values, SOURCE), warnings=())


def completed(document: Document, keys: Iterable[PodKey], files: Manifests) -> tuple[Manifests, Mapping[PodKey, str]]:
    """Those Pods of the Document behind the Pods of `files`, their references closed; files go before the Document.

    A Pod that stands in the files already is not added. One that cannot be made, as what it uses was deleted, is left
    out and told of with why.
    """
    given = {pod.key for pod in files.pods}
    pods, broken = _readable(document, [key for key in keys if key not in given and key in document.pods])
    extra = replace(files, pods=pods)
    try:
        done, problems = attempt(extra, known_objects(document, extra))
    except ManifestError as error:
        return files, {**broken, **{pod.key: "; ".join(error.problems) for pod in pods}}
    told = {**broken, **{key: "; ".join(texts) for key, texts in problems.items()}}
    return replace(done, pods=(*files.pods, *done.pods), warnings=files.warnings), told


def _readable(document: Document, keys: Sequence[PodKey]) -> tuple[tuple[PodManifest, ...], dict[PodKey, str]]:
    """All in one go; one by one only where some cannot be read."""
    try:
        return remembered(document, keys).pods, {}
    except ManifestError as error:
        if len(keys) == 1:
            return (), {keys[0]: "; ".join(error.problems)}
    parts = [_readable(document, [key]) for key in keys]
    return tuple(pod for pods, _ in parts for pod in pods), {key: why for _, told in parts for key, why in told.items()}


def _whole(kind: str, namespace: str, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """With what its key says of it, where the raw value does without."""
    metadata = {**(raw.get("metadata") or {}), "namespace": namespace, "name": name}
    return {"apiVersion": "v1", **raw, "kind": kind, "metadata": metadata}
