"""Usage as Prometheus metrics: containers' as cadvisor names them, Minions' under names of podctl's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.kinds import POD
from podctl.core.metrics.rates import NANO
from podctl.report.prometheus import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from podctl.core.kinds import Kind
    from podctl.core.metrics.model import Usage
    from podctl.core.metrics.top import Row


def top_metrics(rows: Sequence[Row], kind: Kind) -> tuple[Metric, ...]:
    """What could not be measured has no sample; a Minion always has `podctl_minion_up`."""
    return _pods(rows) if kind is POD else _minions(rows)


def _pods(rows: Sequence[Row]) -> tuple[Metric, ...]:
    known = [(labels, usage) for row in rows for labels, usage in _containers(row)]
    return (
        Metric(
            name="container_cpu_usage_seconds_total",
            type="counter",
            help="CPU time that the container has used since it was started, in seconds.",
            samples=_counted(known),
        ),
        Metric(
            name="container_memory_working_set_bytes",
            type="gauge",
            help="Memory that the container uses, without file pages that it has not used of late, in bytes.",
            samples=tuple(Sample(value=usage.memory_bytes, labels=labels) for labels, usage in known),
        ),
    )


def _containers(row: Row) -> Iterator[tuple[dict[str, str], Usage]]:
    found = row.found
    for each in row.containers:
        if each.usage:
            place = {"namespace": found.namespace, "pod": found.name, "container": each.name}
            yield {**place, "minion": found.minion.minion.name}, each.usage


def _minions(rows: Sequence[Row]) -> tuple[Metric, ...]:
    known = [({"minion": row.found.name}, row.usage) for row in rows if row.usage]
    able = [({"minion": row.found.name}, row.capacity) for row in rows if row.capacity]
    return (
        _gauge(
            "podctl_minion_up",
            "1 where the Minion and its container engine answered, 0 where not.",
            (({"minion": row.found.name}, int(not row.found.minion.silent)) for row in rows),
        ),
        Metric(
            name="podctl_minion_cpu_usage_seconds_total",
            type="counter",
            help="CPU time that the whole machine has used since it was switched on, in seconds.",
            samples=_counted(known),
        ),
        _gauge(
            "podctl_minion_cpu_usage_cores",
            "CPU that the whole machine uses, over about a second, in cores.",
            ((labels, usage.cpu_nanocores / NANO) for labels, usage in known),
        ),
        _gauge(
            "podctl_minion_cpu_capacity_cores",
            "CPU that Pods are placed by, in cores.",
            ((labels, (capacity.cpu_millis or 0) / 1000) for labels, capacity in able),
        ),
        _gauge(
            "podctl_minion_memory_usage_bytes",
            "Memory that the whole machine uses, without what it could free at once, in bytes.",
            ((labels, usage.memory_bytes) for labels, usage in known),
        ),
        _gauge(
            "podctl_minion_memory_capacity_bytes",
            "Memory that Pods are placed by, in bytes.",
            ((labels, capacity.memory_bytes or 0) for labels, capacity in able),
        ),
    )


def _counted(known: Iterable[tuple[dict[str, str], Usage]]) -> tuple[Sample, ...]:
    return tuple(
        Sample(value=usage.cpu_total_nanos / NANO, labels=labels)
        for labels, usage in known
        if usage.cpu_total_nanos is not None
    )


def _gauge(name: str, said: str, values: Iterable[tuple[dict[str, str], float]]) -> Metric:
    samples = tuple(Sample(value=value, labels=labels) for labels, value in values)
    return Metric(name=name, type="gauge", help=said, samples=samples)
