"""All that is told of the containers of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.history.counting import counted
from podctl.core.history.merging import merged
from podctl.core.history.model import Tale
from podctl.core.history.seen import seen_happenings
from podctl.core.history.telling import tales
from podctl.core.probes.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.model import Cluster, ObservedMinion


def every_tale(cluster: Cluster) -> Iterator[Tale]:
    """Of every Minion whose log was asked for."""
    for minion in cluster.minions:
        if minion.log is not None:
            yield from _of(minion)


def _of(minion: ObservedMinion) -> Iterator[Tale]:
    seen = {
        container.id: container
        for pod in minion.pods
        for container in (*pod.containers.values(), *([pod.infra] if pod.infra else []))
    }
    yield from counted(tales(merged([*seen_happenings(minion), *(minion.log or ())]), seen))
    yield from _unhealthy(minion)


def _unhealthy(minion: ObservedMinion) -> Iterator[Tale]:
    """The probes that failed just now."""
    for pod in minion.pods if minion.now else ():
        for (container, which), answer in pod.probed.items():
            if answer.verdict is Verdict.FAILED and not answer.early and minion.now:
                yield Tale(
                    minion=pod.minion, pod=pod.key, uid=pod.uid, container=container, reason="Unhealthy",
                    message=f"{which.capitalize()} probe failed: {answer.message}", warning=True,
                    first=minion.now, last=minion.now, count=answer.times,
                )  # fmt: skip
