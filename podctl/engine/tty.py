"""The user's own terminal while a remote program has it: raw, and as it was before, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import tty
from typing import TYPE_CHECKING, Self

from podctl.transport.base import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

_ENDING = (signal.SIGTERM, signal.SIGHUP)


def is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def terminal_of(descriptor: int) -> Terminal:
    """TERM and the size, 80 by 24 where the terminal does not know its own."""
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:
        size = os.terminal_size((0, 0))
    return Terminal(term=os.environ.get("TERM") or "xterm", columns=size.columns or 80, rows=size.lines or 24)


class RawTerminal:
    """Use as a context manager, in the main thread. SIGTERM and SIGHUP end podctl by SystemExit (128 + N) in it.

    `on_resize` is called in a signal handler: it may do no more than wake somebody.
    """

    def __init__(self, descriptor: int, on_resize: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_resize = on_resize
        self._before: list[int | list[bytes | int]] = []
        self._handlers: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(self._descriptor)
        for each in _ENDING:
            self._handlers[each] = signal.signal(each, _end)
        self._handlers[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, self._resized)
        tty.setraw(self._descriptor)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        with contextlib.suppress(termios.error):  # the terminal itself has gone
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        for each, handler in self._handlers.items():
            signal.signal(each, handler)

    def _resized(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._on_resize()


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + number)
