"""The SSH transport: one connection to a Minion, few channels on it."""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from podctl.errors import ConnectError, LinkLostError, NoForwardingError, PodctlError
from podctl.transport.bastions import Bastions
from podctl.transport.conversation import ShellConversation
from podctl.transport.holder import marker
from podctl.transport.logins import why_no_shell
from podctl.transport.shell import LOG, quote, watched
from podctl.transport.ssh_dial import open_link
from podctl.transport.ssh_library import paramiko
from podctl.transport.ssh_link import ChannelRefused, Link

if TYPE_CHECKING:
    from podctl.core.document.model import Caller
    from podctl.core.model import Minion
    from podctl.transport.asker import Asker
    from podctl.transport.base import Conversation, Socket, Stream, Terminal
    from podctl.transport.shell import Script
    from podctl.transport.target import SshTarget

_CHUNK = 1 << 16
_LONGEST = 128 * 1024 - 1  # Linux' MAX_ARG_STRLEN, without the NUL
_WORD = 180  # bytes a word, at most five characters each: csh takes no word above some 8,000
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /.,:=@_+-")
_CLOSE_SECONDS = 2


def any_shell(script: str) -> str:
    """A line that runs `script` in sh, whatever the login shell: bash, fish, csh, busybox.

    It has no character that any of them expands inside quotes (csh expands `!` even there): what is not plain goes as
    octal through printf (as an argument: dash reads `%` in a format after the octals).
    """
    data = script.encode("utf-8", "surrogateescape")
    pieces = [chr(byte) if byte in _PLAIN else f"\\0{byte:03o}" for byte in data]
    chunks = " ".join("'" + "".join(pieces[at : at + _WORD]) + "'" for at in range(0, len(pieces), _WORD))
    line = f"""exec sh -c 'eval "$(printf %b "$@")"' sh {chunks}"""
    if len(line) > _LONGEST:
        raise PodctlError(
            f"the command is too long to be sent: {len(line)} bytes as shell text, {_LONGEST} at most",
            hint="Put what is long into a file (podctl cp), or send it through stdin.",
        )
    return line


class _Opening:
    """Holds back what the login shell's own files print, up to a mark that our script prints first."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self.held: bytes | None = b""  # None once the mark has come

    def pass_on(self, data: bytes) -> bytes:
        if self.held is None:
            return data
        self.held += data
        _, found, after = self.held.partition(self._mark)
        if not found:
            return b""
        self.held = None
        return after


class SshStream:
    """A Stream over one channel. `mark` is what the script prints first, on each stream that it has."""

    def __init__(self, channel: paramiko.Channel, link: Link, minion: Minion, *, mark: bytes = b"") -> None:
        self._channel, self._link, self._minion = channel, link, minion
        self._openings = (_Opening(mark), _Opening(mark)) if mark else None
        self._ready = _Ready()
        for buffer in (channel.in_buffer, channel.in_stderr_buffer):
            buffer.set_event(self._ready)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                sent = self._channel.send(bytes(view[:_CHUNK]))
                if not sent:
                    raise self._lost("the connection or the command ended")
                view = view[sent:]
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._lost(str(error) or "the connection ended") from error

    def close_input(self) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.shutdown_write()

    def receive(self, timeout_seconds: float | None = None) -> tuple[bytes, bytes] | None:
        end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while True:
            self._ready.clear_before_look()
            channel = self._channel
            ended = channel.eof_received or channel.closed  # asked before the buffers: what comes later is seen later
            out = channel.recv(_CHUNK) if channel.recv_ready() else b""
            err = channel.recv_stderr(_CHUNK) if channel.recv_stderr_ready() else b""
            nothing = not out and not err
            if nothing and ended:
                return None
            if self._openings:
                out, err = (opening.pass_on(data) for opening, data in zip(self._openings, (out, err), strict=True))
            if out or err:
                return out, err
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return b"", b""
            if nothing:
                self._ready.wait(left)

    def exit_status(self) -> int:
        self._channel.status_event.wait()
        status = self._channel.exit_status
        if status < 0 and not self._link.is_active():
            raise self._lost("the connection ended before the command did")
        if self._openings and self._openings[0].held is not None:
            said = b"\n".join(opening.held or b"" for opening in self._openings).decode("utf-8", "replace").strip()
            what, hint = why_no_shell(self._minion, said) or ("its login shell did not run the command", "")
            raise ConnectError(f"Minion {self._minion.name}: {what}", evidence=said, hint=hint)
        if status < 0:
            raise self._lost("sshd did not tell how the command ended")
        return status

    def resize(self, columns: int, rows: int) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.resize_pty(columns, rows)

    def close(self) -> None:
        """Sshd tells a command nothing when its channel goes, so the command is signalled first (OpenSSH 7.9 on)."""
        if self._channel.closed:
            return
        with suppress(OSError, EOFError, paramiko.SSHException), self._link.within(_CLOSE_SECONDS):
            if not self._channel.exit_status_ready():
                self._link.signal(self._channel, "TERM")
            self._channel.close()

    def _lost(self, why: str) -> LinkLostError:
        return LinkLostError(f"Minion {self._minion.name}: {why}")


class _Ready(threading.Event):
    """Set when either buffer has news. paramiko clears it for one buffer when the other may have some: so not here."""

    def clear(self) -> None:
        """Only the reader knows that both buffers are empty."""

    def clear_before_look(self) -> None:
        super().clear()


class SshSocket:
    """A forwarded port, as a Socket."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self.recv, self.settimeout, self.close = channel.recv, channel.settimeout, channel.close

    def sendall(self, data: bytes, /) -> None:
        view = memoryview(data)
        while view:
            sent = self._channel.send(bytes(view[:_CHUNK]))
            if not sent:
                raise BrokenPipeError("the other side has closed the connection")
            view = view[sent:]

    def shutdown_write(self) -> None:
        self._channel.shutdown_write()


class SshTransport:
    """The one connection to a Minion."""

    def __init__(self, minion: Minion, link: Link) -> None:
        self.minion = minion
        self._link = link
        self._sudo = "sudo -n " if minion.sudo else ""

    def conversation(self, caller: Caller | None = None) -> Conversation:
        channel = self._session(" ".join([f"exec {self._sudo}sh -s", *marker(caller, time.time())]))
        return ShellConversation(SshStream(channel, self._link, self.minion), self.minion)

    def stream(self, script: Script, *, terminal: Terminal | None = None, abandoned: Script | None = None) -> Stream:
        LOG.debug("%s: %s", self.minion.name, script.shown)
        mark = secrets.token_hex(12)
        marks = f"printf {mark}\n" if terminal else f"printf {mark}; printf {mark} >&2\n"
        # The outermost sh is what the login shell has become, so its parent is sshd's process of this login.
        text = f'exec {self._sudo}sh -c {quote(marks + watched(script, abandoned).text)} sh "$PPID"'
        channel = self._session(any_shell(text), terminal)
        return SshStream(channel, self._link, self.minion, mark=mark.encode())

    def _session(self, command: str, terminal: Terminal | None = None) -> paramiko.Channel:
        timeout = self.minion.connect_timeout_seconds
        try:
            with self._link.within(timeout):
                channel = self._link.open_session(timeout=timeout)
                if terminal:
                    channel.get_pty(terminal.term, terminal.columns, terminal.rows)
                channel.exec_command(command)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._no_session(error) from error
        return channel

    def _no_session(self, error: Exception) -> ConnectError | LinkLostError:
        if not self._link.is_active():
            return LinkLostError(
                f"Minion {self.minion.name}: the connection ended", evidence=str(error), hint="Run the command again."
            )
        return ConnectError(
            f"Minion {self.minion.name}: sshd opens no session: {error}",
            hint="See MaxSessions, ForceCommand and PermitTTY in sshd_config there.",
        )

    def open_socket(self, address: str, port: int, timeout_seconds: float | None = None) -> Socket:
        where = f"{address}:{port} on Minion {self.minion.name}"
        seconds = self.minion.connect_timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            return SshSocket(self._link.open_forwarded(address, port, seconds))
        except ChannelRefused as refused:
            if refused.forbidden:
                raise NoForwardingError(
                    f"{where}: sshd does not forward connections: {refused.reason}",
                    hint="Set 'AllowTcpForwarding yes' (and PermitOpen) in sshd_config there.",
                ) from refused
            if not refused.by_peer and not self._link.is_active():
                raise LinkLostError(f"Minion {self.minion.name}: the connection ended") from refused
            raise ConnectError(
                f"{where}: {refused.reason.lower()}", hint="Is something listening on that port of the Pod?"
            ) from refused

    def close(self) -> None:
        self._link.close()


_bastions = Bastions()


class _BehindBastion(SshTransport):
    """Gives its bastion back when it is closed."""

    def __init__(self, minion: Minion, link: Link, jump: SshTarget) -> None:
        super().__init__(minion, link)
        self._jump: SshTarget | None = jump

    def close(self) -> None:
        super().close()
        jump, self._jump = self._jump, None
        if jump:
            _bastions.give_back(jump)


def connect_ssh(minion: Minion, target: SshTarget, asker: Asker) -> SshTransport:
    """Logs in, through bastions where the target has them. ConnectError names the cause and the way out."""

    def dial(to: SshTarget, through: Link | None) -> Link:
        return open_link(to, asker, through)

    if not target.jump:
        return SshTransport(minion, dial(target, None))
    try:
        through = _bastions.take(target.jump, dial)
    except ConnectError as error:
        raise ConnectError(f"{target.title}: {error.message}", evidence=error.evidence, hint=error.hint) from error
    try:
        return _BehindBastion(minion, dial(target, through), target.jump)
    except BaseException:
        _bastions.give_back(target.jump)
        raise
