"""Tries fills and searches in turn and keeps the best packing: nobody waits, then the fewest Minions in use."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from podctl.core.placement.packing.board import Board, budget_of
from podctl.core.placement.packing.bounds import exceeds, lower_bound, opening_order
from podctl.core.placement.packing.classes import in_order
from podctl.core.placement.packing.first_fit import first_fit
from podctl.core.placement.packing.ratio_fill import ratio_fill
from podctl.core.placement.packing.search import search
from podctl.core.placement.packing.shrink import shrink
from podctl.core.placement.packing.slack_fill import slack_fill
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.squeeze import squeeze
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

_RATIO_TRIES, _RATIO_TRIES_TIED = 12, 4
_CLOSE = 2  # Minions: with constraints the rest of the way is the shrinking's
_SLACK_LIMIT = 400_000  # classes x Minions up to which slack fills are tried
_NOISY_LIMIT, _NOISY_PODS, _NOISY_TRIES = 120_000, 1_200, 24
_GIVE_UP_AFTER, _FAR = 4, 1  # noisy tries, when they are more than so many Minions behind
_SMALL = 2_000  # Pods up to which several packings are shrunk
_STARTS = 4
_NEARLY = 20  # one Pod in so many waits: worth a squeeze

_Key = tuple[int, int, float]


class Portfolio:
    """One batch, of which all Pods are to be placed."""

    def __init__(self, problem: Problem, classes: Sequence[PodClass], known: State | None = None) -> None:
        """`known` is a packing to begin with."""
        self._problem = problem
        self._classes = classes
        self._pods = [pod for each in classes for pod in each.pods]
        self._sorted = {by_weight: in_order(classes, by_weight=by_weight) for by_weight in (False, True)}
        self._bound = max(lower_bound(problem, classes), len(problem.loaded))
        self._opening = opening_order(problem, classes)
        self._rank = {minion: at for at, minion in enumerate(self._opening)}
        self._budget = budget_of(len(self._pods))
        self._found: list[tuple[_Key, str, State]] = []
        self._loaded = set(problem.loaded)
        self._many = len(classes) * len(problem.minions)
        self._consider(known or State(problem), "start")

    # ----------------------------------------------------------------------------------------------------- the answer

    def best(self) -> State:
        """The best packing found; its Pods may wait still."""
        self._first_fits()
        self._ratios()
        self._consider(first_fit(self._problem, self._opening, self._sorted[True]), "first")
        self._slacks()
        if self._waits:
            self._place_the_waiting()
        if not self._waits:
            self._shrink()
        return self._state

    @property
    def bound(self) -> int:
        return self._bound

    # ------------------------------------------------------------------------------------------------------ the tries

    def _first_fits(self) -> None:
        classes = self._sorted[False]
        self._consider(first_fit(self._problem, self._opening, classes), "first")
        if self._done or all(each.allowed is None for each in classes):
            return
        order = self._most_wanted_first()
        state = first_fit(self._problem, order, classes)
        waiting = self._waiting(state)
        if 0 < len(waiting) <= len(self._pods) // _NEARLY:
            state = self._squeezed(state, order, self._budget // 10)
        self._consider(state, "wanted")

    def _ratios(self) -> None:
        """The fewest Minions, a prefix of the best packing's, on which a ratio fill places all: by bisection."""
        for by_weight in (False, True):
            if self._done:
                return
            classes = self._sorted[by_weight]
            if self._waits:
                self._consider(ratio_fill(self._problem, self._opening, classes)[0], "ratio")
                continue
            minions = self._in_use(self._state)
            low, high = max(self._bound, 1), len(minions) - 1
            tied = any(each.is_checked or each.allowed is not None for each in classes)
            many = high if by_weight else low  # the second order is worth a bisection only if it is better at all
            for _ in range(_RATIO_TRIES_TIED if tied else _RATIO_TRIES):
                if high - low < (_CLOSE if tied else 0):
                    break
                state, missed = ratio_fill(self._problem, minions[:many], classes, most_missed=0)
                if missed:
                    low = many + 1
                else:
                    self._consider(state, "ratio")
                    high = many - 1
                many = (low + high) // 2

    def _slacks(self) -> None:
        if (self._done and not self._loaded) or self._many > _SLACK_LIMIT:
            return
        before = self._found[0]
        for largest in (True, False):
            self._slack(largest=largest)
        if len(self._pods) <= _NOISY_PODS and self._many <= _NOISY_LIMIT:
            noise = random.Random(7).random  # noqa: S311 - no secret: the same numbers every time are the point
            for turn in range(_NOISY_TRIES):
                if self._done or (turn == _GIVE_UP_AFTER and self._is_far("slack")):
                    break
                self._slack(largest=not turn % 2, noise=noise)
        if self._found[0] is not before and not self._waits:
            self._ratios()

    def _slack(self, *, largest: bool, noise: Callable[[], float] | None = None) -> None:
        classes = self._sorted[False]
        state = slack_fill(self._problem, self._opening, classes, largest_leads=largest, random=noise)
        self._consider(state, "slack")

    def _place_the_waiting(self) -> None:
        """What no fill placed: every possibility, where they are few; else the squeeze."""
        if exceeds(self._problem, self._classes):
            return
        found = search(self._problem, self._classes, len(self._problem.minions))
        if found.state:
            self._consider(found.state, "search")
        elif not found.is_proven:
            self._consider(self._squeezed(self._state, self._opening, self._budget), "squeeze")

    def _shrink(self) -> None:
        spent = 0
        small = len(self._pods) <= _SMALL
        for state in self._starts(_STARTS if small else 1):
            if self._done or spent >= self._budget:
                return
            left = (self._budget - spent) // (2 if small else 1)
            smaller, checks = shrink(state, self._bound, self._rank.__getitem__, left)
            spent += checks
            self._consider(smaller, "shrink")
        while not self._done:
            found = search(self._problem, self._classes, self._found[0][0][1] - 1)
            if not found.state:
                return
            self._consider(found.state, "search")

    # ------------------------------------------------------------------------------------------------- what was found

    def _consider(self, state: State, tag: str) -> None:
        if not is_sound(state):
            return
        waiting = len(self._waiting(state))
        far = sum(
            self._problem.class_of[pod].weight * self._rank[minion]
            for pod, minion in enumerate(state.where)
            if minion != WAITING
        )
        self._found.append(((waiting, len(state.used()), far), tag, state))
        self._found.sort(key=lambda each: each[0])

    @property
    def _state(self) -> State:
        return self._found[0][2]

    @property
    def _waits(self) -> bool:
        return self._found[0][0][0] > 0

    @property
    def _done(self) -> bool:
        return not self._waits and self._found[0][0][1] <= self._bound

    def _waiting(self, state: State) -> list[int]:
        return [pod for pod in self._pods if state.where[pod] == WAITING]

    def _is_far(self, tag: str) -> bool:
        """Whether the best of these tries is clearly behind the best of all."""
        tries = [key[1] + 1000 * key[0] for key, its_tag, _ in self._found if its_tag == tag]
        key = self._found[0][0]
        return not tries or min(tries) > key[1] + _FAR + 1000 * key[0]

    def _starts(self, many: int) -> list[State]:
        """The best packing of each kind that has all Pods placed."""
        by_tag: dict[str, State] = {}
        for key, tag, state in self._found:
            if not key[0]:
                by_tag.setdefault(tag, state)
        return list(by_tag.values())[:many]

    def _squeezed(self, state: State, minions: Sequence[int], budget: int) -> State:
        board = Board(State.of(self._problem, state.where))
        squeeze(board, self._waiting(state), minions, budget)
        return board.state

    def _in_use(self, state: State) -> list[int]:
        """The loaded Minions, then those that the packing opened, the most loaded first."""
        load = dict.fromkeys(state.used() - self._loaded, 0.0)
        for pod, minion in enumerate(state.where):
            if minion in load:
                load[minion] += self._problem.class_of[pod].weight
        return [*self._problem.loaded, *sorted(load, key=lambda minion: (-load[minion], self._rank[minion]))]

    def _most_wanted_first(self) -> list[int]:
        """Empty Minions of one size in order of the demand that may go there only: they can take what others could."""
        problem = self._problem
        weight: dict[bytes, float] = {}
        for each in self._classes:
            if each.allowed is not None:
                weight[each.allowed] = weight.get(each.allowed, 0.0) + each.weight * len(each.pods)
        wanted = [
            sum(its for allowed, its in weight.items() if allowed[minion]) for minion in range(len(problem.minions))
        ]

        def key(minion: int) -> tuple[float, float, int]:
            size = problem.cpu[minion] * problem.weight_cpu + problem.memory[minion] * problem.weight_memory
            return -size, -wanted[minion], self._rank[minion]

        return [*problem.loaded, *sorted(problem.empty, key=key)]
