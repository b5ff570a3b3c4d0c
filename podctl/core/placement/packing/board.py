"""A packing on which Pods are moved about, with a way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.placement.packing.state import WAITING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from podctl.core.placement.packing.classes import PodClass
    from podctl.core.placement.packing.state import State

_CHECKS = 1_000_000  # the least budget of a batch
_CHECKS_PER_POD = 150
_BAND = 1000.0  # so much heavier is a Pod of the next higher priority
_TOUCH = 1e-6  # what a Pod that asks for nothing weighs


def budget_of(pods: int) -> int:
    """Checks that searches may spend on a batch of so many Pods."""
    return max(_CHECKS, _CHECKS_PER_POD * pods)


@dataclass(slots=True)
class Board:
    """Works on `state` in place. `checks` counts what searches spent on it, `step` how long they have gone on."""

    state: State
    checks: int = 0
    step: int = 1
    class_of: Sequence[PodClass] = field(init=False)
    on: list[list[int]] = field(init=False)  # Pods of the batch, by Minion
    weight: list[float] = field(init=False)  # by Pod
    tabu: list[int] = field(init=False)  # by Pod: the step until which it is left in peace
    _log: dict[int, int] = field(default_factory=dict)  # where each Pod that was moved goes back to

    def __post_init__(self) -> None:
        problem = self.state.problem
        self.class_of = problem.class_of
        bands = {priority: at for at, priority in enumerate(sorted({it.priority for it in problem.classes}))}
        self.weight = [(it.weight + _TOUCH) * (1 + _BAND * bands[it.priority]) for it in self.class_of]
        self.tabu = [0] * problem.pods
        self.on = [[] for _ in problem.minions]
        for pod, minion in enumerate(self.state.where):
            if minion != WAITING:
                self.on[minion].append(pod)

    def mark(self) -> None:
        """From here on `undo` leads back."""
        self._log = {}

    @property
    def moved(self) -> Collection[int]:
        """The Pods that were put or taken since the mark."""
        return self._log.keys()

    def undo(self) -> None:
        log, self._log = self._log, {}
        for pod in log:
            if self.state.where[pod] != WAITING:
                self._remove(pod)
        for pod, minion in log.items():
            if minion != WAITING:
                self._add(pod, minion)

    def put(self, pod: int, minion: int) -> None:
        self._log.setdefault(pod, WAITING)
        self._add(pod, minion)

    def take(self, pod: int) -> None:
        self._log.setdefault(pod, self.state.where[pod])
        self._remove(pod)

    def load(self, minion: int) -> float:
        """What the Pods of the batch weigh there."""
        return sum(self.weight[pod] for pod in self.on[minion])

    def _add(self, pod: int, minion: int) -> None:
        self.state.put(pod, self.class_of[pod], minion)
        self.on[minion].append(pod)

    def _remove(self, pod: int) -> None:
        self.on[self.state.where[pod]].remove(pod)
        self.state.take(pod, self.class_of[pod])
