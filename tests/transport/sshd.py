"""A real sshd of our own on 127.0.0.1, with accounts of its own: a private /etc/passwd in a private mount namespace."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
MISSING = (
    "needs root"
    if os.geteuid()
    else "needs openssh-server (apt-get install openssh-server)"
    if not Path(SSHD).exists()
    else ""
)
FIRST_UID = 61_000  # no account of a usual machine
# Login shells, and what `sh` is on the PATH: each account is one combination.
SHELLS = {
    "dash": ("/bin/dash", "dash"),
    "bash": ("/bin/bash", "bash"),
    "busybox": ("/bin/busybox", "busybox"),
    "fish": ("/usr/bin/fish", "dash"),
    "csh": ("/usr/bin/csh", "dash"),
    "ash": ("{folder}/ash/sh", "busybox"),
    "noisy": ("/bin/bash", "dash"),
}


def wait_until(true, seconds=10.0):
    """The first true answer of `true()`; AssertionError when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.02)
    return answer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_key(path, *options):
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-C", path.name, *(options or ("-t", "ed25519")), "-f", path], check=True
    )
    return path


def children(pid):
    listing = subprocess.run(["ps", "-eo", "pid,ppid"], check=True, capture_output=True, text=True).stdout
    pairs = [line.split() for line in listing.splitlines()[1:]]
    return [int(child) for child, parent in pairs if parent == str(pid)]


def descendants(pid):
    return [each for child in children(pid) for each in (child, *descendants(child))]


class Sshd:
    """`options` are further lines of sshd_config. `log` holds what it says at level VERBOSE."""

    def __init__(self, folder, *options, host_keys=("ed25519",), password=""):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self.port, self.host_keys, self.options = free_port(), host_keys, options
        self.key = make_key(folder / "id_ed25519")
        self.known_hosts = folder / "known_hosts"
        self._accounts(password)
        for kind in host_keys:
            make_key(folder / f"host_{kind}", "-t", kind)
        self.known_hosts.write_text(
            "".join(f"[127.0.0.1]:{self.port} {(folder / f'host_{kind}.pub').read_text()}" for kind in host_keys)
        )
        self.start()

    def _accounts(self, password):
        lines = Path("/etc/passwd").read_text()
        for number, (name, (shell, sh)) in enumerate(SHELLS.items()):
            home = self.folder / "home" / name
            home.mkdir(parents=True, exist_ok=True)
            (self.folder / "home").chmod(0o755)
            os.chown(home, FIRST_UID + number, FIRST_UID + number)
            first = self.folder / ("ash" if name == "ash" else f"sh-{sh}")
            first.mkdir(exist_ok=True)
            link = first / "sh"
            if not link.exists():
                link.symlink_to(shutil.which(sh))
            login = shell.format(folder=self.folder)
            if name == "busybox":
                login = str(link)  # busybox as /bin/sh: the name decides what it is
            lines += f"{name}:{password or 'x'}:{FIRST_UID + number}:{FIRST_UID + number}::{home}:{login}\n"
        (self.folder / "home/noisy/.bashrc").write_text("echo good morning; echo 'mind the gap' >&2\n")
        (self.folder / "passwd").write_text(lines)

    def start(self):
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"AuthorizedKeysFile {self.key}.pub {self.folder}/more_keys",
            "UsePAM no",
            "StrictModes no",
            "PidFile none",
            "LogLevel VERBOSE",
            "PermitRootLogin yes",
            *(f"HostKey {self.folder}/host_{kind}" for kind in self.host_keys),
            *self.options,
        ]
        for name, (_, sh) in SHELLS.items():
            lines += [f"Match User {name}", f"  SetEnv PATH={self.folder}/sh-{sh}:/usr/local/bin:/usr/bin:/bin"]
        (self.folder / "sshd_config").write_text("\n".join(lines) + "\n")
        script = (  # a /run of its own, too, as that is what gets locked
            "mount -t tmpfs none /run; mkdir /run/sshd; "
            f"mount --bind {self.folder}/passwd /etc/passwd; exec {SSHD} -D -e -f {self.folder}/sshd_config"
        )
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script], stdin=subprocess.DEVNULL, stderr=log
            )
        wait_until(self._listens)

    def _listens(self):
        assert self.process.poll() is None, self.log
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def sessions(self):
        """The processes of sshd itself that serve a login."""
        return children(self.process.pid)

    def stop(self):
        for pid in (*descendants(self.process.pid), self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
