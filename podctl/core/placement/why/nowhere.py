"""What to say of a Pod that no Minion could take, even with nothing on it."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import takewhile
from typing import TYPE_CHECKING

from podctl.core.placement.figures import asked_text, free_text
from podctl.core.placement.rules import AMOUNTS, ATTACHED, COUNT, STANDING
from podctl.core.placement.why.between import BETWEEN, meant_text
from podctl.core.placement.why.shortfall import amount_in, asked_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from podctl.core.placement.model import Demand
    from podctl.core.placement.room import Room
    from podctl.core.placement.why.surroundings import Surroundings


def no_such_minion(node_name: str, names: Sequence[str]) -> str:
    near = get_close_matches(node_name, names, n=1)
    ask = f": did you mean {near[0]}?" if near else ""
    return f"nodeName wants {node_name}, which is no Minion{ask}"


def lack(demand: Demand, rooms: Sequence[Room], around: Surroundings) -> str:
    """What is nearest to what it asks for. `rooms` are empty, `around` has only what an empty Minion leaves to ask."""
    names = [room.name for room in rooms]
    if demand.node_name and demand.node_name not in names:
        return no_such_minion(demand.node_name, names)
    answering = [room for room in rooms if room.candidate.ready]
    return (
        _silent_home(demand, rooms)
        or ("" if answering else "no Minion answers" if rooms else "there is no Minion")
        or _unknown_label(demand, answering)
        or _nearest(demand, answering, around)
    )


def _silent_home(demand: Demand, rooms: Sequence[Room]) -> str:
    """The Minion that has to take it, by nodeName or for a claim, is there no more or does not answer."""
    silent = {room.name: not room.candidate.ready for room in rooms}
    if silent.get(demand.node_name):
        return f"nodeName wants {demand.node_name}, which did not answer"
    homes: Mapping[str, tuple[str, ...]] = rooms[0].claim_homes if rooms else {}
    for claim in demand.claims:
        where = homes.get(claim, ())
        if where and all(silent.get(name, True) for name in where):
            which = "which is no Minion" if where[0] not in silent else "which did not answer"
            return f"claim {claim} lives on {' and '.join(where)}, {which}"
    return ""


def _unknown_label(demand: Demand, rooms: Sequence[Room]) -> str:
    """A label of the nodeSelector that nobody has."""
    for key, wanted in sorted(demand.node_selector.items()):
        if all(room.candidate.labels.get(key) != wanted for room in rooms):
            return f"no Minion has the label {key}={wanted} that nodeSelector wants"
    return ""


def _nearest(demand: Demand, rooms: Sequence[Room], around: Surroundings) -> str:
    """Of the Minions that meet most rules, in the order of the rules: what they lack."""
    met = [_rules_met(demand, room, around) for room in rooms]
    large = [room for room, number in zip(rooms, met, strict=True) if number >= _BEFORE_AMOUNTS]
    for name, asked in asked_of(demand).items() if large else ():
        largest = max(amount_in(room.total, name) for room in large)
        if largest < asked:
            has = f"the largest has {free_text(name, largest)} {name}" if largest else f"no Minion has any {name}"
            return f"{has}, it asks {asked_text(name, asked)}"
    if around.near and not around.is_first() and not any(crowd.places for crowd in around.near):
        return f"pod affinity: there is no {meant_text(demand, around)}"
    best = rooms[met.index(max(met))]
    reason = _first_reason(demand, best, around)
    if len(rooms) > 1 and min(met) == max(met) and all(_first_reason(demand, it, around) == reason for it in rooms):
        return f"all Minions: {reason}"
    return f"{best.name} comes nearest: {reason}"


_BEFORE_AMOUNTS = len(STANDING) + len(ATTACHED) + len(BETWEEN) + len(COUNT)


def _rules_met(demand: Demand, room: Room, around: Surroundings) -> int:
    """How many, until the first that is not."""
    return sum(1 for _ in takewhile(lambda reason: reason is None, _in_order(demand, room, around)))


def _first_reason(demand: Demand, room: Room, around: Surroundings) -> str | None:
    return next(filter(None, _in_order(demand, room, around)), None)


def _in_order(demand: Demand, room: Room, around: Surroundings) -> Iterator[str | None]:
    yield from (rule(demand, room) for rule in (*STANDING, *ATTACHED))
    yield from (rule(demand, room.candidate, around) for rule in BETWEEN)
    yield from (rule(demand, room) for rule in (*COUNT, *AMOUNTS))
