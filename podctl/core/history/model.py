"""One thing that happened to one container, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from podctl.core.model import PodKey


class What(StrEnum):
    """The engine's own words for it, but for the one that it has no word for."""

    STARTED = "start"
    OUT_OF_MEMORY = "oom"  # the kernel killed a process in it
    SIGNALLED = "kill"
    ENDED = "die"
    STOPPED = "stop"  # after its end: it was asked for
    REMOVED = "destroy"
    NOT_STARTED = "not started"  # known from its state alone


ORDER = {what: number for number, what in enumerate(What)}
"""Of what happened at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`at` is by the clock of its Minion, as the container's state has it where that tells of it.

    `logged_at` is when the engine wrote it into its log; None where only the state tells of it.
    """

    minion: str
    pod: PodKey
    uid: str
    container: str  # its name in the Pod, "" the infra container
    id: str
    what: What
    at: datetime
    logged_at: datetime | None = None
    seen: bool = False  # in the state of the container
    exit_code: int | None = None  # with ENDED; None: nobody knows it any more
    out_of_memory: bool = False  # with ENDED
    signal: int | None = None  # with SIGNALLED
    message: str = ""  # with NOT_STARTED: the engine's own

    @property
    def order(self) -> tuple[datetime, int]:
        """The log's order, where it has one: the state's time of an end may be before that of the signal for it."""
        return self.logged_at or self.at, ORDER[self.what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What is said of something that happened `count` times, first and last by the clock of the Minion."""

    minion: str
    pod: PodKey
    uid: str
    container: str
    reason: str  # the kubelet's word, where it has one
    message: str
    warning: bool
    first: datetime
    last: datetime
    count: int = 1
    removal: bool = False  # of the container: an act of podctl's may tell of it better
