"""The machine under us: its programs, its size, and waiting for it."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"))


def run(argv: Sequence[str], *, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs a program of this machine to its end. Raises PodctlError with its words unless it exits 0."""
    done = subprocess.run(
        argv, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, "PATH": SEARCH_PATH}
    )
    if check and done.returncode != 0:
        raise PodctlError(f"`{' '.join(argv)}` failed with {done.returncode}", evidence=done.stderr.strip())
    return done


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `condition` became true in time; asked every 10 ms, more seldom where asking itself takes long."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if condition():
            return True
        now = time.monotonic()
        if now > deadline:
            return False
        time.sleep(min(max(0.01, 2 * (now - began)), 0.5))


def cpu_millis() -> int:
    return (os.cpu_count() or 1) * 1000


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
