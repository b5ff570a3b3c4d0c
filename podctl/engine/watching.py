"""All Minions looked at again and again, over the connections that are there; who goes away is looked for again.

A look at a Minion has a thread of its own, so that one that hangs holds up no other: the rounds of the others go on,
what was seen of it last stands, and its own deadline ends its look. Then it is silent, and tried again in the
background, after ever longer pauses, until it answers.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from podctl.core.model import Cluster, ObservedMinion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from podctl.engine.session import Session

ROUND_SECONDS = 1.0  # from the end of a round to the next
_FIRST_PATIENCE_SECONDS = 10.0  # how long the first round waits for those that connected but do not answer
_PATIENCE_SECONDS = 2.0  # how long a round waits for one that answered in the round before
_LEAST_BACKOFF_SECONDS, _MOST_BACKOFF_SECONDS = 1.0, 15.0
_NOT_YET = "it has not answered yet"
_GOES_ON = "It is looked at further, and shown when it answers."


class _Watched:
    """One Minion: the newest look at it, the one under way, and when it may be tried again."""

    def __init__(self, newest: ObservedMinion) -> None:
        self.newest = newest
        self.thread: threading.Thread | None = None
        self.late = False  # the look under way has outlasted a round
        self.backoff_seconds = 0.0
        self.due = 0.0  # by the watch's clock
        self.bug: Exception | None = None  # what podctl did not raise on purpose is raised where the watch is read

    @property
    def busy(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Watch:
    """What the looks at all Minions have seen so far, round by round.

    `look` is one look at one Minion, for instance `session.look_at`; `pause` and `clock` are time's.
    """

    def __init__(
        self,
        session: Session,
        look: Callable[[str], ObservedMinion],
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        first_patience_seconds: float = _FIRST_PATIENCE_SECONDS,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._session = session
        self._look = look
        self._pause = pause
        self._clock = clock
        self._patience_seconds = first_patience_seconds
        self._later_patience_seconds = patience_seconds
        self._watched = {
            each.name: _Watched(ObservedMinion(minion=each, problem=_NOT_YET, hint=_GOES_ON))
            for each in session.inventory.minions
        }

    def clusters(self) -> Iterator[Cluster]:
        """The cluster after each round, without end."""
        while True:
            self._round()
            yield Cluster(
                name=self._session.inventory.cluster, minions=tuple(each.newest for each in self._watched.values())
            )
            self._pause(ROUND_SECONDS)

    def _round(self) -> None:
        for name, each in self._watched.items():
            if not each.busy and self._clock() >= each.due:
                each.late = False
                each.thread = threading.Thread(target=self._work, args=(name, each), name=f"look-{name}", daemon=True)
                each.thread.start()
        deadline = time.monotonic() + self._patience_seconds
        for each in self._watched.values():
            if each.thread and not each.late:
                each.thread.join(max(0.0, deadline - time.monotonic()))
                each.late = each.busy
            if each.bug:
                raise each.bug
        self._patience_seconds = self._later_patience_seconds

    def _work(self, name: str, watched: _Watched) -> None:
        try:
            self._look_again(name, watched)
        except Exception as error:  # noqa: BLE001 - raised where the rounds are read
            watched.bug = error

    def _look_again(self, name: str, watched: _Watched) -> None:
        if name not in self._session.reached and watched.backoff_seconds:
            self._session.reconnect(name)
        watched.newest = self._look(name)
        if not watched.newest.silent:
            watched.backoff_seconds = watched.due = 0.0
            return
        least, most = _LEAST_BACKOFF_SECONDS, _MOST_BACKOFF_SECONDS
        watched.backoff_seconds = min(most, max(least, 2 * watched.backoff_seconds))
        watched.due = self._clock() + watched.backoff_seconds
