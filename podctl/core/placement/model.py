"""What placement is given, and what it answers.

A Demand is one Pod that wants a Minion, a Candidate is one Minion as placement sees it. Amounts are whole: cpu in
thousandths of a core, memory in bytes, every extended resource in its own unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.model import Minion, MinionFacts, PodKey, Resources, Taint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.selectors import Requirement

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - it is compared, nothing is bound here
_WILDCARDS = frozenset(("", ANY_ADDRESS, "::"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPort:
    """A port of the Minion itself. `0.0.0.0`, `::` and the empty address stand for every address."""

    ip: str = ANY_ADDRESS
    port: int
    protocol: str = "TCP"

    def clashes(self, other: HostPort) -> bool:
        if (self.port, self.protocol) != (other.port, other.protocol):
            return False
        return self.ip == other.ip or self.ip in _WILDCARDS or other.ip in _WILDCARDS

    def __str__(self) -> str:
        address = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.port}/{self.protocol}" if self.ip in _WILDCARDS else f"{address}:{self.port}/{self.protocol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """An empty key (with Exists) stands for every key, an empty effect for every effect."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTerm:
    """A NodeSelectorTerm: all of its requirements must hold; one without any matches nothing."""

    expressions: tuple[Requirement, ...] = ()  # on labels
    fields: tuple[Requirement, ...] = ()  # on metadata.name, the Minion's name


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredTerm:
    weight: int
    term: NodeTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one Pod asks of a Minion. No required term has to match when `required_terms` is None."""

    key: PodKey
    priority: int = 0
    cpu_millis: int = 0
    memory_bytes: int = 0
    extended: Mapping[str, int] = field(default_factory=dict)  # amounts above 0 only
    host_ports: tuple[HostPort, ...] = ()
    claims: tuple[str, ...] = ()  # "namespace/name"
    node_name: str = ""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    required_terms: tuple[NodeTerm, ...] | None = None  # one must match
    preferred_terms: tuple[PreferredTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedBy:
    """What something that is on a Minion already takes of it. `owner` is told to people: `pod shop/web`."""

    owner: str
    cpu_millis: int = 0
    memory_bytes: int = 0
    pods: int = 0  # 1 for a Pod, 0 for anything else
    extended: Mapping[str, int] = field(default_factory=dict)
    host_ports: tuple[HostPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One Minion as placement sees it. Not ready: `reason` says why, and no Pod goes there."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    ready: bool = True
    reason: str = ""
    unschedulable: bool = False
    capacity: Resources = field(default_factory=Resources)
    reserved: Resources = field(default_factory=Resources)
    used: tuple[UsedBy, ...] = ()
    claims: frozenset[str] = frozenset()  # "namespace/name" of the claims whose volume is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    key: PodKey
    minion: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A Pod that fits nowhere: why not, for each Minion by name. Without any Minion there is no reason."""

    key: PodKey
    reasons: Mapping[str, str]


Placement = Placed | Waiting


def used_by(demand: Demand) -> UsedBy:
    """What a Pod takes of the Minion that it is on."""
    return UsedBy(
        owner=f"pod {demand.key}",
        cpu_millis=demand.cpu_millis,
        memory_bytes=demand.memory_bytes,
        pods=1,
        extended=demand.extended,
        host_ports=demand.host_ports,
    )


def capacity_of(minion: Minion, facts: MinionFacts) -> Resources:
    """What the inventory declares; where it is silent, the cpu and memory that the engine reports."""
    declared = minion.capacity
    return Resources(
        cpu_millis=facts.cpu_millis if declared.cpu_millis is None else declared.cpu_millis,
        memory_bytes=facts.memory_bytes if declared.memory_bytes is None else declared.memory_bytes,
        pods=declared.pods,
        extended=declared.extended,
    )
