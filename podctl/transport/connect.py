"""From Minions of the inventory to open Transports, all at once."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

from podctl.errors import InventoryError, UnreachableError
from podctl.transport import sshconfig
from podctl.transport.local import LocalTransport
from podctl.transport.target import Surroundings, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from podctl.core.model import Minion
    from podctl.transport.asker import Asker
    from podctl.transport.base import Transport
    from podctl.transport.target import SshTarget


def _surroundings() -> Surroundings:
    """Of this process. HOME comes first, so that another home can be given."""
    import pwd  # noqa: PLC0415 - not on every system, and only ssh needs it

    entry = pwd.getpwuid(os.getuid())
    return Surroundings(
        home=os.environ.get("HOME") or entry.pw_dir,
        user=entry.pw_name,
        hostname=socket.gethostname().partition(".")[0],
        agent=os.environ.get("SSH_AUTH_SOCK") or None,
    )


def ssh_targets(minions: Sequence[Minion]) -> dict[str, SshTarget]:
    """How to log in to each Minion by SSH. InventoryError holds what is wrong with any, before anything is tried."""
    here = _surroundings()
    settings: dict[str | None, tuple[sshconfig.Setting, ...]] = {}
    targets: dict[str, SshTarget] = {}
    problems: list[str] = []
    for minion in minions:
        try:
            if minion.ssh_config not in settings:
                settings[minion.ssh_config] = sshconfig.load(minion.ssh_config, here.home)
            targets[minion.name] = resolve(minion, settings[minion.ssh_config], here)
        except InventoryError as error:
            problems += error.problems
    if problems:
        raise InventoryError(dict.fromkeys(problems))
    return targets


def _open(minion: Minion, target: SshTarget, asker: Asker) -> Transport:
    from podctl.transport.ssh import connect_ssh  # noqa: PLC0415 - paramiko takes 150 ms to import

    return connect_ssh(minion, target, asker)


def connect(minion: Minion, asker: Asker) -> Transport:
    """The connection to one Minion. UnreachableError (a ConnectError mostly) says why there is none."""
    if minion.transport == "local":
        return LocalTransport(minion)
    return _open(minion, ssh_targets([minion])[minion.name], asker)


def connect_all(
    minions: Sequence[Minion], asker: Asker, then: Callable[[Minion, Transport], None] | None = None
) -> Mapping[str, Transport | UnreachableError]:
    """The connection to each Minion by name, or why there is none; all at once.

    `then` is called with each by its own thread, as soon as it is there: one that is late holds up no other.

    One thread each, as most of the time is waiting and a dead Minion must hold up no other; how many log in to one
    sshd at once is bounded below. InventoryError: some Minion's way in is not supported, and nothing was tried.
    """
    found: dict[str, Transport | UnreachableError | BaseException] = {
        minion.name: LocalTransport(minion) for minion in minions if minion.transport == "local"
    }
    remote = [minion for minion in minions if minion.transport != "local"]
    targets = ssh_targets(remote)

    def work(minion: Minion) -> None:
        try:
            transport = _open(minion, targets[minion.name], asker)
            if then:
                then(minion, transport)
            found[minion.name] = transport
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that asked
            found[minion.name] = error

    threads = [
        threading.Thread(target=work, args=(minion,), name=f"connect-{minion.name}", daemon=True) for minion in remote
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _told(found, minions)


def _told(
    found: Mapping[str, Transport | BaseException], minions: Sequence[Minion]
) -> dict[str, Transport | UnreachableError]:
    told: dict[str, Transport | UnreachableError] = {}
    for minion in minions:
        each = found[minion.name]
        if isinstance(each, BaseException) and not isinstance(each, UnreachableError):
            for other in found.values():
                if not isinstance(other, BaseException):
                    other.close()
            raise each
        told[minion.name] = each
    return told
