"""What the kernel holds for a Minion besides processes and links: its loop device and its containers' cgroups."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.engine.sandbox.machine import run, wait_until
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterable


def loops_on(folder: Path) -> tuple[str, ...]:
    """The loop devices whose file is, or was, below the folder."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            file = backing.read_text().strip().removesuffix(" (deleted)")
        except OSError:
            continue  # released while we looked
        if Path(file).is_relative_to(folder):
            found.append(f"/dev/{backing.parts[3]}")
    return tuple(found)


def release_loops(folder: Path, *, seconds: float = 10) -> None:
    """Waits for the kernel to release them (it does with the last process), then insists."""
    if wait_until(lambda: not loops_on(folder), seconds=seconds):
        return
    for device in loops_on(folder):
        run(["losetup", "-d", device], check=False)
    if not wait_until(lambda: not loops_on(folder), seconds=seconds):
        raise PodctlError(
            f"{' '.join(loops_on(folder))} still in use", hint=f"`grep {folder} /proc/*/mounts` names who holds it"
        )


def remove_cgroups(path: str, *, seconds: float = 5) -> None:
    """Removes that cgroup with all below it in every hierarchy, version 1 and 2. `path` begins with a slash."""

    def gone() -> bool:
        for root in _cgroup_roots(path):
            for folder, _, _ in os.walk(root, topdown=False):
                try:
                    Path(folder).rmdir()
                except OSError:
                    return False  # a dying process is still in it
        return True

    if not wait_until(gone, seconds=seconds):
        raise PodctlError(
            f"The cgroup {path} is still in use", hint=f"`cat /sys/fs/cgroup/*{path}/cgroup.procs` names its processes"
        )


def _cgroup_roots(path: str) -> Iterable[Path]:
    base = Path("/sys/fs/cgroup")
    return [root for root in (base / path.lstrip("/"), *base.glob(f"*{path}")) if root.is_dir()]
