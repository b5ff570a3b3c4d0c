"""What tests of moves need: Pods of some size, where they are by docker's word, and a watch on both copies."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Self

from podctl.engine.sandbox import IMAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from podctl.engine.sandbox import Sandbox, SandboxMinion

RUNS = "trap 'exit 0' TERM; while :; do sleep 0.1; done"


def inventory(sandbox: Sandbox, folder: Path, old: str, new: str) -> Path:
    """The sandbox's inventory in another folder, with a change (a pattern and what comes in its place)."""
    text = re.sub(old, new, sandbox.inventory.read_text())
    for name in ("id_ed25519", "known_hosts"):
        text = text.replace(f": {name}", f": {sandbox.inventory.parent / name}")
    path = folder / "inventory.yaml"
    path.write_text(text)
    return path


def pod(name: str, cpu: str = "10m", spec: str = "", container: str = "", command: str = RUNS) -> str:
    """A manifest; `spec` and `container` are lines of YAML for them."""
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  terminationGracePeriodSeconds: 2
  {spec or "restartPolicy: Always"}
  containers:
  - name: app
    image: {IMAGE}
    command: [sh, -c, "{command}"]
    resources: {{requests: {{cpu: {cpu}}}}}
    {container or "workingDir: /"}
---
"""


def places(sandbox: Sandbox, namespace: str) -> dict[str, list[str]]:
    """By Pod, the Minions with a running container of it. Two are too many, once nothing moves."""
    found: dict[str, list[str]] = {}
    for minion in sandbox.minions:
        label = f"label=podctl.namespace={namespace}"
        lines = minion.docker("ps", "--filter", label, "--filter", "label=podctl.role=app", "--format", "{{.Names}}")
        for line in lines.stdout.split():
            found.setdefault(line.split("_")[3], []).append(minion.name)
    return found


def named(sandbox: Sandbox, namespace: str, name: str) -> list[str]:
    """The Minions where a complete Pod of that name stands."""
    infra = f"podctl_sandbox_{namespace}_{name}"
    return [
        minion.name
        for minion in sandbox.minions
        if infra in minion.docker("ps", "-a", "--format", "{{.Names}}").stdout.split()
    ]


def leftovers(sandbox: Sandbox, namespace: str) -> list[str]:
    """Infra containers whose names say that their Pods are half made or half removed."""
    label = f"label=podctl.namespace={namespace}"
    names = [
        name
        for minion in sandbox.minions
        for name in minion.docker("ps", "-a", "--filter", label, "--format", "{{.Names}}").stdout.split()
    ]
    return [name for name in names if ".new." in name or ".old." in name]


class Watch:
    """Looks at docker of all Minions again and again, as long as it is entered, for the copies of one Pod.

    `running` has the number of its running containers, `named` the number of infra containers with its name, at each
    look. A look takes one Minion after the other: for what runs those a Pod comes to (`order`) last, so that what
    leaves one and comes to the next in between is not missed; for names in reverse, so that it is not counted twice.
    """

    def __init__(self, sandbox: Sandbox, namespace: str, name: str, order: Sequence[str]) -> None:
        self._minions = [sandbox[each] for each in order]
        self._infra = f"podctl_sandbox_{namespace}_{name}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.running: list[int] = []
        self.named: list[int] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            self.running.append(self._count(f"{self._infra}_app", self._minions))
            self.named.append(self._count(self._infra, self._minions[::-1]))

    def _count(self, name: str, minions: Sequence[SandboxMinion]) -> int:
        return sum(each.docker("ps", "--format", "{{.Names}}").stdout.split().count(name) for each in minions)
