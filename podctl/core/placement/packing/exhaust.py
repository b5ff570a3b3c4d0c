"""Every possibility for a handful of Pods: the best in every criterion, where there are few enough to look at.

Most batches are small. For these the answer is not only good but the best there is: by who waits, by Minions in use,
and by what is preferred. Larger ones, and those with too many possibilities, keep what the searches found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.placement.packing.balance import growth
from podctl.core.placement.packing.preferences import SAME, Change, plus
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.model import Policy
    from podctl.core.placement.packing.preferences import Preferences

HANDFUL = 10  # Pods
_NODES = 20_000


def best_of_all(state: State, preferences: Preferences, policy: Policy) -> State:
    """`state`, or a better one. `preferences` knows of none of its Pods, before and after."""
    problem = state.problem
    possible = [pod for pod in problem.order if not problem.class_of[pod].hopeless]
    if not possible or len(possible) > HANDFUL:
        return state
    ordered = policy.admit == "order" and any(state.where[pod] == WAITING for pod in possible)
    queue = possible if ordered else sorted(possible, key=lambda pod: (-problem.class_of[pod].priority, pod))
    search = _Exhaust(state, queue, preferences, policy)
    search.look(0)
    return State.of(state.problem, search.best)


class _Exhaust:
    """Depth first, by priority; a branch that cannot be better than the best so far is cut."""

    def __init__(self, known: State, queue: Sequence[int], preferences: Preferences, policy: Policy) -> None:
        self._problem = known.problem
        self._queue = queue
        self._preferences = preferences
        self._policy = policy
        self._bands = sorted({self._problem.class_of[pod].priority for pod in queue}, reverse=True)
        self._state = State(self._problem)
        self._used = [at in set(self._problem.loaded) for at in range(len(self._problem.minions))]
        self._waits: list[bool] = []
        self._soft: Change = SAME
        self._uneven = 0
        self._nodes = _NODES
        self.best: Sequence[int] = known.where
        self._best_value = self._replayed(known.where)

    def look(self, turn: int) -> None:
        """Places the Pods from `turn` on in every way."""
        if turn == len(self._queue):
            if is_sound(self._state) and (value := self._value()) < self._best_value:
                self._best_value, self.best = value, list(self._state.where)
            return
        each = self._problem.class_of[self._queue[turn]]
        for minion in sorted(each.eligible, key=lambda at: not self._used[at]):
            if self._nodes <= 0:
                return
            self._nodes -= 1
            if self._state.fits_alone(each, minion):
                self._with(turn, minion)
        self._with(turn, WAITING)

    def _with(self, turn: int, minion: int) -> None:
        """Looks on with the Pod there, or waiting, and takes it away again."""
        pod = self._queue[turn]
        soft, uneven, opened = self._soft, self._uneven, minion != WAITING and not self._used[minion]
        self._waits.append(minion == WAITING)
        if minion != WAITING:
            self._put(pod, minion)
        if not self._is_worse():
            self.look(turn + 1)
        if minion != WAITING:
            self._preferences.put(pod, minion, -1)
            self._state.take(pod, self._problem.class_of[pod])
            self._used[minion] = not opened
        self._waits.pop()
        self._soft, self._uneven = soft, uneven

    def _put(self, pod: int, minion: int) -> None:
        each = self._problem.class_of[pod]
        self._soft = plus(self._soft, self._preferences.cost(pod, minion))
        self._uneven += growth(self._state, each, minion)
        self._state.put(pod, each, minion)
        self._preferences.put(pod, minion)
        self._used[minion] = True

    def _is_worse(self) -> bool:
        """Whether who waits already, or with as many waiting the Minions in use, are more than in the best."""
        waiting, best = self._waiting(), self._best_value[0]
        if waiting > best:
            return True
        return waiting == best and self._policy.strategy == "binpack" and sum(self._used) > self._best_value[1]

    def _waiting(self) -> tuple[int, ...]:
        """Smaller is better; as if all that are still to come were placed."""
        if self._policy.admit == "order":
            return (*self._waits, *[False] * (len(self._queue) - len(self._waits)))
        waiting = dict.fromkeys(self._bands, 0)
        for pod, waits in zip(self._queue, self._waits, strict=False):
            waiting[self._problem.class_of[pod].priority] += waits
        return tuple(waiting.values())

    def _value(self) -> tuple[Any, ...]:
        """Criteria in their order; the last one prefers Minions that come first by name, and parts all that is left."""
        ranks = (sum(self._state.where), self._state.where[:])
        if self._policy.strategy == "spread":
            return self._waiting(), self._soft, self._uneven, ranks
        return self._waiting(), sum(self._used), self._soft, ranks

    def _replayed(self, where: Sequence[int]) -> tuple[Any, ...]:
        """The value of a packing that is known."""
        for pod in self._queue:
            self._waits.append(where[pod] == WAITING)
            if where[pod] != WAITING:
                self._put(pod, where[pod])
        value = self._value()
        for pod in self._queue:
            if where[pod] != WAITING:
                self._preferences.put(pod, where[pod], -1)
        self._state = State(self._problem)
        self._used = [at in set(self._problem.loaded) for at in range(len(self._problem.minions))]
        self._waits, self._soft, self._uneven = [], SAME, 0
        return value
