"""The labels on everything that podctl makes; the infra container's also carry the manifest.

A line of a label file ends at 64 kB (docker-facts.md section 6), so the packed manifest is cut into pieces.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CLUSTER = "podctl.cluster"
NAMESPACE = "podctl.namespace"
POD = "podctl.pod"
UID = "podctl.uid"
CONTAINER = "podctl.container"
ROLE = "podctl.role"
SPEC_HASH = "podctl.spec-hash"
CONFIG_HASHES = "podctl.config-hashes"
REASON = "podctl.reason"
CLAIM = "podctl.claim"
CLAIM_SIZE = "podctl.claim-size"
CLAIM_MODES = "podctl.claim-modes"
CREATED_AT = "podctl.created-at"
REVISION = "podctl.revision"
DOCUMENT = "document"  # the role of a container that carries a copy of the Document
_MANIFEST = "podctl.manifest."
_DOCUMENT = "podctl.document."
_PIECE = 48_000


def pack_manifest(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The manifest as labels `podctl.manifest.0`, `.1`, ...: JSON, zlib, base64."""
    text = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False)
    packed = base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 9)).decode("ascii")
    return _cut(_MANIFEST, packed)


def unpack_manifest(labels: Mapping[str, str]) -> dict[str, Any]:
    """The manifest in the labels of an infra container; {} where there is none that can be read."""
    try:
        packed = base64.b64decode(_joined(_MANIFEST, labels), validate=True)
        value = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
    except (ValueError, zlib.error):
        return {}
    return value if isinstance(value, dict) else {}


def pack_document(payload: str) -> dict[str, str]:
    """What codec.encode made, as labels `podctl.document.0`, `.1`, ..."""
    return _cut(_DOCUMENT, payload)


def unpack_document(labels: Mapping[str, str]) -> str:
    return _joined(_DOCUMENT, labels)


def _cut(name: str, text: str) -> dict[str, str]:
    """Pieces of 48 kB."""
    return {f"{name}{n}": text[at : at + _PIECE] for n, at in enumerate(range(0, len(text), _PIECE))}


def _joined(name: str, labels: Mapping[str, str]) -> str:
    pieces: list[str] = []
    while (piece := labels.get(f"{name}{len(pieces)}")) is not None:
        pieces.append(piece)
    return "".join(pieces)


def label_file(labels: Mapping[str, str]) -> str:
    """The text for `--label-file`: one line a label. Values are single lines (they are ours, or JSON)."""
    return "".join(f"{key}={value}\n" for key, value in labels.items())
