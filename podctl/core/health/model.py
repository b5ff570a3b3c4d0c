"""What is wrong, as frozen values: one Finding for one cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from podctl.core.health.scope import Scope
    from podctl.core.memory import Remembered
    from podctl.core.model import PodKey


class Level(StrEnum):
    """How much a Finding counts. UNKNOWN: nobody could see; it makes nothing unhealthy unless --strict says so."""

    CRITICAL = "critical"
    WARNING = "warning"
    UNKNOWN = "unknown"


class Ailment(StrEnum):
    """The word of a Finding: kubelet's where it has one."""

    MINION_UNREACHABLE = "MinionUnreachable"
    ENGINE_DOWN = "EngineDown"  # the machine answers, its container engine does not
    DISK_PRESSURE = "DiskPressure"
    MEMORY_PRESSURE = "MemoryPressure"
    CLOCK_SKEW = "ClockSkew"
    KEEPERS_SHORT = "KeepersShort"  # of copies of the Document
    POD_MISSING = "PodMissing"
    UNSCHEDULABLE = "Unschedulable"  # it waits for room
    CONTAINER_DOWN = "ContainerDown"
    FAILED = "Failed"  # a container ended badly, and by its restartPolicy nobody starts it again
    CRASH_LOOPING = "CrashLoopBackOff"
    OOM_KILLED = "OOMKilled"
    IMAGE_PULL_FAILING = "ImagePullFailing"
    STARTUP_FAILING = "StartupProbeFailing"
    LIVENESS_FAILING = "LivenessProbeFailing"
    READINESS_FAILING = "ReadinessProbeFailing"
    PROBE_UNKNOWN = "ProbeUnknown"
    STALE_NETWORK = "StaleNetwork"
    WRONG_SPEC = "WrongSpec"
    ORPHAN = "Orphan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`minion` is "" for what is the cluster's, `pod` None for what is a Minion's or the cluster's."""

    ailment: Ailment
    level: Level
    message: str
    minion: str = ""
    pod: PodKey | None = None
    uid: str = ""
    containers: tuple[str, ...] = ()  # names in the Pod, "" is the infra container
    hint: str = ""  # what to do about it
    pods: tuple[PodKey, ...] = ()  # of a Minion's finding: the Pods that nobody knows of because of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """How full a file system is. None: the machine does not say."""

    path: str
    used_percent: int  # of what users may fill
    free_bytes: int
    inodes_percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A Minion's clock, less that of the machine that asked: between these two, in seconds.

    Only the difference between two Minions means something; looks at different moments do not matter.
    """

    least: float
    most: float

    @property
    def middle(self) -> float:
        return (self.least + self.most) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a Minion's machine says of itself. What it does not say is None, and nothing is found for that."""

    disks: tuple[Disk, ...] = ()
    memory_bytes: int | None = None
    available_bytes: int | None = None
    clock: Clock | None = None
    killed: Mapping[str, datetime] = field(default_factory=dict)  # by container id: last killed for want of memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """All that one pass saw. `machines` are those of the Minions that answered, by name.

    `changing`: another podctl is at work right now, so that what its command touches may be half done.
    """

    remembered: Remembered
    scope: Scope
    machines: Mapping[str, Machine] = field(default_factory=dict)
    changing: bool = False
