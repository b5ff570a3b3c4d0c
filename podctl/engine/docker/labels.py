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
_MANIFEST = "podctl.manifest."
_PIECE = 48_000


def pack_manifest(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The manifest as labels `podctl.manifest.0`, `.1`, ...: JSON, zlib, base64, 48 kB each."""
    text = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False)
    packed = base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 9)).decode("ascii")
    return {f"{_MANIFEST}{n}": packed[at : at + _PIECE] for n, at in enumerate(range(0, len(packed), _PIECE))}


def unpack_manifest(labels: Mapping[str, str]) -> dict[str, Any]:
    """The manifest in the labels of an infra container; {} where there is none that can be read."""
    pieces: list[str] = []
    while (piece := labels.get(f"{_MANIFEST}{len(pieces)}")) is not None:
        pieces.append(piece)
    try:
        text = zlib.decompress(base64.b64decode("".join(pieces), validate=True)).decode("utf-8", "surrogatepass")
        value = json.loads(text)
    except (ValueError, zlib.error):
        return {}
    return value if isinstance(value, dict) else {}


def label_file(labels: Mapping[str, str]) -> str:
    """The text for `--label-file`: one line a label. Values are single lines (they are ours, or JSON)."""
    return "".join(f"{key}={value}\n" for key, value in labels.items())
