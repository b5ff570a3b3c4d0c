"""What a Pod's manifest asks of a Minion.

Sums of requests: Kubernetes `component-helpers/resource` (PodRequests, without overhead) after the API's defaulting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core import quantity
from podctl.core.model import PodKey
from podctl.core.placement.model import ANY_ADDRESS, Demand, HostPort, NodeTerm, PreferredTerm, Toleration
from podctl.core.selectors import requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Amounts = dict[str, int]  # by resource name; cpu in thousandths of a core
_HUGE_PAGES = "hugepages-"


def demand_of(manifest: Mapping[str, Any]) -> Demand:
    """The Demand of a Pod manifest in Kubernetes' own spelling, which is taken to be valid but may lack anything.

    Raises ValueError for a quantity that is none.
    """
    metadata, spec = _map(manifest, "metadata"), _map(manifest, "spec")
    namespace = str(metadata.get("namespace") or "default")
    amounts = pod_requests(spec)
    affinity = _map(_map(spec, "affinity"), "nodeAffinity")
    return Demand(
        key=PodKey(namespace, str(metadata.get("name") or "")),
        priority=int(spec.get("priority") or 0),
        cpu_millis=amounts.pop("cpu", 0),
        memory_bytes=amounts.pop("memory", 0),
        extended={name: amounts[name] for name in sorted(amounts) if amounts[name]},
        host_ports=_host_ports(spec),
        claims=_claims(spec, namespace),
        node_name=str(spec.get("nodeName") or ""),
        node_selector=dict(_map(spec, "nodeSelector")),
        required_terms=_required_terms(affinity),
        preferred_terms=tuple(map(_preferred_term, _list(affinity, "preferredDuringSchedulingIgnoredDuringExecution"))),
        tolerations=tuple(map(_toleration, _list(spec, "tolerations"))),
    )


def pod_requests(spec: Mapping[str, Any]) -> Amounts:
    """The most that the Pod asks for at any time of its life, by resource name.

    That is the larger of what runs together at last (containers and sidecars) and what runs together at each step
    before (an init container and the sidecars that come before it). What the Pod itself asks for (spec.resources)
    stands above the sum of its containers; its limits stand in where neither it nor any container asks.
    """
    last: Amounts = {}
    for container in _list(spec, "containers"):
        last = _plus(last, _requests(container))
    sidecars: Amounts = {}
    steps: Amounts = {}
    for container in _list(spec, "initContainers"):
        asked = _requests(container)
        steps = _most(steps, _plus(asked, sidecars))
        if _is_sidecar(container):
            sidecars = _plus(sidecars, asked)
    summed = _most(_plus(last, sidecars), steps)
    own = _map(spec, "resources")
    return {**_pod_level(own, "limits"), **summed, **_pod_level(own, "requests")}


def _requests(container: Mapping[str, Any]) -> Amounts:
    """A container's requests; a limit is a request where there is none."""
    resources = _map(container, "resources")
    return {**_amounts(_map(resources, "limits")), **_amounts(_map(resources, "requests"))}


def _pod_level(resources: Mapping[str, Any], kind: str) -> Amounts:
    """Only cpu, memory and huge pages can be asked for by the Pod itself."""
    amounts = _amounts(_map(resources, kind))
    return {name: amounts[name] for name in amounts if name in ("cpu", "memory") or name.startswith(_HUGE_PAGES)}


def _amounts(texts: Mapping[str, Any]) -> Amounts:
    return {
        name: quantity.cpu_millis(text) if name == "cpu" else quantity.whole(text)
        for name, text in texts.items()
        if text is not None
    }


def _plus(one: Amounts, other: Amounts) -> Amounts:
    return {name: one.get(name, 0) + other.get(name, 0) for name in one | other}


def _most(one: Amounts, other: Amounts) -> Amounts:
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in one | other}


def _is_sidecar(container: Mapping[str, Any]) -> bool:
    return container.get("restartPolicy") == "Always"


def _host_ports(spec: Mapping[str, Any]) -> tuple[HostPort, ...]:
    """Ports of containers and sidecars, each once. In the Minion's own network every containerPort is the Minion's."""
    sidecars = (each for each in _list(spec, "initContainers") if _is_sidecar(each))
    found: dict[HostPort, None] = {}
    for container in (*_list(spec, "containers"), *sidecars):
        for port in _list(container, "ports"):
            number = port.get("hostPort") or (port.get("containerPort") if spec.get("hostNetwork") else None)
            if number:
                ip, protocol = port.get("hostIP") or ANY_ADDRESS, port.get("protocol") or "TCP"
                found[HostPort(ip=str(ip), port=int(number), protocol=str(protocol))] = None
    return tuple(found)


def _claims(spec: Mapping[str, Any], namespace: str) -> tuple[str, ...]:
    names = (_map(volume, "persistentVolumeClaim").get("claimName") for volume in _list(spec, "volumes"))
    return tuple(dict.fromkeys(f"{namespace}/{name}" for name in names if name))


def _required_terms(affinity: Mapping[str, Any]) -> tuple[NodeTerm, ...] | None:
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return None if required is None else tuple(_node_term(term) for term in required.get("nodeSelectorTerms") or ())


def _preferred_term(preferred: Mapping[str, Any]) -> PreferredTerm:
    return PreferredTerm(weight=int(preferred.get("weight") or 0), term=_node_term(_map(preferred, "preference")))


def _node_term(term: Mapping[str, Any] | None) -> NodeTerm:
    return NodeTerm(
        expressions=tuple(map(requirement, _list(term or {}, "matchExpressions"))),
        fields=tuple(map(requirement, _list(term or {}, "matchFields"))),
    )


def _toleration(toleration: Mapping[str, Any]) -> Toleration:
    return Toleration(
        key=str(toleration.get("key") or ""),
        operator=str(toleration.get("operator") or "Equal"),
        value=str(toleration.get("value") or ""),
        effect=str(toleration.get("effect") or ""),
    )


def _map(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part that may be missing or null."""
    part: Mapping[str, Any] = parent.get(name) or {}
    return part


def _list(parent: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    part: Iterable[Mapping[str, Any]] = parent.get(name) or ()
    return part
