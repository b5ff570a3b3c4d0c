"""All Minions of one command: one connection each, one conversation each, everything side by side."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

from podctl.core.model import Cluster, ObservedMinion
from podctl.engine.observe import observe
from podctl.errors import DockerError, LockedError, LockToolError, NotFoundError, PodctlError, UnreachableError
from podctl.transport.asker import Asker
from podctl.transport.connect import connect_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from podctl.core.model import Inventory, Minion
    from podctl.transport.base import Conversation, Transport

T = TypeVar("T")
_LOCK_PAUSE_SECONDS = (0.2, 1.0)


def side_by_side(work: Callable[[str], T], names: Iterable[str]) -> dict[str, T | PodctlError]:
    """`work(name)` for all names at once, however many; an error that podctl knows is a value and ends no other."""

    def guarded(name: str) -> T | PodctlError:
        try:
            return work(name)
        except PodctlError as error:
            return error

    wanted = list(names)
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        return dict(zip(wanted, pool.map(guarded, wanted), strict=True))


class Session:
    """The Minions of one inventory for the time of one command. Use as a context manager."""

    def __init__(self, inventory: Inventory, transports: Mapping[str, Transport | UnreachableError]) -> None:
        self.inventory = inventory
        self._transports = dict(transports)
        self._conversations: dict[str, Conversation] = {}
        self._minions: dict[str, Minion] = {each.name: each for each in inventory.minions}

    @classmethod
    def open(cls, inventory: Inventory, prompt: Callable[[str], str] | None) -> Self:
        """Connects to all Minions at once; what could not be reached stays in the Session as its error."""
        return cls(inventory, connect_all(inventory.minions, Asker(prompt)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self.close()

    def close(self) -> None:
        side_by_side(lambda name: self._conversations[name].close(), self._conversations)
        side_by_side(lambda name: self.transport(name).close(), self.reached)
        self._conversations.clear()

    @property
    def reached(self) -> tuple[str, ...]:
        return tuple(name for name, each in self._transports.items() if not isinstance(each, PodctlError))

    def minion(self, name: str) -> Minion:
        return self._minions[name]

    def transport(self, name: str) -> Transport:
        """Raises the error with which the Minion was not reached."""
        each = self._transports.get(name)
        if each is None:
            raise NotFoundError(f"there is no Minion {name} in {self.inventory.source}")
        if isinstance(each, PodctlError):
            raise each
        return each

    def conversation(self, name: str) -> Conversation:
        """The one shell on that Minion, opened at first use."""
        if name not in self._conversations:
            self._conversations[name] = self.transport(name).conversation()
        return self._conversations[name]

    def look(self) -> Cluster:
        """All Minions as they are now. One that cannot be seen is in it with its problem."""

        def seen(name: str) -> ObservedMinion:
            return observe(self.conversation(name), self.minion(name), self.inventory.cluster)

        answers = side_by_side(seen, self._transports)
        return Cluster(
            name=self.inventory.cluster,
            minions=tuple(self._seen(each, answers[each.name]) for each in self.inventory.minions),
        )

    def _seen(self, minion: Minion, answer: ObservedMinion | PodctlError) -> ObservedMinion:
        if isinstance(answer, PodctlError):
            self._give_up(minion.name, answer)
            why = answer.message.removeprefix(f"Minion {minion.name}: ")
            reached = isinstance(answer, DockerError | LockToolError)
            return ObservedMinion(
                minion=minion, problem=why, evidence=answer.evidence, hint=answer.hint, reached=reached
            )
        return answer

    def _give_up(self, name: str, error: PodctlError) -> None:
        """Nothing more is asked of this Minion: whoever tries is told why. Its lock goes with its conversation."""
        if conversation := self._conversations.pop(name, None):
            conversation.close()
        if not isinstance(transport := self._transports[name], PodctlError):
            transport.close()
        self._transports[name] = _as_unreachable(error)

    def lock(self, timeout_seconds: float) -> None:
        """Takes the lock of every Minion that answers, or none: LockedError at the timeout.

        A loser releases all that it has and tries again after a random pause, so that two never wait for each other.
        A Minion that cannot be locked for want of flock is then one that could not be reached.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            answers = side_by_side(lambda name: self.conversation(name).lock(), self.reached)
            for name, answer in answers.items():
                if isinstance(answer, PodctlError):
                    self._give_up(name, answer)
            held = [name for name, answer in answers.items() if answer is False]
            if not held:
                return
            for name in self.reached:
                self._conversations.pop(name).close()
            if time.monotonic() > deadline:
                raise LockedError(
                    f"another podctl is changing {', '.join(held)}: waited {timeout_seconds:.0f} s for it",
                    hint="Wait for it and try again; --lock-timeout waits longer. A lock goes with its holder.",
                )
            time.sleep(random.uniform(*_LOCK_PAUSE_SECONDS))  # noqa: S311 - jitter between two podctls, no secret


def _as_unreachable(error: PodctlError) -> UnreachableError:
    if isinstance(error, UnreachableError):
        return error
    return UnreachableError(error.message, evidence=error.evidence, hint=error.hint)
