"""Why each Pod is where it is, or waits: told from the final state, not from the path to it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from podctl.core.placement.model import Placed, Placement, Waiting
from podctl.core.placement.pack import claim_homes
from podctl.core.placement.room import Room, room_of, with_pod
from podctl.core.placement.rules import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand, Packing, Policy


def explain(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    packing: Packing,
    *,
    bound_claims: Mapping[str, str],
    policy: Policy,
) -> tuple[Placement, ...]:
    """A Placed or a Waiting for each demand, with reasons that hold once the whole batch is placed."""
    homes = dict(claim_homes(candidates, bound_claims))
    for demand, minion in zip(demands, packing.minions, strict=True):
        homes |= {claim: (minion,) for claim in demand.claims if minion and claim not in homes}
    rooms = {each.name: room_of(each, homes) for each in sorted(candidates, key=lambda each: each.name)}
    for demand, minion in zip(demands, packing.minions, strict=True):
        if minion:
            rooms[minion] = with_pod(rooms[minion], demand)
    return tuple(
        Placed(key=demand.key, minion=minion, reason=policy.strategy) if minion else _waiting(demand, rooms)
        for demand, minion in zip(demands, packing.minions, strict=True)
    )


def _waiting(demand: Demand, rooms: Mapping[str, Room]) -> Waiting:
    if demand.node_name and demand.node_name not in rooms:
        near = get_close_matches(demand.node_name, list(rooms), n=1)
        ask = f": did you mean {near[0]}?" if near else ""
        unknown = f"nodeName wants {demand.node_name}, which is no Minion{ask}"
        return Waiting(key=demand.key, reasons=dict.fromkeys(rooms, unknown))
    reasons = {name: reason for name, room in rooms.items() if (reason := refusal(demand, room))}
    return Waiting(key=demand.key, reasons=reasons)
