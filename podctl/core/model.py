"""The frozen values that every other module speaks in: the inventory's, and what was observed of the cluster.

Units stand in the names. A timestamp is an aware UTC datetime by the Minion's own clock. Mappings are never changed
after construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from podctl.core.document.model import DocumentCopy
    from podctl.core.history.model import Happening
    from podctl.core.metrics.model import MinionUsage
    from podctl.core.placement.model import Strategy
    from podctl.core.probes.model import Answer, Which


# ---------------------------------------------------------------------------------------------------- the inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Amounts of what placement counts. None: not given. `extended` maps a resource name to a whole number."""

    cpu_millis: int | None = None
    memory_bytes: int | None = None
    pods: int | None = None
    extended: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From when on `health` finds something: how full, in percent, and how far apart clocks are."""

    disk_percent: int = 90
    memory_percent: int = 95
    clock_seconds: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Minion:
    """A machine of the inventory. None where the inventory is silent and `~/.ssh/config` or a default decides."""

    name: str
    address: str = ""
    transport: str = "ssh"  # or "local"
    user: str | None = None
    port: int | None = None
    identity_file: str | None = None
    known_hosts: str | None = None
    host_key_alias: str | None = None
    proxy_jump: str | None = None
    ssh_config: str | None = None
    connect_timeout_seconds: float = 10
    command_timeout_seconds: float = 30
    pull_timeout_seconds: float = 1800
    sudo: bool = False
    docker: str = "docker"
    infra_image: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    capacity: Resources = Resources()
    reserved: Resources = Resources()
    unschedulable: bool = False
    health: Thresholds = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    cluster: str
    minions: tuple[Minion, ...]  # in the order of the file
    source: str  # the file's path, or "built in" for the one local Minion
    strategy: Strategy = "binpack"  # how to choose among Minions, where a command does not say


# ------------------------------------------------------------------------------------------------- what was observed


@dataclass(frozen=True, slots=True, order=True)
class PodKey:
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Role(StrEnum):
    """What a container of ours is to its Pod."""

    INFRA = "infra"  # owns network, IPC and volumes
    INIT = "init"
    APP = "app"


class Mark(StrEnum):
    """What a Pod's infra container says by its name about how complete the Pod is."""

    COMMITTED = "committed"
    NEW = "new"  # half made: never repaired, only removed
    OLD = "old"  # half removed: shown as Terminating, never brought back


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    host_ip: str  # "" for every address
    host_port: int
    container_port: int
    protocol: str  # "TCP", "UDP", "SCTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedContainer:
    """One container on a Minion, ours or not."""

    id: str
    name: str
    image: str
    image_id: str
    status: str  # created, running, restarting, paused, exited, dead, removing
    exit_code: int
    error: str
    oom_killed: bool
    restart_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    labels: Mapping[str, str]
    ip: str  # "" while it has none
    ports: tuple[PublishedPort, ...]  # what is wanted, also while stopped
    volumes: tuple[str, ...]  # names of the volumes it mounts
    cpu_limit_millis: int  # 0: none
    memory_limit_bytes: int  # 0: none
    host_network: bool
    restart_policy: str = ""  # Always, OnFailure, Never; another word is none of ours, "" is not known

    @property
    def running(self) -> bool:
        return self.status in ("running", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVolume:
    """A volume of our cluster: a Pod's own (`uid`), or a claim's (`claim`)."""

    name: str
    labels: Mapping[str, str]
    mountpoint: str
    uid: str = ""
    claim: PodKey | None = None  # the claim's namespace and name


@dataclass(frozen=True, slots=True, kw_only=True)
class MinionFacts:
    """What a Minion's engine says of its machine."""

    cpu_millis: int
    memory_bytes: int
    engine_version: str  # as in "docker://20.10.24": without the scheme
    api_version: tuple[int, int]
    os_image: str
    kernel: str
    architecture: str
    security_options: tuple[str, ...]
    resolv_conf: str
    address: str  # at which SSH reached it, or its own first one
    root_dir: str = ""  # where the engine keeps images, containers and volumes; "" where it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPod:
    """The containers on one Minion that carry one Pod uid."""

    key: PodKey
    uid: str
    minion: str
    mark: Mark
    manifest: Mapping[str, Any]  # as applied: metadata and spec; {} when the infra container is gone
    spec_hash: str
    config_hashes: Mapping[str, str]  # "configmap/web" -> hash of the keys this Pod uses
    placement_reason: str
    infra: ObservedContainer | None
    containers: Mapping[str, ObservedContainer]  # by their name in the Pod, init containers included
    cluster: str = ""  # whose Pod it is
    revision: int = 0  # of the Document that wanted it
    probed: Mapping[tuple[str, Which], Answer] = field(default_factory=dict)  # by container and probe: those asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMinion:
    """One Minion as one look saw it. Silent: `problem` says why, and nothing else is known."""

    minion: Minion
    problem: str = ""
    evidence: str = ""  # what made it so, where there is more to say
    hint: str = ""  # what to do about the problem
    reached: bool = False  # with a problem: SSH answered, but the container engine cannot be used
    busy: bool = False  # with a problem: another podctl has its lock
    unlisted: bool = False  # with a problem: it is remembered, and in the inventory no more
    now: datetime | None = None
    facts: MinionFacts | None = None
    pods: tuple[ObservedPod, ...] = ()  # of our cluster, sorted by key
    foreign_pods: tuple[ObservedPod, ...] = ()  # of other podctl clusters on the same machine
    others: tuple[ObservedContainer, ...] = ()  # every other container
    volumes: tuple[ObservedVolume, ...] = ()  # that carry our cluster's label
    copies: tuple[DocumentCopy, ...] = ()  # of our cluster's Document
    log: tuple[Happening, ...] | None = None  # what its engine still tells of our containers; None: it was not asked
    log_problem: str = ""  # why it was asked in vain
    usage: MinionUsage | None = None  # None: not measured by this look

    @property
    def silent(self) -> bool:
        return bool(self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    name: str
    minions: tuple[ObservedMinion, ...]  # in the order of the inventory

    @property
    def silent(self) -> tuple[ObservedMinion, ...]:
        return tuple(each for each in self.minions if each.silent)

    @property
    def pods(self) -> tuple[ObservedPod, ...]:
        return tuple(pod for each in self.minions for pod in each.pods)
