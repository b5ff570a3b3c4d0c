"""What is left of a Minion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.placement.model import Candidate, Demand, HostPort, UsedBy, used_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.model import Resources

PODS_PER_MINION = 110  # where the inventory names no number: the kubelet's default (maxPods)


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
    ports: tuple[tuple[HostPort, str], ...] = ()  # taken, each with its owner
    claim_homes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # claim -> Minions; the same for all

    @property
    def name(self) -> str:
        return self.candidate.name


def room_of(candidate: Candidate, claim_homes: Mapping[str, tuple[str, ...]]) -> Room:
    """The Minion with what it already runs. Resources that it does not declare amount to 0, Pods to 110."""
    total = _less(_amounts(candidate.capacity, PODS_PER_MINION), _amounts(candidate.reserved, 0))
    room = Room(candidate=candidate, total=total, free=total, claim_homes=claim_homes)
    for used in candidate.used:
        room = _taken(room, used)
    return room


def with_pod(room: Room, demand: Demand) -> Room:
    """The Minion once this Pod is on it."""
    return _taken(room, used_by(demand))


def _taken(room: Room, used: UsedBy) -> Room:
    amounts = Amounts(
        cpu_millis=used.cpu_millis, memory_bytes=used.memory_bytes, pods=used.pods, extended=used.extended
    )
    ports = (*room.ports, *((port, used.owner) for port in used.host_ports))
    return replace(room, free=_less(room.free, amounts), ports=ports)


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
