"""Two readings of one Minion's counters make its usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.metrics.model import MinionUsage, Usage

if TYPE_CHECKING:
    from podctl.core.metrics.model import ContainerReading, MachineReading, Reading

NANO = 10**9
TICKS_PER_SECOND = 100  # USER_HZ, in which Linux tells every process its CPU time


def usage_between(first: Reading, second: Reading) -> MinionUsage:
    """The memory is that of the second reading."""
    begin, end = first.at_seconds, second.at_seconds
    measured = {
        name: usage
        for name, now in second.containers.items()
        if (before := first.containers.get(name)) and (usage := _container(before, now))
    }
    return MinionUsage(
        window_seconds=max(0.0, end - begin) if begin is not None and end is not None else 0.0,
        machine=_machine(first.machine, second.machine) if first.machine and second.machine else None,
        containers={**second.estimates, **measured},
    )


def _container(first: ContainerReading, second: ContainerReading) -> Usage | None:
    """None for one that was started again in between: its counter began anew."""
    seconds = second.at_seconds - first.at_seconds
    spent = second.cpu_nanos - first.cpu_nanos
    if first.pid != second.pid or seconds <= 0 or spent < 0:
        return None
    return Usage(
        cpu_nanocores=round(spent / seconds), memory_bytes=second.memory_bytes, cpu_total_nanos=second.cpu_nanos
    )


def _machine(first: MachineReading, second: MachineReading) -> Usage | None:
    """The busy share of all ticks: true however late the kernel counts the idle ones."""
    ticks, busy = second.all_ticks - first.all_ticks, second.busy_ticks - first.busy_ticks
    if ticks <= 0 or busy < 0:
        return None
    return Usage(
        cpu_nanocores=min(busy, ticks) * second.cores * NANO // ticks,
        memory_bytes=second.memory_bytes,
        cpu_total_nanos=second.busy_ticks * (NANO // TICKS_PER_SECOND),
    )
