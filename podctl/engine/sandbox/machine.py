"""The machine under us, as the sandbox uses it: its programs, its processes, its loop devices, its size."""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MARKER = "PODCTL_SANDBOX"
SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"))

PACKAGES = {
    "unshare": "util-linux", "nsenter": "util-linux", "setsid": "util-linux", "flock": "util-linux",
    "losetup": "mount", "mount": "mount", "mkfs.ext4": "e2fsprogs", "ip": "iproute2", "iptables": "iptables",
    "dockerd": "docker.io", "docker": "docker.io", "sshd": "openssh-server", "ssh-keygen": "openssh-client",
    "busybox": "busybox",
}  # fmt: skip


def missing_programs() -> tuple[str, ...]:
    return tuple(program for program in PACKAGES if not shutil.which(program, path=SEARCH_PATH))


def shortcomings() -> str:
    """What keeps this machine from carrying a sandbox, as one line; "" when nothing does."""
    if platform.system() != "Linux":
        return f"it needs Linux, this is {platform.system()}"
    if os.geteuid() != 0:
        return "it needs root"
    missing = missing_programs()
    return f"missing: {', '.join(missing)}" if missing else ""


def require() -> None:
    """Raises PodctlError that says what is missing and the command that installs it."""
    problem = shortcomings()
    if not problem:
        return
    hint = "run it on a Linux machine, a virtual one will do"
    if "root" in problem:
        hint = "run it with sudo"
    elif missing := missing_programs():
        packages = sorted({PACKAGES[program] for program in missing})
        hint = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    raise PodctlError("The sandbox cannot run here", evidence=problem, hint=hint)


def run(argv: Sequence[str], *, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs a program of this machine to its end. Raises PodctlError with its words unless it exits 0."""
    done = subprocess.run(
        argv, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, "PATH": SEARCH_PATH}
    )
    if check and done.returncode != 0:
        raise PodctlError(f"`{' '.join(argv)}` failed with {done.returncode}", evidence=done.stderr.strip())
    return done


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `condition` became true in time; asked every 10 ms."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


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


def cpu_millis() -> int:
    return (os.cpu_count() or 1) * 1000


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
