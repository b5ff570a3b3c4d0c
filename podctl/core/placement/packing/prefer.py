"""From a packing with the fewest Minions to the one that Pods prefer, or that uses all Minions evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.classes import in_order
from podctl.core.placement.packing.even_fill import even_fill
from podctl.core.placement.packing.exhaust import HANDFUL, best_of_all
from podctl.core.placement.packing.interchange import dealt_out
from podctl.core.placement.packing.polish import Polish
from podctl.core.placement.packing.preferences import Preferences
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.model import Candidate, Demand, Policy, Strategy


def preferred(state: State, demands: Sequence[Demand], candidates: Sequence[Candidate], policy: Policy) -> State:
    """The same Pods placed as in `state`, under `binpack` on no more Minions; of a handful the best answer there is."""
    minions = sorted((each for each in candidates if each.ready), key=lambda each: each.name)
    if policy.strategy == "binpack" and not _prefers_anything(demands, minions) and len(demands) > HANDFUL:
        return state
    found = _polished(state, demands, minions, policy.strategy)
    return best_of_all(found, Preferences(demands, minions), policy) if len(demands) <= HANDFUL else found


def _polished(state: State, demands: Sequence[Demand], minions: Sequence[Candidate], strategy: Strategy) -> State:
    preferences = Preferences(demands, minions)
    if strategy == "spread":
        placed = [pod for pod, minion in enumerate(state.where) if minion != WAITING]
        classes = in_order(state.problem.restricted(placed), by_weight=False)
        even = even_fill(state.problem, classes, preferences)
        if even and is_sound(even):
            return Polish(even, preferences, evenly=True).run()
        if even:
            preferences = Preferences(demands, minions)
    state = dealt_out(state, preferences)
    for pod, minion in enumerate(state.where):
        if minion != WAITING:
            preferences.put(pod, minion)
    return Polish(state, preferences, evenly=strategy == "spread").run()


def _prefers_anything(demands: Sequence[Demand], minions: Sequence[Candidate]) -> bool:
    if any(taint.effect == "PreferNoSchedule" for each in minions for taint in each.taints):
        return True
    return any(
        each.group
        or each.preferred_terms
        or each.preferred_near
        or each.preferred_apart
        or any(not it.hard for it in each.spreads)
        for each in demands
    )
