"""One connection per bastion, shared by all Minions behind it, closed with the last of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from podctl.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.transport.ssh_link import Link
    from podctl.transport.target import SshTarget

    Open = Callable[[SshTarget, Link | None], Link]


class _Bastion:
    def __init__(self) -> None:
        self.users = 0
        self.lock = threading.Lock()
        self.link: Link | None = None
        self.failure: ConnectError | None = None


class Bastions:
    """The connections that are shared in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[SshTarget, _Bastion] = {}

    def take(self, target: SshTarget, open_link: Open) -> Link:
        """The one connection to `target`, opened by who comes first; to be given back. Its failure is everyone's."""
        with self._lock:
            bastion = self._all.setdefault(target, _Bastion())
            bastion.users += 1
        try:
            with bastion.lock:
                if bastion.link is None:
                    bastion.link = self._open(bastion, target, open_link)
                return bastion.link
        except BaseException:
            self._leave(target, bastion)
            raise

    def _open(self, bastion: _Bastion, target: SshTarget, open_link: Open) -> Link:
        if bastion.failure:
            raise _again(bastion.failure)
        through = self.take(target.jump, open_link) if target.jump else None
        try:
            return open_link(target, through)
        except ConnectError as error:
            bastion.failure = error
            raise
        finally:
            if through and bastion.failure and target.jump:
                self.give_back(target.jump)

    def give_back(self, target: SshTarget) -> None:
        with self._lock:
            bastion = self._all.get(target)
        if bastion:
            self._leave(target, bastion)

    def _leave(self, target: SshTarget, bastion: _Bastion) -> None:
        with self._lock:
            bastion.users -= 1
            if bastion.users:
                return
            if self._all.get(target) is bastion:
                del self._all[target]
        if bastion.link:
            bastion.link.close()
            if target.jump:
                self.give_back(target.jump)


def _again(error: ConnectError) -> ConnectError:
    """A copy, as one exception raised in several threads would mix their tracebacks."""
    return ConnectError(error.message, evidence=error.evidence, hint=error.hint)
