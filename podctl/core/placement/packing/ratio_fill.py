"""Ratio fill: every Pod goes to the Minion whose free memory:cpu ratio is nearest to its own.

What is left of each Minion stays in proportion, so that neither resource is stranded. Minions stand in one list, sorted
by memory's part of what is free; a Pod's place in it is found by bisection, and the walk goes outwards from there.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from podctl.core.placement.packing.floors import floors
from podctl.core.placement.packing.relations import NOWHERE
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

_RETIRE_EVERY = 64  # classes: how often Minions that hold nothing more are dropped
_RUN = 8  # so many identical Pods: one heap is cheaper than as many walks
_SCARCE_RUN = 3  # the same for a class that few Minions may take
_FEW = 32  # Minions that a run touched: they are moved one by one; with more the list is sorted anew

_Entry = tuple[float, float, int]  # memory's part of what is free, less what is free, the Minion


def ratio_fill(
    problem: Problem,
    minions: Iterable[int],
    classes: Sequence[PodClass],
    state: State | None = None,
    *,
    most_missed: int | None = None,
) -> tuple[State, int]:
    """The packing, and how many Pods found no Minion. Gives up as soon as more than `most_missed` did."""
    state = state or State(problem)
    line = _Line(state, minions)
    least = floors(classes)
    missed = 0
    for at, each in enumerate(classes):
        line.floor = least[at]
        is_run = len(each.pods) >= (_SCARCE_RUN if each.scarce else _RUN)
        placed = _run(line, each) if is_run and not each.is_tied else _walk(line, each)
        missed += len(each.pods) - placed
        if most_missed is not None and missed > most_missed:
            break
        if at % _RETIRE_EVERY == _RETIRE_EVERY - 1:
            line.floor = least[at + 1]
            line.retire()
    return state, missed


class _Line:
    """The Minions in order of the ratio of what they have free."""

    __slots__ = ("_cpu", "_entry", "_memory", "entries", "floor", "state")

    def __init__(self, state: State, minions: Iterable[int]) -> None:
        self.state = state
        self._cpu = 1 / state.problem.unit_cpu
        self._memory = 1 / state.problem.unit_memory
        self.floor = (0, 0)
        self.entries = sorted(self.entry(minion) for minion in minions)

    def entry(self, minion: int) -> _Entry:
        cpu, memory = self.state.cpu[minion] * self._cpu, self.state.memory[minion] * self._memory
        both = cpu + memory
        return (memory / both if both > 0 else 0.5), -both, minion

    def nearest(self, each: PodClass) -> int:
        """The position of the Minion nearest in ratio that takes the class; -1 when none does."""
        if each.is_tied and (seat := self.state.seat(each)) != NOWHERE:
            return self._at(seat) if self.state.fits(each, seat) else -1
        entries, state, angle, allowed, checked = self.entries, self.state, each.angle, each.allowed, each.is_checked
        cpu, memory, want_cpu, want_memory = state.cpu, state.memory, each.cpu, each.memory
        right, end = bisect_left(entries, (angle,)), len(entries)
        left = right - 1
        while left >= 0 or right < end:
            if right == end or (left >= 0 and angle - entries[left][0] < entries[right][0] - angle):
                at, left = left, left - 1
            else:
                at, right = right, right + 1
            minion = entries[at][2]
            if cpu[minion] < want_cpu or memory[minion] < want_memory or (allowed and not allowed[minion]):
                continue
            if not checked or state.permits(each, minion):
                return at
        return -1

    def _at(self, minion: int) -> int:
        """The position of the Minion; -1 when it is not in the line."""
        entry = self.entry(minion)
        at = bisect_left(self.entries, entry)
        return at if at < len(self.entries) and self.entries[at] == entry else -1

    def has_use(self, minion: int) -> bool:
        cpu, memory = self.floor
        return self.state.cpu[minion] >= cpu and self.state.memory[minion] >= memory

    def retire(self) -> None:
        self.entries = [entry for entry in self.entries if self.has_use(entry[2])]

    def moved(self, before: dict[int, _Entry]) -> None:
        """Puts the Minions that changed where they belong now; `before` has their entries of before."""
        entries = self.entries
        if len(before) > _FEW:
            kept = [entry for entry in entries if entry[2] not in before]
            self.entries = sorted(kept + [self.entry(minion) for minion in before if self.has_use(minion)])
            return
        for minion, entry in before.items():
            del entries[bisect_left(entries, entry)]
            if self.has_use(minion):
                insort(entries, self.entry(minion))


def _walk(line: _Line, each: PodClass) -> int:
    for placed, pod in enumerate(each.pods):
        at = line.nearest(each)
        if at < 0:
            return placed
        minion = line.entries.pop(at)[2]
        line.state.put(pod, each, minion)
        insort(line.entries, line.entry(minion))
    return len(each.pods)


def _run(line: _Line, each: PodClass) -> int:
    """Many identical Pods: a heap of the Minions by distance instead of a walk for each."""
    state, angle, allowed = line.state, each.angle, each.allowed
    cpu, memory, checked = state.cpu, state.memory, each.is_checked
    heap = [
        (abs(entry[0] - angle), entry[1], entry[2], entry)
        for entry in line.entries
        if cpu[entry[2]] >= each.cpu and memory[entry[2]] >= each.memory and not (allowed and not allowed[entry[2]])
    ]
    heapq.heapify(heap)
    before: dict[int, _Entry] = {}
    placed = 0
    while placed < len(each.pods) and heap:
        _, _, minion, entry = heapq.heappop(heap)
        if checked and not state.permits(each, minion):
            continue
        state.put(each.pods[placed], each, minion)
        placed += 1
        before.setdefault(minion, entry)
        if not each.solo and cpu[minion] >= each.cpu and memory[minion] >= each.memory:
            now = line.entry(minion)
            heapq.heappush(heap, (abs(now[0] - angle), now[1], minion, entry))
    line.moved(before)
    return placed
