"""Careful ways into a raw mapping: what has the wrong type is as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.yamltext import Path


def map_at(value: Any, name: str) -> Mapping[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def each_at(value: Any, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The mappings in a list, with their places."""
    inner = value.get(name) if isinstance(value, dict) else None
    if not inner or not isinstance(inner, list):
        return []
    return [(at, each) for at, each in enumerate(inner) if isinstance(each, dict)]


def text_at(value: Mapping[str, Any], name: str) -> str:
    inner = value.get(name)
    return inner if isinstance(inner, str) else ""


def containers(pod: Mapping[str, Any]) -> list[tuple[Path, Mapping[str, Any]]]:
    """Init containers first."""
    return [
        (("spec", field, at), each)
        for field in ("initContainers", "containers")
        for at, each in each_at(pod.get("spec"), field)
    ]
