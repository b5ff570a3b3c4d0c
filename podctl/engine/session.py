"""All Minions of one command: one connection each, one conversation each, everything side by side."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

from podctl.core.document.model import Caller
from podctl.core.model import Cluster, ObservedMinion
from podctl.engine.locks import held_error, locked_error, waiting_lines
from podctl.engine.observe import observe
from podctl.errors import (
    DeadlineError,
    DockerError,
    HeldError,
    LockedError,
    LockToolError,
    NotFoundError,
    PodctlError,
    UnreachableError,
)
from podctl.transport.asker import Asker
from podctl.transport.connect import connect, connect_all
from podctl.transport.holder import Holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from podctl.core.model import Inventory, Minion
    from podctl.transport.base import Conversation, Transport

T = TypeVar("T")
_LOCK_PAUSE_SECONDS = (0.2, 1.0)
_SILENT_WAIT_SECONDS = 2  # nobody needs to be told of a shorter one


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
    """The Minions of one inventory for the time of one command. Use as a context manager.

    A writer gives its `caller`, for others to see while it holds locks, and `on_wait`, which gets a line for people
    whenever another holder is waited for. `held` are the Minions that `lock` had to leave to others.
    """

    def __init__(
        self,
        inventory: Inventory,
        transports: Mapping[str, Transport | UnreachableError],
        *,
        caller: Caller | None = None,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.inventory = inventory
        self.caller = caller or Caller()
        self.held: Mapping[str, Holder] = {}
        self._on_wait = on_wait or (lambda _: None)
        self._waited_seconds = 0.0
        self._transports = dict(transports)
        self._conversations: dict[str, Conversation] = {}
        self._ahead: dict[str, ObservedMinion | PodctlError] = {}  # answers that the first look takes
        self._minions: dict[str, Minion] = {each.name: each for each in inventory.minions}
        self._asker = Asker()
        self._ending = threading.Lock()
        self._ended = False

    @classmethod
    def open(
        cls,
        inventory: Inventory,
        prompt: Callable[[str], str] | None,
        *,
        caller: Caller | None = None,
        on_wait: Callable[[str], None] | None = None,
        ahead: bool = False,
    ) -> Self:
        """Connects to all Minions at once; what could not be reached stays in the Session as its error.

        `ahead`: what the first look asks is asked of each as soon as it is connected, so that one that is slow to
        connect and one that is slow to answer are waited for at the same time.
        """
        asker = Asker(prompt)
        session = cls(inventory, {}, caller=caller, on_wait=on_wait)
        then = session._look_ahead if ahead else None
        session._transports = dict(connect_all(inventory.minions, asker, then))
        asker.quiet()  # nobody expects a question in the middle of a command
        session._asker = asker
        return session

    def _look_ahead(self, minion: Minion, transport: Transport) -> None:
        """For the thread that connected to it."""
        self._transports[minion.name] = transport
        try:
            self._ahead[minion.name] = observe(self.conversation(minion.name), minion, self.inventory.cluster)
        except PodctlError as error:
            self._ahead[minion.name] = error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self.close()

    def close(self) -> None:
        with self._ending:
            self._ended = True
        talks = dict(self._conversations)  # who is looked at in another thread may be given up meanwhile
        side_by_side(lambda name: talks[name].close(), talks)
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
            self._conversations[name] = self.transport(name).conversation(self.caller)
        return self._conversations[name]

    def look(self, *, history: bool = False, usage: bool = False) -> Cluster:
        """All Minions as they are now, with `history` what their engines' logs tell, with `usage` what is used there.

        One that cannot be seen is in it with its problem.
        """
        answers = side_by_side(lambda name: self.look_at(name, history=history, usage=usage), self._transports)
        return Cluster(
            name=self.inventory.cluster,
            minions=tuple(self.as_seen(each, answers[each.name]) for each in self.inventory.minions),
        )

    def look_at(self, name: str, *, history: bool = False, usage: bool = False) -> ObservedMinion:
        """One Minion as it is now, with its problem where it cannot be seen: nothing more is asked of it then.

        Others may be looked at meanwhile, from other threads.
        """
        known = self._ahead.pop(name, None)
        if known and not (history or usage):
            return self.as_seen(self.minion(name), known)
        try:
            talk, minion = self.conversation(name), self.minion(name)
            return observe(talk, minion, self.inventory.cluster, history=history, usage=usage)
        except PodctlError as error:
            return self.as_seen(self.minion(name), error)

    def reconnect(self, name: str) -> None:
        """Tries once to reach a Minion again that was given up; what came of it, the next look at it tells.

        For other threads than those that work with the Minion. Nobody is asked for a passphrase.
        """
        try:
            transport = connect(self.minion(name), self._asker)
        except PodctlError as error:
            self._transports[name] = _as_unreachable(error)
            return
        with self._ending:
            if not self._ended:
                self._transports[name] = transport
                return
        transport.close()

    def as_seen(self, minion: Minion, answer: ObservedMinion | PodctlError) -> ObservedMinion:
        """What is known of a Minion that gave this answer; after an error it is asked no more in this Session."""
        if isinstance(answer, PodctlError):
            self._give_up(minion.name, answer)
            why = answer.message.removeprefix(f"Minion {minion.name}: ")
            reached = isinstance(answer, DeadlineError | DockerError | LockToolError | HeldError)
            return ObservedMinion(
                minion=minion, problem=why, evidence=answer.evidence, hint=answer.hint, reached=reached,
                busy=isinstance(answer, HeldError),
            )  # fmt: skip
        return answer

    def _give_up(self, name: str, error: PodctlError) -> None:
        """Nothing more is asked of this Minion: whoever tries is told why. Its lock goes with its conversation."""
        if conversation := self._conversations.pop(name, None):
            conversation.close()
        if not isinstance(transport := self._transports[name], PodctlError):
            transport.close()
        self._transports[name] = _as_unreachable(error)

    def lock(self, timeout_seconds: float) -> None:
        """Takes the lock of every Minion that answers; at the timeout, of those that are free.

        The rest is `held` then, and as Minions that could not be reached: whether the others are enough is the
        caller's to say (`locked_error`). LockedError when none is free. A Minion that cannot be locked for want of
        flock is one that could not be reached.

        A loser releases all that it has and tries again after a random pause, so that two never wait for each other.
        The last try comes after such a pause as well: two that began together do not give up together.
        """
        begin = time.monotonic()
        told: set[tuple[str, ...]] = set()
        while names := self._try_locks():
            self._waited_seconds = time.monotonic() - begin
            if self._waited_seconds > timeout_seconds:
                self._leave(self._holders(names))
                return
            if self._waited_seconds > _SILENT_WAIT_SECONDS:
                self._tell_of(self._holders(names), told)
            for name in self.reached:
                self._conversations.pop(name).close()
            time.sleep(random.uniform(*_LOCK_PAUSE_SECONDS))  # noqa: S311 - jitter between two podctls, no secret

    def release(self) -> None:
        """Gives every lock back. What is asked next begins another conversation."""
        side_by_side(lambda name: self._conversations.pop(name).close(), tuple(self._conversations))

    def locked_error(self) -> LockedError:
        """What to raise when the Minions that `lock` got are not enough: it names who has the others."""
        return locked_error(self.held, self._waited_seconds)

    def _try_locks(self) -> list[str]:
        """The Minions whose lock somebody else has; the others are locked, or given up."""
        answers = side_by_side(lambda name: self.conversation(name).lock(), self.reached)
        for name, answer in answers.items():
            if isinstance(answer, PodctlError):
                self._give_up(name, answer)
        return [name for name, answer in answers.items() if answer is False]

    def _holders(self, names: Iterable[str]) -> dict[str, Holder]:
        """Who has their locks. Whoever cannot be asked about it is a holder that cannot be told."""
        answers = side_by_side(lambda name: self.conversation(name).holder(), names)
        return {name: Holder() if isinstance(answer, PodctlError) else answer for name, answer in answers.items()}

    def _tell_of(self, held: Mapping[str, Holder], told: set[tuple[str, ...]]) -> None:
        for key, line in waiting_lines(held).items():
            if key not in told:
                told.add(key)
                self._on_wait(line)

    def _leave(self, held: Mapping[str, Holder]) -> None:
        self.held = held
        if set(held) == set(self.reached):
            raise self.locked_error()
        for name, holder in held.items():
            self._give_up(name, held_error(name, holder))


def _as_unreachable(error: PodctlError) -> UnreachableError:
    if isinstance(error, UnreachableError):
        return error
    return UnreachableError(error.message, evidence=error.evidence, hint=error.hint)
