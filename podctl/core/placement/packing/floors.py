"""What the classes that are still to come ask for at least: a Minion with less is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass

_ENDLESS = 1 << 62


def floors(classes: Sequence[PodClass]) -> list[tuple[int, int]]:
    """For every position the least cpu and the least memory of the classes from there on; one more for the end."""
    found = [(_ENDLESS, _ENDLESS)]
    for each in reversed(classes):
        cpu, memory = found[-1]
        found.append((min(cpu, each.cpu), min(memory, each.memory)))
    return found[::-1]
