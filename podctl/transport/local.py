"""The machine that podctl runs on, as a Minion: the same scripts in a local shell, without SSH."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from podctl.errors import ConnectError, LinkLostError, LockToolError
from podctl.transport.conversation import ShellConversation
from podctl.transport.holder import marker
from podctl.transport.shell import LOG, Script, Step, watched

if TYPE_CHECKING:
    from podctl.core.document.model import Caller
    from podctl.core.model import Minion
    from podctl.transport.base import Conversation, Socket, Stream, Terminal

_CHUNK = 1 << 16


class LocalStream:
    """A Stream over a child process: three pipes, or one pty."""

    def __init__(self, argv: list[str], *, terminal: Terminal | None = None) -> None:
        environment = dict(os.environ)
        self._master: int | None = None
        if terminal:
            self._master, slave = os.openpty()
            self.resize(terminal.columns, terminal.rows)
            environment["TERM"] = terminal.term
            self._child = subprocess.Popen(
                argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no thread of ours holds a lock a child needs
            )  # fmt: skip
            os.close(slave)
            self._input, self._outputs = self._master, {self._master: 0}
        else:
            self._child = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment, start_new_session=True,
            )  # fmt: skip
            stdin, stdout, stderr = (
                cast("IO[bytes]", p) for p in (self._child.stdin, self._child.stdout, self._child.stderr)
            )
            self._input, self._outputs = stdin.fileno(), {stdout.fileno(): 0, stderr.fileno(): 1}

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._input, view) :]
        except OSError as error:
            raise LinkLostError(f"the local shell has ended: {error.strerror}") from error

    def close_input(self) -> None:
        if self._child.stdin:
            self._child.stdin.close()

    def receive(self, timeout_seconds: float | None = None) -> tuple[bytes, bytes] | None:
        if not self._outputs:
            return None
        self._child.poll()  # reaps it, so that what watches over it can see that it is gone
        ready, _, _ = select.select(list(self._outputs), [], [], timeout_seconds)
        got = [b"", b""]
        for descriptor in ready:
            try:
                data = os.read(descriptor, _CHUNK)
            except OSError:  # a pty's way to say that its other side is closed
                data = b""
            if data:
                got[self._outputs[descriptor]] = data
            else:
                del self._outputs[descriptor]
        if not self._outputs and got == [b"", b""]:
            return None
        return got[0], got[1]

    def exit_status(self) -> int:
        status = self._child.wait()
        return 128 - status if status < 0 else status

    def resize(self, columns: int, rows: int) -> None:
        if self._master is not None:
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGTERM)
        self._child.wait()
        if self._master is not None:
            os.close(self._master)
            self._master = None
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe:
                pipe.close()
        self._outputs = {}


# Locks nothing: it is by this descriptor that others know the shell of a lock's holder (podctl.transport.holder).
_SHOW_TEXT = "if [ -d /run ]; then exec 9</run; else exec 9</var/run; fi"
_SHOW = Step(title="show who has the lock", script=Script(_SHOW_TEXT, _SHOW_TEXT), in_shell=True)


class LocalConversation(ShellConversation):
    """The same conversation; its lock is taken by this process, as a Mac has no flock(1)."""

    _lock: int | None = None

    def lock(self) -> bool:
        folder = next((path for path in ("/run", "/var/run") if Path(path).is_dir()), None)
        if folder is None:
            raise LockToolError(f"Minion {self._minion.name}: neither /run nor /var/run is there to lock")
        self._lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            return False
        self.run((_SHOW,))
        return True

    def close(self) -> None:
        super().close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class LocalSocket:
    """A connected socket, as a Socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.recv, self.sendall = connected.recv, connected.sendall
        self.settimeout, self.close = connected.settimeout, connected.close

    def shutdown_write(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)


class LocalTransport:
    """`shell` is for tests: the program that stands for `sh`."""

    def __init__(self, minion: Minion, *, shell: tuple[str, ...] = ("sh",)) -> None:
        self.minion = minion
        self._shell = ("sudo", "-n", *shell) if minion.sudo else shell

    def conversation(self, caller: Caller | None = None) -> Conversation:
        return LocalConversation(LocalStream([*self._shell, "-s", *marker(caller, time.time())]), self.minion)

    def stream(self, script: Script, *, terminal: Terminal | None = None, abandoned: Script | None = None) -> Stream:
        LOG.debug("%s: %s", self.minion.name, script.shown)
        text = watched(script, abandoned).text
        return LocalStream([*self._shell, "-c", text, "sh", str(os.getpid())], terminal=terminal)

    def open_socket(self, address: str, port: int, timeout_seconds: float | None = None) -> Socket:
        seconds = self.minion.connect_timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            connected = socket.create_connection((address, port), timeout=seconds)
        except OSError as error:
            raise ConnectError(
                f"{address}:{port} on Minion {self.minion.name}: {(error.strerror or str(error)).lower()}",
                hint="Is something listening on that port of the Pod?",
            ) from error
        connected.settimeout(None)
        return LocalSocket(connected)

    def close(self) -> None:
        """Nothing is kept open between calls."""
