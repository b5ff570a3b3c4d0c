"""YAML and JSON text as plain values, with the line of every value.

Unlike PyYAML's own loader this one reads scalars as kubectl does (podctl.core.yamlscalars), and refuses a key that is
written twice, keys that are no strings, and aliases that expand without bound.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from podctl.core.yamlscalars import plain_scalar
from podctl.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import yaml

Path: TypeAlias = tuple[str | int, ...]

MOST_DEPTH = 100  # of nesting; a Pod needs about 12
MOST_ALIASED = 100_000  # values that aliases may add to those written, against the "billion laughs"

_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # in JSON's strings, but not in YAML's
_CORE_TAG = "tag:yaml.org,2002:"
_TAGGED = "a tag (!) that cannot be read here; text that begins with ! needs quotes"  # it may be a password: not shown
_MERGE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a text. `line_of` maps the path of every value to its 1-based line; the whole has the path ()."""

    value: Any
    source: str
    line_of: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of the value at this path, or of the nearest value around it."""
        while path and path not in self.line_of:
            path = path[:-1]
        return self.line_of[path]

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
    text = text.removeprefix("\ufeff")
    reader = _Reader(source=source, json=text.lstrip().startswith("{"))
    found = []
    for root in reader.documents(text):
        lines: dict[Path, int] = {}
        value = reader.build(root, (), lines)
        if value is not None:
            found.append(Document(value=value, source=source, line_of=lines))
    if reader.problems:
        raise ManifestError(reader.problems)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Node:
    line: int
    value: Any  # a scalar, a list of _Node, or a tuple of pairs of _Node


class _StopError(Exception):
    """Nothing behind this place can be read."""


@dataclass(slots=True, kw_only=True)
class _Reader:
    source: str
    json: bool
    problems: list[str] = field(default_factory=list)
    written: int = 0
    built: int = 0

    def wrong(self, line: int, what: str) -> None:
        self.problems.append(f"{self.source}:{line}: {what}")

    def stop(self, line: int, what: str) -> _StopError:
        self.wrong(line, what)
        return _StopError()

    def documents(self, text: str) -> Iterator[_Node]:
        """The documents up to the first place that is not YAML, which is noted as a problem."""
        import yaml  # noqa: PLC0415  15 ms that `--help` need not pay

        if self.json:
            text = _UNREADABLE.sub(_escape, _SURROGATES.sub(_join_surrogates, text))
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        try:
            events = yaml.parse(text, Loader=loader)
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    yield self.compose(next(events), events, {}, 0)
        except _StopError:
            pass
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.wrong(mark.line + 1 if mark else 1, _syntax(error, text))
        except yaml.reader.ReaderError as error:
            self.wrong(1 + text.count("\n", 0, error.position), "not YAML: a control character, or not UTF-8")
        except UnicodeEncodeError as error:
            self.wrong(1 + text.count("\n", 0, error.start), "not YAML: not UTF-8")

    def compose(self, event: Any, events: Iterator[Any], anchors: dict[str, _Node], depth: int) -> _Node:
        import yaml  # noqa: PLC0415  see documents

        self.written += 1
        line = event.start_mark.line + 1
        if depth > MOST_DEPTH:
            raise self.stop(line, f"nested more than {MOST_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:  # not named: text that begins with * may be a password
                raise self.stop(line, "an alias (*) to no anchor (&) above it; text that begins with * needs quotes")
            return anchors[event.anchor]
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event, line)
        elif event.tag and event.tag not in (_CORE_TAG + "map", _CORE_TAG + "seq", "!"):
            raise self.stop(line, _TAGGED)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            while not isinstance(each := next(events), yaml.SequenceEndEvent):
                value.append(self.compose(each, events, anchors, depth + 1))
        else:
            pairs = []
            while not isinstance(each := next(events), yaml.MappingEndEvent):
                key = self.compose(each, events, anchors, depth + 1)
                pairs.append((key, self.compose(next(events), events, anchors, depth + 1)))
            value = tuple(pairs)
        node = _Node(line, value)
        if event.anchor:
            anchors[event.anchor] = node
        return node

    def scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text = event.value
        tag = (event.tag or "").removeprefix(_CORE_TAG)
        if not tag:
            return self.plain(text, line) if event.implicit[0] else text
        if tag in ("!", "str"):
            return text
        value = self.plain(text, line)
        if tag in ("null", "bool", "int", "float") and type(value).__name__.removesuffix("Type").lower() in (
            tag.replace("null", "none"),
            "int" if tag == "float" else "",
        ):
            return value
        self.wrong(line, _TAGGED)
        return None

    def plain(self, text: str, line: int) -> Any:
        if text == "<<":
            return _MERGE
        try:
            return plain_scalar(text, json=self.json)
        except ValueError as error:
            self.wrong(line, str(error))
            return None

    def build(self, node: _Node, path: Path, lines: dict[Path, int]) -> Any:
        lines.setdefault(path, node.line)
        self.built += 1
        if self.built - self.written > MOST_ALIASED or len(path) > 2 * MOST_DEPTH:
            if not self.problems:
                self.wrong(node.line, f"aliases (*) that expand to more than {MOST_ALIASED} values")
            return None
        if node.value is _MERGE:
            return "<<"
        if isinstance(node.value, list):
            return [self.build(each, (*path, index), lines) for index, each in enumerate(node.value)]
        if isinstance(node.value, tuple):
            return self.mapping(node.value, path, lines)
        return node.value

    def mapping(self, pairs: tuple[tuple[_Node, _Node], ...], path: Path, lines: dict[Path, int]) -> dict[str, Any]:
        first: dict[str, int] = {}
        found: dict[str, Any] = {}
        merged: list[tuple[tuple[_Node, _Node], ...]] = []
        for key, value in pairs:
            name = key.value
            if name is _MERGE:
                merged += self.merged(value)
            elif not isinstance(name, str):
                self.wrong(key.line, f"{_where(path)}a key must be a string, not {kind(name)}: put it in quotes")
            elif name in first:
                at = path_text((*path, name))
                self.wrong(key.line, f"{at}: written twice, first in line {first[name]}")
            else:
                first[name] = lines[(*path, name)] = key.line
                found[name] = self.build(value, (*path, name), lines)
        for more in merged:
            inner: dict[Path, int] = {}
            for name, value in self.mapping(more, path, inner).items():
                if name not in found:
                    found[name] = value
                    lines.update({at: line for at, line in inner.items() if at[: len(path) + 1] == (*path, name)})
        return found

    def merged(self, value: _Node) -> list[tuple[tuple[_Node, _Node], ...]]:
        each = value.value if isinstance(value.value, list) else [value]
        if all(isinstance(one.value, tuple) for one in each):
            return [one.value for one in each]
        self.wrong(value.line, "<< merges mappings only")
        return []


def kind(value: Any) -> str:
    """What a person calls the type of a plain value: `a number`, `a list` ..."""
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "nothing"
    names = {int: "a number", float: "a number", str: "a string", list: "a list", tuple: "a mapping", dict: "a mapping"}
    return names[type(value)]


def _where(path: Path) -> str:
    return f"{path_text(path)}: " if path else ""


def _join_surrogates(found: re.Match[str]) -> str:
    """JSON writes characters beyond 16 bits as two escapes, which YAML does not know."""
    high, low = int(found[2], 16), int(found[3], 16)
    return found[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "not YAML: indented with a tab; YAML wants blanks"
    return "not YAML: " + ", ".join(part for part in (error.context, error.problem) if part)
