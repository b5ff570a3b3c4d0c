"""Watches every Minion's dockerd from outside of podctl: each container's start and end as docker's own log stamps it.

A thread a Minion reads its event log. When that breaks off, with a power cut or a restart of dockerd, a look at all
containers says what the log has lost. Nothing here is podctl's.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from dockerd import OURS, Dockerd, SilentError, Stream, moment, pid_of
from lives import Happening

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LONG_LABELS = ("podctl.manifest.", "podctl.document.")
_LOOK_AGAIN_SECONDS = 0.02


class Sampler:
    """What happened on all Minions since it was entered. `folders` are the Minions' by name."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._happenings: list[Happening] = []
        self._lock = threading.Lock()
        self._watches = [_Watch(name, folder, self._add) for name, folder in folders.items()]

    def __enter__(self) -> Self:
        for each in self._watches:
            each.start()
        for each in self._watches:
            each.ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._watches:
            each.end()
        for each in self._watches:
            each.join(20)

    def _add(self, *more: Happening) -> None:
        with self._lock:
            self._happenings += more

    def so_far(self) -> list[Happening]:
        with self._lock:
            return sorted(self._happenings, key=lambda each: each.at)

    @staticmethod
    def now() -> int:
        return time.time_ns()


class _Watch(threading.Thread):
    def __init__(self, name: str, folder: Path, add: Any) -> None:
        super().__init__(name=f"watch-{name}", daemon=True)
        self._minion = name
        self._folder = folder
        self._add = add
        self._over = threading.Event()
        self._stream: Stream | None = None
        self._living: set[str] = set()  # containers that run, as far as is known
        self._named: set[str] = set()  # containers whose name has been told
        self.ready = threading.Event()

    def end(self) -> None:
        self._over.set()
        if self._stream:
            self._stream.end()

    def run(self) -> None:
        while not self._over.is_set():
            pid = pid_of(self._folder)
            try:
                if pid:
                    self._follow(pid)
            except SilentError:
                self._over.wait(_LOOK_AGAIN_SECONDS)
            if pid and not self._over.is_set():
                self._broken_off(pid, time.time_ns())
            elif not pid:
                self._over.wait(_LOOK_AGAIN_SECONDS)

    def _follow(self, pid: int) -> None:
        docker = Dockerd(pid)
        since = time.time_ns()
        self._stream = docker.events(since)
        try:
            self._look(docker)
            self.ready.set()
            for event in self._stream:
                self._note(event)
        finally:
            self._stream.close()

    def _broken_off(self, pid: int, at: int) -> None:
        """Processes of a Minion whose power was cut end at once, its first one first; those of dockerd in order."""
        deadline = time.monotonic() + 0.2
        while pid_of(self._folder) == pid and time.monotonic() < deadline and not self._over.is_set():
            time.sleep(0.005)
        if pid_of(self._folder) != pid and self._living:
            self._add(Happening(at=at, minion=self._minion, what="dark"))
            self._living.clear()

    def _look(self, docker: Dockerd) -> None:
        """What the log does not tell: lives that began or ended before it, or while nobody could read it."""
        for each in docker.containers():
            labels = _short(each["Config"]["Labels"])
            name = each["Name"].removeprefix("/")
            state = each["State"]
            known = each["Id"] in self._named
            self._tell(time.time_ns() if known else moment(each["Created"]), "rename", each["Id"], name, labels)
            if ended := moment(state["FinishedAt"]):
                self._tell(ended, "die", each["Id"], "", labels)
            if state["Running"]:
                self._tell(moment(state["StartedAt"]), "start", each["Id"], "", labels)

    def _note(self, event: dict[str, Any]) -> None:
        actor = event["Actor"]
        self._tell(event["timeNano"], event["Action"], actor["ID"], actor["Attributes"].get("name", ""),
                   _short(actor["Attributes"]))  # fmt: skip

    def _tell(self, at: int, what: str, container: str, name: str, labels: dict[str, str]) -> None:
        self._named.add(container)
        if what == "start":
            self._living.add(container)
        elif what in ("die", "destroy"):
            self._living.discard(container)
        self._add(Happening(at=at, minion=self._minion, what=what, container=container, name=name, labels=labels))


def _short(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels of ours, without those that carry whole manifests."""
    return {
        name: value
        for name, value in labels.items()
        if name.startswith(OURS.partition(".")[0] + ".") and not name.startswith(_LONG_LABELS)
    }
