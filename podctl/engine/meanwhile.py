"""What a command has to do beside its Plan, and can do while it waits for Pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _nothing(minion: str) -> None:
    del minion


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """`work` is called for each Minion by the thread that has its conversation, as often as it waits; raises nothing.

    `minions` are those that have something to do, whether the Plan has anything there or not.
    """

    minions: tuple[str, ...] = ()
    work: Callable[[str], None] = _nothing


NOTHING = Meanwhile()
