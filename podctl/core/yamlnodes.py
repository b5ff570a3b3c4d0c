"""The text of YAML and JSON as a tree of nodes that know their lines, and the tree as plain values.

A manifest of ten thousand Pods has 300,000 nodes, so what is done for each of them is little: paths and the lines of
values are made up where a problem needs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from podctl.core.yamlscalars import plain_scalar
from podctl.core.yamltext import Path, kind, path_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_DEPTH = 100  # of nesting; a Pod needs about 12
MOST_ALIASED = 100_000  # values that aliases may add to those written, against the "billion laughs"

_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # in JSON's strings, but not in YAML's
_CORE_TAG = "tag:yaml.org,2002:"
_TAGGED = "a tag (!) that cannot be read here; text that begins with ! needs quotes"  # it may be a password: not shown
_MERGE = object()


@dataclass(slots=True)  # not frozen: that makes each thrice as slow
class Node:
    """`value`: a scalar, a list of nodes, or a tuple of pairs of nodes, keys first."""

    line: int
    value: Any

    def line_at(self, path: Path) -> int:
        """The line of the value at this path below here, or of the nearest value around it."""
        node, line = self, self.line
        for step in path:
            if (found := node.below(step)) is None:
                break
            line, node = found
        return line

    def below(self, step: str | int) -> tuple[int, Node] | None:
        """An entry of a list, or what a key has, the written one before merged ones; an entry's or the key's line."""
        if isinstance(self.value, list):
            entry = self.value[step] if isinstance(step, int) and step < len(self.value) else None
            return (entry.line, entry) if entry else None
        pairs: Pairs = self.value if isinstance(self.value, tuple) else ()
        written = ((key.line, value) for key, value in pairs if key.value == step)
        merged = (one.below(step) for key, value in pairs if key.value is _MERGE for one in value.entries)
        return next(written, None) or next(filter(None, merged), None)

    @property
    def entries(self) -> list[Node]:
        """Of a list; anything else is its own only one."""
        return self.value if isinstance(self.value, list) else [self]


Pairs: TypeAlias = tuple[tuple[Node, Node], ...]


class _StopError(Exception):
    """Nothing behind this place can be read."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """`seen`: what each scalar without quotes is, for most of them are the same few words."""

    source: str
    json: bool
    problems: list[str] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)
    written: int = 0
    built: int = 0

    def wrong(self, line: int, what: str) -> None:
        self.problems.append(f"{self.source}:{line}: {what}")

    def stop(self, line: int, what: str) -> _StopError:
        self.wrong(line, what)
        return _StopError()

    def documents(self, text: str) -> Iterator[Node]:
        """The documents up to the first place that is not YAML, which is noted as a problem."""
        if self.json:
            text = _UNREADABLE.sub(_escape, _SURROGATES.sub(_join_surrogates, text))
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        try:
            events = iter(loader(text).get_event, None)
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

    def compose(self, event: Any, events: Iterator[Any], anchors: dict[str, Node], depth: int) -> Node:
        self.written += 1
        line = event.start_mark.line + 1
        if depth > MOST_DEPTH:
            raise self.stop(line, f"nested more than {MOST_DEPTH} deep")
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:  # not named: text that begins with * may be a password
                raise self.stop(line, "an alias (*) to no anchor (&) above it; text that begins with * needs quotes")
            return anchors[event.anchor]
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
        node = Node(line, value)
        if event.anchor:
            anchors[event.anchor] = node
        return node

    def scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text = event.value
        tag = event.tag and event.tag.removeprefix(_CORE_TAG)
        if not tag:
            if event.implicit[0]:
                return self.seen[text] if text in self.seen else self.plain(text, line)
            return text
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
            value = self.seen[text] = plain_scalar(text, json=self.json)
        except ValueError as error:
            self.wrong(line, str(error))
            return None
        return value

    def build(self, node: Node, path: Path = ()) -> Any:
        """The plain value of a node. None, and a problem, for one that grows beyond all bounds."""
        self.built += 1
        if self.built - self.written > MOST_ALIASED or len(path) > 2 * MOST_DEPTH:
            if not self.problems:
                self.wrong(node.line, f"aliases (*) that expand to more than {MOST_ALIASED} values")
            return None
        if isinstance(node.value, tuple):
            return self.mapping(node.value, path)
        if isinstance(node.value, list):
            return [self.build(each, (*path, index)) for index, each in enumerate(node.value)]
        return "<<" if node.value is _MERGE else node.value

    def mapping(self, pairs: Pairs, path: Path) -> dict[str, Any]:
        first: dict[str, int] = {}
        found: dict[str, Any] = {}
        merged: list[Pairs] = []
        for key, value in pairs:
            name = key.value
            if name is _MERGE:
                merged += self.merged(value)
            elif not isinstance(name, str):
                where = f"{path_text(path)}: " if path else ""
                self.wrong(key.line, f"{where}a key must be a string, not {kind(name)}: put it in quotes")
            elif name in first:
                at = path_text((*path, name))
                self.wrong(key.line, f"{at}: written twice, first in line {first[name]}")
            else:
                first[name] = key.line
                found[name] = self.build(value, (*path, name))
        for more in merged:
            for name, value in self.mapping(more, path).items():
                found.setdefault(name, value)
        return found

    def merged(self, value: Node) -> list[Pairs]:
        if all(isinstance(one.value, tuple) for one in value.entries):
            return [one.value for one in value.entries]
        self.wrong(value.line, "<< merges mappings only")
        return []


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
