"""The one call of placement for everything that an apply makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.demand import demand_of
from podctl.core.placement import Packing, Placed, Waiting, place
from podctl.core.placement.why.explain import explain
from podctl.core.supply import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.document.model import PodEntry
    from podctl.core.model import Cluster, ObservedPod, PodKey
    from podctl.core.placement import Arrangement, Candidate, Demand, Placement, Policy
    from podctl.core.sifting import Sifted, Wanted

_OWN_ROOM = "what it has there now counts as taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """As placement.Arrangement, by Pod."""

    placements: Mapping[PodKey, Placement]
    minions_used: int
    lower_bound: int


def arrange(
    sifted: Sifted, cluster: Cluster, *, policy: Policy, displaced: Sequence[ObservedPod | PodEntry] = ()
) -> Arranged:
    """A Placed or a Waiting for every Pod that is wanted, and for those of `displaced`, which are on no Minion.

    A changed Pod stays where it is as long as it fits there; a cordon does not drive it out. One that fits nowhere as
    it is wanted now stays as it was, with all that it holds there: then the others are placed once more around it.
    """
    gone = {id(each.pod) for each in sifted.removals}
    homeless = [demand_of(each.manifest) for each in displaced]
    wanted = _there_first(sifted.wanted)
    stuck: list[Wanted] = []
    while True:
        demands = [*homeless, *map(_demand, wanted)]
        pool = candidates(cluster, without={id(each.observed) for each in wanted if each.observed} | gone)
        arrangement = place(demands, pool, policy=policy)
        answers = {each.key: each for each in arrangement.placements}
        newly = [each for each in wanted if each.observed and isinstance(answers[each.pod.key], Waiting)]
        if not newly:
            break
        stuck += newly
        keys = {each.pod.key for each in newly}
        wanted = [each for each in wanted if each.pod.key not in keys]
    return Arranged(
        placements=answers | _told(stuck, demands, pool, arrangement, policy),
        minions_used=arrangement.minions_used,
        lower_bound=arrangement.lower_bound,
    )


def _there_first(wanted: Sequence[Wanted]) -> list[Wanted]:
    """What is there goes before what is new, as the manifests say no more of who is to wait than their order does."""
    return sorted(wanted, key=lambda each: each.observed is None)


def _demand(wanted: Wanted) -> Demand:
    demand = demand_of(wanted.pod.raw)
    return replace(demand, home=wanted.home) if wanted.home else demand


def _told(
    stuck: Sequence[Wanted],
    demands: Sequence[Demand],
    pool: Sequence[Candidate],
    arrangement: Arrangement,
    policy: Policy,
) -> dict[PodKey, Placement]:
    """Why the stuck ones stay as they are, told from the same final state as all others."""
    if not stuck:
        return {}
    minions = tuple(each.minion if isinstance(each, Placed) else None for each in arrangement.placements)
    packing = Packing(
        minions=(*minions, *(None for _ in stuck)),
        minions_used=arrangement.minions_used,
        lower_bound=arrangement.lower_bound,
    )
    told = explain([*demands, *map(_demand, stuck)], pool, packing, bound_claims={}, policy=policy)
    homes = {each.pod.key: each.observed.minion for each in stuck if each.observed}
    return {each.key: _with_own_room(each, homes[each.key]) for each in told if each.key in homes}


def _with_own_room(answer: Placement, home: str) -> Placement:
    if isinstance(answer, Placed) or home not in answer.reasons:
        return answer
    return replace(answer, reasons={**answer.reasons, home: f"{answer.reasons[home]}; {_OWN_ROOM}"})
