"""Alike Pods change places for nothing: so members of one set are dealt out over the Minions of their class."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from podctl.core.placement.packing.state import WAITING, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.preferences import Preferences


def dealt_out(state: State, preferences: Preferences) -> State:
    """The same packing, with the members of each class dealt to its places set by set, a Minion at a time."""
    where = list(state.where)
    for each in state.problem.classes:
        pods = [pod for pod in each.pods if where[pod] != WAITING]
        groups = Counter(preferences.group_of(pod) for pod in pods)
        if max(groups.values(), default=0) < 2 or any(preferences.cares(pod) for pod in pods):  # noqa: PLR2004 - a pair
            continue
        members = sorted(pods, key=lambda pod: (-groups[preferences.group_of(pod)], str(preferences.group_of(pod))))
        for pod, minion in zip(members, _in_rounds([where[pod] for pod in pods]), strict=True):
            where[pod] = minion
    return State.of(state.problem, where)


def _in_rounds(places: Sequence[int]) -> list[int]:
    """Every Minion once, then every one that has a second place, and so on."""
    left = Counter(places)
    turn: list[tuple[int, int]] = [(number, minion) for minion, many in left.items() for number in range(many)]
    return [minion for _, minion in sorted(turn)]
