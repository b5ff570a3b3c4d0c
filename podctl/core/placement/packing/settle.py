"""Pods that are to stay where they are stay there as long as they fit; only the others are packed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.placement.model import used_by
from podctl.core.placement.packing.build import problem_of
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand


def settle(
    demands: Sequence[Demand], candidates: Sequence[Candidate], bound_claims: Mapping[str, str]
) -> dict[int, str]:
    """The home of every Demand that can stay there, by its position. Those of higher priority come first."""
    staying = [at for at, each in enumerate(demands) if each.home]
    if not staying:
        return {}
    problem = problem_of([demands[at] for at in staying], candidates, bound_claims, turns=staying)
    state = State(problem)
    left = list(problem.order)
    while left:  # a Pod may have to wait for another one of its kind
        rest = []
        for pod in left:
            each = problem.class_of[pod]
            home = each.eligible[0] if each.eligible else -1
            if home >= 0 and state.fits(each, home):
                state.put(pod, each, home)
            else:
                rest.append(pod)
        if len(rest) == len(left):
            break
        left = rest
    return {staying[pod]: problem.minions[minion] for pod, minion in enumerate(state.where) if minion >= 0}


def with_settled(
    demands: Sequence[Demand], candidates: Sequence[Candidate], settled: Mapping[int, str]
) -> list[Candidate]:
    """The Candidates with the settled Pods on them, and with their claims, which are made there if they are nowhere."""
    by_minion: dict[str, list[Demand]] = {}
    for at, minion in settled.items():
        by_minion.setdefault(minion, []).append(demands[at])
    return [
        replace(
            each,
            used=(*each.used, *(used_by(pod) for pod in by_minion[each.name])),
            claims=each.claims.union(*(pod.claims for pod in by_minion[each.name])),
        )
        if each.name in by_minion
        else each
        for each in candidates
    ]
