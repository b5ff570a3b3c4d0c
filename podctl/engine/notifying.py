"""Tells somebody by a command of theirs, and remembers in the Document what was told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from podctl.core.document.model import DONE, Deed
from podctl.core.health.notice import was_told, with_told
from podctl.engine.keeping import Keeping
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from podctl.core.document.model import Caller
    from podctl.engine.session import Session

_LOCK_SECONDS = 10
_COMMAND_SECONDS = 60


def tell(session: Session, caller: Caller, command: str, payload: str, *, who: str, what: str) -> tuple[str, ...]:
    """Runs the command unless another podctl told the same meanwhile; what went wrong, for people.

    It is remembered only when the command succeeded: else the next run tells it again. All locks are held meanwhile, so
    that of two runs at the same minute one tells.
    """
    try:
        keeping = Keeping.open(session, caller, lock_timeout_seconds=_LOCK_SECONDS)
    except PodctlError as error:
        return (*_run(command, payload), _forgotten(error))
    if was_told(keeping.document, who) == what:
        return ()
    if trouble := _run(command, payload):
        return trouble
    deed = Deed(reason="Notified", object=f"cluster/{keeping.cluster.name}", message="of a change of its health")
    try:
        keeping.write(with_told(keeping.document, who, what), (deed,))
        lost = keeping.close((deed,), DONE)
    except PodctlError as error:
        return (_forgotten(error),)
    return (f"note: {lost}",) if lost else ()


def _forgotten(error: PodctlError) -> str:
    return f"note: that --notify was run cannot be remembered, so the next run tells it again: {error.message}"


def _run(command: str, payload: str) -> tuple[str, ...]:
    """The shell's words go to stderr: stdout is ours. What it started ends with it at the deadline."""
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command], stdin=subprocess.PIPE, stdout=sys.stderr, text=True, encoding="utf-8",
            errors="surrogateescape", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return (f"error: --notify: /bin/sh: {error.strerror}",)
    try:
        process.communicate(payload, timeout=_COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return (f"error: --notify: the command did not end within {_COMMAND_SECONDS} s; the next run tries again",)
    if process.returncode:
        return (f"error: --notify: the command ended with exit code {process.returncode}; the next run tries again",)
    return ()
