"""Requests and limits as a Pod's description shows them, and the quality of service that follows from them.

PodLimits: Kubernetes `component-helpers/resource`. Class: `pkg/apis/core/v1/helper/qos`, ComputePodQOS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.quantity import cpu_millis, quantity, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_QOS = ("cpu", "memory")


def texts(container: Mapping[str, Any], kind: str) -> dict[str, str]:
    """`requests` or `limits` of a container as they were written; a limit is a request where there is none."""
    resources: Mapping[str, Any] = container.get("resources") or {}
    given = resources.get(kind) or {}
    implied = (resources.get("limits") or {}) if kind == "requests" else {}
    return {name: str(value) for name, value in sorted({**implied, **given}.items())}


def limits(spec: Mapping[str, Any]) -> dict[str, int]:
    """The Pod's limits by resource, cpu in thousandths: of what runs together, or of one init container if larger."""
    sidecars: dict[str, int] = {}
    steps: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        own = _amounts(container)
        steps = {name: max(steps.get(name, 0), _sum(name, own, sidecars)) for name in {*steps, *own, *sidecars}}
        if container.get("restartPolicy") == "Always":
            sidecars = {name: _sum(name, own, sidecars) for name in {*own, *sidecars}}
    last = sidecars
    for container in spec.get("containers") or ():
        own = _amounts(container)
        last = {name: _sum(name, own, last) for name in {*own, *last}}
    return {name: max(last.get(name, 0), steps.get(name, 0)) for name in sorted({*last, *steps})}


def qos_class(spec: Mapping[str, Any]) -> str:
    """Guaranteed, Burstable or BestEffort; an amount of 0 counts as none."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    asked = [_qos_amounts(texts(each, "requests")) for each in containers]
    allowed = [_qos_amounts(texts(each, "limits")) for each in containers]
    if not any(asked) and not any(allowed):
        return "BestEffort"
    guaranteed = all(set(each) == set(_QOS) for each in allowed) and _total(asked) == _total(allowed)
    return "Guaranteed" if guaranteed else "Burstable"


def _amounts(container: Mapping[str, Any]) -> dict[str, int]:
    return {
        name: cpu_millis(text) if name == "cpu" else whole(text) for name, text in texts(container, "limits").items()
    }


def _sum(name: str, one: Mapping[str, int], other: Mapping[str, int]) -> int:
    return one.get(name, 0) + other.get(name, 0)


def _qos_amounts(given: Mapping[str, str]) -> dict[str, Any]:
    return {name: amount for name in _QOS if name in given and (amount := quantity(given[name]))}


def _total(amounts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    every = tuple(amounts)
    return {name: sum(each.get(name, 0) for each in every) for name in _QOS}
