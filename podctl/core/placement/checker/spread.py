"""The checker's judgement of hard spreads.

Semantics: kube-scheduler's plugin PodTopologySpread, held against a final state: new Pods with a constraint count as if
they were placed before those without it. As there, only Minions that may be a domain are looked at: a Pod elsewhere
counts for nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.placement.checker.labels import is_repelled, tolerates_the_cordon, wants_the_labels
from podctl.core.placement.model import PodTerm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from podctl.core.placement.checker.census import Census, Resident
    from podctl.core.placement.model import Candidate, Demand, Spread


def too_uneven(residents: Sequence[Resident], census: Census, candidates: Sequence[Candidate]) -> Iterator[str]:
    """DoNotSchedule: in no domain of a newcomer more Pods than in the least of all domains, plus maxSkew.

    For who stays at home only those count that were there before: whoever comes later is judged itself.
    """
    carriers: defaultdict[PodTerm, set[Resident]] = defaultdict(set)
    alike: defaultdict[tuple[Spread, PodTerm, _Domains, bool], list[Resident]] = defaultdict(list)
    for each in residents:
        hard = () if each.runs else tuple(spread for spread in each.pod.spreads if spread.hard)
        for spread in hard:
            among = PodTerm(
                topology_key=spread.topology_key, selector=spread.selector, namespaces=(each.pod.key.namespace,)
            )
            carriers[among].add(each)
            if each.is_judged:
                alike[spread, among, _Domains.of(each.pod, spread, hard), each.is_there].append(each)
    pools: dict[_Domains, dict[str, Candidate]] = {}
    for (spread, among, domains, stays), spread_out in alike.items():
        if domains not in pools:
            pools[domains] = {each.name: each for each in candidates if domains.include(each, spread_out[0].pod)}
        comers: set[Resident] = set() if stays else carriers[among]
        counted = [each for each in census.found(among, "") if each.is_there or each in comers]
        yield from _judged(spread, spread_out, counted, pools[domains])


def _judged(
    spread: Spread, spread_out: Sequence[Resident], counted: Sequence[Resident], pool: dict[str, Candidate]
) -> Iterator[str]:
    key = spread.topology_key
    counts = Counter({each.labels[key]: 0 for each in pool.values()})
    for each in counted:
        if each.minion.name in pool:
            counts[each.minion.labels[key]] += 1
    least = min(counts.values(), default=0) if len(counts) >= spread.min_domains else 0
    for each in spread_out:
        domain = each.domain(key)
        if domain is None:
            yield f"{each}: it is spread by {key}, and the Minion has no such label"
        elif counts[domain] - least > spread.max_skew:
            many = f"{counts[domain]} alike in {domain} and {least} in the least"
            yield f"{each}: it is spread by {key}, maxSkew {spread.max_skew}, and there are {many}"


@dataclass(frozen=True, slots=True)
class _Domains:
    """Which Minions are in a domain: what of the Pod this depends on, so that Pods can share the answer."""

    keys: tuple[str, ...]  # of all its hard constraints: the Minion must have them
    labels: object | None  # nodeSelector and node affinity, where they are honored
    taints: object | None  # tolerations, where taints are honored

    @classmethod
    def of(cls, pod: Demand, spread: Spread, hard: Iterable[Spread]) -> _Domains:
        wanted = (tuple(sorted(pod.node_selector.items())), pod.required_terms)
        return cls(
            keys=tuple(each.topology_key for each in hard),
            labels=wanted if spread.honors_affinity else None,
            taints=pod.tolerations if spread.honors_taints else None,
        )

    def include(self, candidate: Candidate, pod: Demand) -> bool:
        """`pod` is any of those that share this."""
        if any(key not in candidate.labels for key in self.keys):
            return False
        if self.labels is not None and not wants_the_labels(pod, candidate):
            return False
        return self.taints is None or not _is_kept_out(pod, candidate)


def _is_kept_out(pod: Demand, candidate: Candidate) -> bool:
    """A cordon is a taint in Kubernetes."""
    cordoned = candidate.unschedulable and not tolerates_the_cordon(pod)
    return cordoned or is_repelled(pod, candidate, "NoSchedule", "NoExecute")
