"""Whether a packing that a search has moved about still keeps its spread constraints and its required affinities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from podctl.core.placement.packing.classes import PodClass


def is_sound(state: State) -> bool:
    """True when there is an order in which every Pod could have gone where it is."""
    tied = [each for each in state.problem.classes if each.is_tied]
    return not tied or (_is_level(state, tied) and _is_grounded(state))


def _is_level(state: State, tied: list[PodClass]) -> bool:
    return all(
        state.is_level(each.ties, state.where[pod])
        for each in tied
        if each.ties and each.ties.spreads
        for pod in each.pods
        if state.where[pod] != WAITING
    )


def _is_grounded(state: State) -> bool:
    """Pods that need others come one after the other, each beside one that is there before it."""
    if not any(each.ties and each.ties.needs for each in state.problem.classes):
        return True
    again = State(state.problem)
    left: list[tuple[int, PodClass]] = []
    for pod, minion in enumerate(state.where):
        each = state.problem.class_of[pod]
        if minion == WAITING:
            continue
        if each.ties and each.ties.needs:
            left.append((pod, each))
        else:
            again.put(pod, each, minion)
    while left:
        rest = []
        for pod, each in left:
            if each.ties and again.has_needs(each.ties, state.where[pod]):
                again.put(pod, each, state.where[pod])
            else:
                rest.append((pod, each))
        if len(rest) == len(left):
            return False
        left = rest
    return True
