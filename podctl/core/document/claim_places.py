"""Which Minion's volume is a claim's, where more than one has such: an operator gave the other one up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.model import Cluster, ObservedMinion, ObservedVolume, PodKey


def claim_places(known: Mapping[PodKey, str], cluster: Cluster) -> dict[PodKey, str]:
    """By claim in sight: the Minion that is remembered, as long as it may have it, else the first that has it."""
    seen: defaultdict[PodKey, list[str]] = defaultdict(list)
    for each in cluster.minions:
        for volume in each.volumes:
            if volume.claim:
                seen[volume.claim].append(each.minion.name)
    silent = {each.minion.name for each in cluster.silent}
    return {
        claim: known[claim] if known.get(claim) in {*names, *silent} else names[0]
        for claim, names in sorted(seen.items())
    }


def with_claims_in_place(cluster: Cluster, known: Mapping[PodKey, str]) -> Cluster:
    """`cluster` without volumes of claims that are elsewhere: no Pod is to find old data in the place of its own."""
    places = claim_places(known, cluster)

    def counts(minion: ObservedMinion, volume: ObservedVolume) -> bool:
        return volume.claim is None or places[volume.claim] == minion.minion.name

    minions = (
        replace(each, volumes=tuple(one for one in each.volumes if counts(each, one))) for each in cluster.minions
    )
    return replace(cluster, minions=tuple(minions))
