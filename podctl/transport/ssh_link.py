"""A paramiko connection that says why, notices a dead peer, and never talks to the terminal."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from podctl.transport.ssh_library import paramiko

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paramiko.message import Message

    from podctl.transport.sshsocket import TunedSocket
    from podctl.transport.target import SshTarget

# What goes wrong is told by our errors; paramiko's own lines would stand between them.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

_SIGNALS = {
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
}  # fmt: skip


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
    """Like its parent, but a refused channel has its reason, a signalled command its status, a dead peer its end."""

    _channel_handler_table = {  # noqa: RUF012 - paramiko's own is no ClassVar either
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        paramiko.common.MSG_CHANNEL_REQUEST: _handle_request,
    }

    def __init__(self, wire: TunedSocket, target: SshTarget) -> None:
        self.wire = wire
        self.target = target
        self._refused: dict[int, tuple[int, str]] = {}
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
        message.add_byte(paramiko.common.cMSG_GLOBAL_REQUEST)
        message.add_string("keepalive@openssh.com")
        message.add_boolean(True)  # an answer is wanted, which paramiko's own keepalive does not ask for
        self._send_user_message(message)  # type: ignore[attr-defined]

    def _next_channel(self) -> int:
        self._opening.number = super()._next_channel()  # type: ignore[misc]
        return int(self._opening.number)

    def _parse_channel_open_failure(self, message: Message) -> None:
        start = message.packet.tell()
        number, code, reason = message.get_int(), message.get_int(), message.get_text()
        self._refused[number] = code, reason
        message.packet.seek(start)
        super()._parse_channel_open_failure(message)  # type: ignore[misc]

    def open_forwarded(self, address: str, port: int, seconds: float) -> paramiko.Channel:
        """A channel to a port that the machine reaches. ChannelRefused says why there is none."""
        try:
            return self.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=seconds)
        except (paramiko.SSHException, EOFError, OSError) as error:
            code, reason = self._refused.pop(getattr(self._opening, "number", -1), (None, str(error)))
            raise ChannelRefused(code, reason or "the connection ended") from error

    def signal(self, channel: paramiko.Channel, name: str) -> None:
        """RFC 4254 6.9, without an answer."""
        message = paramiko.Message()
        message.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
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
    """`code` is the other side's (RFC 4254 5.1); None: the link is gone, or was silent."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(reason)
        self.by_peer = code is not None
        self.forbidden = code == 1  # administratively prohibited; sshd's text is only "open failed"
        self.reason = "administratively prohibited" if self.forbidden else reason
