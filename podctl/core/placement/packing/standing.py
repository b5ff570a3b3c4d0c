"""Which Minions a Pod may go to whatever else is there: by name, taints, labels, claims. Answers are shared by asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.model import Taint
from podctl.core.placement.affinity import term_matches, tolerates, untolerated

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand

_CORDON = Taint(key="node.kubernetes.io/unschedulable")  # what Kubernetes makes of spec.unschedulable


class Standing:
    """By Minion 1 where a Demand may go, else 0."""

    def __init__(self, minions: Sequence[Candidate], homes: Mapping[str, tuple[str, ...]]) -> None:
        self._minions = minions
        self._homes = homes
        self._known: dict[Hashable, bytes] = {}

    def of(self, demand: Demand) -> bytes:
        homes = tuple(self._homes[claim] for claim in demand.claims if claim in self._homes)
        key = (*asks(demand), demand.node_name, demand.home, homes)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = bytes(self._may_go(demand, homes, each) for each in self._minions)
        return found

    def counting(self, demand: Demand, by_affinity: bool, by_taints: bool) -> bytes:
        """By Minion whether its domain counts for a spread constraint of the Demand."""
        key = ("counting", by_affinity, by_taints, *asks(demand))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = bytes(
                (not by_affinity or _matches(demand, each))
                and not (
                    by_taints and (_is_cordoned(demand, each) or untolerated(demand, each, "NoSchedule", "NoExecute"))
                )
                for each in self._minions
            )
        return found

    def _may_go(self, demand: Demand, homes: Sequence[tuple[str, ...]], minion: Candidate) -> bool:
        if demand.node_name not in ("", minion.name) or demand.home not in ("", minion.name):
            return False
        if any(minion.name not in names for names in homes):
            return False
        if _is_cordoned(demand, minion) and not (demand.node_name or demand.home):  # a cordon drives nobody out
            return False
        return self._suits(demand, minion)

    def _suits(self, demand: Demand, minion: Candidate) -> bool:
        effects = ("NoExecute",) if demand.node_name else ("NoSchedule", "NoExecute")
        return not untolerated(demand, minion, *effects) and _matches(demand, minion)


def _is_cordoned(demand: Demand, minion: Candidate) -> bool:
    return minion.unschedulable and not any(tolerates(each, _CORDON) for each in demand.tolerations)


def asks(demand: Demand) -> tuple[Hashable, ...]:
    """All that its Minion's labels and taints are held against."""
    return tuple(demand.node_selector.items()), demand.required_terms, demand.tolerations


def _matches(demand: Demand, minion: Candidate) -> bool:
    if any(minion.labels.get(key) != value for key, value in demand.node_selector.items()):
        return False
    terms = demand.required_terms
    return terms is None or any(term_matches(term, minion) for term in terms)
