"""Ways into a manifest that is taken to be valid, but of which any part may be missing or null.

(`schema.raw` has the ways into one that may be wrong.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def map_of(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = parent.get(name) or {}
    return part


def list_of(parent: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    part: Iterable[Mapping[str, Any]] = parent.get(name) or ()
    return part


def texts_of(parent: Mapping[str, Any], name: str) -> dict[str, str]:
    """Labels, or what else maps texts to texts: a null value is an empty one, as in Kubernetes."""
    return {key: "" if value is None else str(value) for key, value in map_of(parent, name).items()}
