"""How evenly Minions are used: the sum of the squares of each one's used shares of cpu and memory, in thousandths."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podctl.core.placement.packing.classes import PodClass
    from podctl.core.placement.packing.state import State

_WHOLE = 1_000


def growth(state: State, each: PodClass, minion: int) -> int:
    """What one more Pod of the class adds on the Minion; the more, the fuller it is."""
    problem = state.problem
    cpu = _added(problem.total_cpu[minion], state.cpu[minion], each.cpu)
    return cpu + _added(problem.total_memory[minion], state.memory[minion], each.memory)


def _added(total: int, free: int, asked: int) -> int:
    if not total:
        return 0
    before, after = (total - free) * _WHOLE // total, (total - free + asked) * _WHOLE // total
    return after * after - before * before
