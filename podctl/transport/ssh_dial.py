"""From a target to a Link that is logged in: the way there, the handshake, each with a deadline and a cause."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

from podctl.errors import ConnectError
from podctl.transport import hostkeys
from podctl.transport.ssh_auth import log_in
from podctl.transport.ssh_library import paramiko
from podctl.transport.ssh_link import ChannelRefused, Link
from podctl.transport.sshsocket import ByteStream, Deadline, TunedSocket, open_tcp

if TYPE_CHECKING:
    from podctl.transport.asker import Asker
    from podctl.transport.hostkeys import HostKey
    from podctl.transport.target import SshTarget

_STARTS = 8  # sshd drops connections at random from 10 unfinished logins on (MaxStartups)
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # both are signatures by a key of the type ssh-rsa


class _Dropped(Exception):  # noqa: N818 - caught a few lines below
    """The other side hung up before it said anything: sshd's MaxStartups, mostly."""


class _Gates:
    """A few logins at once to each sshd; any number to different ones, so that a dead Minion holds up no other."""

    def __init__(self) -> None:
        self._gates: dict[tuple[Any, ...], threading.Semaphore] = {}
        self._lock = threading.Lock()

    def of(self, target: SshTarget) -> threading.Semaphore:
        with self._lock:
            return self._gates.setdefault((target.jump, target.host, target.port), threading.Semaphore(_STARTS))


_gates = _Gates()


def open_link(target: SshTarget, asker: Asker, through: Link | None = None) -> Link:
    """A connection that is logged in. ConnectError names the cause and the way out."""
    with _gates.of(target):
        deadline = Deadline(target.connect_timeout_seconds)
        known = hostkeys.known_as(target.host_key_name, hostkeys.load(target.known_hosts))
        link = _shake_hands_again(target, through, deadline, known)
        try:
            key = link.get_remote_server_key()
            hostkeys.verify(target, key.get_name(), key.asbytes(), known)
            log_in(link, target, asker)
        except BaseException:
            link.close()
            raise
    link.watch()
    return link


def _shake_hands_again(target: SshTarget, through: Link | None, deadline: Deadline, known: tuple[HostKey, ...]) -> Link:
    """Tries again, with a growing random pause, while the other side hangs up before it says anything."""
    pause = 0.1
    while True:
        raw = _forward(target, through, deadline) if through else open_tcp(target, deadline)
        try:
            return _shake_hands(target, raw, deadline, known)
        except _Dropped as drop:
            wait = pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret
            if wait >= deadline.left:
                raise ConnectError(
                    f"{target.title}: {target.host} port {target.port}: hangs up before it says anything",
                    evidence=str(drop),
                    hint="Too many logins at once there (MaxStartups in sshd_config), or it bans this address "
                    "(fail2ban, hosts.deny, PerSourcePenalties)?",
                ) from drop
            time.sleep(wait)
            pause = min(2 * pause, 2.0)


def _forward(target: SshTarget, through: Link, deadline: Deadline) -> ByteStream:
    gate = through.target.title
    try:
        return through.open_forwarded(target.host, target.port, deadline.left)
    except ChannelRefused as refused:
        if refused.forbidden:
            raise ConnectError(
                f"{target.title}: {gate} does not forward connections: {refused.reason}",
                hint="Set 'AllowTcpForwarding yes' (and PermitOpen) in sshd_config there.",
            ) from refused
        raise ConnectError(
            f"{target.title}: {target.host} port {target.port}: cannot be reached from {gate}: {refused.reason}",
            hint=f"Is the machine up and sshd running, seen from there? Does '{target.login}' work?",
        ) from refused


def _shake_hands(target: SshTarget, raw: ByteStream, deadline: Deadline, known: tuple[HostKey, ...]) -> Link:
    wire = TunedSocket(raw)
    link = Link(wire, target)
    link.banner_timeout = link.handshake_timeout = deadline.left
    wanted = {key.type for key in known}
    options = link.get_security_options()
    # Else an ed25519 answer from a machine whose rsa key is known would look like an attack.
    wanted |= set(_RSA if "ssh-rsa" in wanted else ())
    options.key_types = tuple(sorted(options.key_types, key=lambda kind: kind not in wanted))
    done = threading.Event()
    link.start_client(event=done)
    done.wait(deadline.left)
    if link.is_active() and done.is_set():
        return link
    failure = link.get_exception()
    link.close()
    raise _handshake_problem(target, wire.head, failure, deadline)


def _handshake_problem(target: SshTarget, head: bytes, failure: Exception | None, deadline: Deadline) -> Exception:
    where, first = f"{target.host} port {target.port}", head.decode("utf-8", "replace").partition("\n")[0].strip()
    if isinstance(failure, paramiko.ssh_exception.IncompatiblePeer):
        return ConnectError(
            f"{target.title}: {where}: no SSH algorithm in common",
            evidence=f"{failure} ({first})",
            hint="Update sshd there: it offers only algorithms that are not safe any more.",
        )
    if deadline.left == 0:
        return ConnectError(
            f"{target.title}: {where}: connected, but no SSH handshake within {deadline.seconds:g} s",
            evidence=f"it said {first!r}" if first else "it said nothing",
            hint="Is that port sshd's, and is the machine overloaded? `connect_timeout` in the inventory is the limit.",
        )
    if not head or first.startswith(("Exceeded MaxStartups", "Not allowed at this time")):
        return _Dropped(first or "it said nothing")
    if not first.startswith("SSH-"):
        return ConnectError(
            f"{target.title}: {where}: is not an SSH server",
            evidence=f"it said {first!r}",
            hint="Check `port` in the inventory.",
        )
    return ConnectError(
        f"{target.title}: {where}: the SSH handshake failed: {failure or 'the connection ended'}",
        evidence=f"it said {first!r}",
        hint=f"Does '{target.login}' work from this shell?",
    )
