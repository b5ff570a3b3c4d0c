"""A Minion made of one function, for tests: it answers each Step, and nothing is run anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.errors import ConnectError, LinkLostError
from podctl.transport.holder import Holder
from podctl.transport.shell import Step, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.document.model import Caller
    from podctl.core.model import Minion
    from podctl.transport.base import Conversation, Socket, Stream, Terminal
    from podctl.transport.shell import Script

# status, stdout, stderr
Answer = tuple[int, bytes, bytes]


class FakeConversation:
    def __init__(self, transport: FakeTransport, caller: Caller | None = None) -> None:
        self._transport = transport
        self._caller = caller
        self._holds = False
        self._closed = False

    def run(
        self, steps: Sequence[Step], *, on_result: Callable[[StepResult], None] | None = None
    ) -> tuple[StepResult, ...]:
        results: list[StepResult] = []
        failed: set[str] = set()
        for step in steps:
            if self._closed or self._transport.dead:
                error = LinkLostError(f"Minion {self._transport.minion.name}: {step.title}: the connection ended")
                error.results = tuple(results)
                raise error
            if step.group in failed:
                result = StepResult(step=step, status=-1, stdout=b"", stderr=b"", skipped=True)
            else:
                self._transport.steps.append(step)
                status, out, err = self._transport.answer(step)
                result = StepResult(step=step, status=status, stdout=out, stderr=err)
            if step.group and not result.ok:
                failed.add(step.group)
            results.append(result)
            if on_result:
                on_result(result)
        return tuple(results)

    def lock(self) -> bool:
        if self._transport.locked and not self._holds:
            return False
        self._transport.locked = self._holds = True
        self._transport.holder = (
            Holder(who=self._caller.who, command=self._caller.command) if self._caller else Holder()
        )
        return True

    def holder(self) -> Holder:
        return self._transport.holder if self._transport.locked else Holder()

    def close(self) -> None:
        self._closed = True
        if self._holds:
            self._transport.locked = self._holds = False


class FakeTransport:
    """`answer` gives a step's status, stdout and stderr. `steps` records what was asked; `dead` cuts the link.

    `locked` and `holder` are the Minion's lock and who has it.
    """

    def __init__(self, minion: Minion, answer: Callable[[Step], Answer]) -> None:
        self.minion = minion
        self.answer = answer
        self.steps: list[Step] = []
        self.locked = False
        self.holder = Holder()
        self.dead = False

    def conversation(self, caller: Caller | None = None) -> Conversation:
        return FakeConversation(self, caller)

    def stream(self, script: Script, *, terminal: Terminal | None = None, abandoned: Script | None = None) -> Stream:
        del terminal, abandoned
        return FakeStream(self, script)

    def open_socket(self, address: str, port: int, timeout_seconds: float | None = None) -> Socket:
        del timeout_seconds
        raise ConnectError(f"{address}:{port} on Minion {self.minion.name}: connection refused")

    def close(self) -> None:
        """Nothing to close."""


class FakeStream:
    """A stream whose whole answer is there at once; what is sent to it is the step's stdin."""

    def __init__(self, transport: FakeTransport, script: Script) -> None:
        self._transport = transport
        self._script = script
        self._input = bytearray()
        self._status: int | None = None

    def send(self, data: bytes) -> None:
        self._input += data

    def close_input(self) -> None:
        """The answer comes with the first receive."""

    def receive(self, timeout_seconds: float | None = None) -> tuple[bytes, bytes] | None:
        del timeout_seconds
        if self._status is not None:
            return None

        self._status, out, err = self._transport.answer(
            Step(title="stream", script=self._script, stdin=bytes(self._input))
        )
        return out, err

    def exit_status(self) -> int:
        return self._status or 0

    def resize(self, columns: int, rows: int) -> None:
        """A fake has no screen."""

    def close(self) -> None:
        """Nothing runs."""
