"""What placement is given, and what it answers.

A Demand is one Pod that wants a Minion, a Candidate is one Minion as placement sees it. Amounts are whole: cpu in
thousandths of a core, memory in bytes, every extended resource in its own unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from podctl.core.model import PodKey, Resources, Taint

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
class PodTerm:
    """A PodAffinityTerm: some Pods, and the label of Minions that says what counts as the same place.

    Pods of `namespaces`, and of those that `namespace_selector` matches: a namespace has one label here,
    `kubernetes.io/metadata.name`. matchLabelKeys and mismatchLabelKeys are part of the selector already.
    """

    topology_key: str
    selector: tuple[Requirement, ...] | None = None  # None matches no Pod, () every one
    namespaces: tuple[str, ...] = ()
    namespace_selector: tuple[Requirement, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredPodTerm:
    weight: int
    term: PodTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A TopologySpreadConstraint, among Pods of the same namespace. matchLabelKeys are part of the selector already."""

    topology_key: str
    max_skew: int = 1
    selector: tuple[Requirement, ...] | None = None  # None matches no Pod, () every one
    hard: bool = True  # DoNotSchedule; else ScheduleAnyway
    min_domains: int = 1  # with fewer domains than these, the least number of Pods in one counts as 0
    honors_affinity: bool = True  # nodeAffinityPolicy: only Minions that nodeSelector and node affinity allow count
    honors_taints: bool = False  # nodeTaintsPolicy: Minions with a taint that is not tolerated do not count


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one Pod asks of a Minion. No required term has to match when `required_terms` is None."""

    key: PodKey
    labels: Mapping[str, str] = field(default_factory=dict)
    group: str = ""  # Pods of a namespace with the same name here are one set; "" is in none
    home: str = ""  # the Minion that it is on now and stays on as long as it fits there
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
    near: tuple[PodTerm, ...] = ()  # required podAffinity
    apart: tuple[PodTerm, ...] = ()  # required podAntiAffinity
    preferred_near: tuple[PreferredPodTerm, ...] = ()
    preferred_apart: tuple[PreferredPodTerm, ...] = ()
    spreads: tuple[Spread, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedBy:
    """What something that is on a Minion already takes of it. `owner` is told to people: `pod shop/web`."""

    owner: str
    pod: Demand | None = None  # of a Pod of this cluster: its labels and what it keeps away from count for others
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


Strategy: TypeAlias = Literal["binpack", "spread"]
Admit: TypeAlias = Literal["order", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How to choose among what fits, and who goes first when not all fit.

    binpack: as few Minions as possible, then preferences. spread: preferences, then as evenly as possible.
    order: by priority, then in the order given. count: by priority, then as many as possible.
    """

    strategy: Strategy = "binpack"
    admit: Admit = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """The bare decision, without reasons: what `pack` answers."""

    minions: tuple[str | None, ...]  # one for each demand, in the order of the demands; None waits
    minions_used: int  # Minions with anything on them, once all is placed
    lower_bound: int  # proven: what is placed cannot do with fewer Minions in use


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    key: PodKey
    minion: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A Pod that fits nowhere: why not, for each Minion by name. Without any Minion there is no reason.

    `diagnosis` is one sentence on what would have to change.
    """

    key: PodKey
    reasons: Mapping[str, str]
    diagnosis: str = ""


Placement = Placed | Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """The decision with its reasons: what `place` answers."""

    placements: tuple[Placement, ...]  # one for each demand, in the order of the demands
    minions_used: int
    lower_bound: int


def used_by(demand: Demand) -> UsedBy:
    """What a Pod takes of the Minion that it is on."""
    return UsedBy(
        owner=f"pod {demand.key}",
        pod=demand,
        cpu_millis=demand.cpu_millis,
        memory_bytes=demand.memory_bytes,
        pods=1,
        extended=demand.extended,
        host_ports=demand.host_ports,
    )
