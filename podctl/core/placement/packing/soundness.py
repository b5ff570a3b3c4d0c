"""Whether a packing that a search has moved about still keeps its spread constraints and its required affinities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.relations import NOWHERE
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.placement.packing.classes import PodClass
    from podctl.core.placement.packing.relations import Need


def is_sound(state: State, moved: Iterable[int] | None = None) -> bool:
    """True when there is an order in which every Pod could have gone where it is.

    With `moved` the packing was sound before these Pods moved: only they and those that hang together with them are
    looked at.
    """
    classes = state.problem.classes if moved is None else _touched(state, moved)
    tied = [each for each in classes if each.is_tied]
    return not tied or (_is_level(state, tied) and _is_grounded(state, classes))


def _touched(state: State, moved: Iterable[int]) -> list[PodClass]:
    problem = state.problem
    classes = (problem.class_of[pod] for pod in moved)
    numbers = {problem.kin[each.index] for each in classes if each.ties}
    return [problem.classes[index] for number in sorted(numbers) for index in problem.kindred[number]]


def _is_level(state: State, tied: Sequence[PodClass]) -> bool:
    return all(
        state.is_level(each.ties, minion)
        for each in tied
        if each.ties and each.ties.spreads
        for minion in {state.where[pod] for pod in each.pods} - {WAITING}
    )


def _is_grounded(state: State, classes: Sequence[PodClass]) -> bool:
    """Pods that need others come one after the other, each beside one that is there before it."""
    needing = [each for each in classes if each.ties and each.ties.needs]
    if not needing:
        return True
    company = _Company(state, needing)
    for each in classes:
        if each.ties and not each.ties.needs:
            for minion in {state.where[pod] for pod in each.pods} - {WAITING}:
                company.add(each, minion)
    left = _in_turn(state, needing)
    while left:
        rest = []
        for each, minion in left:
            if company.suffices(each, minion):
                company.add(each, minion)
            else:
                rest.append((each, minion))
        if len(rest) == len(left):
            return False
        left = rest
    return True


def _in_turn(state: State, classes: Sequence[PodClass]) -> list[tuple[PodClass, int]]:
    """Where these classes are, in the order of their Pods: those of a class on one Minion stand or fall together."""
    placed = {pod: each for each in classes for pod in each.pods if state.where[pod] != WAITING}
    found = {(placed[pod].index, state.where[pod]): placed[pod] for pod in sorted(placed, reverse=True)}
    return [(each, minion) for (_, minion), each in reversed(found.items())]


class _Company:
    """Who stands already, of those that somebody needs."""

    def __init__(self, state: State, needing: Sequence[PodClass]) -> None:
        web = state.problem.web
        watches = {it for each in needing if each.ties for need in each.ties.needs for it in need.watches}
        self._domain = {watch: web.domain[watch] for watch in watches} if web else {}
        self._places = {
            (watch, domain) for watch in watches if web for domain, many in web.counts[watch].items() if many
        }
        self._begun = {watch for watch, _ in self._places}  # watches with a Pod in any domain

    def add(self, each: PodClass, minion: int) -> None:
        for watch in each.ties.counted if each.ties else ():
            domain = self._domain[watch][minion] if watch in self._domain else NOWHERE
            if domain != NOWHERE:
                self._places.add((watch, domain))
                self._begun.add(watch)

    def suffices(self, each: PodClass, minion: int) -> bool:
        return all(self._has(need, minion) for need in (each.ties.needs if each.ties else ()))

    def _has(self, need: Need, minion: int) -> bool:
        places = [(watch, self._domain[watch][minion]) for watch in need.watches]
        if any(domain == NOWHERE for _, domain in places):
            return False
        return self._places.issuperset(places) or (need.own and self._begun.isdisjoint(need.watches))
