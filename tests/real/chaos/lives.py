"""From what docker's logs say to which copies of a Pod ran when, and where two ran that must not. Pure.

A copy of a Pod is one uid; it runs while any of its containers but the infra container does. All moments are
nanoseconds since the epoch by the one clock that all Minions of a sandbox share.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FOREVER = 1 << 63
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of a log. `what`: create, start, die, rename, destroy; or `dark`: all of the Minion ended at once."""

    at: int
    minion: str
    what: str
    container: str = ""  # its id
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, name: str) -> str:
        return self.labels.get(f"podctl.{name}", "")

    def __str__(self) -> str:
        return f"{clock(self.at)} {self.minion} {self.what} {self.name}"


def clock(at: int) -> str:
    """The last three digits of the seconds, and milliseconds: enough to find it in a log of a minute."""
    return f"{at // _SECOND % 1000:03d}.{at % _SECOND // 1_000_000:03d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One uid of a Pod on its Minion. `runs`: when it ran; `names`: since when its infra container has which name."""

    pod: str  # namespace/name
    uid: str
    minion: str
    runs: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, str], ...]

    def mark(self, at: int) -> str:
        """What its name says then: "new", "old" or "" for committed."""
        name = next((name for since, name in reversed(self.names) if since <= at), "")
        return next((mark for mark in ("new", "old") if name.endswith(f".{mark}.{self.uid}")), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """Two copies of one Pod that ran at one moment."""

    pod: str
    since: int
    until: int
    one: Copy
    other: Copy
    excused: bool  # a planned handover

    def __str__(self) -> str:
        seconds = (min(self.until, FOREVER) - self.since) / _SECOND
        marks = " and ".join(
            f"{each.uid[:8]}{'.' if each.mark(self.since) else ''}{each.mark(self.since)} on {each.minion}"
            for each in (self.one, self.other)
        )
        long = f"{seconds:.3f} s" if self.until < FOREVER else "to the end"
        return f"{self.pod} ran twice for {long} from {clock(self.since)} on: {marks}"


def copies(happenings: Iterable[Happening]) -> list[Copy]:
    """All that ever ran. What is told twice (a log, and a look after it broke off) counts once."""
    ordered = sorted(happenings, key=lambda each: each.at)
    about = {each.container: each for each in ordered if each.container and each.labels}
    spans = _spans(ordered)
    runs: defaultdict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    names: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for container, found in spans.items():
        it = about.get(container)
        if it and it.label("role") in ("app", "init"):
            runs[f"{it.label('namespace')}/{it.label('pod')}", it.label("uid"), it.minion] += found
    for each in ordered:
        it = about.get(each.container)
        if it and it.label("role") == "infra" and each.name:
            names[it.label("uid"), it.minion].append((each.at, each.name))
    return [
        Copy(pod=pod, uid=uid, minion=minion, runs=_merged(found), names=tuple(names[uid, minion]))
        for (pod, uid, minion), found in sorted(runs.items())
    ]


def _spans(ordered: Iterable[Happening]) -> dict[str, list[tuple[int, int]]]:
    """By container, when it ran."""
    spans: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    since: dict[str, tuple[str, int]] = {}  # of those that run: their Minion, and since when
    for each in ordered:
        ends = (
            [container for container, (minion, _) in since.items() if minion == each.minion]
            if each.what == "dark"
            else [each.container] if each.what in ("die", "destroy") and each.container in since else []
        )  # fmt: skip
        for container in ends:
            spans[container].append((since.pop(container)[1], each.at))
        if each.what == "start" and each.container not in since:
            since[each.container] = (each.minion, each.at)
    for container, (_, start) in since.items():
        spans[container].append((start, FOREVER))
    return spans


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def twice(found: Iterable[Copy], movable: Collection[str] = ()) -> list[Twice]:
    """Every time that two copies of a Pod ran at one moment. `movable` Pods may be handed over, start before stop."""
    by_pod: defaultdict[str, list[Copy]] = defaultdict(list)
    for each in found:
        by_pod[each.pod].append(each)
    seen = []
    for pod, every in by_pod.items():
        for index, one in enumerate(every):
            for other in every[index + 1 :]:
                for since, until in _both(one, other):
                    excused = pod in movable and _is_handover(one, other, since, until)
                    seen.append(Twice(pod=pod, since=since, until=until, one=one, other=other, excused=excused))
    return sorted(seen, key=lambda each: each.since)


def _both(one: Copy, other: Copy) -> list[tuple[int, int]]:
    spans = [(max(a[0], b[0]), min(a[1], b[1])) for a in one.runs for b in other.runs]
    return [(since, until) for since, until in spans if since < until]


def _is_handover(one: Copy, other: Copy, since: int, until: int) -> bool:
    """Of two that run, one began as `.new` beside a committed one, and never have both the same mark.

    The three stages are: committed and new, old and new, old and committed.
    """
    changes = {at for each in (one, other) for at, _ in each.names if since < at < until}
    stages = [(one.mark(at), other.mark(at)) for at in sorted({since, *changes})]
    return set(stages[0]) == {"", "new"} and all(a != b for a, b in stages) and len(stages) <= 3


def running(found: Iterable[Copy]) -> dict[str, list[Copy]]:
    """By Pod, the copies that ran when the log ended."""
    now: defaultdict[str, list[Copy]] = defaultdict(list)
    for each in found:
        if each.runs and each.runs[-1][1] == FOREVER:
            now[each.pod].append(each)
    return dict(now)


def most_at_once(found: Iterable[Copy]) -> dict[str, int]:
    """By Pod, how many copies ran at most at one moment."""
    by_pod: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in found:
        for since, until in each.runs:
            by_pod[each.pod] += [(since, 1), (until, -1)]
    most = {}
    for pod, steps in by_pod.items():
        count = highest = 0
        for _, step in sorted(steps):  # an end before a start of the same moment
            count += step
            highest = max(highest, count)
        most[pod] = highest
    return most


def gaps(found: Iterable[Copy], pod: str) -> list[tuple[int, int]]:
    """When the Pod did not run between its first start and its last end."""
    merged = _merged(span for each in found if each.pod == pod for span in each.runs)
    return [(a[1], b[0]) for a, b in pairwise(merged)]
