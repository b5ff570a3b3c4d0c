"""What a transport can do. `ssh`, `local` and `fake` are the three; one contract test runs over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.document.model import Caller
    from podctl.core.model import Minion
    from podctl.transport.holder import Holder
    from podctl.transport.shell import Script, Step, StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A pty to ask for: the TERM of the user's terminal and its size."""

    term: str
    columns: int
    rows: int


class Stream(Protocol):
    """A running command: bytes in, two streams of bytes out. `send` and `receive` may run in two threads."""

    def send(self, data: bytes) -> None:
        """All of it, waiting while the other side does not read. Raises LinkLostError when that has ended."""

    def close_input(self) -> None: ...

    def receive(self, timeout_seconds: float | None = None) -> tuple[bytes, bytes] | None:
        """What came on stdout and stderr; (b"", b"") at the timeout; None when both have ended."""

    def exit_status(self) -> int:
        """To be asked after `receive` gave None. Ended by signal N: 128 + N.

        Raises LinkLostError if the link broke, and ConnectError if the login did not run the command at all.
        """

    def resize(self, columns: int, rows: int) -> None: ...

    def close(self) -> None:
        """Ends the command, if it still runs."""


class Socket(Protocol):
    """A byte stream to a port that the Minion can reach."""

    def recv(self, size: int, /) -> bytes: ...
    def sendall(self, data: bytes, /) -> None: ...
    def shutdown_write(self) -> None: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def close(self) -> None: ...


class Conversation(Protocol):
    """One shell on a Minion that stays open: messages of steps in, their results out."""

    def run(
        self, steps: Sequence[Step], *, on_result: Callable[[StepResult], None] | None = None
    ) -> tuple[StepResult, ...]:
        """One message; the results in the order of the steps. A failing step is a result, not an error.

        Raises LinkLostError naming the Minion and the step when the link breaks or a step passes its deadline; its
        `results` are those that came before. The shell is closed then.
        """

    def lock(self) -> bool:
        """Takes the Minion's lock for as long as this conversation lives; False when somebody else has it."""

    def holder(self) -> Holder:
        """Who has the lock, asked after `lock` gave False. An empty Holder where it cannot be told."""

    def close(self) -> None: ...


class Transport(Protocol):
    """The one connection to one Minion."""

    minion: Minion

    def conversation(self, caller: Caller | None = None) -> Conversation:
        """`caller` is what others are told while this conversation holds the lock."""

    def stream(self, script: Script, *, terminal: Terminal | None = None, abandoned: Script | None = None) -> Stream:
        """Runs `script` with its stdin, stdout and stderr joined to the Stream.

        It ends when the client does, whatever ends that; `abandoned` is run on the Minion then.
        """

    def open_socket(self, address: str, port: int, timeout_seconds: float | None = None) -> Socket:
        """A connection to what the Minion reaches; `timeout_seconds` None: the Minion's connect_timeout.

        Raises ConnectError with the cause when the port is not open, or not in time; NoForwardingError when sshd does
        not forward, and LinkLostError when the link has ended: then nobody knows about the port.
        """

    def close(self) -> None: ...
