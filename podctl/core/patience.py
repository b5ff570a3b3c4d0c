"""How long Minions are waited for, where a command has another mind than the inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podctl.core.model import Inventory


def impatient(inventory: Inventory, seconds: float | None) -> Inventory:
    """Nothing is waited for longer than `seconds`; None: as the inventory has it."""
    if seconds is None:
        return inventory
    minions = tuple(
        replace(
            each,
            connect_timeout_seconds=min(each.connect_timeout_seconds, seconds),
            command_timeout_seconds=min(each.command_timeout_seconds, seconds),
        )
        for each in inventory.minions
    )
    return replace(inventory, minions=minions)
