"""One running Minion of a sandbox, as tests and fault commands hold it."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podctl.engine.sandbox import network
from podctl.engine.sandbox.machine import wait_until
from podctl.engine.sandbox.processes import first_process, is_marked, kill
from podctl.engine.sandbox.release import release_loops, remove_cgroups
from podctl.engine.sandbox.texts import PATH, skewed_date_text
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.engine.sandbox.layout import Place


ENVIRONMENT = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What one look at a Minion saw."""

    name: str
    address: str
    running: bool
    connected: bool
    ssh: bool  # its sshd greets
    docker: bool  # its dockerd serves
    skew_seconds: int


@dataclass(frozen=True, slots=True)
class SandboxMinion:
    """A Minion. Its folder is seen inside it as /run/sandbox.

    Its own are /run and /root (gone at a power cut), /tmp, /var/tmp, /var/log, /srv, /home, /opt, /etc/docker (on its
    disk), and /etc/passwd, group, shadow, hosts (in its folder). The rest is the machine's: do not write there.
    """

    place: Place

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def address(self) -> str:
        return self.place.address

    @property
    def folder(self) -> Path:
        """Outside. Holds sshd.log, dockerd.log, boot.log, etc/ (passwd, group, shadow, hosts), sshd_config.d/, bin/."""
        return self.place.folder

    @property
    def pid(self) -> int | None:
        """Its process 1 by this machine's number; None when it is off."""
        note = self.folder / "pid"
        try:
            noted = int(note.read_text())
        except (OSError, ValueError):
            noted = 0
        return noted if noted and is_marked(noted, self.place.marker) else first_process(self.place.marker)

    @property
    def running(self) -> bool:
        return self.pid is not None

    @property
    def connected(self) -> bool:
        return network.link_is_up(self.place)

    @property
    def skew_seconds(self) -> int:
        """How far its `date` is ahead."""
        try:
            return int((self.folder / "skew").read_text())
        except OSError:
            return 0

    def run(
        self,
        argv: Sequence[str],
        input: str | bytes | Path | None = None,  # noqa: A002 - as subprocess names it
        *,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program as root in all namespaces of the Minion. Undecodable output survives as surrogates.

        Its stdin is `input`, for a Path that file, else empty. Raises PodctlError when the Minion is off, or with the
        program's words unless it exits 0 or `check` is off.
        """
        pid = self.pid
        if pid is None:
            raise PodctlError(
                f"{self.name} is off", hint=f"podctl sandbox start {self.name} --dir {self.folder.parent}"
            )
        enter = ("nsenter", "--target", str(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--wd=/root", "--")
        with contextlib.ExitStack() as files:
            source: dict[str, Any] = (
                {"stdin": files.enter_context(input.open("rb"))}
                if isinstance(input, Path)
                else {"input": _bytes(input)}
            )
            done = subprocess.run([*enter, *argv], **source, capture_output=True, check=False, env=ENVIRONMENT)
        out, err = (stream.decode(errors="surrogateescape") for stream in (done.stdout, done.stderr))
        if check and done.returncode != 0:
            words = (err or out).strip()
            error = PodctlError(f"{self.name}: `{' '.join(argv)}` failed with {done.returncode}", evidence=words)
            error.add_note(words)  # a failed test shows it
            raise error
        return subprocess.CompletedProcess(list(argv), done.returncode, out, err)

    def docker(
        self,
        *arguments: str,
        input: str | bytes | Path | None = None,  # noqa: A002 - as subprocess names it
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """`docker ARGUMENTS` on the Minion, its own client and its own daemon, without SSH."""
        return self.run(["docker", *arguments], input, check=check)

    def docker_answers(self, *, timeout_seconds: float = 5) -> bool:
        """Whether dockerd serves; it listens before it does, and answers then."""
        pid = self.pid
        if pid is None:
            return False
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(timeout_seconds)
                link.connect(f"/proc/{pid}/root/run/docker.sock")
                link.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                reply = http.client.HTTPResponse(link)
                reply.begin()
                return reply.status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def docker_died(self) -> bool:
        """Whether dockerd left its process number behind, but no process."""
        try:
            return self.run(["sh", "-c", "pid=$(cat /run/docker.pid) && ! kill -0 $pid"], check=False).returncode == 0
        except PodctlError:
            return False  # the whole Minion did

    def ssh_answers(self, *, timeout_seconds: float = 2) -> bool:
        """Whether sshd greets from the Minion's address."""
        try:
            with socket.create_connection((self.address, 22), timeout=timeout_seconds) as link:
                return link.recv(4) == b"SSH-"
        except OSError:
            return False

    def health(self) -> Health:
        return Health(
            name=self.name,
            address=self.address,
            running=self.running,
            connected=self.connected,
            ssh=self.ssh_answers(),
            docker=self.docker_answers(timeout_seconds=1),
            skew_seconds=self.skew_seconds,
        )

    def kill(self) -> None:
        """A power cut: first the link, so that no peer is told, then every process. The disk keeps what was written."""
        network.set_link(self.place, up=False)
        marker = self.place.marker

        def dead() -> bool:
            pid = first_process(marker)
            return pid is None or not kill(pid)

        if not wait_until(dead, seconds=20):
            raise PodctlError(f"{self.name} does not die", hint="podctl sandbox down")
        release_loops(self.folder)
        network.unplug(self.place)
        remove_cgroups(self.place.cgroup)

    def cut(self) -> None:
        """Its link is down: packets vanish both ways."""
        network.set_link(self.place, up=False)

    def mend(self) -> None:
        """Its link is up, and carries packets again: the kernel takes up to a second. Nothing to do when it was up."""
        if self.connected:
            return
        network.set_link(self.place, up=True)
        if self.running:
            wait_until(self.ssh_answers, seconds=5)  # in vain when its sshd is down: the link is mended all the same

    def restart_docker(self, *, timeout_seconds: float = 60) -> None:
        """Stops dockerd, and its containers with it, in order, and starts it; returns when it serves again."""
        self.run(["sh", "/run/sandbox/docker.sh"])
        self.await_docker(timeout_seconds=timeout_seconds)

    def await_docker(self, *, timeout_seconds: float = 60) -> None:
        if not wait_until(lambda: self.docker_answers(timeout_seconds=timeout_seconds), seconds=timeout_seconds):
            raise PodctlError(f"{self.name}: dockerd does not answer", evidence=tail(self.folder / "dockerd.log"))

    def reload_sshd(self) -> None:
        """Makes sshd read sshd_config.d anew; returns when it listens again. Open connections live on."""
        log = self.folder / "sshd.log"
        before = log.read_text(errors="replace").count("Server listening on 0.0.0.0")
        self.run(["sh", "-c", "kill -HUP $(cat /run/sshd.pid)"])

        def listens() -> bool:
            return log.read_text(errors="replace").count("Server listening on 0.0.0.0") > before

        if not wait_until(listens, seconds=10):
            raise PodctlError(f"{self.name}: sshd did not come back", evidence=tail(log))

    def skew(self, seconds: int) -> None:
        """Its `date`, on the PATH of SSH sessions and of `run`, is so far ahead; 0 undoes it."""
        date, note = self.folder / "bin" / "date", self.folder / "skew"
        for each in (date, note):
            each.unlink(missing_ok=True)
        if seconds:
            note.write_text(f"{seconds}\n")
            date.write_text(skewed_date_text(seconds))
            date.chmod(0o755)


def _bytes(text: str | bytes | None) -> bytes:
    return text.encode(errors="surrogateescape") if isinstance(text, str) else text or b""


def tail(log: Path, lines: int = 5) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return f"there is no {log}"
