"""From the terms of Demands to the watches, tallies and Ties that the packer counts with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.placement.packing.relations import (
    NOWHERE,
    Need,
    Scope,
    Scopes,
    Tally,
    Ties,
    Watch,
    domains_of,
    scope_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from podctl.core.placement.model import Candidate, Demand, Spread

Counts = dict[int, int]  # Pods by domain


@dataclass(slots=True, kw_only=True)
class Web:
    """All relations of a batch, with what runs already."""

    domain: list[list[int]] = field(default_factory=list)  # by watch and Minion
    counts: list[Counts] = field(default_factory=list)  # by watch: running Pods that match
    holders: list[Counts] = field(default_factory=list)  # by watch: running Pods that refuse those that match
    tallies: list[Tally] = field(default_factory=list)
    itself: list[int] | None = None  # the entry of `domain` that claims share: each Minion is a domain of its own


def spread_scope(pod: Demand, spread: Spread) -> Scope:
    return Scope(spread.selector, (pod.key.namespace,))


def near_watches(pod: Demand) -> tuple[Watch, ...]:
    """For every term the Pods that match all terms: only these count, as in Kubernetes."""
    scopes = tuple(scope_of(term) for term in pod.near)
    return tuple(Watch(scopes, term.topology_key) for term in pod.near)


def apart_watches(pod: Demand) -> tuple[Watch, ...]:
    return tuple(Watch((scope_of(term),), term.topology_key) for term in pod.apart)


class Weaver:
    """Makes the Web of a batch, and afterwards the Ties of each Pod of it."""

    def __init__(
        self,
        demands: Sequence[Demand],
        minions: Sequence[Candidate],
        shared_claims: Iterable[str],
        allowed: Callable[[Demand, bool, bool], bytes],
    ) -> None:
        """`allowed(demand, by_affinity, by_taints)`: the Minions whose domains count for a spread constraint."""
        self.web = Web()
        self._minions = minions
        self._allowed = allowed
        self._running = [(at, used.pod) for at, each in enumerate(minions) for used in each.used if used.pod]
        self._watches: dict[Watch, int] = {}
        self._domains: dict[str, list[int]] = {}
        self._counting: dict[tuple[bytes, frozenset[str]], bytes] = {}
        self._tallies: dict[tuple[Scope, str, bytes, int], int] = {}
        self._tallies_of: dict[tuple[Scope, str], list[int]] = {}
        self._claims = frozenset(shared_claims)
        shapes = {
            (it.key.namespace, it.near, it.apart, it.spreads): it for it in demands if it.near or it.apart or it.spreads
        }
        runs_apart = [pod for _, pod in self._running if pod.apart]
        apart = [watch for pod in (*shapes.values(), *runs_apart) for watch in apart_watches(pod)]
        wanted = apart + [watch for pod in shapes.values() for watch in near_watches(pod)]
        wanted += [Watch((), "", claim) for claim in sorted(self._claims)]
        spreads = [spread_scope(pod, it) for pod in shapes.values() for it in pod.spreads if it.hard]
        self._scopes = Scopes([scope for watch in wanted for scope in watch.scopes] + spreads)
        self._running_in = self._minions_by_scope(set(spreads))
        self._by_scope: dict[Scope, list[int]] = {}
        for watch in wanted:
            self._add(watch)
        self._list = list(self._watches)
        self.web.itself = self._domains.get("")
        self._apart = frozenset(self._watches[watch] for watch in apart)
        self.is_needed = bool(self._watches or spreads)
        if self.is_needed:
            self._count_what_runs()

    def _minions_by_scope(self, scopes: set[Scope]) -> dict[Scope, list[int]]:
        """Where Pods of these scopes run: a Minion once for each Pod."""
        found: dict[Scope, list[int]] = {}
        for at, pod in self._running if scopes else ():
            for scope in self._scopes.of(pod) & scopes:
                found.setdefault(scope, []).append(at)
        return found

    def _add(self, watch: Watch) -> None:
        if watch in self._watches:
            return
        number = self._watches[watch] = len(self._watches)
        self.web.domain.append(self._domain(watch.key))
        self.web.counts.append({})
        self.web.holders.append({})
        for scope in watch.scopes[:1]:
            self._by_scope.setdefault(scope, []).append(number)

    def _matching(self, pod: Demand) -> list[int]:
        scopes = self._scopes.of(pod)
        near = sorted({number for scope in scopes for number in self._by_scope.get(scope, ())})
        return [number for number in near if scopes.issuperset(self._list[number].scopes)]

    def _count_what_runs(self) -> None:
        for at, pod in self._running:
            for number in self._matching(pod):
                _count(self.web.counts[number], self.web.domain[number][at])
            for watch in apart_watches(pod):
                number = self._watches[watch]
                _count(self.web.holders[number], self.web.domain[number][at])

    def prepare(self, pod: Demand) -> None:
        """Makes the tallies of this Pod: to be called for every one before `ties`, as Pods count in each other's."""
        self._spreads(pod)

    def ties(self, pod: Demand) -> Ties | None:
        """What this Pod has to do with others; None for nothing."""
        if not self.is_needed:
            return None
        matched = self._matching(pod)
        claims = [self._watches[Watch((), "", claim)] for claim in pod.claims if claim in self._claims]
        holds = tuple(self._watches[watch] for watch in apart_watches(pod))
        spreads, tallied = self._spreads(pod)
        needs = [Need((number,), own=True) for number in claims]
        near = tuple(self._watches[watch] for watch in near_watches(pod))
        if near and not pod.node_name:
            needs.append(Need(near, own=set(near) <= set(matched)))
        ties = Ties(
            counted=(*matched, *claims),
            holds=holds,
            refuses=holds,
            refused=tuple(number for number in matched if number in self._apart),
            needs=tuple(needs),
            spreads=() if pod.node_name else spreads,
            tallied=tallied,
        )
        return None if ties == Ties() else replace(ties, is_named=bool(pod.node_name))

    def _spreads(self, pod: Demand) -> tuple[tuple[tuple[int, int, int], ...], tuple[int, ...]]:
        hard = [each for each in pod.spreads if each.hard]
        keys = frozenset(each.topology_key for each in hard)
        found = []
        own = []
        for spread in hard:
            scope = spread_scope(pod, spread)
            counts_itself = scope in self._scopes.of(pod)
            found.append((self._tally(pod, spread, keys), spread.max_skew, int(counts_itself)))
            if counts_itself:
                own.append((scope, spread.topology_key))
        return tuple(found), tuple(dict.fromkeys(number for key in own for number in self._tallies_of[key]))

    def _domain(self, key: str) -> list[int]:
        if key not in self._domains:
            self._domains[key] = domains_of(key, self._minions)
        return self._domains[key]

    def _counts(self, allowed: bytes, keys: frozenset[str]) -> bytes:
        """By Minion whether it counts for a constraint: it is allowed, and has all topology keys of the Pod."""
        if (allowed, keys) not in self._counting:
            self._counting[allowed, keys] = bytes(
                ok and keys.issubset(minion.labels) for ok, minion in zip(allowed, self._minions, strict=True)
            )
        return self._counting[allowed, keys]

    def _tally(self, pod: Demand, spread: Spread, keys: frozenset[str]) -> int:
        scope = spread_scope(pod, spread)
        counting = self._counts(self._allowed(pod, spread.honors_affinity, spread.honors_taints), keys)
        key = (scope, spread.topology_key, counting, spread.min_domains)
        if key in self._tallies:
            return self._tallies[key]
        domain = self._domain(spread.topology_key)
        eligible = sorted({domain[at] for at, ok in enumerate(counting) if ok})
        renumbered = {old: new for new, old in enumerate(eligible)}
        tally = Tally(
            domain=[renumbered[it] if ok else NOWHERE for it, ok in zip(domain, counting, strict=True)],
            domains=len(eligible),
            min_domains=spread.min_domains,
        )
        for at in self._running_in.get(scope, ()):
            _count(tally.base, tally.domain[at])
        number = self._tallies[key] = len(self.web.tallies)
        self.web.tallies.append(tally)
        self._tallies_of.setdefault((scope, spread.topology_key), []).append(number)
        return number


def _count(counts: Counts, domain: int) -> None:
    if domain != NOWHERE:
        counts[domain] = counts.get(domain, 0) + 1
