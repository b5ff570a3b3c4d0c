"""Where Pods look at each other: who is counted, and in which domain of which topology key.

Semantics: kube-scheduler's InterPodAffinity and PodTopologySpread plugins (Kubernetes 1.31), for a whole batch at once.
Constrained Pods count as if they came before the others of the batch, so the answer does not hang on an order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand, PodTerm
    from podctl.core.selectors import Selector

NOWHERE = -1  # the Minion lacks the topology key
_NAMESPACE = "kubernetes.io/metadata.name"  # the one label of a namespace


@dataclass(frozen=True, slots=True)
class Scope:
    """Which Pods a term speaks of."""

    selector: Selector | None
    namespaces: tuple[str, ...]
    namespace_selector: Selector | None = None

    def holds(self, namespace: str, labels: Mapping[str, str]) -> bool:
        if self.selector is None or not matches(self.selector, labels):
            return False
        if namespace in self.namespaces:
            return True
        return self.namespace_selector is not None and matches(self.namespace_selector, {_NAMESPACE: namespace})


@dataclass(frozen=True, slots=True)
class Watch:
    """Pods that match all `scopes`, or use `claim`, counted by domain of `key`; the key "" is the Minion itself."""

    scopes: tuple[Scope, ...]
    key: str
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Each of these watches must have a Pod in the domain; if none has one anywhere, one of its own kind may begin."""

    watches: tuple[int, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class Ties:
    """What one class of Pods has to do with others, as indexes of watches and tallies."""

    counted: tuple[int, ...] = ()
    is_named: bool = (
        False  # by nodeName: not scheduled, so what runs does not keep it away, but it may hinder the batch
    )
    holds: tuple[int, ...] = ()  # keeps what is counted there out of its domain
    refuses: tuple[int, ...] = ()  # no Pod that is counted there may be in the domain
    refused: tuple[int, ...] = ()  # no Pod that holds it may be in the domain
    needs: tuple[Need, ...] = ()
    tallied: tuple[int, ...] = ()
    spreads: tuple[tuple[int, int, int], ...] = ()  # tally, the most it may be above the least, 1 if it counts itself


@dataclass(slots=True, kw_only=True)
class Tally:
    """One spread constraint: Pods by domain, among the domains that count. `domain` maps a Minion to its domain."""

    domain: Sequence[int]
    domains: int
    min_domains: int
    base: dict[int, int] = field(default_factory=dict)  # of running Pods


def scope_of(term: PodTerm) -> Scope:
    return Scope(term.selector, term.namespaces, term.namespace_selector)


def domains_of(key: str, minions: Sequence[Candidate]) -> list[int]:
    """The domain of every Minion."""
    if not key:
        return list(range(len(minions)))
    numbers: dict[str, int] = {}
    return [numbers.setdefault(each.labels[key], len(numbers)) if key in each.labels else NOWHERE for each in minions]


class Scopes:
    """Which of many scopes a Pod is in: looked up by one label that the scope asks for, as there may be thousands."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self._by_label: defaultdict[tuple[str, str], list[Scope]] = defaultdict(list)
        self._others: list[Scope] = []
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], frozenset[Scope]] = {}
        for scope in dict.fromkeys(scopes):
            asked = next((each for each in scope.selector or () if each.operator == "In"), None)
            for value in asked.values if asked else ():
                self._by_label[asked.key, value].append(scope)  # type: ignore[union-attr]
            if asked is None:
                self._others.append(scope)

    def of(self, pod: Demand) -> frozenset[Scope]:
        labels = tuple(pod.labels.items())
        key = (pod.key.namespace, labels)
        found = self._known.get(key)
        if found is None:
            near = [scope for label in labels for scope in self._by_label.get(label, ())]
            found = frozenset(it for it in (*near, *self._others) if it.holds(pod.key.namespace, pod.labels))
            self._known[key] = found
        return found
