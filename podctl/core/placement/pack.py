"""Which Minion each demand of one batch gets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.placement.choice import choose
from podctl.core.placement.model import Candidate, Demand, Packing, Policy
from podctl.core.placement.room import room_of, with_pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NONE: Mapping[str, str] = MappingProxyType({})
_DEFAULT = Policy()


def pack(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    *,
    bound_claims: Mapping[str, str] = _NONE,
    policy: Policy = _DEFAULT,
) -> Packing:
    """A Minion, or none, for each demand, in the order of `demands`; nothing is explained here."""
    del policy
    homes = claim_homes(candidates, bound_claims)
    rooms = {each.name: room_of(each, homes) for each in sorted(candidates, key=lambda each: each.name)}
    queue = sorted(range(len(demands)), key=lambda index: -demands[index].priority)
    placed: dict[int, str] = {}
    for turn, index in enumerate(queue):
        demand = demands[index]
        companions = _companions(demand, (demands[later] for later in queue[turn + 1 :]), homes)
        choice = choose(demand, companions, tuple(rooms.values()))
        if choice is None:
            continue
        room, _ = choice
        placed[index] = room.name
        rooms[room.name] = with_pod(room, demand)
        if fresh := [claim for claim in demand.claims if claim not in homes]:
            homes = {**homes, **dict.fromkeys(fresh, (room.name,))}
            rooms = {name: replace(each, claim_homes=homes) for name, each in rooms.items()}
    used = {name for name, room in rooms.items() if room.candidate.used} | set(placed.values())
    return Packing(
        minions=tuple(placed.get(index) for index in range(len(demands))), minions_used=len(used), lower_bound=0
    )


def claim_homes(candidates: Iterable[Candidate], bound_claims: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
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
