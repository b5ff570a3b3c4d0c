"""How much is missing where a Pod does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.figures import asked_text, free_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.placement.model import Demand, UsedBy
    from podctl.core.placement.room import Amounts, Room

PODS = "pods"


def asked_of(demand: Demand) -> dict[str, int]:
    """By resource; what it does not ask for is left out."""
    asked = {"cpu": demand.cpu_millis, "memory": demand.memory_bytes, **demand.extended}
    return {name: amount for name, amount in asked.items() if amount}


def taken_by(one: Demand | UsedBy) -> dict[str, int]:
    return {"cpu": one.cpu_millis, "memory": one.memory_bytes, **one.extended}


def amount_in(amounts: Amounts, name: str) -> int:
    """What is not declared is 0, and so is what is over-committed."""
    if name == "cpu":
        return max(amounts.cpu_millis, 0)
    if name == "memory":
        return max(amounts.memory_bytes, 0)
    return max(amounts.extended.get(name, 0), 0)


def missing(demand: Demand, room: Room) -> dict[str, int]:
    """By resource, how much more would have to be free on this Minion; Pods too. Over-committed ones lack more."""
    free = {"cpu": room.free.cpu_millis, "memory": room.free.memory_bytes, **room.free.extended}
    lacking = {name: asked - free.get(name, 0) for name, asked in asked_of(demand).items()}
    lacking[PODS] = 1 - room.free.pods
    return {name: amount for name, amount in lacking.items() if amount > 0}


def amounts_text(amounts: Mapping[str, int]) -> str:
    """What is free."""
    return " and ".join(f"{free_text(name, amount)} {name}" for name, amount in amounts.items())


def asks_text(demand: Demand, names: Iterable[str]) -> str:
    asked = asked_of(demand)
    return "it asks " + " and ".join(f"{asked_text(name, asked[name])} {name}" for name in names)
