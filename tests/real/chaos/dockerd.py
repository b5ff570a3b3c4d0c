"""What a Minion's dockerd says over its own socket: the Engine API, without docker's client and without podctl."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = 1_000_000_000  # in nanoseconds, dockerd's own measure
OURS = "podctl.cluster"  # the label on everything that podctl makes


class SilentError(Exception):
    """This dockerd is not there, or does not answer."""


class GoneError(SilentError):
    """It answers, and has no such thing."""


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_seconds: float | None) -> None:
        super().__init__("docker", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Dockerd:
    """The dockerd of the Minion whose first process is `pid`. Every method raises SilentError when it is gone."""

    def __init__(self, pid: int, timeout_seconds: float = 20) -> None:
        self._path = f"/proc/{pid}/root/run/docker.sock"
        self._timeout_seconds = timeout_seconds

    def _ask(self, path: str, timeout_seconds: float | None) -> tuple[_OverSocket, http.client.HTTPResponse]:
        link = _OverSocket(self._path, timeout_seconds)
        try:
            link.request("GET", path)
            answer = link.getresponse()
        except (OSError, http.client.HTTPException) as error:
            link.close()
            raise SilentError(str(error)) from error
        if answer.status != http.client.OK:
            link.close()
            raise (GoneError if answer.status == http.client.NOT_FOUND else SilentError)(f"{path}: {answer.status}")
        return link, answer

    def get(self, path: str) -> Any:
        link, answer = self._ask(path, self._timeout_seconds)
        try:
            return json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise SilentError(str(error)) from error
        finally:
            link.close()

    def containers(self, label: str = OURS) -> list[dict[str, Any]]:
        """Every container with that label, running or not, as `docker inspect` has it."""
        found = self.get(f"/containers/json?all=1&filters={_filters(label=[label])}")
        every = []
        for each in found:
            with suppress(GoneError):  # it went between the two questions
                every.append(self.get(f"/containers/{each['Id']}/json"))
        return every

    def events(self, since: int) -> Stream:
        """The containers' log from that moment (nanoseconds) on, without an end."""
        kinds = ["create", "start", "die", "rename", "destroy"]
        wanted = _filters(type=["container"], event=kinds, label=[OURS])
        seconds, rest = divmod(since, SECOND)
        return Stream(*self._ask(f"/events?since={seconds}.{rest:09d}&filters={wanted}", None))


class Stream:
    """Events as they come; ends when dockerd does, or by `end`."""

    def __init__(self, link: _OverSocket, answer: http.client.HTTPResponse) -> None:
        self._link = link
        self._socket = link.sock
        self._answer = answer

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            while line := self._answer.readline():
                yield json.loads(line)
        except (OSError, ValueError, http.client.HTTPException):
            return

    def end(self) -> None:
        """For another thread than the one that reads, which then sees the end."""
        if self._socket:
            with suppress(OSError):  # it has ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._answer.close()
        self._link.close()


def _filters(**wanted: list[str]) -> str:
    return quote(json.dumps(wanted))


def moment(text: str) -> int:
    """Nanoseconds since the epoch from docker's stamps, which have nine digits; 0 for its "never"."""
    if not text or text.startswith("0001-"):
        return 0
    whole, _, rest = text.rstrip("Z").partition(".")
    return int(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * SECOND + int((rest + "0" * 9)[:9])


def pid_of(folder: Path) -> int:
    """The Minion's first process, from the note in its folder; 0 when it is off."""
    try:
        pid = int((folder / "pid").read_text())
        return pid if b"PODCTL_SANDBOX=" in Path(f"/proc/{pid}/environ").read_bytes() else 0
    except (OSError, ValueError):
        return 0
