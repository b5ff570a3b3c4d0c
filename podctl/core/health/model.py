"""What is wrong, as frozen values: one Finding for one cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    POD_UNKNOWN = "PodUnknown"  # its Minion is silent
    POD_MISSING = "PodMissing"
    UNSCHEDULABLE = "Unschedulable"  # it waits for room
    CONTAINER_DOWN = "ContainerDown"
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
