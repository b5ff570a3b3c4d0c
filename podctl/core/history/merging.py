"""The same happening, told by two sources, is one.

A container starts and ends in turn, and its state has the time of the last start and of the last end. The engine
writes its log after that, how much later depends on how busy it is. So a line of the log belongs to the state whose
time it follows, if it is the first to follow it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from podctl.core.history.model import Happening, What


def merged(happenings: Iterable[Happening]) -> tuple[Happening, ...]:
    """Each once, by Minion and container, in the order in which it happened."""
    groups: defaultdict[tuple[str, str, What], set[Happening]] = defaultdict(set)
    for each in happenings:
        groups[each.minion, each.id, each.what].add(each)
    found = [each for group in groups.values() for each in _one_kind(group)]
    return tuple(sorted(found, key=lambda each: (each.minion, each.id, each.order)))


def _one_kind(group: Iterable[Happening]) -> Iterable[Happening]:
    """All of one container and of one kind."""
    found: dict[datetime, Happening] = {}  # by `at`
    for each in sorted(group, key=lambda each: (not each.seen, each.at)):
        if each.seen:
            found[each.at] = _one(found.get(each.at, each), each)
    times = sorted(found)
    for each in sorted((each for each in group if not each.seen), key=lambda each: each.at):
        place = bisect_right(times, each.at) - 1
        before = found[times[place]] if place >= 0 else None
        mine = before is not None and before.logged_at in (None, each.at)
        at = times[place] if mine else each.at
        found[at] = _one(found.get(at, each), each)
    return found.values()


def _one(known: Happening, other: Happening) -> Happening:
    """What either of them knows."""
    return replace(
        known,
        logged_at=known.logged_at or other.logged_at,
        exit_code=other.exit_code if known.exit_code is None else known.exit_code,
        out_of_memory=known.out_of_memory or other.out_of_memory,
    )
