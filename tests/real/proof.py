"""Pods of one apply, to look into; and which Kubernetes fields a test proves by looking.

    @proves("PodSpec.hostname")
    def test_the_hostname_is_the_pods_own(pods):
        assert pods.run("web", "app", "hostname") == "web-0\n"

tests/core/test_fields_are_proved.py reads the decorators and compares them with podctl.core.fields.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conftest import Podctl, forget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from podctl.engine.sandbox import Sandbox, SandboxMinion


def proves(*fields: str):
    """Says of a test which fields (`Type.field`, without V1) it has seen at work on a real Minion."""
    del fields  # they are read from the source
    return lambda test: test


@dataclass(frozen=True)
class Pods:
    """What one `podctl apply` made. Their Minion is alpha unless a test says otherwise."""

    sandbox: Sandbox
    podctl: Podctl
    namespace: str
    text: str
    output: list[str] = field(default_factory=list)  # stdout, stderr of the first apply
    minion_name: str = "alpha"

    @property
    def minion(self) -> SandboxMinion:
        return self.sandbox[self.minion_name]

    def name(self, pod: str, container: str = "") -> str:
        """What docker calls it; the infra container without a name."""
        return f"podctl_sandbox_{self.namespace}_{pod}" + (f"_{container}" if container else "")

    def run(self, pod: str, container: str, *argv: str) -> str:
        """What a program says inside a running container."""
        return self.minion.docker("exec", self.name(pod, container), *argv).stdout

    def sh(self, pod: str, container: str, script: str) -> str:
        return self.run(pod, container, "sh", "-c", script)

    def lines(self, pod: str, container: str, script: str) -> list[str]:
        return self.sh(pod, container, script).splitlines()

    def inspect(self, pod: str, container: str = "") -> dict[str, Any]:
        return json.loads(self.minion.docker("container", "inspect", self.name(pod, container)).stdout)[0]

    def host(self, pod: str, container: str = "") -> dict[str, Any]:
        return self.inspect(pod, container)["HostConfig"]

    def logs(self, pod: str, container: str) -> str:
        return self.minion.docker("logs", self.name(pod, container)).stdout

    def apply(self, text: str, *options: str):
        return self.podctl("apply", "-n", self.namespace, *options, "-f", "-", input=text)


@contextlib.contextmanager
def applied(sandbox: Sandbox, home: Path, text: str, *options: str, inventory: Path | None = None) -> Iterator[Pods]:
    """Applies the manifests in a namespace of their own, twice: the second time nothing may change."""
    namespace = f"t-{uuid.uuid4().hex[:8]}"
    pods = Pods(
        sandbox=sandbox,
        podctl=Podctl(inventory=inventory or sandbox.inventory, home=home),
        namespace=namespace,
        text=text,
    )
    try:
        done = pods.apply(text, *(options or ("--no-wait",)))
        assert done.returncode == 0, done.stdout + done.stderr
        pods.output.extend((done.stdout, done.stderr))
        again = pods.apply(text, "--no-wait")
        changed = [line for line in again.stdout.splitlines() if line.startswith("pod/") and "unchanged" not in line]
        assert (again.returncode, changed) == (0, []), again.stdout + again.stderr
        yield pods
    finally:
        forget(sandbox, namespace)
