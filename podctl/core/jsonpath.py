r"""kubectl's JSONPath templates: `{.metadata.name}`, `{range .items[*]}{.metadata.name}{"\n"}{end}`.

Grammar: client-go `util/jsonpath`. Known: fields (`.a.b`, `['a.b']`, `.a\.b`), `[0]`, `[-1]`, `[1:3]`, `[*]`, `.*`,
`..name`, `$`, `@`, quoted text, range and end. A field that is missing gives nothing, as kubectl's
--allow-missing-template-keys (its default); several results are separated by one space; maps and lists print as JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT = "fields, [0], [1:3], [*], ..name, range/end and quoted text are known; `-o json | jq` does the rest"
_NAME = re.compile(r"(?:[^\s\\.\[\](){}'\"$@?,:*|=<>!]|\\.)+")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_SLICE = re.compile(r"\[\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(\d*)\s*)?\]")
_INDEX = re.compile(r"\[\s*(-?\d+)\s*\]")
_WILDCARD = re.compile(r"\[\s*\*\s*\]|\*")
_BRACKET_NAME = re.compile(rf"\[\s*({_QUOTED.pattern})\s*\]", re.DOTALL)
_REFUSED = {"[?": "filters [?(...)]", "(": "scripts (...)"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Field:
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    at: int


@dataclass(frozen=True, slots=True)
class Slice:
    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class Descent:
    """The value itself and everything below it."""


@dataclass(frozen=True, slots=True)
class Root:
    """`$`: start again at the whole."""


PathStep: TypeAlias = Field | Index | Slice | Wildcard | Descent | Root
JsonPath: TypeAlias = tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """`{range PATH}` and what stands up to its `{end}`."""

    path: JsonPath
    body: tuple[str | JsonPath | Range, ...]


Template: TypeAlias = tuple[str | JsonPath | Range, ...]


# ------------------------------------------------------------------------------------------------------------ parsing


def parse_template(text: str) -> Template:
    """Raises InputError that shows what is wrong. A text without braces is one path, as kubectl takes it."""
    relaxed = text if "{" in text or not text.strip() else "{" + relaxed_path(text) + "}"
    open_ranges: list[tuple[JsonPath, list[str | JsonPath | Range]]] = [((), [])]
    for piece in _pieces(relaxed):
        if isinstance(piece, _End):
            path, body = open_ranges.pop()
            if not open_ranges:
                raise _wrong(text, "there is an {end} without a {range}")
            open_ranges[-1][1].append(Range(path, tuple(body)))
        elif isinstance(piece, _Start):
            open_ranges.append((piece.path, []))
        else:
            open_ranges[-1][1].append(piece)
    if len(open_ranges) > 1:
        raise _wrong(text, "there is a {range} without its {end}")
    return tuple(open_ranges[0][1])


def parse_path(text: str) -> JsonPath:
    """One path, with or without braces and its leading dot, as --sort-by takes it."""
    return _path(relaxed_path(text), text)


def relaxed_path(text: str) -> str:
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    return inner if inner.startswith((".", "$", "@", "[")) else f".{inner}"


@dataclass(frozen=True, slots=True)
class _Start:
    path: JsonPath


class _End:
    pass


def _pieces(text: str) -> Iterator[str | JsonPath | _Start | _End]:
    at = 0
    while at < len(text):
        brace = text.find("{", at)
        if brace != at:
            end = len(text) if brace < 0 else brace
            yield text[at:end]
            at = end
            continue
        end = _closing(text, at)
        yield from _action(text[at + 1 : end].strip(), text)
        at = end + 1


def _closing(text: str, brace: int) -> int:
    """The place of the `}` that belongs to the `{` at `brace`; one inside quotes is text."""
    at = brace + 1
    while at < len(text) and text[at] != "}":
        quoted = _QUOTED.match(text, at)
        if text[at] in "'\"" and not quoted:
            break
        at = quoted.end() if quoted else at + (2 if text[at] == "\\" else 1)
    if at >= len(text) or text[at] != "}":
        raise _wrong(text, f"{text[brace:]!r} has no closing brace, or a quote in it is not closed")
    return at


def _action(inner: str, text: str) -> Iterator[str | JsonPath | _Start | _End]:
    """What stands between braces: end, a range, or quoted text and paths."""
    if inner == "end":
        yield _End()
    elif re.match(r"range\b", inner):
        yield _Start(_path(inner[len("range") :].strip(), text))
    else:
        at = 0
        while at < len(inner):
            if quoted := _QUOTED.match(inner, at):
                yield _unquoted(quoted[0])
                at = quoted.end()
            elif inner[at].isspace():
                at += 1
            elif inner[at] in "'\"":
                raise _wrong(text, f"the quote in {inner[at:]!r} is not closed")
            else:
                end = _path_end(inner, at)
                yield _path(inner[at:end], text)
                at = end


def _path_end(inner: str, at: int) -> int:
    """Where quoted text that is not in brackets, or the whole, ends the path that begins at `at`."""
    depth = 0
    while at < len(inner):
        if depth == 0 and inner[at] in "'\"":
            break
        quoted = _QUOTED.match(inner, at)
        depth += {"[": 1, "]": -1}.get(inner[at], 0)
        at = quoted.end() if quoted else at + (2 if inner[at] == "\\" else 1)
    return min(at, len(inner))


def _path(path: str, text: str) -> JsonPath:
    steps: list[PathStep] = []
    at = 0
    while at < len(path):
        if path[at].isspace() or path[at] == "@":
            at += 1
            continue
        step, at = _step(path, at, text)
        steps += step
    return tuple(steps)


def _step(path: str, at: int, text: str) -> tuple[list[PathStep], int]:
    for start, what in _REFUSED.items():
        if path.startswith(start, at) or path.startswith("." + start, at):
            raise _wrong(text, f"{what} are not supported")
    if bracketed := _bracketed(path, at):
        return bracketed
    steps: list[PathStep] = [Descent()] if path.startswith("..", at) else []
    after = at + (2 if steps else 1 if path[at] == "." else 0)
    if found := _WILDCARD.match(path, after):
        return [*steps, Wildcard()], found.end()
    if after > at and (found := _NAME.match(path, after)):
        return [*steps, Field(re.sub(r"\\(.)", r"\1", found[0]))], found.end()
    if after > at and (after == len(path) or path[after] in "[ "):  # `.` alone is the whole
        return steps, after
    raise _wrong(text, f"{path[at:]!r} is no part of a path")


def _bracketed(path: str, at: int) -> tuple[list[PathStep], int] | None:
    """`$` and what stands in brackets; None for anything else."""
    if path[at] == "$":
        return [Root()], at + 1
    if found := _INDEX.match(path, at):
        return [Index(int(found[1]))], found.end()
    if found := _SLICE.match(path, at):
        return [Slice(*(int(part) if part else None for part in found.groups()))], found.end()
    if found := _BRACKET_NAME.match(path, at):
        return [Field(_unquoted(found[1]))], found.end()
    return None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1], flags=re.DOTALL)


def _wrong(text: str, what: str) -> InputError:
    return InputError(f"wrong jsonpath {text!r}", evidence=what, hint=_HINT)
