"""Squeeze: a Pod that waits pushes out cheaper ones of the batch, which are placed elsewhere; what runs never moves.

A tabu search after Buljubasic and Vasquez's consistent neighbourhood search (2016): few Pods wait at any time, every
step places one of them and pushes out the cheapest one or two in its way. Seeded; its budget is counted in checks.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from podctl.core.placement.packing.push import cheapest_push

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.board import Board
    from podctl.core.placement.packing.classes import PodClass
    from podctl.core.placement.packing.push import Push

_MINIONS = 32  # that are looked at for one Pod
_TENURE = 6  # steps for which a Pod that was placed stays, and some more by chance
_FEW_WAITING = 12
_FEW_MINIONS = 64
_REFILL_EVERY = 25  # steps
_LARGEST_FIRST = 0.6  # share of the steps that take about the largest of those that wait
_NOTHING = 1e-12


def squeeze(
    board: Board,
    waiting: Sequence[int],
    minions: Sequence[int],
    budget: int,
    *,
    seed: int = 1,
    all_or_nothing: bool = False,
) -> bool:
    """Whether all of `waiting` are placed on `minions`, in at most about `budget` checks.

    If not, the board stands as it was when the least weighed among those that waited; with `all_or_nothing` as it was
    at its last mark.
    """
    return _Squeeze(board, waiting, minions, budget, seed, all_or_nothing=all_or_nothing).run()


class _Squeeze:
    def __init__(
        self,
        board: Board,
        waiting: Sequence[int],
        minions: Sequence[int],
        budget: int,
        seed: int,
        *,
        all_or_nothing: bool,
    ) -> None:
        self._board = board
        self._state = board.state
        self._waiting = list(waiting)
        self._minions = list(minions)
        self._stop = board.checks + budget
        self._random = random.Random(seed).random  # noqa: S311 - no secret: the same numbers every time are the point
        self._all_or_nothing = all_or_nothing
        self._weight = sum(board.weight[pod] for pod in self._waiting)
        self._least = self._weight
        self._eligible: dict[int, Sequence[int]] = {}

    def run(self) -> bool:
        board = self._board
        if self._all_or_nothing and any(self._is_lost(pod) for pod in self._waiting):
            board.undo()
            return False
        self._refill()
        self._keep_if_better()
        while self._waiting and board.checks < self._stop:
            board.step += 1
            self._place_one()
            self._keep_if_better()
        if self._waiting:
            board.undo()
        return not self._waiting

    def _keep_if_better(self) -> None:
        if not self._all_or_nothing and self._weight < self._least - _NOTHING:
            self._least = self._weight
            self._board.mark()

    def _is_lost(self, pod: int) -> bool:
        """Whether not one of the Minions would take it, however empty."""
        each = self._board.class_of[pod]
        minions = self._for(each)
        self._board.checks += len(minions)
        problem = self._state.problem
        return not any(problem.cpu[at] >= each.cpu and problem.memory[at] >= each.memory for at in minions)

    def _for(self, each: PodClass) -> Sequence[int]:
        found = self._eligible.get(each.index)
        if found is None:
            allowed = each.allowed
            found = self._minions if allowed is None else [at for at in self._minions if allowed[at]]
            self._eligible[each.index] = found
        return found

    def _place_one(self) -> None:
        pod = self._pick()
        each = self._board.class_of[pod]
        self._board.checks += 5
        push = cheapest_push(self._board, each, self._sample(self._for(each)))
        if push.minion < 0:
            return
        for out in push.pods:
            self._out(out)
        self._in(pod, push.minion)
        if push.pods:
            self._backfill(push)

    def _pick(self) -> int:
        if len(self._waiting) == 1:
            return self._waiting[0]
        if self._random() < _LARGEST_FIRST:
            weight = self._board.weight
            return max(self._waiting, key=lambda pod: weight[pod] * (0.75 + 0.5 * self._random()))
        return self._waiting[int(self._random() * len(self._waiting))]

    def _sample(self, minions: Sequence[int]) -> Sequence[int]:
        many = len(minions)
        if many <= _MINIONS:
            return minions
        start, step = int(self._random() * many), 1 + int(self._random() * (many - 1))
        return [minions[(start + at * step) % many] for at in range(_MINIONS)]

    def _out(self, pod: int) -> None:
        board = self._board
        board.take(pod)
        self._waiting.append(pod)
        self._weight += board.weight[pod]
        board.tabu[pod] = board.step + 1 + int(self._random() * 3)

    def _in(self, pod: int, minion: int) -> None:
        board = self._board
        self._waiting.remove(pod)
        board.put(pod, minion)
        self._weight -= board.weight[pod]
        board.tabu[pod] = board.step + _TENURE + int(self._random() * (_TENURE + len(self._waiting)))

    def _backfill(self, push: Push) -> None:
        """What else may come where Pods have just gone, and now and then everywhere."""
        for pod in self._largest_first():
            if pod not in push.pods and self._state.fits(self._board.class_of[pod], push.minion):
                self._in(pod, push.minion)
        few = len(self._waiting) <= _FEW_WAITING
        if (few and len(self._minions) <= _FEW_MINIONS) or self._board.step % _REFILL_EVERY == 0:
            self._refill()
        elif few:
            self._refill(self._sample(self._minions))

    def _largest_first(self) -> list[int]:
        weight = self._board.weight
        return sorted(self._waiting, key=lambda pod: (-weight[pod], pod))

    def _refill(self, minions: Sequence[int] | None = None) -> None:
        """Places what fits without pushing anybody, on the fullest Minion that takes it."""
        for pod in self._largest_first():
            at = self._fullest(self._board.class_of[pod], minions)
            if at >= 0:
                self._in(pod, at)

    def _fullest(self, each: PodClass, minions: Sequence[int] | None) -> int:
        state, problem = self._state, self._state.problem
        found, least = -1, float("inf")
        for at in self._for(each) if minions is None else minions:
            self._board.checks += 1
            if state.cpu[at] < each.cpu or state.memory[at] < each.memory:
                continue
            room = state.cpu[at] * problem.weight_cpu + state.memory[at] * problem.weight_memory
            if room < least and state.fits(each, at):
                found, least = at, room
        return found
