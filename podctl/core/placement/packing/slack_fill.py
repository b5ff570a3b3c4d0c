"""Slack fill: Minion by Minion, the set of Pods that leaves the least, each resource weighed by how scarce it is.

After Fleszar and Hindi's minimum bin slack (2002), with two dimensions and a bounded search. Best where a Minion holds
few large Pods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.placement.packing.ratio_fill import ratio_fill
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

    Random = Callable[[], float]

_Room = tuple[int, int, int, list[int]]  # cpu, memory, host ports taken, extended resources

_NODES = 200  # sets that are looked at for one Minion
_NOISE = 0.3  # width of the noise on weights
_ORDER_NOISE = 0.09  # width of the noise on the order of classes
_NOTHING = 1e-12


def slack_fill(
    problem: Problem,
    minions: Sequence[int],
    classes: Sequence[PodClass],
    *,
    largest_leads: bool,
    random: Random | None = None,
) -> State:
    """Places what it can. Pods that look at others go first, by ratio; then one priority after the other.

    The set on each Minion has the class that leads there: scarce ones first, then the largest, or else the heaviest.
    With `random` (numbers from 0 to 1) weights and order vary a little, for another try.
    """
    state = State(problem)
    special = _special(classes)
    if special:
        ratio_fill(problem, minions, [each for each in classes if each.index in special], state)
    rest = [each for each in classes if each.index not in special]
    for priority in sorted({each.priority for each in rest}, reverse=True):
        band = [each for each in rest if each.priority == priority]
        _Band(state, band, minions, largest_leads=largest_leads, random=random).fill()
    return state


def _special(classes: Sequence[PodClass]) -> set[int]:
    """The classes whose Pods could be in the way of others of one Minion's set, by index.

    A class that only keeps away from itself is none: it has one Pod in a set.
    """
    involved: dict[int, set[int]] = {}
    for each in classes:
        for watch in (*each.ties.counted, *each.ties.holds) if each.ties else ():
            involved.setdefault(watch, set()).add(each.index)
    return {
        each.index
        for each in classes
        if each.ties
        and (
            each.is_tied
            or any(len(involved[watch]) > 1 or not each.solo for watch in (*each.ties.holds, *each.ties.refused))
        )
    }


class _Band:
    """The classes of one priority, while Minion after Minion is filled."""

    def __init__(
        self,
        state: State,
        classes: Sequence[PodClass],
        minions: Sequence[int],
        *,
        largest_leads: bool,
        random: Random | None,
    ) -> None:
        self._state = state
        self._minions = minions
        self._largest_leads = largest_leads
        self._random = random
        self._left = {each.index: list(each.pods) for each in classes}
        self._live = {each.index: each for each in classes}
        self._want_cpu = sum(each.cpu * len(each.pods) for each in classes)
        self._want_memory = sum(each.memory * len(each.pods) for each in classes)

    def fill(self) -> None:
        state = self._state
        free_cpu = sum(state.cpu[at] for at in self._minions)
        free_memory = sum(state.memory[at] for at in self._minions)
        for minion in self._minions:
            if not self._live:
                return
            cpu, memory = state.cpu[minion], state.memory[minion]
            fitting = [each for each in self._live.values() if state.fits(each, minion)]
            if fitting:
                self._fill(minion, fitting, free_cpu, free_memory)
            free_cpu -= cpu
            free_memory -= memory

    def _fill(self, minion: int, fitting: list[PodClass], free_cpu: int, free_memory: int) -> None:
        problem = self._state.problem
        by_cpu = self._want_cpu / max(1, free_cpu) / problem.unit_cpu * self._noise(_NOISE)
        by_memory = self._want_memory / max(1, free_memory) / problem.unit_memory * self._noise(_NOISE)
        value = {each.index: each.cpu * by_cpu + each.memory * by_memory for each in fitting}
        ranked = sorted((-value[each.index] * self._noise(_ORDER_NOISE), each.index) for each in fitting)
        by_index = {each.index: each for each in fitting}
        search = _Subset(
            classes=[by_index[index] for _, index in ranked],
            values=[value[index] for _, index in ranked],
            left=[1 if by_index[index].solo else len(self._left[index]) for _, index in ranked],
            by_cpu=by_cpu, by_memory=by_memory, state=self._state, minion=minion, chosen=[], best=[],
        )  # fmt: skip
        leader = min(fitting, key=lambda each: (not each.scarce, -self._lead(each, value), each.index))
        for each in search.of(leader):
            self._put(each, minion)

    def _lead(self, each: PodClass, value: dict[int, float]) -> float:
        return each.size if self._largest_leads else value[each.index]

    def _noise(self, width: float) -> float:
        return 1 + width * (self._random() - 0.5) if self._random else 1.0

    def _put(self, each: PodClass, minion: int) -> None:
        left = self._left[each.index]
        self._state.put(left.pop(), each, minion)
        self._want_cpu -= each.cpu
        self._want_memory -= each.memory
        if not left:
            del self._live[each.index]


@dataclass(slots=True, kw_only=True)
class _Subset:
    """The search for the most valuable set of Pods on one Minion, depth first, up to a number of sets."""

    classes: Sequence[PodClass]
    values: Sequence[float]
    left: list[int]
    by_cpu: float
    by_memory: float
    state: State
    minion: int
    chosen: list[int]
    best: list[int]
    best_value: float = -1.0
    nodes: int = _NODES

    def of(self, leader: PodClass) -> list[PodClass]:
        """The set, which has the leader in it."""
        first = self.classes.index(leader)
        self.left[first] -= 1
        self.chosen.append(first)
        cpu = self.state.cpu[self.minion] - leader.cpu
        memory = self.state.memory[self.minion] - leader.memory
        extras = [each[self.minion] for each in self.state.extras]
        for resource, amount in leader.extras:
            extras[resource] -= amount
        self._search(0, self.values[first], (cpu, memory, leader.clash, extras))
        return [self.classes[at] for at in self.best]

    def _search(self, start: int, value: float, room: _Room) -> None:
        cpu, memory, ports, extras = room
        if value > self.best_value:
            self.best_value, self.best = value, list(self.chosen)
        self.nodes -= 1
        if self.nodes <= 0 or value + cpu * self.by_cpu + memory * self.by_memory <= self.best_value + _NOTHING:
            return
        for at in range(start, len(self.classes)):
            each = self.classes[at]
            if each.cpu > cpu or each.memory > memory or not self.left[at] or each.ports & ports:
                continue
            left = extras
            if each.extras:
                left = _less(extras, each)
                if min(left) < 0:
                    continue
            self.left[at] -= 1
            self.chosen.append(at)
            self._search(at, value + self.values[at], (cpu - each.cpu, memory - each.memory, ports | each.clash, left))
            self.chosen.pop()
            self.left[at] += 1
            if self.nodes <= 0:
                return


def _less(extras: Sequence[int], each: PodClass) -> list[int]:
    left = list(extras)
    for resource, amount in each.extras:
        left[resource] -= amount
    return left
