"""`describe minion`, in the order of kubectl's `pkg/describe`, describeNode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.age import age_text
from podctl.core.amounts import limits
from podctl.core.demand import pod_requests
from podctl.core.objects import addresses, allocatable, amounts_object, memory_text, ready_condition
from podctl.core.placement import capacity_of
from podctl.core.quantity import cpu_text
from podctl.core.status import pod_status
from podctl.core.supply import labels_of
from podctl.report.describe_event import event_lines
from podctl.report.describe_pod import map_lines
from podctl.report.text import ENGINE, NONE, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from podctl.core.finding import Found
    from podctl.core.model import MinionFacts, ObservedMinion, ObservedPod, Resources, Taint

_OVER = "(Total limits may be over 100 percent, i.e., overcommitted.)"
_POD_HEADINGS = ("Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age")


def minion_text(found: Found) -> str:
    """Of a silent Minion there is why it is silent, and what to do."""
    seen = found.minion
    return columns([*_head(seen), *(_body(seen, seen.facts) if seen.facts else ()), *event_lines(found)])


def taint_text(taint: Taint) -> str:
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def _head(seen: ObservedMinion) -> Iterator[str]:
    minion, ready = seen.minion, ready_condition(seen)
    yield f"Name:\t{minion.name}"
    yield f"Roles:\t{NONE}"
    yield from map_lines("Labels", labels_of(seen))
    first, *more = [taint_text(taint) for taint in minion.taints] or [NONE]
    yield f"Taints:\t{first}"
    yield from (f"\t{text}" for text in more)
    yield f"Unschedulable:\t{str(minion.unschedulable).lower()}"
    yield "Conditions:"
    yield from _table(
        ("Type", "Status", "Reason", "Message"),
        [("Ready", ready["status"], ready["reason"], " ".join(ready["message"].split()))],
    )
    if seen.hint:
        yield f"Hint:\t{' '.join(seen.hint.split())}"
    yield "Addresses:"
    yield from (f"  {each['type']}:\t{each['address']}" for each in addresses(seen))


def _body(seen: ObservedMinion, facts: MinionFacts) -> Iterator[str]:
    free = allocatable(seen, facts)
    for title, amounts in (("Capacity", capacity_of(seen.minion, facts)), ("Allocatable", free)):
        yield f"{title}:"
        yield from (f"  {name}:\t{amount}" for name, amount in amounts_object(amounts).items())
    yield "System Info:"
    yield f"  Kernel Version:\t{facts.kernel}"
    yield f"  OS Image:\t{facts.os_image}"
    yield "  Operating System:\tlinux"
    yield f"  Architecture:\t{labels_of(seen)['kubernetes.io/arch']}"
    yield f"  Container Runtime Version:\t{ENGINE}://{facts.engine_version}"
    phases = [(pod, pod_status(pod, seen).phase) for pod in seen.pods]
    pods = [pod for pod, phase in phases if phase not in ("Succeeded", "Failed")]
    yield f"Non-terminated Pods:\t({len(pods)} in total)"
    yield from _table(_POD_HEADINGS, [_pod_row(pod, seen, free) for pod in pods])
    yield from _others(seen)
    yield "Allocated resources:"
    yield f"  {_OVER}"
    yield from _table(("Resource", "Requests", "Limits"), _sums(pods, free))


def _pod_row(pod: ObservedPod, seen: ObservedMinion, free: Resources) -> tuple[str, ...]:
    asked, allowed = _requests(pod), _limits(pod)
    return (
        pod.key.namespace,
        pod.key.name,
        _cpu(asked.get("cpu", 0), free),
        _cpu(allowed.get("cpu", 0), free),
        _memory(asked.get("memory", 0), free),
        _memory(allowed.get("memory", 0), free),
        age_text(pod_status(pod, seen).started_at, seen.now),
    )


def _others(seen: ObservedMinion) -> Iterator[str]:
    """What else runs on the machine, since placement counts it, too: by its requests, or else by its limits."""
    rows = [
        (f"pod {pod.key} of cluster {pod.cluster}", _requests(pod).get("cpu", 0), _requests(pod).get("memory", 0))
        for pod in seen.foreign_pods
    ] + [
        (f"container {each.name}", each.cpu_limit_millis, each.memory_limit_bytes)
        for each in seen.others
        if each.running or each.status == "restarting"
    ]
    if rows:
        yield f"Not of this cluster:\t({len(rows)} in total)"
        yield from _table(
            ("What", "CPU", "Memory"), [(what, cpu_text(cpu), memory_text(memory)) for what, cpu, memory in rows]
        )


def _sums(pods: Sequence[ObservedPod], free: Resources) -> list[tuple[str, ...]]:
    asked, allowed = [_requests(pod) for pod in pods], [_limits(pod) for pod in pods]

    def total(every: Sequence[Mapping[str, int]], name: str) -> int:
        return sum(each.get(name, 0) for each in every)

    return [
        ("cpu", _cpu(total(asked, "cpu"), free), _cpu(total(allowed, "cpu"), free)),
        ("memory", _memory(total(asked, "memory"), free), _memory(total(allowed, "memory"), free)),
        *((name, str(total(asked, name)), str(total(allowed, name))) for name in sorted(free.extended)),
    ]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (headings, ["-" * len(heading) for heading in headings], *rows):
        yield "  " + "\t".join(row)


def _requests(pod: ObservedPod) -> Mapping[str, int]:
    return pod_requests(pod.manifest.get("spec") or {})


def _limits(pod: ObservedPod) -> Mapping[str, int]:
    return limits(pod.manifest.get("spec") or {})


def _cpu(millis: int, free: Resources) -> str:
    return f"{cpu_text(millis)} ({_percent(millis, free.cpu_millis or 0)}%)"


def _memory(count: int, free: Resources) -> str:
    return f"{memory_text(count)} ({_percent(count, free.memory_bytes or 0)}%)"


def _percent(part: int, whole: int) -> int:
    return part * 100 // whole if whole else 0
