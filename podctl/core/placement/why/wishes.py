"""What a Pod would rather have: criteria in their order, never added up, so that "why" has an answer.

Order: taints with PreferNoSchedule, the weights of preferred affinities, ScheduleAnyway, apart from its own set, name.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from podctl.core.placement.affinity import preference, untolerated
from podctl.core.placement.why.landscape import kind_of
from podctl.core.placement.why.surroundings import Crowd, Tally, crowd_of, tally_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from podctl.core.placement.model import Demand, PodTerm, Spread
    from podctl.core.placement.why.scene import Scene

    Criterion = tuple[str, Callable[[int], int]]  # its name, and a Minion's value by number: less is better

_MILD = "PreferNoSchedule"
APART = "fewest others of its set"
FIRST = "first by name"
_NO_PLACE = 2**30  # more than any place can have: a Minion without the label is last


class Wishes:
    """Of the Pods of one batch, in its final state."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._has_mild_taints = any(taint.effect == _MILD for each in scene.candidates for taint in each.taints)
        self._crowds: dict[Hashable, Crowd] = {}
        self._tallies: dict[Hashable, Tally] = {}
        self._sets: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)  # members by Minion
        for number, each in enumerate(scene.candidates):
            running = (used.pod for used in each.used if used.pod)
            for pod in chain(running, scene.pods.get(each.name, ())):
                if pod.group:
                    members = self._sets[pod.key.namespace, pod.group]
                    members[number] = members.get(number, 0) + 1

    def deciding(self, demand: Demand, at: int, rivals: Sequence[int]) -> str | None:
        """The criterion that puts Minion `at` before the last of the `rivals`; None when one of them is before it."""
        for name, value in self._criteria(demand, at):
            mine = value(at)
            values = [value(rival) for rival in rivals]
            if min(values) < mine:
                return None
            rivals = [rival for rival, its in zip(rivals, values, strict=True) if its == mine]
            if not rivals:
                return name
        return self._by_set_or_name(demand, at, rivals)

    def _by_set_or_name(self, demand: Demand, at: int, rivals: Sequence[int]) -> str | None:
        """The last two criteria. Most Minions have no other member of the set, which decides without a look at each."""
        if demand.group:
            others = dict(self._sets[demand.key.namespace, demand.group])
            mine = others.pop(at) - 1
            if mine and (len(others) < len(rivals) or any(others.get(it, 0) < mine for it in rivals)):
                return None
            rivals = [it for it in rivals if others.get(it, 0) == mine]
            if not rivals:
                return APART
        return FIRST if at < rivals[0] else None

    def _criteria(self, demand: Demand, at: int) -> Iterator[Criterion]:
        """Those that can part Minions for this Pod, which is on Minion `at`: it is left out of what it counts."""
        candidates = self._scene.candidates
        if self._has_mild_taints:
            yield "fewest PreferNoSchedule taints", lambda it: len(untolerated(demand, candidates[it], _MILD))
        if demand.preferred_terms or demand.preferred_near or demand.preferred_apart:
            yield self._weights(demand, at)
        for spread in demand.spreads:
            if not spread.hard:
                yield f"least skew over {spread.topology_key}", self._skew(demand, spread, at)

    def _weights(self, demand: Demand, at: int) -> Criterion:
        """The weight of a term about Pods counts for each of them that is in the place."""
        candidates = self._scene.candidates
        own = candidates[at]
        terms = [(each.weight, each.term) for each in demand.preferred_near]
        terms += [(-each.weight, each.term) for each in demand.preferred_apart]
        others = [(weight, term.topology_key, self._crowd(demand, term).numbers(own)) for weight, term in terms]

        def among_pods(it: int) -> int:
            labels = candidates[it].labels
            return sum(weight * numbers.get(labels[key], 0) for weight, key, numbers in others if key in labels)

        nodes, pods = preference(demand, own), among_pods(at)
        return _weight_text(nodes, pods), lambda it: -preference(demand, candidates[it]) - among_pods(it)

    def _skew(self, demand: Demand, spread: Spread, at: int) -> Callable[[int], int]:
        candidates, key = self._scene.candidates, spread.topology_key
        counts = self._tally(demand, spread).without_itself(candidates[at]).counts
        return lambda it: counts.get(candidates[it].labels[key], 0) if key in candidates[it].labels else _NO_PLACE

    def _crowd(self, demand: Demand, term: PodTerm) -> Crowd:
        kind = kind_of(demand)
        if (kind, term) not in self._crowds:
            self._crowds[kind, term] = crowd_of(kind, term, self._scene.landscape)
        return self._crowds[kind, term]

    def _tally(self, demand: Demand, spread: Spread) -> Tally:
        kind = kind_of(demand)
        asked = kind, spread, tuple(sorted(demand.node_selector.items())), demand.required_terms, demand.tolerations
        if asked not in self._tallies:
            self._tallies[asked] = tally_of(demand, kind, spread, self._scene.landscape)
        return self._tallies[asked]


def _weight_text(nodes: int, pods: int) -> str:
    if pods == 0:
        return f"preferred node affinity (weight {nodes})" if nodes else "preferred pod anti-affinity"
    if nodes == 0:
        return f"preferred pod affinity (weight {pods})" if pods > 0 else "preferred pod anti-affinity"
    return f"preferred affinities (weight {nodes + pods})"
