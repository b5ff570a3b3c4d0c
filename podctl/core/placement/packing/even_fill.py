"""Even fill, for the strategy `spread`: every Pod goes where it is preferred, and then to the least used Minion."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from podctl.core.placement.packing.balance import growth
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem
    from podctl.core.placement.packing.preferences import Preferences


def even_fill(problem: Problem, classes: Sequence[PodClass], preferences: Preferences) -> State | None:
    """All Pods of `classes`, in their order; None when one found no place. `preferences` knows of them only then."""
    state = State(problem)
    for each in classes:
        choosy = each.is_tied or any(preferences.cares(pod) for pod in each.pods)
        done = _one_by_one(state, each, preferences) if choosy else _by_heap(state, each, preferences)
        if not done:
            for pod, minion in enumerate(state.where):
                if minion != WAITING:
                    preferences.put(pod, minion, -1)
            return None
    return state


def _one_by_one(state: State, each: PodClass, preferences: Preferences) -> bool:
    for pod in each.pods:
        fitting = [at for at in each.eligible if state.fits(each, at)]
        if not fitting:
            return False
        best = min(fitting, key=lambda at: (preferences.cost(pod, at), growth(state, each, at), at))
        state.put(pod, each, best)
        preferences.put(pod, best)
    return True


def _by_heap(state: State, each: PodClass, preferences: Preferences) -> bool:
    """For Pods that only want to be apart from their set: the least used Minion with the fewest of it."""
    heap = [(growth(state, each, at), at) for at in each.eligible if state.fits(each, at)]
    heapq.heapify(heap)
    for pod in each.pods:
        aside: list[tuple[int, int]] = []
        while heap and preferences.has_mate(pod, heap[0][1]):
            aside.append(heapq.heappop(heap))
        if not heap and not aside:
            return False
        _, best = heapq.heappop(heap) if heap else min(aside, key=lambda it: (preferences.cost(pod, it[1]), it))
        for entry in aside:
            if entry[1] != best:
                heapq.heappush(heap, entry)
        state.put(pod, each, best)
        preferences.put(pod, best)
        if state.fits(each, best):
            heapq.heappush(heap, (growth(state, each, best), best))
    return True
