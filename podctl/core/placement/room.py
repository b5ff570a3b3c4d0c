"""What is left of a Minion."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.minion_traits import PODS_PER_MINION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.model import Resources
    from podctl.core.placement.model import Candidate, Demand, HostPort

Ports = dict[tuple[int, str], "tuple[tuple[HostPort, str], ...]"]  # by number and protocol: the ports with their owners


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Like Resources, with nothing left open. May be negative where a Minion is over-committed."""

    cpu_millis: int
    memory_bytes: int
    pods: int
    extended: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A Minion with what is still free on it."""

    candidate: Candidate
    total: Amounts  # capacity without what is reserved
    free: Amounts
    ports: Ports = field(default_factory=dict)  # taken
    claim_homes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # claim -> Minions; the same for all

    @property
    def name(self) -> str:
        return self.candidate.name


def room_of(candidate: Candidate, claim_homes: Mapping[str, tuple[str, ...]], pods: Sequence[Demand] = ()) -> Room:
    """The Minion with what it already runs, and with these Pods. What it does not declare amounts to 0, Pods to 110."""
    total = _less(_amounts(candidate.capacity, PODS_PER_MINION), _amounts(candidate.reserved, 0))
    used = candidate.used
    taken = Amounts(
        cpu_millis=sum(each.cpu_millis for each in used) + sum(each.cpu_millis for each in pods),
        memory_bytes=sum(each.memory_bytes for each in used) + sum(each.memory_bytes for each in pods),
        pods=sum(each.pods for each in used) + len(pods),
        extended=_sum([*(each.extended for each in used), *(each.extended for each in pods)]),
    )
    ports: Ports = {}
    for each in used:
        _take(ports, each.host_ports, each.owner)
    for pod in pods:
        _take(ports, pod.host_ports, f"pod {pod.key}")
    return Room(candidate=candidate, total=total, free=_less(total, taken), ports=ports, claim_homes=claim_homes)


def _take(ports: Ports, taken: Iterable[HostPort], owner: str) -> None:
    for port in taken:
        place = port.port, port.protocol
        ports[place] = (*ports.get(place, ()), (port, owner))


def _sum(amounts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for each in amounts:
        for name, amount in each.items():
            found[name] += amount
    return found


def _amounts(resources: Resources, pods: int) -> Amounts:
    return Amounts(
        cpu_millis=resources.cpu_millis or 0,
        memory_bytes=resources.memory_bytes or 0,
        pods=pods if resources.pods is None else resources.pods,
        extended=resources.extended,
    )


def _less(one: Amounts, other: Amounts) -> Amounts:
    """The difference; of what is taken but not declared nothing is kept, as nothing of it can be given."""
    return Amounts(
        cpu_millis=one.cpu_millis - other.cpu_millis,
        memory_bytes=one.memory_bytes - other.memory_bytes,
        pods=one.pods - other.pods,
        extended={name: amount - other.extended.get(name, 0) for name, amount in one.extended.items()},
    )
