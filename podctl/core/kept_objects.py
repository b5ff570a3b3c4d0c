"""What is remembered but not seen, as objects of Kubernetes' form. No value of a Secret leaves this module."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from podctl.core.amounts import qos_class
from podctl.core.memory import Why
from podctl.core.objects import given, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from podctl.core.document.model import ObjectKey
    from podctl.core.events import Event
    from podctl.core.memory import Absent
    from podctl.core.objects import Object

MASK = "***"  # no base64, so that nobody applies it by mistake
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # kubectl's own copy, with every value
_KINDS = {
    "pod": "Pod", "minion": "Minion", "configmap": "ConfigMap", "secret": "Secret",
    "persistentvolumeclaim": "PersistentVolumeClaim",
}  # fmt: skip


def sizes(raw: Mapping[str, Any]) -> dict[str, int]:
    """By key, sorted: how many bytes a ConfigMap or Secret holds there."""
    decoded = ("binaryData",) if raw.get("kind") == "ConfigMap" else ("data",)
    found = {
        key: _decoded(value) if field in decoded else len(str(value or "").encode("utf-8", "surrogatepass"))
        for field in ("data", "binaryData", "stringData")
        for key, value in (raw.get(field) or {}).items()
    }
    return dict(sorted(found.items()))


def _decoded(value: object) -> int:
    try:
        return len(base64.b64decode("".join(str(value or "").split())))
    except (binascii.Error, ValueError):
        return 0


def config_map_object(key: ObjectKey, raw: Mapping[str, Any], created_at: datetime | None) -> Object:
    return {**raw, "apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(key, raw, created_at)}


def secret_object(key: ObjectKey, raw: Mapping[str, Any], created_at: datetime | None) -> Object:
    """Every value masked, stringData among data, as in Kubernetes."""
    metadata = _metadata(key, raw, created_at)
    annotations = {name: text for name, text in (metadata.get("annotations") or {}).items() if name != _LAST_APPLIED}
    parts = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": given({**metadata, "annotations": annotations}),
        "data": dict.fromkeys(sizes({**raw, "kind": "Secret"}), MASK),
        "immutable": raw.get("immutable"),
        "type": raw.get("type") or "Opaque",
    }
    return given(parts)


def _metadata(key: ObjectKey, raw: Mapping[str, Any], created_at: datetime | None) -> Object:
    own = {"name": key.name, "namespace": key.namespace, "creationTimestamp": time_text(created_at)}
    return given({**(raw.get("metadata") or {}), **own})


def absent_object(absent: Absent, created_at: datetime | None) -> Object:
    """A Pod as it is wanted, with why it is not there in its conditions."""
    entry, unknown = absent.entry, absent.phase == "Unknown"
    spec = entry.manifest.get("spec") or {}
    ready = "Unknown" if unknown else "False"
    conditions = [
        {"type": "Ready", "status": ready, "reason": str(absent.why), "message": absent.message},
        {"type": "PodScheduled", "status": str(absent.why is not Why.WAITING)},
    ]
    metadata = {
        **(entry.manifest.get("metadata") or {}),
        "name": entry.key.name,
        "namespace": entry.key.namespace,
        "uid": entry.uid,
        "creationTimestamp": time_text(created_at),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": given(metadata),
        "spec": given({**spec, "nodeName": entry.minion}),
        "status": {
            "phase": absent.phase,
            "reason": str(absent.why),
            "message": absent.message,
            "conditions": conditions,
            "qosClass": qos_class(spec),
        },
    }


def api_kind(name: str) -> str:
    """As the API writes it: `Pod` for `pod`."""
    return _KINDS.get(name, name)


def event_object(event: Event, labels: Mapping[str, str], *, engine: str) -> Object:
    """As Kubernetes' Event; what it has no field for stands in the annotations. `labels` are those of its object."""
    act = event.act
    kind, _, name = event.object.partition("/")
    field = f"spec.containers{{{event.container}}}" if event.container else ""
    about = {
        "apiVersion": "v1" if kind in _KINDS else "",
        "kind": api_kind(kind),
        "name": name,
        "namespace": "" if kind == "minion" else event.namespace,
        "uid": event.uid,
        "fieldPath": field,
    }
    annotations = {"podctl/command": act.command, "podctl/git": act.git, "podctl/result": act.result} if act else {}
    metadata = {
        "name": event.name,
        "namespace": event.namespace,
        "creationTimestamp": time_text(event.first),
        "labels": dict(labels),
        "annotations": given(annotations),
    }
    parts = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": given(metadata),
        "involvedObject": given(about),
        "reason": event.reason,
        "message": event.message,
        "type": event.type,
        "count": event.count,
        "firstTimestamp": time_text(event.first),
        "lastTimestamp": time_text(event.at),
        "source": given({"component": engine if event.minion else "podctl", "host": act.who if act else event.minion}),
    }
    return given(parts)
