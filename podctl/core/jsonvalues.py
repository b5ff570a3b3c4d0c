"""What a JSONPath finds in a value, and how kubectl prints it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from podctl.core.jsonpath import Descent, Field, Index, Range, Root, Slice, Wildcard
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podctl.core.jsonpath import JsonPath, PathStep, Template


def render(template: Template, value: Any, root: Any = None) -> str:
    """The template's text over `value`. Raises PodctlError for an index beyond a list."""
    whole = value if root is None else root
    parts = []
    for piece in template:
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, Range):
            parts += [render(piece.body, each, whole) for each in find(piece.path, value, whole)]
        else:
            parts.append(" ".join(map(value_text, find(piece, value, whole))))
    return "".join(parts)


def find(path: JsonPath, value: Any, root: Any = None) -> list[Any]:
    """Every value at the path, in order; none where a field is missing."""
    found = [value]
    for step in path:
        found = [root if root is not None else value] if isinstance(step, Root) else list(_each(step, found))
    return found


def value_text(value: Any) -> str:
    """As kubectl prints it: JSON for maps and lists, `true`, `<nil>`, anything else as it is."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _each(step: PathStep, values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        match step:
            case Field(name):
                if isinstance(value, dict) and name in value:
                    yield value[name]
            case Index(at):
                yield from _item(value, at)
            case Slice(start, stop, stride):
                if isinstance(value, list):
                    yield from value[start : stop : stride or 1]
            case Wildcard():
                yield from _children(value)
            case Descent():
                yield from _below(value)


def _item(value: Any, at: int) -> Iterator[Any]:
    if not isinstance(value, list):
        return
    if not -len(value) <= at < len(value):
        raise PodctlError(
            f"array index out of bounds: index {at}, length {len(value)}",
            hint="[*] takes whatever is there, and nothing of an empty list.",
        )
    yield value[at]


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return value if isinstance(value, list) else []


def _below(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _below(child)
