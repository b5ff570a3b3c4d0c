"""Which of the Pods that run would have to leave so that one that waits has room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import combinations
from typing import TYPE_CHECKING

from podctl.core.placement.room import room_of
from podctl.core.placement.rules import refusal
from podctl.core.placement.why.landscape import Landscape
from podctl.core.placement.why.scene import residents_of
from podctl.core.placement.why.shortfall import PODS, missing, taken_by
from podctl.core.placement.why.surroundings import surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand
    from podctl.core.placement.room import Room
    from podctl.core.placement.why.landscape import Residents
    from podctl.core.placement.why.scene import Scene
    from podctl.core.placement.why.surroundings import Crowd, Surroundings

Occupant = tuple[int, int]  # a Minion's number, and the place in its `used`


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`minion` would take the Pod without these."""

    minion: str
    owners: tuple[str, ...]  # with the Minion where it is another one: `pod shop/web on m2`


def release(demand: Demand, scene: Scene, among: Iterable[int], near: tuple[Crowd, ...]) -> Release | None:
    """The fewest that would have to leave, on the best of the Minions `among`; None when no leaving helps there.

    `scene` is the cluster before the batch, `near` those of the whole batch that the Pod wants near. The fewest are
    exact up to two Pods for amounts; of more, those that free most go first.
    """
    best: Release | None = None
    for at in scene.columns.nearest(demand, among):
        gone = _Eviction(demand, scene, at, near).gone()
        if gone is not None and (best is None or len(gone) < len(best.owners)):
            best = Release(minion=scene.rooms[at].name, owners=_named(gone, at, scene.candidates))
        if best and len(best.owners) == 1:
            break
    return best


class _Eviction:
    """One Minion, and who leaves for its sake."""

    def __init__(self, demand: Demand, scene: Scene, at: int, near: tuple[Crowd, ...]) -> None:
        self._demand = demand
        self._scene = scene
        self._at = at
        self._near = near

    def gone(self) -> list[Occupant] | None:
        """Whoever is in the way by what he is, and then the fewest whose amounts are needed."""
        gone = self._in_the_way()
        while (one := self._one_too_many(gone)) is not None:
            gone.append(one)
        room = self._room(gone)
        lacking = missing(self._demand, room)
        used = self._scene.candidates[self._at].used
        company = set(self._company())
        options = {
            (self._at, index): {**taken_by(each), PODS: each.pods}
            for index, each in enumerate(used)
            if (self._at, index) not in gone and (self._at, index) not in company
        }
        more = fewest(options, lacking)
        if more is None:
            return None
        gone += more
        if not company.isdisjoint(gone) or refusal(self._demand, self._room(gone), self._around(gone)):
            return None
        return sorted(gone)

    def _company(self) -> list[Occupant]:
        """Those that the Pod wants near it: without them it could not be there either."""
        candidate = self._scene.candidates[self._at]
        return [it for crowd in self._near for it in self._occupants(crowd.at(candidate))]

    def _in_the_way(self) -> list[Occupant]:
        """By a host port, or by anti-affinity either way."""
        candidate = self._scene.candidates[self._at]
        found = [
            (self._at, index)
            for index, each in enumerate(candidate.used)
            if any(mine.clashes(port) for mine in self._demand.host_ports for port in each.host_ports)
        ]
        around = self._around([])
        for crowd in (*around.apart, *around.kept):
            found += self._occupants(crowd.at(candidate))
        return list(dict.fromkeys(found))

    def _one_too_many(self, gone: Sequence[Occupant]) -> Occupant | None:
        """One of those that a spread constraint counts in this place, if these are too many; rather one from here."""
        candidate = self._scene.candidates[self._at]
        for tally in self._around(gone).spreads:
            place = candidate.labels[tally.key]
            if tally.too_many(place):
                there = tuple(each for each in tally.counted if each.minion.labels[tally.key] == place)
                left = [each for each in self._occupants(there) if each not in gone]
                return min(left, key=lambda each: (each[0] != self._at, each), default=None)
        return None

    def _occupants(self, residents: Residents) -> list[Occupant]:
        pods = {(each.minion.name, id(each.pod)) for each in residents}
        names = {each.minion.name for each in residents}
        return [
            (at, index)
            for at, candidate in enumerate(self._scene.candidates)
            if candidate.name in names
            for index, used in enumerate(candidate.used)
            if (candidate.name, id(used.pod)) in pods
        ]

    def _room(self, gone: Sequence[Occupant]) -> Room:
        candidate = self._scene.candidates[self._at]
        return room_of(_without(self._at, candidate, gone), self._scene.rooms[self._at].claim_homes)

    def _around(self, gone: Sequence[Occupant]) -> Surroundings:
        landscape = self._scene.landscape
        if gone and landscape.residents:
            left = [_without(at, each, gone) for at, each in enumerate(self._scene.candidates)]
            landscape = Landscape.of(left, residents_of(left, {}))
        return replace(surroundings(self._demand, landscape), near=self._near)


def fewest(options: Mapping[Occupant, Mapping[str, int]], lacking: Mapping[str, int]) -> list[Occupant] | None:
    """The fewest of them that free what is lacking: exact up to two; None when all together do not."""

    def enough(chosen: Iterable[Occupant]) -> bool:
        those = [options[each] for each in chosen]
        return all(sum(each.get(name, 0) for each in those) >= amount for name, amount in lacking.items())

    def use(each: Occupant) -> float:
        return sum(min(options[each].get(name, 0) / amount, 1) for name, amount in lacking.items())

    if not enough(options):
        return None
    for size in (0, 1, 2):
        tried = combinations(options, size) if _may_do(size, options, lacking) else ()
        if (found := next(filter(enough, tried), None)) is not None:
            return list(found)
    taken: list[Occupant] = []
    for each in sorted(options, key=use, reverse=True):
        taken.append(each)
        if enough(taken):
            break
    for each in tuple(taken):
        if enough(other for other in taken if other != each):
            taken.remove(each)
    return taken


def _may_do(size: int, options: Mapping[Occupant, Mapping[str, int]], lacking: Mapping[str, int]) -> bool:
    """Whether the largest of each resource would do, so that it is worth while to try so many together."""
    return all(
        sum(nlargest(size, (each.get(name, 0) for each in options.values()))) >= amount
        for name, amount in lacking.items()
    )


def _without(at: int, candidate: Candidate, gone: Sequence[Occupant]) -> Candidate:
    left = tuple(used for index, used in enumerate(candidate.used) if (at, index) not in gone)
    return candidate if len(left) == len(candidate.used) else replace(candidate, used=left)


def _named(gone: Sequence[Occupant], here: int, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(
        candidates[at].used[index].owner + ("" if at == here else f" on {candidates[at].name}") for at, index in gone
    )
