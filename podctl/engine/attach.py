"""A command in a container with podctl's own stdin, stdout and stderr joined to it."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import threading
from typing import IO, TYPE_CHECKING, Self

from podctl.engine.docker import reach
from podctl.engine.tty import RawTerminal, terminal_of
from podctl.errors import LinkLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from podctl.transport.base import Stream, Transport

_CHUNK = 1 << 16
_RESIZE, _STOP = b"r", b"s"


class _Input:
    """Sends what comes on a descriptor, and its end, to a Stream, from a thread that ends when the block does."""

    def __init__(self, descriptor: int | None, stream: Stream, resize: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._stream = stream
        self._resize = resize
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)  # a signal handler must not wait
        self._thread = threading.Thread(target=self._pump, name="stdin", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self._wake(_STOP)
        self._stream.close()  # wakes a send that the other side does not read
        self._thread.join()
        os.close(self._read_end)
        os.close(self._write_end)

    def resized(self) -> None:
        self._wake(_RESIZE)

    def _wake(self, word: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._write_end, word)

    def _pump(self) -> None:
        watched = [self._read_end] if self._descriptor is None else [self._read_end, self._descriptor]
        with contextlib.suppress(LinkLostError):  # the receiving side says so, with the status
            while True:
                ready, _, _ = select.select(watched, [], [])
                if self._read_end in ready:
                    words = os.read(self._read_end, _CHUNK)
                    if _STOP in words:
                        return
                    self._resize()
                elif self._descriptor is not None and not self._forward(self._descriptor):
                    watched = [self._read_end]

    def _forward(self, descriptor: int) -> bool:
        """False at the end of the input."""
        try:
            data = os.read(descriptor, _CHUNK)
        except OSError:  # a terminal that has gone
            data = b""
        if data:
            self._stream.send(data)
        else:
            self._stream.close_input()
        return bool(data)


def execute(
    transport: Transport,
    container: str,
    command: Sequence[str],
    *,
    stdin: int | None,
    terminal: bool,
    out: IO[bytes],
    err: IO[bytes],
) -> int:
    """The exit status of `command` in the container, as docker tells it (126: it could not be started).

    `stdin` is a descriptor, or None to read nothing; with `terminal` it is one, and raw until the command ends. When
    podctl ends before the command does, however that is, the command is ended, too (see `reach.end_execution`).
    """
    nonce = secrets.token_hex(12)
    docker = transport.minion.docker
    screen = terminal_of(stdin) if terminal and stdin is not None else None
    script = reach.execute(
        docker, container, command, nonce=nonce, stdin=stdin is not None, terminal=screen.term if screen else ""
    )
    stream = transport.stream(script, terminal=screen, abandoned=reach.end_execution(docker, container, nonce))

    def resize() -> None:
        if stdin is not None:
            now = terminal_of(stdin)
            stream.resize(now.columns, now.rows)

    with contextlib.ExitStack() as stack:
        stack.callback(stream.close)
        pump = stack.enter_context(_Input(stdin, stream, resize))
        if screen and stdin is not None:
            stack.enter_context(RawTerminal(stdin, pump.resized))
            pump.resized()  # it may have changed since it was measured
        _copy(stream, out, err)
        return stream.exit_status()


def _copy(stream: Stream, out: IO[bytes], err: IO[bytes]) -> None:
    while (got := stream.receive()) is not None:
        for target, data in zip((out, err), got, strict=True):
            if data:
                target.write(data)
                target.flush()
