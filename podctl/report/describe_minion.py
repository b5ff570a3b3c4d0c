"""`describe minion`, in the order of kubectl's `pkg/describe`, describeNode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.age import age_text
from podctl.core.amounts import limits
from podctl.core.demand import pod_requests
from podctl.core.metrics.model import NANOCORES_PER_MILLI
from podctl.core.metrics.pods import pod_usage
from podctl.core.metrics.pods import total as total_usage
from podctl.core.minion_traits import capacity_of, labels_of
from podctl.core.objects import addresses, allocatable, amounts_object, memory_text, ready_condition
from podctl.core.quantity import cpu_text
from podctl.core.status import pod_status
from podctl.report.describe_event import event_lines
from podctl.report.describe_pod import map_lines
from podctl.report.text import ENGINE, NONE, UNKNOWN, columns
from podctl.report.top import cpu_usage_text, memory_usage_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from podctl.core.finding import Found
    from podctl.core.metrics.model import Usage
    from podctl.core.model import MinionFacts, ObservedContainer, ObservedMinion, ObservedPod, Resources, Taint

_OVER = "(Total limits may be over 100 percent, i.e., overcommitted.)"
_CPU, _MEMORY = ("CPU Requests", "CPU Limits", "CPU Usage"), ("Memory Requests", "Memory Limits", "Memory Usage")
_POD_HEADINGS = ("Namespace", "Name", *_CPU, *_MEMORY, "Age")


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
    yield from _table(("Resource", "Requests", "Limits", "Usage"), _sums(pods, seen, free))
    yield "Used by all that runs there:"
    machine = seen.usage.machine if seen.usage else None
    yield f"  cpu:\t{_used_cpu(machine, free)}"
    yield f"  memory:\t{_used_memory(machine, free)}"


def _pod_row(pod: ObservedPod, seen: ObservedMinion, free: Resources) -> tuple[str, ...]:
    asked, allowed, used = _requests(pod), _limits(pod), pod_usage(pod, seen.usage)
    return (
        pod.key.namespace,
        pod.key.name,
        _cpu(asked.get("cpu", 0), free),
        _cpu(allowed.get("cpu", 0), free),
        _used_cpu(used, free),
        _memory(asked.get("memory", 0), free),
        _memory(allowed.get("memory", 0), free),
        _used_memory(used, free),
        age_text(pod_status(pod, seen).started_at, seen.now),
    )


def _others(seen: ObservedMinion) -> Iterator[str]:
    """What else runs on the machine. Placement counts it, too: Pods by their requests, others by their limits."""
    rows = [_foreign_row(pod, seen) for pod in seen.foreign_pods] + [
        _other_row(each, seen) for each in seen.others if each.running or each.status == "restarting"
    ]
    if rows:
        yield f"Not of this cluster:\t({len(rows)} in total)"
        yield from _table(("What", *_CPU, *_MEMORY), rows)


def _foreign_row(pod: ObservedPod, seen: ObservedMinion) -> tuple[str, ...]:
    asked, allowed, used = _requests(pod), _limits(pod), pod_usage(pod, seen.usage)
    return (
        f"pod {pod.key} of cluster {pod.cluster}",
        cpu_text(asked.get("cpu", 0)),
        cpu_text(allowed.get("cpu", 0)),
        cpu_usage_text(used),
        memory_text(asked.get("memory", 0)),
        memory_text(allowed.get("memory", 0)),
        memory_usage_text(used),
    )


def _other_row(container: ObservedContainer, seen: ObservedMinion) -> tuple[str, ...]:
    used = seen.usage.containers.get(container.id) if seen.usage else None
    return (
        f"container {container.name}",
        NONE,
        cpu_text(container.cpu_limit_millis),
        cpu_usage_text(used),
        NONE,
        memory_text(container.memory_limit_bytes),
        memory_usage_text(used),
    )


def _sums(pods: Sequence[ObservedPod], seen: ObservedMinion, free: Resources) -> list[tuple[str, ...]]:
    asked, allowed = [_requests(pod) for pod in pods], [_limits(pod) for pod in pods]
    used = total_usage(pod_usage(pod, seen.usage) for pod in pods)

    def total(every: Sequence[Mapping[str, int]], name: str) -> int:
        return sum(each.get(name, 0) for each in every)

    return [
        ("cpu", _cpu(total(asked, "cpu"), free), _cpu(total(allowed, "cpu"), free), _used_cpu(used, free)),
        (
            "memory",
            _memory(total(asked, "memory"), free),
            _memory(total(allowed, "memory"), free),
            _used_memory(used, free),
        ),
        *((name, str(total(asked, name)), str(total(allowed, name)), NONE) for name in sorted(free.extended)),
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


def _used_cpu(used: Usage | None, free: Resources) -> str:
    if used is None:
        return UNKNOWN
    return f"{cpu_usage_text(used)} ({_percent(used.cpu_nanocores, (free.cpu_millis or 0) * NANOCORES_PER_MILLI)}%)"


def _used_memory(used: Usage | None, free: Resources) -> str:
    if used is None:
        return UNKNOWN
    return f"{memory_usage_text(used)} ({_percent(used.memory_bytes, free.memory_bytes or 0)}%)"


def _percent(part: int, whole: int) -> int:
    return part * 100 // whole if whole else 0
