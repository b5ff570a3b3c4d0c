"""Why a Pod cannot go to each of many Minions, and many Pods to the same, in few lines."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_FEW = 6  # Minions, or groups of them, that are told of one by one
_MOST_GROUPS = 10
_POD = re.compile(r"\bpod \S+")  # as reasons name one: `pod shop/web`


class Unplaced(Protocol):
    """A Pod that waits."""

    @property
    def reasons(self) -> Mapping[str, str]: ...
    @property
    def diagnosis(self) -> str: ...


_Waits = TypeVar("_Waits", bound=Unplaced)


def alike(waiting: Iterable[_Waits]) -> list[list[_Waits]]:
    """Those of the same diagnosis and the same reasons together, in the order of the first of each."""
    numbers: dict[tuple[tuple[str, str], ...], int] = {}  # of equal reasons
    known: dict[int, int] = {}  # Pods that ask the same share one mapping, which may be long: it is read once
    found: defaultdict[tuple[str, int], list[_Waits]] = defaultdict(list)
    for each in waiting:
        if id(each.reasons) not in known:
            known[id(each.reasons)] = numbers.setdefault(tuple(each.reasons.items()), len(numbers))
        found[each.diagnosis, known[id(each.reasons)]].append(each)
    return list(found.values())


def reason_lines(reasons: Mapping[str, str]) -> list[str]:
    """One line a Minion while they are few; else one for those of one reason, the most frequent first.

    Where that is still many, reasons that differ in figures and in the Pods they name alone go together, with those of
    the first.
    """
    if len(reasons) <= _FEW:
        return [f"{name}: {reason}" for name, reason in reasons.items()]
    groups = _groups(reasons, lambda reason: reason)
    if len(groups) > _FEW:
        groups = _groups(reasons, _without_details)
    lines = [_line(members) for members in groups[:_MOST_GROUPS]]
    left = sum(len(members) for members in groups[_MOST_GROUPS:])
    return [*lines, f"{left} more Minions, each for a reason of its own"] if left else lines


def _groups(reasons: Mapping[str, str], key: Callable[[str], str]) -> list[list[tuple[str, str]]]:
    """(Minion, reason)s by the key of the reason, the largest group first, else in the order of the Minions."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, reason in reasons.items():
        found[key(reason)].append((name, reason))
    return sorted(found.values(), key=lambda members: -len(members))


def _without_details(reason: str) -> str:
    """`cpu: 4 asked; host port 80/TCP is taken by pod`: what a reason says, without what only this Minion has."""
    return "; ".join(_POD.sub("pod", part.partition(", ")[0]) for part in reason.split("; "))


def _line(members: list[tuple[str, str]]) -> str:
    (first, reason), *more = members
    if not more:
        return f"{first}: {reason}"
    like = ", or alike" if any(each != reason for _, each in more) else ""
    return f"{_names([name for name, _ in members])}: {reason}{like}"


def _names(names: Iterable[str]) -> str:
    """`m1 and m2`; from three on `12 Minions (m01 … m12)`."""
    ordered = sorted(names)
    if len(ordered) == 2:  # noqa: PLR2004 - two are named
        return " and ".join(ordered)
    return f"{len(ordered)} Minions ({ordered[0]} … {ordered[-1]})"


def used_text(minions_used: int, lower_bound: int, verb: str) -> str:
    """How many Minions, and how few it could be: `38 Minions in use, fewer than 38 is impossible`."""
    text = f"{minions_used} {'Minion' if minions_used == 1 else 'Minions'} {verb}"
    if lower_bound <= 0:
        return text
    if lower_bound >= minions_used:
        return f"{text}, fewer than {minions_used} is impossible"
    return f"{text}, fewer than {lower_bound} is impossible"
