"""What `top` prints: kubectl's columns (`pkg/metricsutil/metrics_printer.go`), metrics.k8s.io objects, or metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.kinds import POD
from podctl.core.metrics.model import NANOCORES_PER_MILLI
from podctl.core.metrics.top import ranked
from podctl.errors import InputError
from podctl.report.prometheus import prometheus_text
from podctl.report.structured import json_text, yaml_text
from podctl.report.text import UNKNOWN, table
from podctl.report.top_metrics import top_metrics
from podctl.report.top_objects import top_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from podctl.core.kinds import Kind
    from podctl.core.metrics.model import Usage
    from podctl.core.metrics.top import Row
    from podctl.core.query import Query

_MIB = 2**20
_RULE = "________"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopOptions:
    headings: bool = True
    namespaces: bool = False  # NAMESPACE comes first
    containers: bool = False  # a line for each container of a Pod
    sort_by: str | None = None
    summed: bool = False  # a last line with the sum of what is known


def top_printer(output: str, options: TopOptions) -> Callable[[Sequence[Row], Query], str]:
    """What `-o OUTPUT` asks for. Raises InputError, so ask before any Minion is asked."""
    if output not in ("", "json", "yaml", "prometheus"):
        raise InputError(
            f"there is no output format {output!r}",
            hint="There are json, yaml and prometheus; a table without -o.",
        )

    def printed(rows: Sequence[Row], query: Query) -> str:
        (kind,) = query.kinds
        if output in ("json", "yaml"):
            return (json_text if output == "json" else yaml_text)(top_object(rows, kind, single=query.single))
        return prometheus_text(top_metrics(rows, kind)) if output else top_table(rows, kind, options)

    return printed


def top_table(rows: Sequence[Row], kind: Kind, options: TopOptions) -> str:
    """Nothing for no rows."""
    if not rows:
        return ""
    lines = list(_pod_lines(rows, options) if kind is POD else map(_minion_line, rows))
    headings = _headings(kind, options)
    if options.summed:
        lines += _sum_lines(rows, headings)
    return table(headings if options.headings else (), lines)


def _headings(kind: Kind, options: TopOptions) -> list[str]:
    if kind is not POD:
        return ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]
    first = [*(["NAMESPACE"] if options.namespaces else []), *(["POD"] if options.containers else [])]
    return [*first, "NAME", "CPU(cores)", "MEMORY(bytes)"]


def _pod_lines(rows: Sequence[Row], options: TopOptions) -> Iterator[list[str]]:
    for row in rows:
        place = [row.found.namespace] if options.namespaces else []
        if options.containers:
            for each in ranked(row.containers, options.sort_by):
                yield [*place, row.found.name, each.name, cpu_usage_text(each.usage), memory_usage_text(each.usage)]
        else:
            yield [*place, row.found.name, cpu_usage_text(row.usage), memory_usage_text(row.usage)]


def _minion_line(row: Row) -> list[str]:
    usage, capacity = row.usage, row.capacity
    cpu = (
        percent_text(usage.cpu_nanocores, (capacity.cpu_millis or 0) * NANOCORES_PER_MILLI)
        if usage and capacity
        else UNKNOWN
    )
    memory = percent_text(usage.memory_bytes, capacity.memory_bytes or 0) if usage and capacity else UNKNOWN
    return [row.found.name, cpu_usage_text(usage), cpu, memory_usage_text(usage), memory]


def _sum_lines(rows: Sequence[Row], headings: Sequence[str]) -> Iterator[list[str]]:
    known = [row.usage for row in rows if row.usage]
    cpu = cpu_text_of(sum(each.cpu_nanocores for each in known))
    memory = memory_text_of(sum(each.memory_bytes for each in known))
    for amounts in ((_RULE, _RULE), (cpu, memory)):
        cells = dict(zip(("CPU(cores)", "MEMORY(bytes)"), amounts, strict=True))
        yield [cells.get(heading, "") for heading in headings]


def cpu_usage_text(usage: Usage | None) -> str:
    return cpu_text_of(usage.cpu_nanocores) if usage else UNKNOWN


def memory_usage_text(usage: Usage | None) -> str:
    return memory_text_of(usage.memory_bytes) if usage else UNKNOWN


def cpu_text_of(nanocores: int) -> str:
    """Thousandths of a core, rounded up: what works at all shows as 1m, as in kubectl."""
    return f"{-(-nanocores // NANOCORES_PER_MILLI)}m"


def memory_text_of(count: int) -> str:
    """Whole Mi, rounded down, as in kubectl."""
    return f"{count // _MIB}Mi"


def percent_text(part: int, whole: int) -> str:
    return f"{part * 100 // whole}%" if whole else UNKNOWN
