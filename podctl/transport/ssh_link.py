"""One SSH connection: the way there, the handshake, the host key and the login, each with a deadline and a cause."""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST, cMSG_GLOBAL_REQUEST

from podctl.errors import ConnectError
from podctl.transport import hostkeys
from podctl.transport.hostkeys import Verdict
from podctl.transport.ssh_auth import log_in
from podctl.transport.sshsocket import ByteStream, Deadline, TunedSocket, open_tcp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paramiko.message import Message

    from podctl.transport.asker import Asker
    from podctl.transport.target import SshTarget

# What goes wrong is told by our errors; paramiko's own lines would stand between them.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

_STARTS = 8  # sshd drops connections at random from 10 unfinished logins on (MaxStartups)
_SIGNALS = {
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
}  # fmt: skip
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # both are signatures by a key of the type ssh-rsa


def _handle_request(channel: paramiko.Channel, message: Message) -> None:
    """Paramiko drops exit-signal and so reports no status at all: here it is 128 + N, as in a shell."""
    start = message.packet.tell()
    if message.get_text() == "exit-signal":
        message.get_boolean()
        channel.exit_status = 128 + _SIGNALS.get(message.get_text(), 127)
        channel.status_event.set()
        return
    message.packet.seek(start)
    channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001 - this replaces its entry in the table


class Link(paramiko.Transport):
    """A paramiko connection that says why a channel was refused and notices a dead peer."""

    _channel_handler_table = {  # noqa: RUF012 - paramiko's own is no ClassVar either
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        paramiko.common.MSG_CHANNEL_REQUEST: _handle_request,
    }

    def __init__(self, wire: TunedSocket, target: SshTarget) -> None:
        self.wire = wire
        self.target = target
        self._refused: dict[int, str] = {}
        self._opening = threading.local()
        super().__init__(wire)  # type: ignore[arg-type]
        self.daemon = True

    def watch(self) -> None:
        """From now on the peer is asked for a sign of life when it is silent, and given up when it stays so."""
        self.packetizer.set_keepalive(self.target.keepalive_seconds, self._ask_for_life)

    def _ask_for_life(self) -> None:
        if time.monotonic() - self.wire.heard_at > self.target.silence_seconds:
            self.wire.abort()
            return
        message = paramiko.Message()
        message.add_byte(cMSG_GLOBAL_REQUEST)
        message.add_string("keepalive@openssh.com")
        message.add_boolean(True)  # an answer is wanted, which paramiko's own keepalive does not ask for
        self._send_user_message(message)  # type: ignore[attr-defined]

    def _next_channel(self) -> int:
        self._opening.number = super()._next_channel()  # type: ignore[misc]
        return int(self._opening.number)

    def _parse_channel_open_failure(self, message: Message) -> None:
        start = message.packet.tell()
        number, _, reason = message.get_int(), message.get_int(), message.get_text()
        self._refused[number] = reason
        message.packet.seek(start)
        super()._parse_channel_open_failure(message)  # type: ignore[misc]

    def open_forwarded(self, address: str, port: int, seconds: float) -> paramiko.Channel:
        """A channel to a port that the machine reaches. ChannelRefused says why there is none."""
        try:
            return self.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=seconds)
        except (paramiko.SSHException, EOFError, OSError) as error:
            reason = self._refused.pop(getattr(self._opening, "number", -1), None)
            raise ChannelRefused(reason or str(error) or "the connection ended", reason is not None) from error

    def signal(self, channel: paramiko.Channel, name: str) -> None:
        """RFC 4254 6.9, without an answer."""
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("signal")
        message.add_boolean(False)  # no answer is wanted
        message.add_string(name)
        self._send_user_message(message)  # type: ignore[attr-defined]

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cuts the connection when what is inside takes longer: paramiko waits for some answers without end."""
        timer = threading.Timer(seconds, self.wire.abort)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """At once, also when the other side is dead: the socket goes first, so that nobody waits for it."""
        self.wire.abort()
        super().close()
        self.wire.close()


class ChannelRefused(Exception):  # noqa: N818 - it never leaves this folder
    """`by_peer`: the other side said no; else the link is gone, or was silent."""

    def __init__(self, reason: str, by_peer: bool) -> None:
        super().__init__(reason)
        self.reason, self.by_peer = reason, by_peer

    @property
    def forbidden(self) -> bool:
        return self.by_peer and "prohibited" in self.reason


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
        link = _shake_hands_again(target, through, deadline)
        try:
            _verify(link, hostkeys.known_as(target.host_key_name, hostkeys.load(target.known_hosts)))
            log_in(link, target, asker)
        except BaseException:
            link.close()
            raise
    link.watch()
    return link


def _shake_hands_again(target: SshTarget, through: Link | None, deadline: Deadline) -> Link:
    """Tries again, with a growing random pause, while the other side hangs up before it says anything."""
    pause = 0.1
    while True:
        raw = _forward(target, through, deadline) if through else open_tcp(target, deadline)
        try:
            return _shake_hands(target, raw, deadline)
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


def _shake_hands(target: SshTarget, raw: ByteStream, deadline: Deadline) -> Link:
    wire = TunedSocket(raw)
    link = Link(wire, target)
    link.banner_timeout = link.handshake_timeout = deadline.left
    known = {key.type for key in hostkeys.known_as(target.host_key_name, hostkeys.load(target.known_hosts))}
    options = link.get_security_options()
    # Else an ed25519 answer from a machine whose rsa key is known would look like an attack.
    wanted = known | set(_RSA if "ssh-rsa" in known else ())
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


def _verify(link: Link, known: tuple[hostkeys.HostKey, ...]) -> None:
    """ConnectError unless a known_hosts file has the very key that the machine showed."""
    target, key = link.target, link.get_remote_server_key()
    offered = f"{key.get_name()} {hostkeys.fingerprint(key.asbytes())}"
    verdict, line = hostkeys.judge(key.asbytes(), known)
    if verdict is Verdict.KNOWN:
        return
    if verdict is Verdict.UNKNOWN or line is None:
        file = target.known_hosts[0]
        alias = "" if target.host_key_name.strip("[").startswith(target.host.lower()) else (
            f" -o HostKeyAlias={target.host_key_name}"
        )  # fmt: skip
        login = target.login.replace("ssh ", f"ssh -o UserKnownHostsFile={file}{alias} ", 1)
        raise ConnectError(
            f"{target.title}: its host key is not known yet",
            evidence=f"{target.host_key_name} shows {offered}; looked in {', '.join(target.known_hosts)}",
            hint=f"Compare that with 'ssh-keygen -lf /etc/ssh/ssh_host_{_kind(key.get_name())}_key.pub' on the machine "
            f"itself, then add it by logging in once: {login} true",
        )
    if verdict is Verdict.REVOKED:
        raise ConnectError(
            f"{target.title}: it shows a host key that is revoked",
            evidence=f"{offered} is marked @revoked in {line.place}",
            hint="Do not log in there. Somebody has said that this key is in wrong hands.",
        )
    raise ConnectError(
        f"{target.title}: ITS HOST KEY HAS CHANGED: another machine may answer in its place",
        evidence=f"known   {line.type} {line.fingerprint} ({line.place})\nshown   {offered}",
        hint="Ask whoever runs it. Only if it was set up anew: remove that line "
        f"(ssh-keygen -f {line.place.rpartition(':')[0]} -R '{target.host_key_name}') and add the new key.",
    )


def _kind(key_type: str) -> str:
    return "ed25519" if "ed25519" in key_type else "ecdsa" if "ecdsa" in key_type else "rsa"
