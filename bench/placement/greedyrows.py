"""The plain loop with constraints: filter every host, score by kube-scheduler's MostAllocated, take the best."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.placement.constrained import Row, Rows


@dataclass(slots=True, kw_only=True)
class _Host:
    row: Row
    cpu: int  # free
    memory: int
    all_cpu: int
    all_memory: int
    zone: str
    ports: set[int] = field(default_factory=set)
    apps: set[str] = field(default_factory=set)


def constrained_most_allocated(rows: Rows) -> list[str | None]:
    """Higher priority first, then in order; the name of each Pod's host."""
    hosts = list(map(_host, rows.hosts))
    may: dict[object, list[_Host]] = {}
    zones: dict[str, Counter[str]] = {}
    answer: dict[str, str] = {}
    for pod in sorted(rows.pods, key=lambda pod: -pod["prio"]):
        wants = pod["sel"], pod["tol"]
        if wants not in may:
            may[wants] = [host for host in hosts if _may(pod, host)]
        spread = None
        if pod["spread"]:
            spread = zones.setdefault(pod["app"], Counter({host.row["labels"]["zone"]: 0 for host in may[wants]}))
        chosen = _best(pod, may[wants], spread)
        if chosen:
            answer[pod["name"]] = chosen.row["name"]
            _take(pod, chosen, spread)
    return [answer.get(pod["name"]) for pod in rows.pods]


def _host(row: Row) -> _Host:
    return _Host(
        row=row,
        cpu=row["cpu"] - row["ucpu"],
        memory=row["mem"] - row["umem"],
        all_cpu=row["cpu"],
        all_memory=row["mem"],
        zone=row["labels"]["zone"],
    )


def _may(pod: Row, host: _Host) -> bool:
    if any(taint not in pod["tol"] for taint in host.row["taints"]):
        return False
    return all(host.row["labels"].get(key) == value for key, value in pod["sel"])


def _best(pod: Row, hosts: list[_Host], spread: Counter[str] | None) -> _Host | None:
    """The loop: `for host: fits? score`."""
    asked_cpu, asked_memory, ports, apart = pod["cpu"], pod["mem"], pod["ports"], pod["anti"]
    most = min(spread.values()) + pod["spread"][1] - 1 if spread else 0
    best, chosen = -1, None
    for host in hosts:
        cpu, memory = host.cpu - asked_cpu, host.memory - asked_memory
        if cpu < 0 or memory < 0 or (ports and not host.ports.isdisjoint(ports)):
            continue
        if (apart and not host.apps.isdisjoint(apart)) or (spread and spread[host.zone] > most):
            continue
        score = (host.all_cpu - cpu) * 100 // host.all_cpu + (host.all_memory - memory) * 100 // host.all_memory
        if score > best:
            best, chosen = score, host
    return chosen


def _take(pod: Row, host: _Host, spread: Counter[str] | None) -> None:
    host.cpu -= pod["cpu"]
    host.memory -= pod["mem"]
    host.ports.update(pod["ports"])
    host.apps.add(pod["app"])
    if spread is not None:
        spread[host.zone] += 1
