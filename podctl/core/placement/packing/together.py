"""Pods that must go together: picks the domain for all of them before anything else is packed.

A Pod that needs its like beside it, or shares a new claim, binds all the others to wherever the first one went. So the
place is chosen for them as a whole: the fullest domain that holds them all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.placement.packing.classes import SCARCE, PodClass, Problem, in_order
from podctl.core.placement.packing.ratio_fill import ratio_fill
from podctl.core.placement.packing.relations import NOWHERE
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.relations import Need


def narrowed(problem: Problem, *, all_needs: bool = False) -> Problem:
    """The problem with each such group allowed in one domain only; the same one when there is no such group.

    With `all_needs` also those are bound that need Pods which could go anywhere: these then go with them.
    """
    groups = _groups(problem, all_needs=all_needs)
    if not groups or problem.web is None:
        return problem
    allowed = {each.index: each for each in problem.classes}
    state = State(problem)
    for watch, members in groups:
        classes = [allowed[index] for index in sorted(members)]
        found = _home(problem, state, problem.web.domain[watch], classes)
        if found is None:
            continue
        state, home = found
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


def _home(
    problem: Problem, state: State, domain: Sequence[int], classes: Sequence[PodClass]
) -> tuple[State, list[int]] | None:
    """The packing with the group in the first domain that takes it whole, those in use and the fullest first."""
    by_domain: dict[int, list[int]] = {}
    for minion, number in enumerate(domain):
        if number != NOWHERE:
            by_domain.setdefault(number, []).append(minion)
    cpu = sum(each.cpu * len(each.pods) for each in classes)
    memory = sum(each.memory * len(each.pods) for each in classes)
    used = state.used()

    def key(minions: list[int]) -> tuple[bool, float, int]:
        room = sum(state.cpu[at] * problem.weight_cpu + state.memory[at] * problem.weight_memory for at in minions)
        return used.isdisjoint(minions), room, minions[0]

    order = in_order(classes, by_weight=False)
    for minions in sorted(by_domain.values(), key=key):
        if sum(state.cpu[at] for at in minions) < cpu or sum(state.memory[at] for at in minions) < memory:
            continue
        found, missed = ratio_fill(problem, minions, order, State.of(problem, state.where), most_missed=0)
        if not missed:
            return found, minions
    return None


def _only(each: PodClass, minions: Sequence[int], many: int) -> PodClass:
    eligible = [at for at in minions if each.allowed is None or each.allowed[at]]
    allowed = bytearray(many)
    for at in eligible:
        allowed[at] = 1
    return replace(each, allowed=bytes(allowed), eligible=eligible, scarce=len(eligible) * SCARCE < many)
