"""The checker's record of who is where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from podctl.core.placement.checker.labels import all_hold, is_in_the_namespaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.placement.model import Candidate, Demand, PodTerm
    from podctl.core.selectors import Selector

    Kind = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resident:
    """A Pod on a Minion."""

    pod: Demand
    minion: Candidate
    runs: bool  # before the batch

    @property
    def is_judged(self) -> bool:
        """A Pod that runs already and one with nodeName are where they are; the others have to keep clear of them."""
        return not self.runs and not self.pod.node_name

    @property
    def is_there(self) -> bool:
        """Before the batch is placed: it runs, or is made anew where it runs."""
        return self.runs or self.pod.home == self.minion.name

    def domain(self, key: str) -> str | None:
        return self.minion.labels.get(key)

    def __str__(self) -> str:
        return f"{self.pod.key} on {self.minion.name}"


def residents_of(there: Sequence[tuple[Demand, Candidate]], candidates: Sequence[Candidate]) -> tuple[Resident, ...]:
    """The Pods that run and those that are now placed."""
    running = ((used.pod, candidate) for candidate in candidates for used in candidate.used if used.pod)
    return (
        *(Resident(pod=pod, minion=candidate, runs=True) for pod, candidate in running),
        *(Resident(pod=demand, minion=candidate, runs=False) for demand, candidate in there),
    )


class Census:
    """Residents by what a selector can see of them, which is the namespace and the labels."""

    def __init__(self, residents: Iterable[Resident]) -> None:
        self._of_kind: defaultdict[Kind, list[Resident]] = defaultdict(list)
        for each in residents:
            self._of_kind[each.pod.key.namespace, tuple(sorted(each.pod.labels.items()))].append(each)
        self._with_label: defaultdict[tuple[str, str], list[Kind]] = defaultdict(list)
        for kind in self._of_kind:
            for label in kind[1]:
                self._with_label[label].append(kind)
        self._found: dict[tuple[PodTerm, str], list[Resident]] = {}

    def found(self, term: PodTerm, own: str) -> list[Resident]:
        """The Pods that a term of a Pod of namespace `own` means."""
        known = self._found.get((term, own))
        if known is None:
            known = self._found[term, own] = [] if term.selector is None else self._match(term, own, term.selector)
        return known

    def _match(self, term: PodTerm, own: str, selector: Selector) -> list[Resident]:
        return [
            resident
            for kind in self._likely(selector)
            if is_in_the_namespaces(term, own, kind[0]) and all_hold(selector, dict(kind[1]))
            for resident in self._of_kind[kind]
        ]

    def _likely(self, selector: Selector) -> Iterable[Kind]:
        """All kinds that match and others: by a label that one requirement asks for, where there is one."""
        for each in selector:
            if each.operator == "In":
                return chain.from_iterable(self._with_label.get((each.key, value), ()) for value in set(each.values))
        return self._of_kind
