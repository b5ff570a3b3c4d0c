"""Usage as objects of Kubernetes' metrics.k8s.io/v1beta1; what could not be measured is left out, as it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.kinds import POD
from podctl.core.objects import given, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.kinds import Kind
    from podctl.core.metrics.model import Usage
    from podctl.core.metrics.top import Row

_VERSION = "metrics.k8s.io/v1beta1"


def top_object(rows: Sequence[Row], kind: Kind, *, single: bool) -> dict[str, Any]:
    """A list, or the one object that was asked for by its name."""
    made = _pod if kind is POD else _minion
    name = "PodMetrics" if kind is POD else "NodeMetrics"
    items = [made(row) for row in rows if row.usage]
    if single and items:
        return {"kind": name, "apiVersion": _VERSION, **items[0]}
    return {"kind": f"{name}List", "apiVersion": _VERSION, "metadata": {}, "items": items}


def _pod(row: Row) -> dict[str, Any]:
    containers = [{"name": each.name, "usage": _usage(each.usage)} for each in row.containers if each.usage]
    return {**_head(row), "containers": containers}


def _minion(row: Row) -> dict[str, Any]:
    return {**_head(row), "usage": _usage(row.usage)}


def _head(row: Row) -> dict[str, Any]:
    """`window` is the time that the CPU figure is the mean of."""
    found, measured = row.found, row.found.minion.usage
    at = time_text(found.minion.now)
    metadata = given(
        {"name": found.name, "namespace": found.namespace, "labels": found.labels, "creationTimestamp": at}
    )
    return {"metadata": metadata, "timestamp": at, "window": f"{measured.window_seconds if measured else 0:.2f}s"}


def _usage(usage: Usage | None) -> dict[str, str]:
    return {"cpu": f"{usage.cpu_nanocores}n", "memory": f"{usage.memory_bytes // 1024}Ki"} if usage else {}
