"""Which Pods are in which place: what the rules between Pods look at.

A place (Kubernetes: topology domain) is all Minions with the same value of one label; a Minion without the label is in
none. Semantics: kube-scheduler's plugins InterPodAffinity and PodTopologySpread.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from podctl.core.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand, PodTerm, Spread
    from podctl.core.selectors import Selector

_NAMESPACE = "kubernetes.io/metadata.name"  # the one label of a namespace


@dataclass(frozen=True, slots=True)
class Kind:
    """All that Pods can see of each other: alike in this, they are alike for every term."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    near: tuple[PodTerm, ...] = ()
    apart: tuple[PodTerm, ...] = ()
    spreads: tuple[Spread, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Resident:
    """A Pod on a Minion. Two are the same only when they are one value."""

    pod: Demand
    minion: Candidate
    runs: bool  # before the batch

    @property
    def is_there(self) -> bool:
        """Before the rest of the batch is placed: it runs, or is made anew where it runs."""
        return self.runs or self.pod.home == self.minion.name

    def __str__(self) -> str:
        return f"pod {self.pod.key}"


Residents = tuple[Resident, ...]


def kind_of(pod: Demand) -> Kind:
    labels = tuple(sorted(pod.labels.items())) if pod.labels else ()
    return Kind(pod.key.namespace, labels, pod.near, pod.apart, pod.spreads)


def means(term: PodTerm, own: str, namespace: str, labels: Mapping[str, str]) -> bool:
    """Whether a term of a Pod of namespace `own` speaks of a Pod with this namespace and these labels.

    One that names namespaces in neither way speaks of its own.
    """
    if term.selector is None or not matches(term.selector, labels):
        return False
    if not term.namespaces and term.namespace_selector is None:
        return namespace == own
    if namespace in term.namespaces:
        return True
    return term.namespace_selector is not None and matches(term.namespace_selector, {_NAMESPACE: namespace})


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """All Minions, and all Pods of this cluster that are on one, by kind."""

    candidates: Sequence[Candidate]
    residents: Mapping[Kind, Residents]
    # The rest follows from these two; it is found once and kept, as there may be thousands of Pods and terms.
    pools: dict[Hashable, Mapping[str, Candidate]] = field(default_factory=dict, repr=False, compare=False)
    _places: dict[str, list[str | None]] = field(default_factory=dict, repr=False, compare=False)
    _found: dict[tuple[PodTerm, str], list[Kind]] = field(default_factory=dict, repr=False, compare=False)
    _index: dict[tuple[str, str], list[Kind]] = field(default_factory=dict, repr=False, compare=False)
    _keepers: dict[tuple[str, str] | None, dict[tuple[PodTerm, str], list[Kind]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(cls, candidates: Sequence[Candidate], residents: Iterable[Resident]) -> Landscape:
        kinds: defaultdict[Kind, list[Resident]] = defaultdict(list)
        for each in residents:
            kinds[kind_of(each.pod)].append(each)
        return cls._made(candidates, {kind: tuple(those) for kind, those in kinds.items()})

    def without(self, gone: Iterable[Resident]) -> Landscape:
        changed = dict(self.residents)
        for each in gone:
            kind = kind_of(each.pod)
            changed[kind] = tuple(other for other in changed[kind] if other is not each)
        return self._made(self.candidates, {kind: those for kind, those in changed.items() if those})

    def joined(self, resident: Resident) -> Landscape:
        kind = kind_of(resident.pod)
        return self._made(self.candidates, {**self.residents, kind: (*self.residents.get(kind, ()), resident)})

    @classmethod
    def _made(cls, candidates: Sequence[Candidate], residents: Mapping[Kind, Residents]) -> Landscape:
        index, keepers = _by_label(residents), _by_wanted_label(residents)
        return cls(candidates=candidates, residents=residents, _index=index, _keepers=keepers)

    def places(self, key: str) -> list[str | None]:
        """The place of every Minion, by its number; None where it has no such label."""
        if key not in self._places:
            self._places[key] = [each.labels.get(key) for each in self.candidates]
        return self._places[key]

    def kinds(self, term: PodTerm, own: str) -> list[Kind]:
        """The kinds that a term of a Pod of namespace `own` speaks of."""
        if (term, own) not in self._found:
            near = self._near(term.selector)
            self._found[term, own] = [each for each in near if means(term, own, each.namespace, dict(each.labels))]
        return self._found[term, own]

    def keepers(self, kind: Kind) -> Iterable[tuple[PodTerm, list[Kind]]]:
        """The anti-affinity terms of others that speak of this kind, each with the kinds that have it."""
        labels = dict(kind.labels)
        for wanted in (*kind.labels, None):
            for (term, own), keeping in self._keepers.get(wanted, {}).items():
                if means(term, own, kind.namespace, labels):
                    yield term, keeping

    def _near(self, selector: Selector | None) -> Iterable[Kind]:
        """Kinds among which all that match are: by a label that one requirement wants, where there is one."""
        wanted = _wanted_labels(selector)
        if wanted is None:
            return self.residents
        return dict.fromkeys(chain.from_iterable(self._index.get(each, ()) for each in wanted))


def _wanted_labels(selector: Selector | None) -> list[tuple[str, str]] | None:
    """Labels one of which all that match have; None where there are no such."""
    asked = next((each for each in selector or () if each.operator == "In"), None)
    return [(asked.key, value) for value in dict.fromkeys(asked.values)] if asked else None


def _by_label(kinds: Iterable[Kind]) -> dict[tuple[str, str], list[Kind]]:
    found: defaultdict[tuple[str, str], list[Kind]] = defaultdict(list)
    for kind in kinds:
        for label in kind.labels:
            found[label].append(kind)
    return dict(found)


def _by_wanted_label(kinds: Iterable[Kind]) -> dict[tuple[str, str] | None, dict[tuple[PodTerm, str], list[Kind]]]:
    found: defaultdict[tuple[str, str] | None, dict[tuple[PodTerm, str], list[Kind]]] = defaultdict(dict)
    for kind in kinds:
        for term in dict.fromkeys(kind.apart):
            wanted: Sequence[tuple[str, str] | None] = _wanted_labels(term.selector) or (None,)
            for label in wanted:
                found[label].setdefault((term, kind.namespace), []).append(kind)
    return dict(found)
