"""The Minions as placement sees them, made of what was observed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.demand import demand_of
from podctl.core.minion_traits import capacity_of, labels_of
from podctl.core.placement import Candidate, HostPort, UsedBy, used_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.model import Cluster, MinionFacts, ObservedContainer, ObservedMinion


def candidates(cluster: Cluster, *, without: Iterable[int] = ()) -> list[Candidate]:
    """One Candidate a Minion, in the inventory's order. `without` holds id()s of ObservedPods that will be gone."""
    gone = frozenset(without)
    return [_candidate(each, gone) for each in cluster.minions]


def _candidate(seen: ObservedMinion, gone: frozenset[int]) -> Candidate:
    minion = seen.minion
    if seen.facts is None:
        return Candidate(name=minion.name, ready=False, reason=seen.problem)
    return Candidate(
        name=minion.name,
        labels=labels_of(seen),
        taints=minion.taints,
        unschedulable=minion.unschedulable,
        capacity=capacity_of(minion, seen.facts),
        reserved=minion.reserved,
        used=(*_our_pods(seen, gone), *_strangers(seen, seen.facts)),
        claims=frozenset(str(volume.claim) for volume in seen.volumes if volume.claim),
    )


def _our_pods(seen: ObservedMinion, gone: frozenset[int]) -> Iterable[UsedBy]:
    """Pods of this cluster count with their requests; half made and half removed ones will be gone."""
    for pod in seen.pods:
        if pod.manifest and pod.infra and id(pod) not in gone and pod.mark == "committed":
            yield used_by(demand_of(pod.manifest))


def _strangers(seen: ObservedMinion, facts: MinionFacts) -> Iterable[UsedBy]:
    """Pods of other podctl clusters count with their requests, other containers with their limits, if any."""
    for pod in seen.foreign_pods:
        if pod.manifest:
            yield replace(used_by(demand_of(pod.manifest)), pod=None, owner=f"pod {pod.key} of cluster {pod.cluster}")
    for container in seen.others:
        if container.running or container.status == "restarting":
            yield UsedBy(
                owner=f"container {container.name}",
                cpu_millis=min(container.cpu_limit_millis, facts.cpu_millis),
                memory_bytes=min(container.memory_limit_bytes, facts.memory_bytes),
                host_ports=_ports(container),
            )


def _ports(container: ObservedContainer) -> tuple[HostPort, ...]:
    return tuple(
        HostPort(ip=port.host_ip or "0.0.0.0", port=port.host_port, protocol=port.protocol)  # noqa: S104 - compared only
        for port in container.ports
    )
