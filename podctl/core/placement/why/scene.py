"""The cluster at one moment: what is left of every Minion, and which Pods are where.

The rules say why not, one Minion at a time and in words. Where only the number of Minions matters, and there are many,
a Scene answers with the same rules in figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain
from typing import TYPE_CHECKING

from podctl.core.placement.room import room_of
from podctl.core.placement.rules import ATTACHED, standing_refusal
from podctl.core.placement.why.landscape import Landscape, Resident
from podctl.core.placement.why.shortfall import asked_of
from podctl.core.placement.why.surroundings import NOTHING, Surroundings, surroundings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand
    from podctl.core.placement.room import Room

_LOOKED_AT = 20  # of a thousand Minions: what is found on those is good enough, and the rest would take its time
_ANYTHING = -(2**80)  # less than any Minion has: what a Pod that asks for nothing needs, on an over-committed one too


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is free, by number of the Minion."""

    cpu: Sequence[int]
    memory: Sequence[int]
    pods: Sequence[int]
    extended: Mapping[str, Sequence[int]]  # _ANYTHING where a Minion does not declare it

    @classmethod
    def of(cls, rooms: Sequence[Room]) -> Columns:
        names = sorted({name for room in rooms for name in room.free.extended})
        return cls(
            cpu=[room.free.cpu_millis for room in rooms],
            memory=[room.free.memory_bytes for room in rooms],
            pods=[room.free.pods for room in rooms],
            extended={name: [room.free.extended.get(name, _ANYTHING) for room in rooms] for name in names},
        )

    def of_resource(self, name: str) -> Sequence[int]:
        if name == "cpu":
            return self.cpu
        return self.memory if name == "memory" else self.extended.get(name, [_ANYTHING] * len(self.cpu))

    def sums(self, demand: Demand, among: Sequence[int]) -> dict[str, int]:
        """By resource that it asks for: what these Minions have free together."""
        found = {}
        for name in asked_of(demand):
            column = self.of_resource(name)
            found[name] = sum([column[at] for at in among if column[at] > 0])
        return found

    def nearest(self, demand: Demand, among: Iterable[int]) -> list[int]:
        """The Minions that lack the smallest part of what it asks, first; so many as are worth a closer look."""
        numbers = list(among)
        lacks = [0.0 if self.pods[at] > 0 else 1.0 - self.pods[at] for at in numbers]
        sums = lacks
        for name, asked in asked_of(demand).items():
            column = self.of_resource(name)
            its = [(asked - column[at]) / asked for at in numbers]
            lacks = [max(lack, most) for most, lack in zip(lacks, its, strict=True)]
            sums = [all_ + lack if lack > 0 else all_ for all_, lack in zip(sums, its, strict=True)]
        return [at for *_, at in nsmallest(_LOOKED_AT, zip(lacks, sums, numbers, strict=True))]

    def with_amounts(self, demand: Demand, among: Iterable[int]) -> list[int]:
        """The Minions that have the cpu, memory and extended resources."""
        asked_cpu, asked_memory = demand.cpu_millis or _ANYTHING, demand.memory_bytes or _ANYTHING
        cpu, memory = self.cpu, self.memory
        found = [at for at in among if cpu[at] >= asked_cpu and memory[at] >= asked_memory]
        for name, asked in demand.extended.items():
            free = self.extended.get(name)
            found = [at for at in found if free[at] >= asked] if free else []
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    rooms: tuple[Room, ...]  # by name; a Minion's number is its place here
    candidates: tuple[Candidate, ...]  # the same
    pods: Mapping[str, Sequence[Demand]]  # those of the batch, by Minion
    columns: Columns
    landscape: Landscape
    standing: Standing

    @classmethod
    def of(
        cls,
        candidates: Sequence[Candidate],
        homes: Mapping[str, tuple[str, ...]],
        placed: Iterable[tuple[Demand, str]] = (),
        *,
        with_landscape: bool = True,
        standing: Standing | None = None,
    ) -> Scene:
        """`candidates` by name. Nobody needs to be in the landscape where no Pod looks at another.

        `standing` is that of another scene with the same Minions.
        """
        pods: defaultdict[str, list[Demand]] = defaultdict(list)
        for demand, minion in placed:
            pods[minion].append(demand)
        rooms = tuple(room_of(each, homes, pods.get(each.name, ())) for each in candidates)
        residents = residents_of(candidates, pods) if with_landscape else ()
        return cls(
            rooms=rooms, candidates=tuple(candidates), pods=pods, columns=Columns.of(rooms),
            landscape=Landscape.of(candidates, residents), standing=standing or Standing(rooms),
        )  # fmt: skip

    def ask_of(self, demand: Demand) -> Hashable:
        """What decides which Minions take a Pod as long as no Pod looks at another: equal for those that ask alike."""
        amounts = demand.cpu_millis, demand.memory_bytes, tuple(sorted(demand.extended.items()))
        return amounts, demand.host_ports, demand.claims, self.standing.ask_of(demand)

    def around(self, demand: Demand) -> Surroundings:
        return surroundings(demand, self.landscape)

    def open_to(self, demand: Demand, among: Iterable[int], around: Surroundings = NOTHING) -> list[int]:
        """Those of these Minions that nothing but an amount may keep it out of."""
        pods = self.columns.pods
        found = [at for at in among if pods[at] > 0]
        if demand.claims or demand.host_ports:
            found = [at for at in found if all(rule(demand, self.rooms[at]) is None for rule in ATTACHED)]
        return around.open_to(found, self.landscape) if around else found

    def takers(self, demand: Demand, around: Surroundings = NOTHING) -> list[int]:
        """The Minions that would take it."""
        return self.open_to(demand, self.columns.with_amounts(demand, self.standing.allowed(demand)), around)


class Standing:
    """What about the Minions themselves keeps a Pod out: found once for all Pods that ask the same."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        self._rooms = rooms
        self._cordoned = {room.name for room in rooms if room.candidate.unschedulable}
        self._known: dict[Hashable, tuple[tuple[str | None, ...], tuple[int, ...]]] = {}

    def reasons(self, demand: Demand) -> tuple[str | None, ...]:
        """By Minion."""
        return self._of(demand)[0]

    def allowed(self, demand: Demand) -> tuple[int, ...]:
        """The Minions without such a reason."""
        return self._of(demand)[1]

    def ask_of(self, demand: Demand) -> Hashable:
        home = demand.home if demand.home in self._cordoned else ""  # for nothing else it matters
        selector = tuple(sorted(demand.node_selector.items()))
        return demand.node_name, home, selector, demand.required_terms, demand.tolerations

    def _of(self, demand: Demand) -> tuple[tuple[str | None, ...], tuple[int, ...]]:
        asked = self.ask_of(demand)
        if asked not in self._known:
            reasons = tuple(standing_refusal(demand, room) for room in self._rooms)
            self._known[asked] = reasons, tuple(at for at, reason in enumerate(reasons) if reason is None)
        return self._known[asked]


def looks_at_others(demands: Iterable[Demand], candidates: Iterable[Candidate]) -> bool:
    """Whether any Pod has terms about other Pods, so that it matters who is where."""
    running = (used.pod for each in candidates for used in each.used if used.pod)
    return any(
        each.apart or each.near or each.spreads or each.preferred_near or each.preferred_apart
        for each in chain(demands, running)
    )


def residents_of(candidates: Iterable[Candidate], pods: Mapping[str, Sequence[Demand]]) -> Iterable[Resident]:
    for each in candidates:
        for used in each.used:
            if used.pod:
                yield Resident(used.pod, each, runs=True)
        for pod in pods.get(each.name, ()):
            yield Resident(pod, each, runs=False)
