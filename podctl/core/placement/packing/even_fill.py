"""Even fill, for the strategy `spread`: every Pod goes where it is preferred, and then to the least used Minion."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from itertools import islice
from typing import TYPE_CHECKING

from podctl.core.placement.packing.balance import growth
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem
    from podctl.core.placement.packing.preferences import Preferences

_CHECKS = 600_000  # Minions that are compared for all Pods together; so with few Pods all are, for each
_LEAST = 48  # Minions that are compared for one Pod, however many Pods there are
_RUN = 12  # so many alike Pods: one heap of all Minions is cheaper than a look at some for each


def even_fill(problem: Problem, classes: Sequence[PodClass], preferences: Preferences) -> State | None:
    """All Pods of `classes`, in their order; None when one found no place. `preferences` knows of them only then."""
    fill = _EvenFill(problem, preferences, sum(len(each.pods) for each in classes))
    if all(fill.place(each) for each in classes):
        return fill.state
    for pod, minion in enumerate(fill.state.where):
        if minion != WAITING:
            preferences.put(pod, minion, -1)
    return None


class _EvenFill:
    def __init__(self, problem: Problem, preferences: Preferences, pods: int) -> None:
        self.state = State(problem)
        self._preferences = preferences
        self._most = max(_LEAST, _CHECKS // max(pods, 1))
        self._line = sorted((self._use(at), at) for at in range(len(problem.minions)))  # the least used first

    def place(self, each: PodClass) -> bool:
        """Whether all its Pods found a place."""
        if each.is_tied or any(self._preferences.cares(pod) for pod in each.pods):
            return all(self._one(pod, each) for pod in each.pods)
        sets: dict[tuple[str, str] | None, list[int]] = {}
        for pod in each.pods:
            sets.setdefault(self._preferences.group_of(pod), []).append(pod)
        return all(
            self._run(pods, each) if len(pods) >= _RUN else all(self._one(pod, each) for pod in pods)
            for pods in sets.values()
        )

    def _one(self, pod: int, each: PodClass) -> bool:
        """The best of the least used Minions that take it, those that it likes for themselves first."""
        fitting = list(islice(self._that_fit(pod, each), self._most))
        if not fitting:
            return False
        best = min(fitting, key=lambda at: (self._preferences.cost(pod, at), growth(self.state, each, at), at))
        del self._line[bisect_left(self._line, (self._use(best), best))]
        self._put(pod, each, best)
        insort(self._line, (self._use(best), best))
        return True

    def _that_fit(self, pod: int, each: PodClass) -> Iterator[int]:
        line: Iterable[int] = (at for _, at in self._line)
        liking = self._preferences.liking(pod)
        if liking and self._most < len(self._line):
            line = sorted(line, key=liking.__getitem__)
        return (at for at in line if self.state.fits(each, at))

    def _run(self, pods: Sequence[int], each: PodClass) -> bool:
        """Pods that only want to be apart from their set: the fewest of it, then the least used Minion."""
        state = self.state
        heap = [self._entry(pods[0], each, at) for at in each.eligible if state.fits(each, at)]
        heapq.heapify(heap)
        for pod in pods:
            if not heap:
                return False
            best = heap[0][2]
            self._put(pod, each, best)
            if state.fits(each, best):
                heapq.heapreplace(heap, self._entry(pod, each, best))
            else:
                heapq.heappop(heap)
        self._line = sorted((self._use(at), at) for _, at in self._line)
        return True

    def _entry(self, pod: int, each: PodClass, minion: int) -> tuple[int, int, int]:
        return self._preferences.mates(pod, minion), growth(self.state, each, minion), minion

    def _put(self, pod: int, each: PodClass, minion: int) -> None:
        self.state.put(pod, each, minion)
        self._preferences.put(pod, minion)

    def _use(self, minion: int) -> float:
        """The used shares of cpu and memory."""
        state, problem = self.state, self.state.problem
        cpu, memory = problem.total_cpu[minion], problem.total_memory[minion]
        free = (state.cpu[minion] / cpu if cpu else 1.0) + (state.memory[minion] / memory if memory else 1.0)
        return 2.0 - free
