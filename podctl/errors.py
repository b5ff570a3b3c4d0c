"""Every error that podctl raises on purpose, and the exit codes.

    PodctlError                 1  some operation failed
    ├── InputError              2  usage, manifest or inventory is wrong; nothing was touched
    │   ├── ManifestError          holds every problem found, not the first
    │   └── InventoryError
    ├── NotFoundError           1  a named object is nowhere, and every Minion answered
    ├── UnreachableError        4  a Minion could not be reached or seen
    │   ├── ConnectError           names the cause: refused, no route, name, host key, key
    │   │   └── NoForwardingError     a port behind the Minion: sshd forwards nothing, so nobody knows about the port
    │   ├── DockerError            reached, but its container engine cannot be used
    │   ├── LockToolError          reached, but it has no flock(1) to lock with
    │   ├── HeldError              reached, but another writer has its lock; the other Minions are enough
    │   └── LinkLostError          the connection or a deadline ended a conversation
    │       └── DeadlineError         the machine lives; what was asked of it did not end
    └── LockedError             6  another writer holds a Minion

What became of a single Pod is no error but an Outcome, with a code of its own: 3 for one that fits nowhere, 5 for one
that is not ready.

Whoever raises says what (message), why (evidence) and what to do next (hint). `podctl.cli` is the only place where an
error meets the terminal.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What a finished podctl tells the shell; an interface that scripts rely on."""

    DONE = 0
    FAILED = 1
    WRONG_INPUT = 2
    UNPLACED = 3
    UNREACHABLE = 4
    NOT_READY = 5
    LOCKED = 6
    EXEC_FAILED = 125
    INTERRUPTED = 130


_WORST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.WRONG_INPUT,
    ExitCode.LOCKED,
    ExitCode.FAILED,
    ExitCode.NOT_READY,
    ExitCode.UNREACHABLE,
    ExitCode.UNPLACED,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The one code that tells of several: the first of 130, 2, 6, 1, 5, 4, 3 that occurs, else 0."""
    seen = set(codes)
    return next((code for code in _WORST_FIRST if code in seen), ExitCode.DONE)


class PodctlError(Exception):
    """An error with a first line (what), evidence (why) and a hint (what to do next)."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, evidence: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence
        self.hint = hint


class InputError(PodctlError):
    exit_code = ExitCode.WRONG_INPUT


class ManifestError(InputError):
    """Wrong manifests. `problems` holds every one as `file:line: path: what`, in the order of the files."""

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), hint=hint)


class InventoryError(InputError):
    """A wrong inventory. `problems` holds every one as `file:line: path: what`."""

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), hint=hint)


class NotFoundError(PodctlError):
    pass


class UnreachableError(PodctlError):
    exit_code = ExitCode.UNREACHABLE


class ConnectError(UnreachableError):
    pass


class NoForwardingError(ConnectError):
    pass


class DockerError(UnreachableError):
    pass


class LockToolError(UnreachableError):
    pass


class HeldError(UnreachableError):
    pass


class LinkLostError(UnreachableError):
    """`results` are those of the steps that ended before the link did."""

    results: tuple[Any, ...] = ()


class DeadlineError(LinkLostError):
    pass


class LockedError(PodctlError):
    exit_code = ExitCode.LOCKED
