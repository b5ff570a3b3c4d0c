"""What was observed, as objects of Kubernetes' form: what `-o json`, `-o yaml` and jsonpath work on.

A Pod and a claim are objects of `v1`. A Minion has the form of a Node under a kind of its own, since it is none that
could be applied. `engine` is the scheme before container ids and versions. What was not observed is left out.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from podctl.core.amounts import qos_class
from podctl.core.minion_traits import PODS_PER_MINION, capacity_of, labels_of
from podctl.core.model import Mark
from podctl.core.quantity import bytes_text, cpu_text
from podctl.core.status import State, pod_created_at, pod_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from podctl.core.claims import ObservedClaim
    from podctl.core.model import MinionFacts, ObservedMinion, ObservedPod, Resources
    from podctl.core.status import ContainerStatus, PodStatus, Termination

Object = dict[str, Any]


def list_object(items: Iterable[Object]) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def pod_object(pod: ObservedPod, minion: ObservedMinion, *, engine: str) -> Object:
    status = pod_status(pod, minion)
    metadata = {
        **(pod.manifest.get("metadata") or {}),
        "name": pod.key.name,
        "namespace": pod.key.namespace,
        "uid": pod.uid,
        "creationTimestamp": time_text(pod_created_at(pod)),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": given(metadata),
        "spec": {**(pod.manifest.get("spec") or {}), "nodeName": pod.minion},
        "status": _pod_status(pod, status, engine),
    }


def _pod_status(pod: ObservedPod, status: PodStatus, engine: str) -> Object:
    parts = {
        "phase": str(status.phase),
        "reason": "Terminating" if pod.mark is Mark.OLD else "",
        "conditions": conditions(pod, status),
        "hostIP": status.host_ip,
        "podIP": status.ip,
        "podIPs": [{"ip": status.ip}] if status.ip else [],
        "startTime": time_text(status.started_at),
        "initContainerStatuses": [_container_status(each, engine) for each in status.containers if each.init],
        "containerStatuses": [_container_status(each, engine) for each in status.containers if not each.init],
        "qosClass": qos_class(pod.manifest.get("spec") or {}),
    }
    return given(parts)


def conditions(pod: ObservedPod, status: PodStatus) -> list[Object]:
    """The kubelet's four. Placement's reason is the message of PodScheduled."""
    unready = [each for each in status.containers if not each.ready and (not each.init or each.sidecar)]
    why = f"containers with unready status: [{' '.join(each.name for each in unready)}]" if unready else ""
    causes = [f"{each.name}: {because}" for each in unready if (because := each.unready_because)]
    blame = ("ContainersNotReady", "; ".join([why, *causes])) if not status.is_ready else ("", "")
    ready: bool | None = status.is_ready
    if status.phase == "Succeeded":
        blame = ("PodCompleted", "")
    elif unready and all(each.unknown for each in unready):
        ready, blame = None, ("ProbeUnknown", "; ".join(causes))
    waiting = [each.name for each in status.containers if each.init and not each.ready]
    incomplete = ("ContainersNotInitialized", f"containers with incomplete status: [{' '.join(waiting)}]")
    return [
        _condition("Initialized", status.initialized, *(("", "") if status.initialized else incomplete)),
        _condition("Ready", ready, *blame),
        _condition("ContainersReady", ready, *blame),
        _condition("PodScheduled", True, "", pod.placement_reason),
    ]


def _condition(kind: str, holds: bool | None, reason: str = "", message: str = "") -> Object:
    status = "Unknown" if holds is None else str(holds)
    return given({"type": kind, "status": status, "reason": reason, "message": message})


def _container_status(status: ContainerStatus, engine: str) -> Object:
    seen = status.seen
    parts: Object = {"name": status.name, "image": seen.image if seen else ""}
    if seen:
        parts |= {"imageID": f"{engine}://{seen.image_id}", "containerID": f"{engine}://{seen.id}"}
    return {
        **given(parts),
        "ready": status.ready,
        "started": status.state is State.RUNNING,
        "restartCount": status.restart_count,
        "state": {str(status.state): _state(status)},
        "lastState": {"terminated": _ended(status.last)} if status.last else {},
    }


def _state(status: ContainerStatus) -> Object:
    if status.state is State.TERMINATED:
        return _ended(status)
    if status.state is State.RUNNING:
        return given({"startedAt": time_text(status.started_at)})  # why it is cut off stands in the condition Ready
    return given({"reason": status.reason, "message": status.message})


def _ended(end: ContainerStatus | Termination) -> Object:
    """Without exitCode where the engine has forgotten it."""
    parts = {
        "reason": end.reason,
        "message": end.message,
        "startedAt": time_text(end.started_at),
        "finishedAt": time_text(end.finished_at),
    }
    return {**({} if end.exit_code is None else {"exitCode": end.exit_code}), **given(parts)}


# ----------------------------------------------------------------------------------------------------------- a Minion


def minion_object(seen: ObservedMinion, *, engine: str) -> Object:
    minion, facts = seen.minion, seen.facts
    spec = {
        "unschedulable": minion.unschedulable or None,
        "taints": [given({"key": each.key, "value": each.value, "effect": each.effect}) for each in minion.taints],
    }
    status = {
        "addresses": addresses(seen),
        "capacity": amounts_object(capacity_of(minion, facts)) if facts else {},
        "allocatable": amounts_object(allocatable(seen, facts)) if facts else {},
        "conditions": [ready_condition(seen)],
        "nodeInfo": _node_info(seen, facts, engine) if facts else {},
    }
    return {
        "apiVersion": "podctl/v1",
        "kind": "Minion",
        "metadata": {"name": minion.name, "labels": dict(labels_of(seen))},
        "spec": given(spec),
        "status": given(status),
    }


def ready_condition(seen: ObservedMinion) -> Object:
    """False where the machine answered and its engine did not; Unknown where nobody answered."""
    if not seen.silent:
        return _condition("Ready", True, "MinionReady", "the container engine answers")
    if seen.reached:
        return _condition("Ready", False, "EngineNotReady", seen.problem)
    return _condition("Ready", None, "MinionUnreachable", seen.problem)


def addresses(seen: ObservedMinion) -> list[Object]:
    """A name in place of an address is an ExternalDNS."""
    address = (seen.facts.address if seen.facts else "") or seen.minion.address
    found = [{"type": "InternalIP" if is_ip(address) else "ExternalDNS", "address": address}] if address else []
    return [*found, {"type": "Hostname", "address": seen.minion.name}]


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def allocatable(seen: ObservedMinion, facts: MinionFacts) -> Resources:
    """The capacity without what the inventory reserves; never below 0."""
    total, reserved = capacity_of(seen.minion, facts), seen.minion.reserved
    return type(total)(
        cpu_millis=max(0, (total.cpu_millis or 0) - (reserved.cpu_millis or 0)),
        memory_bytes=max(0, (total.memory_bytes or 0) - (reserved.memory_bytes or 0)),
        pods=max(0, (PODS_PER_MINION if total.pods is None else total.pods) - (reserved.pods or 0)),
        extended={name: max(0, count - reserved.extended.get(name, 0)) for name, count in total.extended.items()},
    )


def amounts_object(resources: Resources) -> dict[str, str]:
    """Quantities by name, the three that every Minion has first."""
    return {
        "cpu": cpu_text(resources.cpu_millis or 0),
        "memory": memory_text(resources.memory_bytes or 0),
        "pods": str(PODS_PER_MINION if resources.pods is None else resources.pods),
        **{name: str(count) for name, count in sorted(resources.extended.items())},
    }


def memory_text(count: int) -> str:
    """In Ki where it fills no larger unit, as the kubelet reports it."""
    exact = bytes_text(count)
    return exact if not exact.isdigit() or not count else f"{count // 1024}Ki"


def _node_info(seen: ObservedMinion, facts: MinionFacts, engine: str) -> Object:
    return {
        "architecture": labels_of(seen)["kubernetes.io/arch"],  # amd64, where the machine itself says x86_64
        "containerRuntimeVersion": f"{engine}://{facts.engine_version}",
        "kernelVersion": facts.kernel,
        "operatingSystem": "linux",
        "osImage": facts.os_image,
    }


# ------------------------------------------------------------------------------------------------------------ a claim


def claim_object(claim: ObservedClaim) -> Object:
    """The annotation is what Kubernetes itself says of local volumes."""
    metadata = {
        "name": claim.key.name,
        "namespace": claim.key.namespace,
        "creationTimestamp": time_text(claim.created_at),
        "annotations": {"volume.kubernetes.io/selected-node": claim.minion} if claim.minion else {},
    }
    storage = {"storage": claim.size} if claim.size else {}
    bound = {"accessModes": list(claim.modes), "capacity": storage} if claim.phase == "Bound" else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": given(metadata),
        "spec": given(
            {
                "accessModes": list(claim.modes),
                "resources": {"requests": storage} if storage else {},
                "volumeMode": "Filesystem",
                "volumeName": claim.volume,
            }
        ),
        "status": given({"phase": claim.phase, **bound}),
    }


def time_text(at: datetime | None) -> str | None:
    """RFC 3339 in whole seconds, UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def given(parts: Mapping[str, Any]) -> Object:
    """Without what is empty, as the API leaves it out."""
    return {name: value for name, value in parts.items() if value not in (None, "", [], {})}
