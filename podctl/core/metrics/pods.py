"""A Pod's usage: that of its containers that run, its infra container left out, as the kubelet leaves out its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.metrics.model import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.metrics.model import MinionUsage
    from podctl.core.model import ObservedPod


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerUsage:
    """`usage` None: it runs, but nobody could measure it."""

    name: str
    usage: Usage | None


def containers_usage(pod: ObservedPod, measured: MinionUsage | None) -> tuple[ContainerUsage, ...]:
    """Each container that runs, by name; () for a Pod of which none does."""
    known = measured.containers if measured else {}
    return tuple(
        ContainerUsage(name=name, usage=known.get(seen.id))
        for name, seen in sorted(pod.containers.items())
        if seen.running
    )


def total(parts: Iterable[Usage | None]) -> Usage | None:
    """Their sum; None where one is not known, since less than the truth would mislead. Nothing uses nothing."""
    known = tuple(parts)
    if None in known:
        return None
    counted = [each for each in known if each]
    return Usage(
        cpu_nanocores=sum(each.cpu_nanocores for each in counted),
        memory_bytes=sum(each.memory_bytes for each in counted),
    )


def pod_usage(pod: ObservedPod, measured: MinionUsage | None) -> Usage | None:
    """None where a container of it could not be measured."""
    return total(each.usage for each in containers_usage(pod, measured))
