"""What a Minion has and is called by, before anything of it is reserved or taken: known without any placement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.model import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.model import Minion, MinionFacts, ObservedMinion

PODS_PER_MINION = 110  # where the inventory names no number: the kubelet's default (maxPods)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def capacity_of(minion: Minion, facts: MinionFacts) -> Resources:
    """What the inventory declares; where it is silent, the cpu and memory that the engine reports."""
    declared = minion.capacity
    return Resources(
        cpu_millis=facts.cpu_millis if declared.cpu_millis is None else declared.cpu_millis,
        memory_bytes=facts.memory_bytes if declared.memory_bytes is None else declared.memory_bytes,
        pods=declared.pods,
        extended=declared.extended,
    )


def labels_of(minion: ObservedMinion) -> Mapping[str, str]:
    """The inventory's labels, and those that Kubernetes puts on every node."""
    implied = {"kubernetes.io/hostname": minion.minion.name, "kubernetes.io/os": "linux"}
    if minion.facts and minion.facts.architecture:
        machine = minion.facts.architecture
        implied["kubernetes.io/arch"] = _ARCHITECTURES.get(machine, machine)
    return {**implied, **minion.minion.labels}
