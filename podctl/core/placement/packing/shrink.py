"""Shrink: empties the Minions that a packing opened, the least loaded first, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.board import Board
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.squeeze import squeeze
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FAILS = 40  # Minions in a row that could not be emptied
_LEAST_TRY = 8_000  # checks for one Minion
_TRIES = 50  # one Minion may take this part of the budget


def shrink(start: State, bound: int, rank: Callable[[int], int], budget: int) -> tuple[State, int]:
    """A packing with fewer Minions in use, if one was found within the budget, and the checks that it cost.

    Never below `bound`. `rank` orders Minions: of those equally loaded the later is emptied first.
    """
    state = State.of(start.problem, start.where)
    board = Board(state)
    minions = _by_load(board, rank)
    used, fails = len(state.used()), 0
    opened = len(minions) - len(state.problem.loaded)
    while used > bound and board.checks < budget and fails < min(_FAILS, opened):
        if _empty(board, minions[-1 - fails], minions, max(_LEAST_TRY, budget // _TRIES), seed=1 + fails):
            used, fails = used - 1, 0
            minions = _by_load(board, rank)
            opened = len(minions) - len(state.problem.loaded)
        else:
            fails += 1
    return state, board.checks


def _by_load(board: Board, rank: Callable[[int], int]) -> list[int]:
    """The Minions in use: those with something of their own first, then the most loaded by the batch."""
    loaded = list(board.state.problem.loaded)
    opened = board.state.used().difference(loaded)
    load = {minion: board.load(minion) for minion in opened}
    return loaded + sorted(opened, key=lambda minion: (-load[minion], rank(minion)))


def _empty(board: Board, minion: int, minions: Sequence[int], budget: int, *, seed: int) -> bool:
    board.mark()
    pods = list(board.on[minion])
    for pod in pods:
        board.take(pod)
    rest = [each for each in minions if each != minion]
    if not squeeze(board, pods, rest, budget, seed=seed, all_or_nothing=True):
        return False
    if is_sound(board.state, board.moved):
        return True
    board.undo()
    return False
