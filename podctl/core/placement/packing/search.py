"""Every possibility, for small batches: what no fill and no squeeze placed is placed here, if it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.placement.packing.classes import in_order
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

_PODS = 40
_MINIONS = 40
CHECKS = 200_000


@dataclass(frozen=True, slots=True)
class Found:
    """`state` has all Pods placed; None when none was found, and if `is_proven`, when there is none."""

    state: State | None
    is_proven: bool = False
    checks: int = 0  # what it cost


def is_small(problem: Problem, pods: int) -> bool:
    """Whether `search` takes on so many Pods of the batch."""
    return pods <= _PODS and len(problem.minions) <= _MINIONS


def search(problem: Problem, classes: Sequence[PodClass], most: int, *, checks: int = CHECKS) -> Found:
    """A packing of all these Pods with at most `most` Minions in use.

    Depth first; a batch that is too large for it, or takes more than `checks`, is given up. Pods that look at each
    other are first tried as they could come one by one, which is quick, then in any way that holds in the end.
    """
    if most < len(problem.loaded):
        return Found(None, is_proven=True)
    if not is_small(problem, sum(len(each.pods) for each in classes)):
        return Found(None)
    first = _Search(problem, classes, most, checks, in_turn=True).run()
    if first.state or not any(each.is_tied for each in classes):
        return first
    second = _Search(problem, classes, most, checks, in_turn=False).run()
    return replace(second, checks=first.checks + second.checks)


class _Search:
    def __init__(self, problem: Problem, classes: Sequence[PodClass], most: int, checks: int, *, in_turn: bool) -> None:
        self._state = State(problem)
        self._fits = self._state.fits if in_turn else self._state.fits_alone
        self._most = most
        self._checks = checks
        self._queue = [(pod, each) for each in in_order(classes, by_weight=False) for pod in each.pods]
        self._used = [False] * len(problem.minions)
        for minion in problem.loaded:
            self._used[minion] = True
        self._many = sum(self._used)
        self._twins = _twins(problem)

    def run(self) -> Found:
        budget = self._checks
        found = self._place(0)
        return Found(
            self._state if found else None, is_proven=not found and self._checks > 0, checks=budget - self._checks
        )

    def _place(self, turn: int) -> bool:
        """Places the Pods from `turn` on; identical ones that nothing ties go to Minions in their order."""
        if turn == len(self._queue):
            return is_sound(self._state)
        pod, each = self._queue[turn]
        first = self._first(turn)
        tried: set[int] = set()
        for minion in sorted(each.eligible, key=lambda at: not self._used[at]):
            if self._checks <= 0:
                return False
            self._checks -= 1
            opens = not self._used[minion]
            if opens and (self._many >= self._most or self._twins[minion] in tried):
                continue
            if minion < first or not self._fits(each, minion):
                continue
            if opens:
                tried.add(self._twins[minion])
            if self._try(turn, pod, each, minion):
                return True
        return False

    def _first(self, turn: int) -> int:
        """The first Minion to try: not before that of the Pod just placed, when nothing tells the two Pods apart."""
        if turn == 0:
            return 0
        pod, each = self._queue[turn - 1]
        return self._state.where[pod] if each is self._queue[turn][1] and each.ties is None else 0

    def _try(self, turn: int, pod: int, each: PodClass, minion: int) -> bool:
        opens = not self._used[minion]
        self._state.put(pod, each, minion)
        self._used[minion] = True
        self._many += opens
        if self._place(turn + 1):
            return True
        self._many -= opens
        self._used[minion] = not opens
        self._state.take(pod, each)
        return False


def _twins(problem: Problem) -> list[int]:
    """For every Minion the first one that no Pod of the batch could tell from it while both are empty."""
    first: dict[object, int] = {}
    web = problem.web
    return [
        first.setdefault(
            (
                problem.cpu[at],
                problem.memory[at],
                problem.taken[at],
                tuple(each[at] for each in problem.extras),
                tuple(each.allowed is None or each.allowed[at] for each in problem.classes),
                at if web and (web.domain or web.tallies) else -1,
            ),
            at,
        )
        for at in range(len(problem.minions))
    ]
