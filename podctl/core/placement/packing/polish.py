"""Polish: among equally good packings the one that Pods prefer.

It is found by moving one Pod, swapping two, or opening another Minion for all Pods of one. Under binpack no move may
cost a further Minion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.balance import growth
from podctl.core.placement.packing.preferences import SAME, Change, plus
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.placement.packing.classes import PodClass
    from podctl.core.placement.packing.preferences import Preferences

_CHECKS = 300_000
_PER_TRY = 10  # checks: what moving one Pod there and back costs beside looking at a Minion
_PASSES = 4
Total = tuple[Change, int]  # of the preferences in their order, and last of how evenly Minions are used


class Polish:
    """Works on a copy of `state`; `preferences` must know where its Pods are. `evenly`: any Minion may be used."""

    def __init__(self, state: State, preferences: Preferences, *, evenly: bool) -> None:
        self.state = State.of(state.problem, state.where)
        self._preferences = preferences
        self._evenly = evenly
        self._checks = _CHECKS
        self._class_of: Sequence[PodClass] = state.problem.class_of
        self._loaded = set(state.problem.loaded)
        self._on: list[set[int]] = [set() for _ in state.problem.minions]
        for pod, minion in enumerate(state.where):
            if minion != WAITING:
                self._on[minion].add(pod)

    def run(self) -> State:
        for _ in range(_PASSES):
            better = self._exchange_minions() if not self._evenly else False
            for pod in [pod for pod, minion in enumerate(self.state.where) if minion != WAITING]:
                if self._evenly or self._wants(pod):
                    better = self._improve(pod) or better
            if not better or self._checks <= 0:
                break
        return self.state

    # -------------------------------------------------------------------------------------------------------- moves

    def _improve(self, pod: int) -> bool:
        """Moves the Pod to where it is liked best, or swaps it with one that is there; whether that was possible."""
        home = self.state.where[pod]
        for change, minion in self._better_places(pod, home):
            if change < (SAME, 0) and self._try([(pod, minion)]):
                return True
            for other in sorted(self._on[minion]):
                if self._checks <= 0:
                    return False
                if self._may_swap(pod, other) and self._try([(pod, minion), (other, home)]):
                    return True
        return False

    def _wants(self, pod: int) -> bool:
        return self._preferences.cares(pod) or self._preferences.is_crowded(pod, self.state.where[pod])

    def _may_swap(self, pod: int, other: int) -> bool:
        one, two = self._class_of[pod], self._class_of[other]
        self._checks -= 1
        if one is two:
            return True
        cpu, memory = self.state.cpu, self.state.memory
        here, there = self.state.where[pod], self.state.where[other]
        return (
            cpu[there] + two.cpu >= one.cpu
            and memory[there] + two.memory >= one.memory
            and cpu[here] + one.cpu >= two.cpu
            and memory[here] + one.memory >= two.memory
        )

    def _better_places(self, pod: int, home: int) -> list[tuple[Total, int]]:
        """Where the Pod itself would rather be, the best first, whether there is room or not."""
        each = self._class_of[pod]
        minions = each.eligible
        if not (self._evenly or self._is_alone(pod, home)):
            minions = [at for at in minions if self._on[at] or at in self._loaded]
        self._checks -= len(minions)
        if self._checks <= 0:
            return []
        self._take(pod)
        now = self._cost(pod, home)
        costs = [(self._cost(pod, at), at) for at in minions if at != home]
        self._put(pod, home)
        return sorted((_minus(cost, now), at) for cost, at in costs if cost < now)

    def _is_alone(self, pod: int, home: int) -> bool:
        return home not in self._loaded and self._on[home] == {pod}

    def _exchange_minions(self) -> bool:
        """Opens another Minion instead of one that was opened, when all its Pods like it there."""
        better = False
        for home in [at for at, pods in enumerate(self._on) if pods and at not in self._loaded]:
            pods = sorted(self._on[home])
            if not any(self._preferences.cares(pod) for pod in pods):
                continue
            for minion in [at for at, there in enumerate(self._on) if not there and at not in self._loaded]:
                if self._checks <= 0:
                    return better
                self._checks -= len(pods)
                if self._try([(pod, minion) for pod in pods]):
                    better = True
                    break
        return better

    # --------------------------------------------------------------------------------------------------------- tries

    def _try(self, moves: Sequence[tuple[int, int]]) -> bool:
        """Makes the moves if all hard rules hold afterwards and the wishes are better met in sum."""
        self._checks -= _PER_TRY * len(moves)
        homes = [(pod, self.state.where[pod]) for pod, _ in moves]
        before: Total = (SAME, 0)
        for pod, home in homes:
            self._take(pod)
            before = _plus(before, self._cost(pod, home))
        after: Total = (SAME, 0)
        done = []
        for pod, minion in moves:
            if not self.state.fits(self._class_of[pod], minion):
                break
            after = _plus(after, self._cost(pod, minion))
            self._put(pod, minion)
            done.append(pod)
        if len(done) == len(moves) and after < before and is_sound(self.state, done):
            return True
        self._revert(done, homes)
        return False

    def _revert(self, done: Iterable[int], homes: Iterable[tuple[int, int]]) -> None:
        for pod in done:
            self._take(pod)
        for pod, home in homes:
            self._put(pod, home)

    def _cost(self, pod: int, minion: int) -> Total:
        even = growth(self.state, self._class_of[pod], minion) if self._evenly else 0
        return self._preferences.cost(pod, minion), even

    def _put(self, pod: int, minion: int) -> None:
        self.state.put(pod, self._class_of[pod], minion)
        self._preferences.put(pod, minion)
        self._on[minion].add(pod)

    def _take(self, pod: int) -> None:
        minion = self.state.where[pod]
        self._on[minion].discard(pod)
        self._preferences.put(pod, minion, -1)
        self.state.take(pod, self._class_of[pod])


def _plus(one: Total, other: Total) -> Total:
    return plus(one[0], other[0]), one[1] + other[1]


def _minus(one: Total, other: Total) -> Total:
    return plus(one[0], other[0], -1), one[1] - other[1]
