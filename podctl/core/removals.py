"""What has to go: a Pod with its volumes, and what interrupted commands left behind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.actions import ASKED_FOR, Plan, Remove
from podctl.core.document.adopting import adopted
from podctl.core.document.stale import stale
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, ObservedMinion, ObservedPod, ObservedVolume


STALE = "stale"  # how the reason of a Remove begins that the Document asks for


def tidying(cluster: Cluster, document: Document | None = None) -> tuple[Remove, ...]:
    """What any writing command removes before it does anything else: what is stale, then what is half done."""
    known = document or adopted(cluster)
    gone = [removal(cluster, pod, f"{STALE}: {why}") for pod, why in stale(known, cluster)]
    return (*gone, *leftover_removals(cluster))


def plan_removal(pods: Iterable[ObservedPod], cluster: Cluster, document: Document | None = None) -> Plan:
    """For `delete`: these Pods go, and with them leftovers and what `document` does not name."""
    going = [pod for pod in pods if pod.mark is Mark.COMMITTED]
    asked = {id(pod) for pod in going}
    return Plan(
        actions=(
            *(each for each in tidying(cluster, document) if id(each.pod) not in asked),
            *(removal(cluster, pod, ASKED_FOR) for pod in going),
        )
    )


def leftover_removals(cluster: Cluster) -> tuple[Remove, ...]:
    """What interrupted commands left half made or half removed, and volumes whose Pod is gone."""
    found: list[Remove] = []
    for minion in cluster.minions:
        for pod in minion.pods:
            if pod.mark is not Mark.COMMITTED:
                why = "half made" if pod.mark is Mark.NEW else "half removed"
                reason = f"left {why} by a command that was interrupted"
                found.append(replace(removal(cluster, pod, reason), leftover=True))
        uids = {pod.uid for pod in minion.pods}
        orphans: defaultdict[str, list[ObservedVolume]] = defaultdict(list)
        for volume in minion.volumes:
            if volume.uid and volume.uid not in uids:
                orphans[volume.uid].append(volume)
        found += [
            Remove(
                minion=minion.minion.name, uid=uid, reason="volumes of a Pod that is gone",
                volumes=tuple(sorted(each.name for each in volumes)), leftover=True,
            )
            for uid, volumes in sorted(orphans.items())
        ]  # fmt: skip
    return tuple(found)


def removal(cluster: Cluster, pod: ObservedPod, reason: str) -> Remove:
    volumes = tuple(sorted(each.name for each in minion_of(cluster, pod.minion).volumes if each.uid == pod.uid))
    return Remove(minion=pod.minion, uid=pod.uid, pod=pod, reason=reason, volumes=volumes)


def minion_of(cluster: Cluster, name: str) -> ObservedMinion:
    return next(each for each in cluster.minions if each.minion.name == name)
