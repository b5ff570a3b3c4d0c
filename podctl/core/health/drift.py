"""Whether a Pod is as it was applied: what somebody may have changed by hand, or an apply did not come to change.

Only what a look shows: the image, the limits, the restart policies, the names, and containers that are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.lifecycle import lost, parts
from podctl.core.parts import list_of, map_of
from podctl.core.quantity import bytes_text, cpu_millis, cpu_text, whole
from podctl.core.state import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from podctl.core.model import ObservedContainer, ObservedPod

_LEAST_CPU_MILLIS = 10  # no engine limits a container to less


def drift(pod: ObservedPod) -> Iterator[tuple[str, str]]:
    """(container, what is otherwise); "" is the infra container."""
    gone = lost(pod)
    yield from ((name, "somebody removed it") for name in gone)
    if pod.infra:
        yield from _name("", pod.infra, naming.infra(pod.cluster, pod.key))
        yield from _policy("", pod.infra, "Always")
    policies = {part.name: part.restart_policy for part in parts(pod.manifest)}
    spec = spec_of(pod)
    for each in (*list_of(spec, "initContainers"), *list_of(spec, "containers")):
        name = str(each["name"])
        if seen := pod.containers.get(name):
            yield from _name(name, seen, naming.container(pod.cluster, pod.key, name))
            yield from _policy(name, seen, policies[name])
            yield from _image(name, seen, each)
            yield from _limits(name, seen, map_of(map_of(each, "resources"), "limits"))


def _name(name: str, seen: ObservedContainer, wanted: str) -> Iterator[tuple[str, str]]:
    if seen.name != wanted:
        yield name, f"it was renamed to {seen.name}"


def _policy(name: str, seen: ObservedContainer, wanted: str) -> Iterator[tuple[str, str]]:
    if seen.restart_policy not in ("", wanted):
        yield name, f"its restart policy is {seen.restart_policy} in place of {wanted}"


def _image(name: str, seen: ObservedContainer, container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    wanted = str(container.get("image", ""))
    if seen.image != wanted:
        yield name, f"its image is {seen.image} in place of {wanted}"


def _limits(name: str, seen: ObservedContainer, limits: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    cpu = cpu_millis(limits.get("cpu") or "0")
    cpu = max(cpu, _LEAST_CPU_MILLIS) if cpu else 0
    if seen.cpu_limit_millis != cpu:
        yield name, f"it may use {_or_all(cpu_text(seen.cpu_limit_millis))} of CPU in place of {_or_all(cpu_text(cpu))}"
    memory = whole(limits.get("memory") or "0")
    if seen.memory_limit_bytes != memory:
        is_, was = _or_all(bytes_text(seen.memory_limit_bytes)), _or_all(bytes_text(memory))
        yield name, f"it may use {is_} of memory in place of {was}"


def _or_all(amount: str) -> str:
    return "all" if amount == "0" else amount
