"""The settings of `~/.ssh/config` as ssh_config(5) has them: blocks, Include, first value wins. Pure but for `load`."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.errors import InventoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_INCLUDE_DEPTH = 16  # OpenSSH's own limit
_SEVERAL = ("identityfile", "certificatefile")  # every value counts, in order; of all others the first
_ARGUMENT = re.compile(r'"([^"]*)"|(#.*)|(\S+)')
_LINE = re.compile(r"(\w+)(?:\s*=\s*|\s+)(.*\S)")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One test of a Host or Match line."""

    kind: str  # originalhost, host, user, localuser, all, final, or one that we cannot decide
    patterns: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the file. It counts where every criterion above it holds."""

    keyword: str  # lower case
    value: str  # the first argument; of ProxyCommand the rest of the line
    arguments: tuple[str, ...]
    place: str  # file:line
    criteria: tuple[Criterion, ...]


def matches(patterns: Iterable[str], value: str) -> bool:
    """ssh_config(5) PATTERNS: `*`, `?`, and `!` before a pattern that excludes whatever the others say."""
    found = False
    for pattern in patterns:
        expression = re.escape(pattern.lstrip("!")).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(expression, value, re.DOTALL):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _arguments(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for quoted, comment, plain in _ARGUMENT.findall(text):
        if comment:
            break
        found.append(plain or quoted)
    return tuple(found)


def _criteria(arguments: tuple[str, ...], place: str) -> tuple[Criterion, ...]:
    found: list[Criterion] = []
    rest = list(arguments)
    while rest:
        kind, _, value = rest.pop(0).partition("=")
        name = kind.lstrip("!").lower()
        if name in ("all", "final", "canonical"):
            found.append(Criterion(name, (), kind.startswith("!")))
            continue
        if not value and not rest:
            raise InventoryError([f"{place}: Match {name} has no argument"])
        found.append(Criterion(name, tuple((value or rest.pop(0)).split(",")), kind.startswith("!")))
    return tuple(found)


def parse(
    text: str,
    file: str,
    include: Callable[[str, str], Iterable[tuple[str, str]]] = lambda _pattern, _file: (),
    *,
    around: tuple[Criterion, ...] = (),
    depth: int = 0,
) -> tuple[Setting, ...]:
    """All settings in the order of the file, those of included files in their place.

    `include` gives the files (name, text) of an Include pattern. InventoryError names the file and line of a line
    that cannot be read.
    """
    return tuple(_settings(text, file, include, around, depth))


def _settings(
    text: str,
    file: str,
    include: Callable[[str, str], Iterable[tuple[str, str]]],
    around: tuple[Criterion, ...],
    depth: int,
) -> Iterator[Setting]:
    criteria = around
    for number, line in enumerate(text.splitlines(), 1):
        stripped, place = line.strip(), f"{file}:{number}"
        if not stripped or stripped.startswith("#"):
            continue
        found = _LINE.fullmatch(stripped)
        if not found:
            raise InventoryError([f"{place}: {stripped.split()[0]} has no value"])
        keyword, arguments = found[1].lower(), _arguments(found[2])
        if keyword == "host":
            criteria = (*around, Criterion("originalhost", arguments))
        elif keyword == "match":
            criteria = (*around, *_criteria(arguments, place))
        elif keyword == "include":
            if depth >= _INCLUDE_DEPTH:
                raise InventoryError([f"{place}: more than {_INCLUDE_DEPTH} files include each other"])
            for name, content in (each for pattern in arguments for each in include(pattern, file)):
                yield from _settings(content, name, include, criteria, depth + 1)
        elif arguments:
            value = found[2] if keyword == "proxycommand" else arguments[0]
            yield Setting(keyword, value, arguments, place, criteria)


def load(path: str | None, home: str) -> tuple[Setting, ...]:
    """The settings of `path`; with None those of the user's file, then of the machine's, as ssh reads them.

    InventoryError: `path` was named and cannot be read.
    """

    def include(pattern: str, file: str) -> Iterator[tuple[str, str]]:
        base = "/etc/ssh" if file.startswith("/etc/ssh/") else f"{home}/.ssh"
        full = f"{home}{pattern[1:]}" if pattern.startswith("~/") else str(Path(base) / pattern)
        for name in sorted(glob.glob(full)):  # noqa: PTH207 - the pattern is absolute, which Path.glob refuses
            yield from _read(name)

    if path is not None:
        file = f"{home}{path[1:]}" if path.startswith("~/") else path
        try:
            return parse(Path(file).read_text("utf-8", "replace"), file, include)
        except OSError as error:
            raise InventoryError(
                [f"{file}: this ssh_config of the inventory cannot be read: {error.strerror}"]
            ) from error
    files = (f"{home}/.ssh/config", "/etc/ssh/ssh_config")
    return tuple(
        setting for file in files for name, text in _read(file) for setting in parse(text, name, include)
    )  # fmt: skip


def _read(file: str) -> Iterator[tuple[str, str]]:
    """A file that is not there, or not ours to read, says nothing: so has it ssh."""
    try:
        yield file, Path(file).read_text("utf-8", "replace")
    except OSError:
        return


@dataclass(frozen=True, slots=True)
class Undecided:
    """A setting that might count, under a Match criterion that only ssh can decide."""

    setting: Setting
    kind: str


def _holds(criterion: Criterion, facts: Mapping[str, str], *, final: bool) -> bool | None:
    """None: not ours to decide."""
    match criterion.kind:
        case "all":
            held = True
        case "final":
            held = final
        case "originalhost" | "host" | "user" | "localuser":
            held = matches(criterion.patterns, facts[criterion.kind])
        case _:
            return None
    return held is not criterion.negated


def obtained(
    settings: tuple[Setting, ...], host: str, given: Mapping[str, str], local_user: str
) -> tuple[dict[str, tuple[Setting, ...]], tuple[Undecided, ...]]:
    """What counts for `host`, by keyword, and what might. `given` are the keywords that the inventory has decided."""
    kept: dict[str, tuple[Setting, ...]] = {}
    undecided: list[Undecided] = []
    for final in (False, True):  # ssh's second pass, for `Match final`
        for setting in settings:
            slot = "proxyjump" if setting.keyword == "proxycommand" else setting.keyword  # whichever comes first
            several = setting.keyword in _SEVERAL
            if slot in given or (slot in kept and not several) or setting in kept.get(slot, ()):
                continue
            facts = {
                "originalhost": host,
                "host": kept["hostname"][0].value.replace("%h", host) if "hostname" in kept else host,
                "user": given.get("user") or (kept["user"][0].value if "user" in kept else local_user),
                "localuser": local_user,
            }
            verdicts = {each: _holds(each, facts, final=final) for each in setting.criteria}
            if False in verdicts.values():
                continue
            unknown = next((each.kind for each, verdict in verdicts.items() if verdict is None), None)
            if unknown:
                undecided.append(Undecided(setting, unknown))
            else:
                kept[slot] = (*kept.get(slot, ()), setting)
    return kept, tuple(dict.fromkeys(undecided))
