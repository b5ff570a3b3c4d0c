"""One batch: every demand in turn takes its Minion, and nothing moves again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.placement.choice import choose
from podctl.core.placement.model import Candidate, Demand, Placed, Placement, Waiting
from podctl.core.placement.room import Room, room_of, with_pod
from podctl.core.placement.rules import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NONE: Mapping[str, str] = MappingProxyType({})


def place(
    demands: Sequence[Demand], candidates: Sequence[Candidate], *, bound_claims: Mapping[str, str] = _NONE
) -> tuple[Placement, ...]:
    """A Placed or a Waiting for each demand, in the order of `demands`.

    Demands are served by priority, the highest first, and among equals as given. The same values give the same answer,
    whatever the order of `candidates`. What already runs is a Candidate's `used` and stays where it is.
    `bound_claims` maps "namespace/name" to the Minion that a claim is known to live on although that Minion may be
    silent; it stands above the Candidates' `claims`. A claim that lives nowhere yet goes with the first Pod that asks
    for it, and the others follow. The reasons of a Waiting hold for the Minions as they are after the whole batch.
    """
    homes = _claim_homes(candidates, bound_claims)
    rooms = {each.name: room_of(each, homes) for each in sorted(candidates, key=lambda each: each.name)}
    queue = sorted(range(len(demands)), key=lambda index: -demands[index].priority)
    placed: dict[int, Placed] = {}
    for turn, index in enumerate(queue):
        demand = demands[index]
        companions = _companions(demand, (demands[later] for later in queue[turn + 1 :]), homes)
        choice = choose(demand, companions, tuple(rooms.values()))
        if choice is None:
            continue
        room, reason = choice
        placed[index] = Placed(key=demand.key, minion=room.name, reason=reason)
        rooms[room.name] = with_pod(room, demand)
        if fresh := [claim for claim in demand.claims if claim not in homes]:
            homes = {**homes, **dict.fromkeys(fresh, (room.name,))}
            rooms = {name: replace(each, claim_homes=homes) for name, each in rooms.items()}
    return tuple(placed.get(index) or _waiting(demand, rooms) for index, demand in enumerate(demands))


def _claim_homes(candidates: Iterable[Candidate], bound_claims: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Where each claim's volume is: one Minion, unless something left it on several."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for candidate in candidates:
        for claim in candidate.claims:
            found[claim].append(candidate.name)
    seen = {claim: tuple(sorted(names)) for claim, names in found.items()}
    return seen | {claim: (name,) for claim, name in bound_claims.items()}


def _companions(demand: Demand, later: Iterable[Demand], homes: Mapping[str, tuple[str, ...]]) -> tuple[Demand, ...]:
    """The demands still to come that share, directly or through each other, a claim that lives nowhere yet."""
    shared = {claim for claim in demand.claims if claim not in homes}
    rest = [each for each in later if each.claims] if shared else []
    found: set[int] = set()
    grew = bool(rest)
    while grew:
        near = {at for at, each in enumerate(rest) if at not in found and not shared.isdisjoint(each.claims)}
        grew = bool(near)
        found |= near
        shared |= {claim for at in near for claim in rest[at].claims if claim not in homes}
    return tuple(rest[at] for at in sorted(found))


def _waiting(demand: Demand, rooms: Mapping[str, Room]) -> Waiting:
    if demand.node_name and demand.node_name not in rooms:
        near = get_close_matches(demand.node_name, list(rooms), n=1)
        ask = f": did you mean {near[0]}?" if near else ""
        unknown = f"nodeName wants {demand.node_name}, which is no Minion{ask}"
        return Waiting(key=demand.key, reasons=dict.fromkeys(rooms, unknown))
    reasons = {name: reason for name, room in rooms.items() if (reason := refusal(demand, room))}
    return Waiting(key=demand.key, reasons=reasons)
