"""What a machine must have to carry a sandbox."""

from __future__ import annotations

import os
import platform
import shutil
from typing import TYPE_CHECKING

from podctl.engine.sandbox.machine import SEARCH_PATH
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Collection

PACKAGES = {
    "unshare": "util-linux", "nsenter": "util-linux", "setsid": "util-linux", "flock": "util-linux",
    "losetup": "mount", "mount": "mount", "mkfs.ext4": "e2fsprogs", "ip": "iproute2", "iptables": "iptables",
    "dockerd": "docker.io", "docker": "docker.io", "sshd": "openssh-server", "ssh-keygen": "openssh-client",
    "busybox": "busybox",
}  # fmt: skip
"""Debian's package of each program."""


def missing_programs(path: str = SEARCH_PATH) -> tuple[str, ...]:
    return tuple(program for program in PACKAGES if not shutil.which(program, path=path))


def install_command(programs: Collection[str]) -> str:
    """With what Debian recommends: from Debian 13 on docker's client is a package that docker.io only recommends."""
    packages = {PACKAGES[each] for each in programs}
    if "docker" in programs and "dockerd" not in programs:
        packages = packages - {"docker.io"} | {"docker-cli"}
    return f"apt-get install -y {' '.join(sorted(packages))}"


def shortcoming() -> tuple[str, str]:
    """What keeps this machine from carrying a sandbox, and the way out; both empty when nothing does."""
    if platform.system() != "Linux":
        return f"it needs Linux, this is {platform.system()}", "run it in a virtual machine with Linux"
    if os.geteuid() != 0:
        return "it needs root", "run it with sudo"
    if missing := missing_programs():
        return f"missing: {', '.join(missing)}", install_command(missing)
    return "", ""


def require() -> None:
    """Raises PodctlError that says what is missing and the command that installs it."""
    problem, way_out = shortcoming()
    if problem:
        raise PodctlError("The sandbox cannot run here", evidence=problem, hint=way_out)
