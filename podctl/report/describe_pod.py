"""`describe pod`, in the order of kubectl's `pkg/describe`, describePod."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from podctl.core.model import Mark
from podctl.core.objects import conditions
from podctl.core.status import pod_status
from podctl.report.describe_container import container_lines, time_text
from podctl.report.describe_event import event_lines
from podctl.report.describe_volumes import volume_lines
from podctl.report.text import NONE, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from podctl.core.finding import Found
    from podctl.core.model import ObservedPod
    from podctl.core.objects import Object
    from podctl.core.status import PodStatus


def pod_text(found: Found) -> str:
    pod, as_object = found.pod, found.object
    assert pod  # noqa: S101 - a Found of a Pod that was seen has one
    status = pod_status(pod, found.minion)
    tail = _tail(pod, status, as_object)
    return columns([*_head(pod, status), *_containers(pod, status, as_object), *tail, *event_lines(found)])


def map_lines(title: str, values: Mapping[str, Any], between: str = "=") -> Iterator[str]:
    """`Labels:  a=b`, each further one on a line of its own below."""
    texts = [f"{key}{between}{' '.join(str(values[key]).split())}" for key in sorted(values)] or [NONE]
    return chain([f"{title}:\t{texts[0]}"], (f"\t{text}" for text in texts[1:]))


def _head(pod: ObservedPod, status: PodStatus) -> Iterator[str]:
    metadata, spec = pod.manifest.get("metadata") or {}, pod.manifest.get("spec") or {}
    yield f"Name:\t{pod.key.name}"
    yield f"Namespace:\t{pod.key.namespace}"
    yield f"Priority:\t{spec.get('priority') or 0}"
    yield f"Minion:\t{pod.minion}" + (f"/{status.host_ip}" if status.host_ip else "")
    yield f"Placed because:\t{pod.placement_reason or NONE}"
    yield f"Start Time:\t{time_text(status.started_at)}"
    yield from map_lines("Labels", metadata.get("labels") or {})
    yield from map_lines("Annotations", metadata.get("annotations") or {}, ": ")
    yield f"Status:\t{status.phase if pod.mark is not Mark.OLD else 'Terminating'}"
    if pod.mark is Mark.NEW:
        yield "Message:\tbeing made; if nobody is at it, the next apply or delete removes it"
    if pod.mark is Mark.OLD:
        yield "Message:\tbeing removed; if nobody is at it, the next apply or delete removes the rest"
    yield f"IP:\t{status.ip or NONE}"


def _containers(pod: ObservedPod, status: PodStatus, as_object: Object) -> Iterator[str]:
    spec = pod.manifest.get("spec") or {}
    given = {each["name"]: each for kind in ("initContainers", "containers") for each in spec.get(kind) or ()}
    for title, init in (("Init Containers", True), ("Containers", False)):
        members = [each for each in status.containers if each.init is init]
        if members:
            yield f"{title}:"
        for each in members:
            yield from container_lines(given.get(each.name, {"name": each.name}), each, as_object)


def _tail(pod: ObservedPod, status: PodStatus, as_object: Object) -> Iterator[str]:
    spec = pod.manifest.get("spec") or {}
    yield "Conditions:"
    yield "  Type\tStatus"
    yield from (f"  {each['type']} \t{each['status']}" for each in conditions(pod, status))
    yield from volume_lines(spec.get("volumes") or ())
    yield f"QoS Class:\t{as_object['status']['qosClass']}"
    yield from map_lines("Node-Selectors", spec.get("nodeSelector") or {})
    first, *more = [toleration_text(each) for each in spec.get("tolerations") or ()] or [NONE]
    yield f"Tolerations:\t{first}"
    yield from (f"\t{text}" for text in more)


def toleration_text(toleration: Mapping[str, Any]) -> str:
    """`gpu=yes:NoSchedule`, `gpu:NoSchedule op=Exists`, `op=Exists`."""
    value, effect = toleration.get("value"), toleration.get("effect")
    text = str(toleration.get("key") or "") + (f"={value}" if value else "") + (f":{effect}" if effect else "")
    if toleration.get("operator") == "Exists" and not value:
        text += " op=Exists"
    if (seconds := toleration.get("tolerationSeconds")) is not None:
        text += f" for {seconds}s"
    return text.strip()
