"""A sandbox's processes, known by the mark in their environment, which no death of ours and no lost file takes away."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.engine.sandbox.machine import wait_until
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "PODCTL_SANDBOX"


def processes_of(marker: str) -> Iterator[int]:
    """Processes whose environment marks them as that sandbox's (`ID`) or Minion's (`ID/NAME`)."""
    wanted = re.compile(rf"(?:^|\0){MARKER}={re.escape(marker)}[/\0]".encode())
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue  # it ended, or it is not ours to read
        if wanted.search(environment):
            yield int(folder.name)


def first_process(marker: str) -> int | None:
    """The Minion's process 1, by its number here; None when it does not run."""
    return next((pid for pid in processes_of(marker) if is_first_process(pid)), None)


def is_first_process(pid: int) -> bool:
    """Whether it is process 1 of a process namespace right below ours, and alive."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    numbers = re.search(r"^NSpid:\s*\d+\s+(\d+)$", status, re.MULTILINE)
    return numbers is not None and numbers[1] == "1" and not re.search(r"^State:\s*[ZX]", status, re.MULTILINE)


def kill_all(marker: str, *, seconds: float = 20) -> None:
    """SIGKILL to everything so marked, and to what it starts meanwhile. Process 1 takes its namespace along."""

    def gone() -> bool:
        alive = [pid for pid in processes_of(marker) if kill(pid)]
        return not alive

    if not wait_until(gone, seconds=seconds):
        left = " ".join(map(str, processes_of(marker)))
        raise PodctlError(
            f"Processes of the sandbox do not die: {left}",
            hint="`ps -o pid,stat,wchan,args -p PID` says what they wait for",
        )


def kill(pid: int) -> bool:
    """Sends SIGKILL; whether there was such a process."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def is_marked(pid: int, marker: str) -> bool:
    """Whether that is a living first process of that very Minion: numbers are used again."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{MARKER}={marker}".encode() in environment.split(b"\0") and is_first_process(pid)
