"""`describe pod` of one that was not seen: what is wanted, and why it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.report.describe_event import event_lines
from podctl.report.describe_pod import map_lines, toleration_text
from podctl.report.describe_volumes import volume_lines
from podctl.report.text import NONE, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.finding import Found
    from podctl.core.memory import Absent


def absent_text(found: Found, absent: Absent) -> str:
    return columns([*_head(absent), *_containers(absent), *_tail(found, absent)])


def _head(absent: Absent) -> Iterator[str]:
    metadata, spec = absent.entry.manifest.get("metadata") or {}, absent.entry.manifest.get("spec") or {}
    yield f"Name:\t{absent.key.name}"
    yield f"Namespace:\t{absent.key.namespace}"
    yield f"Priority:\t{spec.get('priority') or 0}"
    yield f"Minion:\t{absent.entry.minion or NONE}"
    yield from map_lines("Labels", metadata.get("labels") or {})
    yield from map_lines("Annotations", metadata.get("annotations") or {}, ": ")
    yield f"Status:\t{absent.word}"
    yield f"Reason:\t{absent.why}"
    yield f"Message:\t{' '.join(absent.message.split())}"
    yield f"IP:\t{NONE}"


def _containers(absent: Absent) -> Iterator[str]:
    spec = absent.entry.manifest.get("spec") or {}
    for title, kind in (("Init Containers", "initContainers"), ("Containers", "containers")):
        if spec.get(kind):
            yield f"{title}:"
        for each in spec.get(kind) or ():
            yield f"  {each.get('name')}:"
            yield f"    Image:\t{each.get('image') or NONE}"


def _tail(found: Found, absent: Absent) -> Iterator[str]:
    spec = absent.entry.manifest.get("spec") or {}
    yield "Conditions:"
    yield "  Type\tStatus"
    yield from (f"  {each['type']} \t{each['status']}" for each in found.object["status"]["conditions"])
    yield from volume_lines(spec.get("volumes") or ())
    yield f"QoS Class:\t{found.object['status']['qosClass']}"
    yield from map_lines("Node-Selectors", spec.get("nodeSelector") or {})
    first, *more = [toleration_text(each) for each in spec.get("tolerations") or ()] or [NONE]
    yield f"Tolerations:\t{first}"
    yield from (f"\t{text}" for text in more)
    yield from event_lines(found)
