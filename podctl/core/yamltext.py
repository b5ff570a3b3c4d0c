"""YAML and JSON text as plain values, with the line of every value.

Unlike PyYAML's own loader this one reads scalars as kubectl does (podctl.core.yamlscalars), and refuses a key that is
written twice, keys that are no strings, and aliases that expand without bound.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from podctl.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.yamlnodes import Node

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a text: its value, and the nodes that the value was made of, which know their lines."""

    value: Any
    source: str
    root: Node

    def line(self, path: Path) -> int:
        """The 1-based line of the value at this path, or of the nearest value around it; the whole has the path ()."""
        return self.root.line_at(path)

    def problem(self, path: Path, what: str) -> str:
        """One line of an error: `web.yaml:7: spec.containers[0].image: what`."""
        return f"{self.source}:{self.line(path)}: {path_text(path)}{': ' if path else ''}{what}"


def path_text(path: Path) -> str:
    """`spec.containers[0].image`; keys that are no plain words stand as `labels["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z0-9_-]+", step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or "". Case does not count."""
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.65)
    return by_lower[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "containers"?)`, or nothing when no known word is near."""
    near = nearest(word, known)
    return f' (did you mean "{near}"?)' if near else ""


def load(text: str, source: str) -> tuple[Document, ...]:
    """Every document of the text that is not empty. Raises ManifestError with all problems found."""
    from podctl.core.yamlnodes import Reader  # noqa: PLC0415  PyYAML's 15 ms, which `--help` need not pay

    text = text.removeprefix("\ufeff")
    reader = Reader(source=source, json=text.lstrip().startswith("{"))
    built = ((reader.build(root), root) for root in reader.documents(text))
    found = [Document(value=value, source=source, root=root) for value, root in built if value is not None]
    if reader.problems:
        raise ManifestError(reader.problems)
    return tuple(found)


def kind(value: Any) -> str:
    """What a person calls the type of a plain value: `a number`, `a list` ..."""
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "nothing"
    names = {int: "a number", float: "a number", str: "a string", list: "a list", tuple: "a mapping", dict: "a mapping"}
    return names[type(value)]
