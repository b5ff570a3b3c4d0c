"""Who goes when not all fit. Nothing that runs is ever stopped for a Pod of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.board import Board, budget_of
from podctl.core.placement.packing.bounds import opening_order
from podctl.core.placement.packing.classes import in_order
from podctl.core.placement.packing.first_fit import first_fit
from podctl.core.placement.packing.ratio_fill import ratio_fill
from podctl.core.placement.packing.search import CHECKS, is_small, search
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.squeeze import squeeze
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

_TRY = 8_000  # checks for one Pod


def admit_in_order(problem: Problem) -> State:
    """By priority, and among equals as given: each goes if it can go together with all that went before it."""
    queue = [pod for pod in problem.order if not problem.class_of[pod].hopeless]
    minions = opening_order(problem, [each for each in problem.classes if not each.hopeless])
    many, state = _longest_prefix(problem, queue, minions)
    return _Turns(problem, state, minions).serve(queue[many:])


def admit_most(problem: Problem, found: Sequence[State]) -> State:
    """As many as possible of the highest priority, then of the next. `found` are packings that others have found."""
    classes = [each for each in problem.classes if not each.hopeless]
    minions = opening_order(problem, classes)
    smallest = sorted(classes, key=lambda each: (-each.priority, each.weight, each.index))
    queue = [pod for each in smallest for pod in each.pods]
    tries = list(found)
    for by_weight in (False, True):
        many, state = _longest_prefix(problem, queue, minions, both=False, by_weight=by_weight)
        tries.append(State.of(problem, state.where))
        tries.append(first_fit(problem, minions, _kept(problem, queue[many:], smallest), state))
    best = min((state for state in tries if is_sound(state)), key=lambda state: _by_band(problem, state))
    rest = [pod for pod in queue if best.where[pod] == WAITING]
    return _Turns(problem, State.of(problem, best.where), minions).serve(rest)


def _by_band(problem: Problem, state: State) -> tuple[tuple[int, ...], int]:
    """How many wait of each priority, the highest first; then how many Minions are in use."""
    waiting = dict.fromkeys(sorted({each.priority for each in problem.classes}, reverse=True), 0)
    for pod in state.waiting:
        waiting[problem.class_of[pod].priority] += 1
    return tuple(waiting.values()), len(state.used())


def _kept(problem: Problem, pods: Sequence[int], order: Sequence[PodClass]) -> list[PodClass]:
    """The classes with only these Pods, in this order."""
    by_index = {each.index: each for each in problem.restricted(pods)}
    return [by_index[each.index] for each in order if each.index in by_index]


def _longest_prefix(
    problem: Problem, queue: Sequence[int], minions: Sequence[int], *, both: bool = True, by_weight: bool = False
) -> tuple[int, State]:
    """How many Pods from the front of the queue a ratio fill places, all of them; by bisection."""
    low, high, best = 0, len(queue), State(problem)
    while low < high:
        many = (low + high + 1) // 2
        classes = problem.restricted(queue[:many])
        for order in (False, True) if both else (by_weight,):
            state, missed = ratio_fill(problem, minions, in_order(classes, by_weight=order), most_missed=0)
            if not missed and is_sound(state):
                low, best = many, state
                break
        else:
            high = many - 1
    return low, best


class _Turns:
    """One Pod after the other; those that are in may be moved, but stay in."""

    def __init__(self, problem: Problem, state: State, minions: Sequence[int]) -> None:
        self._problem = problem
        self._minions = minions
        self._board = Board(state)
        self._budget = budget_of(problem.pods)
        self._search_budget = CHECKS
        self._is_small = is_small(problem, 1)

    def serve(self, queue: Sequence[int]) -> State:
        """A Pod that needs another one comes right after it, if that comes later."""
        refused: set[int] = set()
        waiting: dict[int, list[int]] = {}  # Pods that another one may yet let in, by who hangs together
        for pod in queue:
            each = self._problem.class_of[pod]
            kin = self._problem.kin[each.index]
            if each.index in refused:
                continue
            if not self._admits(pod):
                if each.is_tied:
                    waiting.setdefault(kin, []).append(pod)
                else:
                    refused.add(each.index)
            elif kin in waiting:
                waiting[kin] = self._still_out(waiting[kin])
        return self._board.state

    def _still_out(self, pods: Sequence[int]) -> list[int]:
        """Tries these once more; of alike ones no other where one was refused."""
        refused: set[int] = set()
        left = []
        for pod in pods:
            index = self._problem.class_of[pod].index
            if index in refused or not self._admits(pod):
                refused.add(index)
                left.append(pod)
        return left

    def _admits(self, pod: int) -> bool:
        return self._moves_in(pod) or self._fits_after_all(pod)

    def _moves_in(self, pod: int) -> bool:
        board = self._board
        board.mark()
        budget = _TRY if board.checks < self._budget else 1
        if not squeeze(board, [pod], self._minions, budget, all_or_nothing=True):
            return False
        if is_sound(board.state, board.moved):
            return True
        board.undo()
        return False

    def _fits_after_all(self, pod: int) -> bool:
        """In a small batch every possibility is tried."""
        if not self._is_small:
            return False
        state = self._board.state
        inside = [other for other, minion in enumerate(state.where) if minion != WAITING]
        classes = self._problem.restricted([*inside, pod])
        found = search(self._problem, classes, len(self._problem.minions), checks=min(_TRY, self._search_budget))
        self._search_budget -= found.checks
        if found.state:
            self._board = Board(found.state)
        return found.state is not None
