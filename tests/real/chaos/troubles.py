"""Faults on purpose: each begins on a Minion or a client, and can be lifted again, twice too."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from dockerd import OURS
from faults import Gate
from schedules import PORT, Fault, Trouble
from waiting import wait_for

from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clients import Client

    from podctl.engine.sandbox import Sandbox, SandboxMinion

_STEP_PATIENCE_SECONDS = 8
# Processes of the Minion by name: all of sshd, sessions included. ($1: the signal, $2: the name)
_SIGNAL = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" != "$2" ] || kill -"$1" "${p#/proc/}"; done; true'
# Blocks are set aside, not written: as large files as there is room for, until none of 4 kB fits.
_FILL = """\
cd /run/sandbox/disk || exit
left() { df --output=avail -B1 . | tail -n 1 | tr -d ' '; }
i=0; n=$(left)
while [ "$n" -ge 4096 ]; do
    if fallocate -l "$n" "filler.$i" 2>/dev/null; then n=$(left); else n=$((n / 2)); fi
    i=$((i + 1))
done
"""
_EMPTY = "rm -f /run/sandbox/disk/filler.*"
_LISTEN = f"setsid busybox nc -l -p {PORT} </dev/null >/dev/null 2>&1 & echo $! >/run/taken"
_UNLISTEN = 'kill "$(cat /run/taken 2>/dev/null)" 2>/dev/null; rm -f /run/taken'


def signal_all(minion: SandboxMinion, signal: str, name: str) -> None:
    minion.run(["sh", "-c", _SIGNAL, "sh", signal, name])


class Faults:
    """Carries out the faults of one schedule at their times."""

    def __init__(self, sandbox: Sandbox, clients: Sequence[Client]) -> None:
        self._sandbox = sandbox
        self._clients = clients
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.problems: list[str] = []  # of the faults themselves: no verdict on podctl

    def begin(self, faults: Sequence[Fault], pace: float = 1) -> None:
        """`pace`: by how much all times are longer, where the machine is busy."""
        faults = [replace(each, at_seconds=each.at_seconds * pace, seconds=each.seconds * pace) for each in faults]
        self._threads = [threading.Thread(target=self._guarded, args=(each,)) for each in faults]
        for each in self._threads:
            each.start()

    def lift(self) -> None:
        """Ends those that go on; returns when every Minion is whole."""
        self._over.set()
        for each in self._threads:
            each.join()
        mend_all(self._sandbox)

    def _guarded(self, fault: Fault) -> None:
        if self._over.wait(fault.at_seconds):
            return
        try:
            self._carry_out(fault)
        except (PodctlError, OSError, AssertionError) as error:  # two faults on one Minion get in each other's way
            self.problems.append(f"{fault}: {error}")

    def _carry_out(self, fault: Fault) -> None:
        minion = self._sandbox[fault.minion]
        match fault.trouble:
            case Trouble.KILL:
                self._clients[fault.number].kill()
            case Trouble.KILL_AT_STEP:
                self._kill_at_step(minion, fault.number)
            case Trouble.DOCKER_RESTART:
                minion.restart_docker()
            case _:
                begin, end = _pair(fault.trouble, self._sandbox, minion, fault.number)
                begin()
                self._over.wait(fault.seconds)
                end()

    def _kill_at_step(self, minion: SandboxMinion, step: int) -> None:
        with Gate(minion, step) as gate, contextlib.suppress(AssertionError):  # it need not come so far
            deadline = time.monotonic() + _STEP_PATIENCE_SECONDS
            wait_for(lambda: gate.reached or self._over.is_set() or time.monotonic() > deadline, "the step")
            if gate.reached:
                for each in self._clients:
                    each.kill()


def _pair(
    trouble: Trouble, sandbox: Sandbox, minion: SandboxMinion, number: int
) -> tuple[Callable[[], object], Callable[[], object]]:
    """What begins it and what ends it."""
    shell = lambda text: minion.run(["sh", "-c", text], check=False)  # noqa: E731 - each pair below is a line
    pairs: dict[Trouble, tuple[Callable[[], object], Callable[[], object]]] = {
        Trouble.POWER_CUT: (minion.kill, lambda: sandbox.start(minion.name)),
        Trouble.LINK_CUT: (minion.cut, minion.mend),
        Trouble.LINK_GONE: (minion.cut, minion.mend),
        Trouble.DOCKER_STOPPED: (
            lambda: signal_all(minion, "STOP", "dockerd"), lambda: signal_all(minion, "CONT", "dockerd"),
        ),
        Trouble.SSHD_STOPPED: (lambda: signal_all(minion, "STOP", "sshd"), lambda: signal_all(minion, "CONT", "sshd")),
        Trouble.DISK_FULL: (lambda: shell(_FILL), lambda: shell(_EMPTY)),
        Trouble.PORT_TAKEN: (lambda: shell(_LISTEN), lambda: shell(_UNLISTEN)),
        Trouble.SKEW: (lambda: minion.skew(number * 3600), lambda: minion.skew(0)),
    }  # fmt: skip
    return pairs[trouble]


def mend_all(sandbox: Sandbox) -> None:
    """Every Minion is on, linked, right by the clock, with a disk that takes bytes and a dockerd that answers."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda each: _mend(sandbox, each), sandbox.minions))


def _mend(sandbox: Sandbox, minion: SandboxMinion) -> None:
    sandbox.start(minion.name)
    for name in ("dockerd", "sshd"):
        signal_all(minion, "CONT", name)
    minion.run(["sh", "-c", f"{_EMPTY}; {_UNLISTEN}"], check=False)
    minion.mend()
    minion.skew(0)
    if minion.docker_died():
        minion.restart_docker()
    minion.await_docker()


def wipe_all(sandbox: Sandbox) -> None:
    """Nothing of any podctl cluster is left: no container, the Document's included, no volume, no network."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(_wipe, sandbox.minions))


def _wipe(minion: SandboxMinion) -> None:
    for kind, listing, removal in (
        ("container", ("ps", "-aq"), ("rm", "-f", "-v")),
        ("volume", ("volume", "ls", "-q"), ("volume", "rm", "-f")),
        ("network", ("network", "ls", "-q"), ("network", "rm")),  # docker has addresses for thirty
    ):
        for _attempt in range(3):
            found = minion.docker(*listing, "--filter", f"label={OURS}").stdout.split()
            if not found:
                break
            minion.docker(*removal, *found, check=False)
        else:
            raise AssertionError(f"{minion.name}: a {kind} cannot be removed: {found}")
