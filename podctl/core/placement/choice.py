"""Which of the Minions that fit: the first by an order of criteria, never added up, so that "why" has an answer.

Preferences come before the fit (as their higher weights in kube-scheduler have it: TaintToleration 3, NodeAffinity 2,
NodeResourcesFit 1): a preference that only parts equals would hardly ever be heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.placement.affinity import preference, untolerated
from podctl.core.placement.figures import asked_text, free_text
from podctl.core.placement.room import with_pod
from podctl.core.placement.rules import fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.model import Demand
    from podctl.core.placement.room import Room

CPU_WEIGHT = 1
MEMORY_WEIGHT = 1
_WHOLE = 1_000_000  # a free share is counted in millionths


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Smaller is better; fields in order of importance."""

    companions_lost: int  # Pods of the batch that share a claim without a home and would not fit there too
    taints: int  # PreferNoSchedule, not tolerated
    preference: int  # weights of the preferred terms that match, negative
    left: int  # weighted share of cpu and memory that stays free
    name: str


_DECIDED_BY = (
    "fits the Pods that share its claims too",
    "fewest PreferNoSchedule taints",
    "preferred node affinity",
    "best fit",
    "best fit, first by name",
)


def choose(demand: Demand, companions: Sequence[Demand], rooms: Sequence[Room]) -> tuple[Room, str] | None:
    """The Minion to take and the sentence that says why; None when the Pod fits on none of `rooms`.

    `companions` are the other Pods of the batch that have to go where this one goes, in the order in which they will.
    """
    ranked = sorted(
        ((rank(demand, companions, room), room) for room in rooms if fits(demand, room)), key=lambda pair: pair[0]
    )
    if not ranked:
        return None
    chosen = ranked[0][1]
    many = "Minion" if len(rooms) == 1 else "Minions"
    fit = "fits" if len(ranked) == 1 else "fit"
    why = "nodeName" if demand.node_name else _decided_by([each for each, _ in ranked])
    return chosen, f"{why}: {_taking(demand, chosen)}; {len(ranked)} of {len(rooms)} {many} {fit}"


def rank(demand: Demand, companions: Sequence[Demand], room: Room) -> Rank:
    return Rank(
        companions_lost=_lost(companions, with_pod(room, demand)) if companions else 0,
        taints=len(untolerated(demand, room.candidate, "PreferNoSchedule")),
        preference=-preference(demand, room.candidate),
        left=_left(demand, room),
        name=room.name,
    )


def _lost(companions: Sequence[Demand], room: Room) -> int:
    lost = 0
    for companion in companions:
        if fits(companion, room):
            room = with_pod(room, companion)
        else:
            lost += 1
    return lost


def _left(demand: Demand, room: Room) -> int:
    cpu = _share(room.free.cpu_millis - demand.cpu_millis, room.total.cpu_millis)
    memory = _share(room.free.memory_bytes - demand.memory_bytes, room.total.memory_bytes)
    return CPU_WEIGHT * cpu + MEMORY_WEIGHT * memory


def _share(free: int, total: int) -> int:
    return max(free, 0) * _WHOLE // total if total > 0 else 0


def _decided_by(ranks: Sequence[Rank]) -> str:
    """The criterion that parts the best from the second."""
    if len(ranks) == 1:
        return "only fit"
    best, second = ranks[:2]
    differs = (
        best.companions_lost != second.companions_lost,
        best.taints != second.taints,
        best.preference != second.preference,
        best.left != second.left,
        True,
    )
    return _DECIDED_BY[differs.index(True)]


def _taking(demand: Demand, room: Room) -> str:
    taking = [
        f"{asked_text(name, asked)} of {free_text(name, free)} free {name}"
        for name, asked, free in (
            ("cpu", demand.cpu_millis, room.free.cpu_millis),
            ("memory", demand.memory_bytes, room.free.memory_bytes),
        )
        if asked
    ]
    return " and ".join(taking) or "asks for no cpu and no memory"
