"""What a checkup asks a Minion beyond a look: clock, disks, memory, and who was killed for want of memory.

Every machine answers as far as it can: no df -i, no /proc/meminfo (macOS) is no error.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podctl.core.health.model import Clock, Disk
from podctl.engine.docker import labels
from podctl.transport.shell import Script, bind

if TYPE_CHECKING:
    from collections.abc import Iterator

# Filesystem, blocks or inodes, used, free, percent, path: POSIX df -P. An automount's name may hold blanks.
_DF = re.compile(r"^\S.*?\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(\d+)%\s+(/.*)$")
_MEMORY = re.compile(r"^(MemTotal|MemAvailable):\s+(\d+) kB$", re.MULTILINE)
_NANO = 1_000_000_000


def clock() -> Script:
    """Where date knows no %N, whole seconds and a letter or nothing come behind the point."""
    return Script("date +%s.%N", "date +%s.%N")


def parse_clock(text: str, asked: float, answered: float) -> Clock | None:
    """`asked` and `answered` are readings of our own steady clock: in between the Minion read its own."""
    whole, _, digits = text.strip().partition(".")
    if not whole.isdecimal():
        return None
    exact = digits.isdecimal()
    at = int(whole) + (float(f"0.{digits}") if exact else 0)
    return Clock(least=at - answered, most=at + (0 if exact else 1) - asked)


def disks(root_dir: str) -> Script:
    """Of the whole machine and of the engine's own folder, which may be on a disk of its own.

    A root that is read-only, as some distributions have it, is always full, and that is no trouble.
    """
    return bind(
        "for p in / {root}; do\n"
        'grep -qs " $p [^ ]* ro[, ]" /proc/mounts && continue\n'
        '[ -d "$p" ] && df -Pk "$p" && echo inodes && df -Pi "$p"; echo end\n'
        "done 2>/dev/null; :",
        root=root_dir or "/",
    )


def parse_disks(text: str) -> tuple[Disk, ...]:
    """One for each file system, by its mount point, however many of the folders lie on it."""
    found: dict[str, Disk] = {}
    for part in text.split("end\n"):
        blocks, _, inodes = part.partition("inodes\n")
        for used, free, percent, path in _rows(blocks):
            of_inodes = next((percent for _, _, percent, at in _rows(inodes) if at == path), None)
            if used is not None and free is not None:
                found[path] = Disk(
                    path=path, used_percent=percent, free_bytes=max(free, 0) * 1024, inodes_percent=of_inodes
                )
    return tuple(found.values())


def _rows(text: str) -> Iterator[tuple[int | None, int | None, int, str]]:
    for line in text.splitlines():
        if row := _DF.match(line):
            _, used, free, percent, path = row.groups()
            yield _number(used), _number(free), int(percent), path


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)


def memory() -> Script:
    return Script("cat /proc/meminfo 2>/dev/null || :", "cat /proc/meminfo")


def parse_memory(text: str) -> tuple[int, int] | None:
    """Total and available bytes; None where the kernel does not say both."""
    found = {name: int(amount) * 1024 for name, amount in _MEMORY.findall(text)}
    return (found["MemTotal"], found["MemAvailable"]) if len(found) == 2 else None  # noqa: PLR2004 - both


def out_of_memory(docker: str, cluster: str, seconds: int) -> Script:
    """Who lost a process for want of memory in the last `seconds`, as far as the engine's log of 256 events goes back.

    Without nanoseconds the end is the next second: the present one would be left out.
    """
    return bind(
        "n=$(date +%s); {docker} events --since $((n - {seconds})) --until $((n + 1)) --filter event=oom "
        "--filter {filter} --format {format}",
        docker=docker,
        seconds=Script(str(seconds), str(seconds)),
        filter=f"label={labels.CLUSTER}={cluster}",
        format="{{.TimeNano}} {{.Actor.ID}}",
    )


def parse_out_of_memory(text: str) -> dict[str, datetime]:
    """The last time of each, by container id, in the engine's own clock: that of a container's stamps."""
    found: dict[str, datetime] = {}
    for line in text.splitlines():
        nanos, _, container = line.partition(" ")
        if nanos.isdecimal() and container:
            at = datetime.fromtimestamp(int(nanos) / _NANO, UTC)
            found[container] = max(at, found.get(container, at))
    return found
