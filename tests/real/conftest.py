"""Tests on real sshd and real dockerd: the Minions of a sandbox that each worker raises for itself.

    def test_a_pod_runs(sandbox, podctl, namespace):
        done = podctl("apply", "-n", namespace, "-f", "-", input=manifest)
        assert (done.returncode, done.stderr) == (0, "")
        assert "web" in sandbox["alpha"].docker("ps").stdout      # see podctl.engine.sandbox.SandboxMinion

Everything under this folder is marked `real`, and skipped with the reason where no sandbox can run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults import LONG

from podctl.engine.sandbox import Sandbox, SandboxMinion, down, shortcoming, up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
_PATIENCE_SECONDS = 30
CHECKOUT = hashlib.sha256(str(HERE).encode()).hexdigest()[:8]


def pytest_collection_modifyitems(config, items):
    if not LONG and (late := [item for item in items if item.get_closest_marker("long")]):
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]
    problem, way_out = shortcoming()
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.real)
            if problem:
                item.add_marker(pytest.mark.skip(reason=f"no sandbox can run here: {problem} ({way_out})"))


@pytest.fixture(scope="session")
def sandbox_folder() -> Iterator[Path]:
    """A folder name for this worker that no other living run uses; below its name more can be had by a suffix.

    The claim is a socket without a file: it ends with the process, however that ends. So whatever lies under the name
    was left by a run that crashed.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with socket.socket(socket.AF_UNIX) as claim:
        for attempt in count():
            name = f"podctl-test-{worker}{attempt or ''}-{CHECKOUT}"
            with contextlib.suppress(OSError):
                claim.bind(f"\0{name}")
                break
        yield Path("/tmp") / name


@pytest.fixture(scope="session")
def sandbox(sandbox_folder) -> Iterator[Sandbox]:
    """Three Minions, alpha, bravo and charlie, for the whole run of this worker."""
    down(sandbox_folder)
    with up(sandbox_folder, 3) as raised:
        yield raised


@pytest.fixture(autouse=True)
def _minions_are_well_again(request) -> Iterator[None]:
    """After a test that used the sandbox every Minion is on, linked, and its clock is right."""
    yield
    if "sandbox" in request.fixturenames:
        raised: Sandbox = request.getfixturevalue("sandbox")
        for minion in raised.minions:
            raised.start(minion.name)
            minion.mend()
            minion.skew(0)


@dataclass(frozen=True)
class Podctl:
    """The real command line in a process of its own, with a home folder of its own."""

    inventory: Path
    home: Path

    def __call__(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - as subprocess names it
        env: Mapping[str, str | None] | None = None,
        timeout: float = 120,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs it to its end; any exit code is an answer. stdin is empty unless given; None in `env` unsets."""
        return subprocess.run(
            self.argv(*arguments), input=input or "", text=True, capture_output=True, check=False, timeout=timeout,
            env=self.environment(env), cwd=cwd,
        )  # fmt: skip

    def argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "podctl", *arguments]

    def environment(self, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Ours (COVERAGE_PROCESS_START with it), without the user's own SSH settings and agent."""
        ours = {
            **os.environ,
            "PODCTL_INVENTORY": str(self.inventory),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": None,
            "SSH_AUTH_SOCK": None,
            **(changes or {}),
        }
        return {name: value for name, value in ours.items() if value is not None}

    def start(self, *arguments: str, env: Mapping[str, str | None] | None = None, **settings) -> subprocess.Popen[str]:
        """Starts it and returns: for what is watched, interrupted or killed. Its streams are pipes unless given."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            self.argv(*arguments), text=True, env=self.environment(env), **{**pipes, **settings}
        )  # fmt: skip


@pytest.fixture
def podctl(sandbox, tmp_path_factory) -> Podctl:
    return Podctl(inventory=sandbox.inventory, home=tmp_path_factory.mktemp("home"))


@pytest.fixture
def namespace(sandbox, _minions_are_well_again) -> Iterator[str]:
    """A namespace of this test alone; what podctl left in it, and remembers of it, goes behind podctl's back."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    yield name
    for minion in sandbox.minions:
        sandbox.start(minion.name)
    forget(sandbox, name)


def forget(sandbox: Sandbox, namespace: str) -> None:
    """Empties the namespace on all Minions; the Document goes, too, unless Pods of another namespace live by it.

    Then podctl itself takes out of it what this test left: cordons, and Pods that another test's apply would make.
    """
    for minion in sandbox.minions:
        remove_namespace(minion, namespace)
    holders = {minion: copies for minion in sandbox.minions if (copies := _of_role(minion, "document"))}
    if any(_of_role(minion, "infra") for minion in sandbox.minions):
        own = ("delete", "pods,configmaps,secrets,pvc", "--all", "--yes", "-n", namespace)
        for arguments in (own, ("uncordon", *sandbox.layout.names)) if holders else ():
            subprocess.run([sys.executable, "-m", "podctl", "-i", sandbox.inventory, *arguments],
                           capture_output=True, check=False)  # fmt: skip
        return
    for minion, copies in holders.items():
        minion.docker("rm", "-f", *copies, check=False)


def _of_role(minion: SandboxMinion, role: str) -> list[str]:
    """What podctl's containers of that role are called, of whatever cluster."""
    return minion.docker("ps", "-aq", "--filter", f"label=podctl.role={role}").stdout.split()


def remove_namespace(minion: SandboxMinion, namespace: str) -> None:
    """Containers and volumes of every podctl cluster on that Minion that carry the namespace.

    Again and again: docker refuses what it is removing or starting at that moment, and what would stay would be in the
    way of every later test.
    """
    label = f"label=podctl.namespace={namespace}"
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        containers = minion.docker("ps", "-aq", "--filter", label).stdout.split()
        volumes = minion.docker("volume", "ls", "-q", "--filter", label).stdout.split()
        if not containers and not volumes:
            return
        assert time.monotonic() < deadline, f"{minion.name} does not let go of {containers} {volumes}"
        if containers:
            minion.docker("rm", "-f", "-v", *containers, check=False)
        if volumes:
            minion.docker("volume", "rm", "-f", *volumes, check=False)
