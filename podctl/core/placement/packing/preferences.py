"""What Pods would rather have, as criteria in order: never one sum, so that "why" has an answer.

1. no PreferNoSchedule taint that it does not tolerate, 2. the weights of preferred affinities, 3. evenness over the
domains of ScheduleAnyway constraints, 4. members of one set on different Minions, and for the strategy `spread`
5. evenly used Minions. Smaller is better; figures are whole, and only their changes are ever asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.affinity import preference, untolerated
from podctl.core.placement.packing.relations import NOWHERE, Scope, Scopes, domains_of, scope_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from podctl.core.placement.model import Candidate, Demand, Spread

Change = tuple[int, int, int, int]  # of criteria 1 to 4
SAME: Change = (0, 0, 0, 0)
_Place = tuple[Scope, str]  # Pods that something looks at, by topology key

_OUTSIDE = 1 << 30  # more than any domain can have


class Preferences:
    """What the Pods of a batch prefer, while its Pods are placed and moved. `demands` by Pod, `minions` by number."""

    def __init__(self, demands: Sequence[Demand], minions: Sequence[Candidate]) -> None:
        self._minions = minions
        self._tastes: dict[Hashable, tuple[list[int], list[int]] | None] = {}
        self._likings: dict[int, list[tuple[int, int]]] = {}  # by the identity of the taste
        self._taste = [self._taste_of(each) for each in demands]
        self._terms = [_terms(each) for each in demands]
        softs = [[(_scope(each, it), it.topology_key) for it in each.spreads if not it.hard] for each in demands]
        places = dict.fromkeys(place for terms in self._terms for place, _ in terms)
        spread = dict.fromkeys(place for each in softs for place in each)
        by_key = {key: domains_of(key, minions) for key in {key for _, key in (*places, *spread)}}
        self._domain = {place: by_key[place[1]] for place in (*places, *spread)}
        self._counts: dict[_Place, dict[int, int]] = {place: {} for place in (*places, *spread)}
        self._holders: dict[_Place, dict[int, int]] = {place: {} for place in places}  # weights of those that look
        scopes = Scopes([scope for scope, _ in (*places, *spread)])
        self._turn = {place: turn for turn, place in enumerate(self._counts)}
        by_scope: dict[Scope, list[_Place]] = {}
        for place in self._counts:
            by_scope.setdefault(place[0], []).append(place)
        self._seen = [self._looked_at(scopes, by_scope, each) for each in demands]
        self._spread = frozenset(spread)
        self._group = [(each.key.namespace, each.group) if each.group else None for each in demands]
        self._groups: dict[tuple[str, str], dict[int, int]] = {group: {} for group in self._group if group}
        self._count_what_runs(scopes, by_scope)

    def _looked_at(self, scopes: Scopes, by_scope: dict[Scope, list[_Place]], demand: Demand) -> list[_Place]:
        """The places in which the Pod counts."""
        if not by_scope:
            return []
        return sorted((place for scope in scopes.of(demand) for place in by_scope[scope]), key=self._turn.__getitem__)

    def _count_what_runs(self, scopes: Scopes, by_scope: dict[Scope, list[_Place]]) -> None:
        for at, minion in enumerate(self._minions):
            for used in minion.used:
                if used.pod is None:
                    continue
                group = (used.pod.key.namespace, used.pod.group)
                if group in self._groups:
                    _add(self._groups[group], at, 1)
                for place in self._looked_at(scopes, by_scope, used.pod):
                    _add(self._counts[place], self._domain[place][at], 1)

    # ----------------------------------------------------------------------------------------- who has any, and where

    def cares(self, pod: int) -> bool:
        """Whether it prefers some Minions to others for more than its set."""
        return bool(self._taste[pod] or self._seen[pod] or self._terms[pod])

    def is_crowded(self, pod: int, minion: int) -> bool:
        """Whether another one of its set is there, too."""
        group = self._group[pod]
        return group is not None and self._groups[group].get(minion, 0) > 1

    def mates(self, pod: int, minion: int) -> int:
        """How many of its set are there."""
        group = self._group[pod]
        return self._groups[group].get(minion, 0) if group else 0

    def liking(self, pod: int) -> Sequence[tuple[int, int]] | None:
        """By Minion how little it likes it for its taints and labels alone; None when they are all the same to it."""
        taste = self._taste[pod]
        return self._likings[id(taste)] if taste else None

    def group_of(self, pod: int) -> tuple[str, str] | None:
        """Namespace and name of the set; None for none."""
        return self._group[pod]

    # -------------------------------------------------------------------------------------------------------- moves

    def put(self, pod: int, minion: int, sign: int = 1) -> None:
        """The Pod comes to the Minion; with `sign` -1 it goes."""
        for place in self._seen[pod]:
            _add(self._counts[place], self._domain[place][minion], sign)
        for place, weight in self._terms[pod]:
            _add(self._holders[place], self._domain[place][minion], sign * weight)
        group = self._group[pod]
        if group:
            _add(self._groups[group], minion, sign)

    def cost(self, pod: int, minion: int) -> Change:
        """What the Pod, which is nowhere, adds to each criterion when it comes to the Minion."""
        taste = self._taste[pod]
        taints, weight = (taste[0][minion], taste[1][minion]) if taste else (0, 0)
        for place, its in self._terms[pod]:
            weight += its * self._counts[place].get(self._domain[place][minion], 0)
        skew = 0
        for place in self._seen[pod]:
            domain = self._domain[place][minion]
            if place in self._holders:
                weight += self._holders[place].get(domain, 0)
            if place in self._spread:
                skew += _once_more(self._counts[place], domain)
        group = self._group[pod]
        return taints, -weight, skew, _once_more(self._groups[group], minion) if group else 0

    # ------------------------------------------------------------------------------------------------------- tastes

    def _taste_of(self, demand: Demand) -> tuple[list[int], list[int]] | None:
        """By Minion the taints it would rather not have, and the weights of the preferred node terms."""
        key = (demand.tolerations, demand.preferred_terms)
        if key not in self._tastes:
            taints = [
                len(untolerated(demand, each, "PreferNoSchedule")) if each.taints else 0 for each in self._minions
            ]
            weights = [preference(demand, each) for each in self._minions] if demand.preferred_terms else []
            same = len(set(taints)) <= 1 and len(set(weights)) <= 1
            taste = self._tastes[key] = None if same else (taints, weights or [0] * len(taints))
            if taste:
                self._likings[id(taste)] = [(few, -weight) for few, weight in zip(*taste, strict=True)]
        return self._tastes[key]


def plus(one: Change, other: Change, sign: int = 1) -> Change:
    return (
        one[0] + sign * other[0],
        one[1] + sign * other[1],
        one[2] + sign * other[2],
        one[3] + sign * other[3],
    )


def _scope(demand: Demand, spread: Spread) -> Scope:
    return Scope(spread.selector, (demand.key.namespace,))


def _terms(demand: Demand) -> list[tuple[_Place, int]]:
    near = [((scope_of(it.term), it.term.topology_key), it.weight) for it in demand.preferred_near]
    return near + [((scope_of(it.term), it.term.topology_key), -it.weight) for it in demand.preferred_apart]


def _add(counts: dict[int, int], domain: int, change: int) -> None:
    if domain != NOWHERE:
        counts[domain] = counts.get(domain, 0) + change


def _once_more(counts: dict[int, int], domain: int) -> int:
    """How much the sum of squares grows: the fewer are there the less. A Minion outside of every domain is the last."""
    return _OUTSIDE if domain == NOWHERE else 2 * counts.get(domain, 0) + 1
