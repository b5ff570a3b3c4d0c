"""Readings of counters on a Minion, and the usage that two of them tell, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NANOCORES_PER_MILLI = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What something uses: CPU in billionths of a core, memory as its working set.

    `cpu_total_nanos` is its CPU time so far, in nanoseconds; None where nobody counts it.
    """

    cpu_nanocores: int
    memory_bytes: int
    cpu_total_nanos: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerReading:
    """One container's counters. `at_seconds` is the machine's time since it was switched on: no clock moves it."""

    pid: int  # of its main process: another one after a restart
    at_seconds: float
    cpu_nanos: int
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReading:
    """A whole machine's counters, CPU time in ticks of all its cores together."""

    cores: int
    busy_ticks: int
    all_ticks: int
    memory_bytes: int  # all of it but what could be had without swapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at the counters; what could not be read is not in it.

    `estimates` are the engine's own figures, asked for only where no counter of a container could be read.
    """

    at_seconds: float | None = None
    machine: MachineReading | None = None
    containers: Mapping[str, ContainerReading] = field(default_factory=dict)  # by container id
    estimates: Mapping[str, Usage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinionUsage:
    """What is used on one Minion. A container that was started, or went, between the two readings is not in it."""

    window_seconds: float = 0.0  # between the readings
    machine: Usage | None = None  # all of it, whoever uses it
    containers: Mapping[str, Usage] = field(default_factory=dict)  # by container id
