"""Even fill, for the strategy `spread`: every Pod goes where it is preferred, and then to the least used Minion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.balance import growth
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem
    from podctl.core.placement.packing.preferences import Preferences


def even_fill(problem: Problem, classes: Sequence[PodClass], preferences: Preferences) -> State | None:
    """All Pods of `classes`, in their order; None when one found no place. `preferences` knows of them only then."""
    state = State(problem)
    for each in classes:
        for pod in each.pods:
            fitting = [at for at in each.eligible if state.fits(each, at)]
            if not fitting:
                _forget(state, preferences)
                return None
            best = min(fitting, key=lambda at: (preferences.cost(pod, at), growth(state, each, at), at))
            state.put(pod, each, best)
            preferences.put(pod, best)
    return state


def _forget(state: State, preferences: Preferences) -> None:
    for pod, minion in enumerate(state.where):
        if minion >= 0:
            preferences.put(pod, minion, -1)
