"""What a Pod's manifest asks of a Minion.

Sums of requests: Kubernetes `component-helpers/resource` (PodRequests, without overhead) after the API's defaulting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core import quantity
from podctl.core.model import PodKey
from podctl.core.parts import list_of, map_of, texts_of
from podctl.core.placement.model import ANY_ADDRESS, Demand, HostPort, NodeTerm, PreferredTerm, Toleration
from podctl.core.relations import group_of, preferred_pod_terms, required_pod_terms, spreads_of
from podctl.core.selectors import requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

Amounts = dict[str, int]  # by resource name; cpu in thousandths of a core
_HUGE_PAGES = "hugepages-"


def demand_of(manifest: Mapping[str, Any]) -> Demand:
    """The Demand of a Pod manifest in Kubernetes' own spelling, which is taken to be valid but may lack anything.

    Raises ValueError for a quantity that is none.
    """
    metadata, spec = map_of(manifest, "metadata"), map_of(manifest, "spec")
    namespace, labels = str(metadata.get("namespace") or "default"), texts_of(metadata, "labels")
    amounts = pod_requests(spec)
    affinity = map_of(spec, "affinity")
    nodes, near, apart = (map_of(affinity, name) for name in ("nodeAffinity", "podAffinity", "podAntiAffinity"))
    return Demand(
        key=PodKey(namespace, str(metadata.get("name") or "")),
        labels=labels,
        group=group_of(metadata),
        priority=int(spec.get("priority") or 0),
        cpu_millis=amounts.pop("cpu", 0),
        memory_bytes=amounts.pop("memory", 0),
        extended={name: amounts[name] for name in sorted(amounts) if amounts[name]},
        host_ports=_host_ports(spec),
        claims=_claims(spec, namespace),
        node_name=str(spec.get("nodeName") or ""),
        node_selector=texts_of(spec, "nodeSelector"),
        required_terms=_required_terms(nodes),
        preferred_terms=tuple(map(_preferred_term, list_of(nodes, "preferredDuringSchedulingIgnoredDuringExecution"))),
        tolerations=tuple(map(_toleration, list_of(spec, "tolerations"))),
        near=required_pod_terms(near, labels, namespace),
        apart=required_pod_terms(apart, labels, namespace),
        preferred_near=preferred_pod_terms(near, labels, namespace),
        preferred_apart=preferred_pod_terms(apart, labels, namespace),
        spreads=spreads_of(spec, labels),
    )


def pod_requests(spec: Mapping[str, Any]) -> Amounts:
    """The most that the Pod asks for at any time of its life, by resource name.

    That is the larger of what runs together at last (containers and sidecars) and what runs together at each step
    before (an init container and the sidecars that come before it). What the Pod itself asks for (spec.resources)
    stands above the sum of its containers; its limits stand in where neither it nor any container asks.
    """
    last: Amounts = {}
    for container in list_of(spec, "containers"):
        last = _plus(last, _requests(container))
    sidecars: Amounts = {}
    steps: Amounts = {}
    for container in list_of(spec, "initContainers"):
        asked = _requests(container)
        steps = _most(steps, _plus(asked, sidecars))
        if _is_sidecar(container):
            sidecars = _plus(sidecars, asked)
    summed = _most(_plus(last, sidecars), steps)
    own = map_of(spec, "resources")
    return {**_pod_level(own, "limits"), **summed, **_pod_level(own, "requests")}


def _requests(container: Mapping[str, Any]) -> Amounts:
    """A container's requests; a limit is a request where there is none."""
    resources = map_of(container, "resources")
    return {**_amounts(map_of(resources, "limits")), **_amounts(map_of(resources, "requests"))}


def _pod_level(resources: Mapping[str, Any], kind: str) -> Amounts:
    """Only cpu, memory and huge pages can be asked for by the Pod itself."""
    amounts = _amounts(map_of(resources, kind))
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
    sidecars = (each for each in list_of(spec, "initContainers") if _is_sidecar(each))
    found: dict[HostPort, None] = {}
    for container in (*list_of(spec, "containers"), *sidecars):
        for port in list_of(container, "ports"):
            number = port.get("hostPort") or (port.get("containerPort") if spec.get("hostNetwork") else None)
            if number:
                ip, protocol = port.get("hostIP") or ANY_ADDRESS, port.get("protocol") or "TCP"
                found[HostPort(ip=str(ip), port=int(number), protocol=str(protocol))] = None
    return tuple(found)


def _claims(spec: Mapping[str, Any], namespace: str) -> tuple[str, ...]:
    names = (map_of(volume, "persistentVolumeClaim").get("claimName") for volume in list_of(spec, "volumes"))
    return tuple(dict.fromkeys(f"{namespace}/{name}" for name in names if name))


def _required_terms(affinity: Mapping[str, Any]) -> tuple[NodeTerm, ...] | None:
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return None if required is None else tuple(_node_term(term) for term in required.get("nodeSelectorTerms") or ())


def _preferred_term(preferred: Mapping[str, Any]) -> PreferredTerm:
    return PreferredTerm(weight=int(preferred.get("weight") or 0), term=_node_term(map_of(preferred, "preference")))


def _node_term(term: Mapping[str, Any] | None) -> NodeTerm:
    return NodeTerm(
        expressions=tuple(map(requirement, list_of(term or {}, "matchExpressions"))),
        fields=tuple(map(requirement, list_of(term or {}, "matchFields"))),
    )


def _toleration(toleration: Mapping[str, Any]) -> Toleration:
    return Toleration(
        key=str(toleration.get("key") or ""),
        operator=str(toleration.get("operator") or "Equal"),
        value=str(toleration.get("value") or ""),
        effect=str(toleration.get("effect") or ""),
    )
