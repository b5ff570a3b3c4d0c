"""The one call of placement for everything that an apply makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.demand import demand_of
from podctl.core.placement import Waiting, place
from podctl.core.supply import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.model import Cluster, ObservedPod, PodKey
    from podctl.core.placement import Demand, Placement, Policy
    from podctl.core.sifting import Sifted, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """As placement.Arrangement, by Pod."""

    placements: Mapping[PodKey, Placement]
    minions_used: int
    lower_bound: int


def arrange(sifted: Sifted, cluster: Cluster, *, policy: Policy, displaced: Sequence[ObservedPod] = ()) -> Arranged:
    """A Placed or a Waiting for every Pod that is wanted, and for those of `displaced`, which are on no Minion.

    A changed Pod stays where it is as long as it fits there; a cordon does not drive it out. One that fits nowhere as
    it is wanted now stays as it was, with all that it holds there: then the others are placed once more around it.
    """
    gone = {id(each.pod) for each in sifted.removals}
    wanted = list(sifted.wanted)
    stuck: dict[PodKey, Waiting] = {}
    while True:
        demands = [*(demand_of(each.manifest) for each in displaced), *_demands(wanted)]
        pool = candidates(cluster, without={id(each.observed) for each in wanted if each.observed} | gone)
        arrangement = place(demands, pool, policy=policy)
        answers = {demand.key: answer for demand, answer in zip(demands, arrangement.placements, strict=True)}
        newly = {
            each.pod.key: answer
            for each in wanted
            if each.observed and isinstance(answer := answers[each.pod.key], Waiting)
        }
        if not newly:
            return Arranged(
                placements=answers | stuck,
                minions_used=arrangement.minions_used,
                lower_bound=arrangement.lower_bound,
            )
        stuck |= newly
        wanted = [each for each in wanted if each.pod.key not in stuck]


def _demands(wanted: Sequence[Wanted]) -> list[Demand]:
    """What is there goes before what is new, as the manifests say no more of who is to wait than their order does."""
    there_first = sorted(wanted, key=lambda each: each.observed is None)
    return [
        replace(demand_of(each.pod.raw), home=each.observed.minion) if each.observed else demand_of(each.pod.raw)
        for each in there_first
    ]
