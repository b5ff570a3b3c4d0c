"""Pods that must go together: picks the domain for all of them before anything else is packed.

A Pod that needs its like beside it, or shares a new claim, binds all the others to wherever the first one went. So the
place is chosen for them as a whole: the fullest domain that holds them all.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from podctl.core.placement.packing.classes import SCARCE, PodClass, Problem, in_order
from podctl.core.placement.packing.ratio_fill import ratio_fill
from podctl.core.placement.packing.relations import NOWHERE
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from podctl.core.placement.packing.relations import Need

_TRIES = 200  # domains for one group: of many that have the room, one of the first takes it, or probably none


def narrowed(problem: Problem, *, all_needs: bool = False) -> Problem:
    """The problem with each such group allowed in one domain only; the same one when there is no such group.

    With `all_needs` also those are bound that need Pods which could go anywhere: these then go with them.
    """
    groups = _groups(problem, all_needs=all_needs)
    if not groups or problem.web is None:
        return problem
    allowed = {each.index: each for each in problem.classes}
    state = State(problem)
    used = set(problem.loaded)
    layouts: dict[int, _Layout] = {}  # by the identity of the map to domains: watches of one topology key share it
    for watch, members in groups:
        domain = problem.web.domain[watch]
        if id(domain) not in layouts:
            layouts[id(domain)] = _Layout(state, domain, used)
        classes = [allowed[index] for index in sorted(members)]
        home = _home(state, layouts[id(domain)], classes)
        if not home:
            continue
        used.update(state.where[pod] for each in classes for pod in each.pods)
        for layout in layouts.values():
            layout.refresh(home)
        for each in classes:
            allowed[each.index] = _only(each, home, len(problem.minions))
    classes = list(allowed.values())
    by_pod = {pod: each for each in classes for pod in each.pods}
    return replace(problem, classes=classes, class_of=[by_pod[pod] for pod in range(problem.pods)])


def _groups(problem: Problem, *, all_needs: bool) -> list[tuple[int, frozenset[int]]]:
    """(watch whose domains are to choose from, classes), the narrowest domains and the heaviest groups first."""
    needs: dict[Need, set[int]] = {}
    counted: dict[int, set[int]] = {}
    for each in problem.classes:
        if each.ties is None or each.hopeless:
            continue
        for need in each.ties.needs:
            needs.setdefault(need, set()).add(each.index)
        for watch in each.ties.counted:
            counted.setdefault(watch, set()).add(each.index)
    groups: dict[int, set[int]] = {}
    for need, members in needs.items():
        watch = need.watches[0]
        if problem.web and any(problem.web.counts[number] for number in need.watches):
            continue  # some run already: where they are is open to all
        providers = set[int]().union(*(counted.get(number, ()) for number in need.watches))
        if providers <= members or all_needs:
            groups.setdefault(watch, set()).update(members | providers)
    return sorted(
        ((watch, frozenset(members)) for watch, members in groups.items()),
        key=lambda group: (_width(problem, group[0]), -_weight(problem, group[1]), group[0]),
    )


def _width(problem: Problem, watch: int) -> int:
    """Minions a domain, roughly: fewer domains are wider."""
    domains = set(problem.web.domain[watch]) if problem.web else set()
    return -len(domains)


def _weight(problem: Problem, members: frozenset[int]) -> float:
    return sum(problem.classes[index].weight * len(problem.classes[index].pods) for index in members)


class _Layout:
    """The domains of one topology key while group after group is placed: those in use and the fullest first."""

    def __init__(self, state: State, domain: Sequence[int], used: AbstractSet[int]) -> None:
        """`used`: the Minions in use, kept up to date by the caller."""
        self._state = state
        self._domain = domain
        self._used = used
        self._minions: dict[int, list[int]] = {}
        for minion, number in enumerate(domain):
            if number != NOWHERE:
                self._minions.setdefault(number, []).append(minion)
        self._rank = {number: self._rank_of(minions) for number, minions in self._minions.items()}
        self._order = sorted(self._minions, key=self._rank.__getitem__)

    def refresh(self, minions: Iterable[int]) -> None:
        """To be called when Pods have come to these Minions."""
        for number in {self._domain[minion] for minion in minions} - {NOWHERE}:
            self._rank[number] = self._rank_of(self._minions[number])
        self._order.sort(key=self._rank.__getitem__)  # quick, as nearly all stand where they should

    def with_room(self, cpu: int, memory: int) -> Iterator[list[int]]:
        """The Minions of each domain that has so much free, the fullest domain first."""
        for number in list(self._order):
            _, _, _, free_cpu, free_memory = self._rank[number]
            if free_cpu >= cpu and free_memory >= memory:
                yield self._minions[number]

    def _rank_of(self, minions: Sequence[int]) -> tuple[bool, float, int, int, int]:
        state, problem = self._state, self._state.problem
        cpu, memory = sum(state.cpu[at] for at in minions), sum(state.memory[at] for at in minions)
        return (
            self._used.isdisjoint(minions),
            cpu * problem.weight_cpu + memory * problem.weight_memory,
            minions[0],
            cpu,
            memory,
        )


def _home(state: State, layout: _Layout, classes: Sequence[PodClass]) -> list[int]:
    """The Minions of the first domain that takes the group whole, which is placed there; none when no domain does.

    A class that an earlier group has placed stays: then only its domain is left.
    """
    new = [each for each in classes if state.where[each.pods[0]] == WAITING]
    cpu = sum(each.cpu * len(each.pods) for each in new)
    memory = sum(each.memory * len(each.pods) for each in new)
    order = in_order(new, by_weight=False)
    placed = [{state.where[pod] for pod in each.pods} for each in classes if each not in new]
    for minions in islice(layout.with_room(cpu, memory), _TRIES):
        if not all(where.issubset(minions) for where in placed):
            continue
        _, missed = ratio_fill(state.problem, minions, order, state, most_missed=0)
        if not missed:
            return minions
        for each in new:
            for pod in each.pods:
                if state.where[pod] != WAITING:
                    state.take(pod, each)
    return []


def _only(each: PodClass, minions: Sequence[int], many: int) -> PodClass:
    eligible = [at for at in minions if each.allowed is None or each.allowed[at]]
    allowed = bytearray(many)
    for at in eligible:
        allowed[at] = 1
    return replace(each, allowed=bytes(allowed), eligible=eligible, scarce=len(eligible) * SCARCE < many)
