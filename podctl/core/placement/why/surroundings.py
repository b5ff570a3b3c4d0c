"""What one Pod meets in each place: those it keeps away from, those that keep it away, those it wants near.

Semantics: kube-scheduler's plugins InterPodAffinity and PodTopologySpread, held against a state of the whole cluster.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.placement.affinity import allows_labels, tolerates_cordon, untolerated
from podctl.core.placement.model import PodTerm
from podctl.core.placement.why.landscape import Residents, kind_of, means

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.placement.model import Candidate, Demand, Spread
    from podctl.core.placement.why.landscape import Kind, Landscape, Resident


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The Pods that count for one term, by place."""

    term: PodTerm
    places: Mapping[str, Residents]  # by the value of the term's topology key; Pods by name
    itself: bool  # whether the Pod that looks is one of them, once it is somewhere

    @property
    def key(self) -> str:
        return self.term.topology_key

    def at(self, candidate: Candidate) -> Residents:
        return self.places.get(candidate.labels[self.key], ()) if self.key in candidate.labels else ()

    def numbers(self, own: Candidate) -> Mapping[str, int]:
        """By place, how many there are apart from the Pod that looks, which is on `own`."""
        found = {place: len(those) for place, those in self.places.items()}
        if self.itself and self.at(own):
            found[own.labels[self.key]] -= 1
        return found

    def others(self, own: Candidate | None) -> set[str]:
        """The places where one of them is, apart from the Pod that looks, which is on `own` (None: it waits)."""
        found = set(self.places)
        if own and self.itself and len(self.at(own)) == 1:
            found.discard(own.labels[self.key])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The Pods that count for one spread constraint, by place."""

    spread: Spread
    counts: Mapping[str, int]  # of every place that counts
    counted: Residents
    pool: frozenset[str]  # the Minions that count
    itself: bool  # whether the Pod that looks counts, once it is somewhere

    @property
    def key(self) -> str:
        return self.spread.topology_key

    def least(self) -> int:
        return min(self.counts.values(), default=0) if len(self.counts) >= self.spread.min_domains else 0

    def too_many(self, place: str) -> int:
        """How many too many it would be with the Pod in this place; 0 in one that does not count."""
        if place not in self.counts:
            return 0
        return max(self.counts[place] + self.itself - self.least() - self.spread.max_skew, 0)

    def full(self) -> set[str]:
        """The places where there are too many already."""
        most = self.spread.max_skew + self.least() - self.itself
        return {place for place, count in self.counts.items() if count > most}

    def without_itself(self, own: Candidate) -> Tally:
        """As it is without the Pod that looks, which is on `own`."""
        if not self.itself or own.name not in self.pool:
            return self
        place = own.labels[self.key]
        return replace(self, counts={**self.counts, place: self.counts[place] - 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Of one Pod; false where nothing between Pods concerns it."""

    apart: tuple[Crowd, ...] = ()  # those that it keeps away from
    kept: tuple[Crowd, ...] = ()  # those that keep away from such as it
    near: tuple[Crowd, ...] = ()  # those that match all of its affinity terms: one crowd for each term
    spreads: tuple[Tally, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.apart or self.kept or self.near or self.spreads)

    def is_first(self, own: Candidate | None = None) -> bool:
        """Whether it is of the kind that it wants near, and no other of it is in any place."""
        return all(each.itself and not each.others(own) for each in self.near)

    def open_to(self, minions: Iterable[int], landscape: Landscape, own: Candidate | None = None) -> list[int]:
        """Those of these Minions that nothing between Pods closes; `own` is where the Pod is now, if it is anywhere."""
        found = list(minions)
        for crowd in (*self.apart, *self.kept):
            if closed := crowd.others(own):
                places = landscape.places(crowd.key)
                found = [at for at in found if places[at] not in closed]
        for crowd in self.near:
            places = landscape.places(crowd.key)
            near = {*places} if self.is_first(own) else crowd.others(own)
            found = [at for at in found if places[at] is not None and places[at] in near]
        for tally in (each.without_itself(own) if own else each for each in self.spreads):
            places, full = landscape.places(tally.key), tally.full()
            found = [at for at in found if places[at] is not None and places[at] not in full]
        return found


NOTHING = Surroundings()


def surroundings(demand: Demand, landscape: Landscape) -> Surroundings:
    """As the landscape shows them, with the Pod itself among the others where it is a resident.

    A Pod with nodeName never met Kubernetes' scheduler: nothing between Pods holds it.
    """
    if demand.node_name or not (landscape.residents or demand.near or demand.spreads):
        return NOTHING
    kind = kind_of(demand)
    return Surroundings(
        apart=tuple(crowd_of(kind, term, landscape) for term in demand.apart),
        kept=tuple(
            Crowd(term=term, places=_places(landscape, keepers, term), itself=kind in keepers)
            for term, keepers in landscape.keepers(kind)
        ),
        near=_near(kind, landscape),
        spreads=tuple(tally_of(demand, kind, spread, landscape) for spread in demand.spreads if spread.hard),
    )


def crowd_of(kind: Kind, term: PodTerm, landscape: Landscape) -> Crowd:
    places = _places(landscape, landscape.kinds(term, kind.namespace), term)
    return Crowd(term=term, places=places, itself=_is(kind, term))


def _is(kind: Kind, term: PodTerm) -> bool:
    return means(term, kind.namespace, kind.namespace, dict(kind.labels))


def _places(landscape: Landscape, kinds: Iterable[Kind], term: PodTerm) -> Mapping[str, Residents]:
    found: defaultdict[str, list[Resident]] = defaultdict(list)
    key = term.topology_key
    for kind in kinds:
        for each in landscape.residents[kind]:
            if key in each.minion.labels:
                found[each.minion.labels[key]].append(each)
    return {place: tuple(sorted(those, key=str)) for place, those in found.items()}


def _near(kind: Kind, landscape: Landscape) -> tuple[Crowd, ...]:
    """Only Pods that match all terms count, as in Kubernetes."""
    found = [landscape.kinds(term, kind.namespace) for term in kind.near]
    matching = [each for each in (found[0] if found else ()) if all(each in kinds for kinds in found[1:])]
    itself = all(_is(kind, term) for term in kind.near)
    return tuple(Crowd(term=term, places=_places(landscape, matching, term), itself=itself) for term in kind.near)


def tally_of(demand: Demand, kind: Kind, spread: Spread, landscape: Landscape) -> Tally:
    """What runs or stays, and of the batch the Pods with the same constraint: these count as if they were placed first.

    For a soft constraint, which binds nobody, every Pod that its selector matches counts.
    """
    key = spread.topology_key
    term = PodTerm(topology_key=key, selector=spread.selector, namespaces=(kind.namespace,))
    pool = _pool(demand, spread, landscape)
    counted = tuple(
        each
        for found in landscape.kinds(term, kind.namespace)
        for each in landscape.residents[found]
        if each.minion.name in pool and (each.is_there or not spread.hard or _carries(found, spread))
    )
    counts = Counter(dict.fromkeys((pool[name].labels[key] for name in pool), 0))
    counts.update(each.minion.labels[key] for each in counted)
    return Tally(spread=spread, counts=counts, counted=counted, pool=frozenset(pool), itself=_is(kind, term))


def _carries(kind: Kind, spread: Spread) -> bool:
    """The namespace is the same already."""
    wanted = spread.selector, spread.topology_key
    return any(each.hard and (each.selector, each.topology_key) == wanted for each in kind.spreads)


def _pool(demand: Demand, spread: Spread, landscape: Landscape) -> Mapping[str, Candidate]:
    """The Minions whose places count: with the keys of all hard constraints, and what the constraint honors besides."""
    keys = (spread.topology_key, *(each.topology_key for each in demand.spreads if each.hard))
    by_labels = (tuple(sorted(demand.node_selector.items())), demand.required_terms) if spread.honors_affinity else None
    honored = (keys, by_labels, demand.tolerations if spread.honors_taints else None)
    known = landscape.pools.get(honored)
    if known is None:
        known = landscape.pools[honored] = {
            each.name: each
            for each in landscape.candidates
            if all(key in each.labels for key in keys)
            and (not spread.honors_affinity or allows_labels(demand, each))
            and (not spread.honors_taints or _is_welcome(demand, each))
        }
    return known


def _is_welcome(demand: Demand, candidate: Candidate) -> bool:
    if candidate.unschedulable and not tolerates_cordon(demand):
        return False
    return not untolerated(demand, candidate, "NoSchedule", "NoExecute")
