"""Lifecycle hooks by HTTP: asked by podctl itself, through the transport, so that no container needs a tool for it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podctl.core.probes.address import Place, port_number
from podctl.engine import recipe
from podctl.engine.probing import http
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.model import ObservedPod
    from podctl.engine.docker.making import Making
    from podctl.transport.base import Transport

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 10
_PAUSE_SECONDS = 0.2


def run_post_start(making: Making, name: str, transport: Transport, timeout_seconds: float) -> str:
    """Asks the postStart httpGet hook of container `name`; what went wrong, or "" (also when there is none).

    The kubelet starts a container again whose hook failed, as most do that ask before the server listens; here the
    container runs on and is asked again for ten seconds, no answer being waited for longer than `timeout_seconds`.
    """
    container = next((each for each in making.spec.all_containers if each.name == name), None)
    hook = container.lifecycle.post_start if container else None
    if container is None or hook is None or hook.http_get is None:
        return ""
    raw = hook.http_get.model_dump(by_alias=True)
    ports = [port.model_dump(by_alias=True) for port in container.ports]
    limit = min(_TIMEOUT_SECONDS, timeout_seconds)
    deadline = time.monotonic() + min(_PATIENCE_SECONDS, limit)
    while problem := http_get(raw, ports, making.context.pod_ip, transport, timeout_seconds=limit):
        if time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE_SECONDS)
    return problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PreStop:
    """A preStop hook by HTTP of one container, and how long its Pod's grace lets it take."""

    uid: str
    action: Mapping[str, Any]
    ports: Sequence[Mapping[str, Any]]
    address: str
    timeout_seconds: int


def pre_stops(pod: ObservedPod, address: str, grace_seconds: int | None) -> tuple[PreStop, ...]:
    """Of the containers that run; none without grace, and none where the Pod has no address."""
    grace = recipe.grace_of(pod, grace_seconds)
    if not grace or not address:
        return ()
    spec = pod.manifest.get("spec") or {}
    every = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    ports = {each["name"]: each.get("ports") or () for each in every}
    return tuple(
        PreStop(uid=pod.uid, action=hook["httpGet"], ports=ports[name], address=address, timeout_seconds=grace)
        for name, hook in recipe.pre_stop_hooks(pod).items()
        if "httpGet" in hook
    )


def run_pre_stops(hooks: Sequence[PreStop], transport: Transport) -> dict[str, int]:
    """Asks all of them at once; by uid the whole seconds until the Pod's last one had ended, its grace at most.

    As in Kubernetes one that fails holds up nothing; one that is late is left behind.
    """
    began = time.monotonic()
    ended = [float(each.timeout_seconds) for each in hooks]

    def ask(index: int, hook: PreStop) -> None:
        http_get(hook.action, hook.ports, hook.address, transport, timeout_seconds=hook.timeout_seconds)
        ended[index] = min(ended[index], time.monotonic() - began)

    threads = [threading.Thread(target=ask, args=each, daemon=True) for each in enumerate(hooks)]
    for thread in threads:
        thread.start()
    for hook, thread in zip(hooks, threads, strict=True):
        thread.join(max(0.0, began + hook.timeout_seconds - time.monotonic()))
    spent: dict[str, int] = {}
    for hook, seconds in zip(hooks, tuple(ended), strict=True):
        spent[hook.uid] = max(spent.get(hook.uid, 0), int(seconds))
    return spent


def http_get(
    action: Mapping[str, Any],
    ports: Sequence[Mapping[str, Any]],
    address: str,
    transport: Transport,
    *,
    timeout_seconds: float = _TIMEOUT_SECONDS,
) -> str:
    """One GET as an HTTPGetAction says, all of it within `timeout_seconds`; what went wrong, or ""."""
    port = port_number(action["port"], ports)
    if port is None:
        return f"no port of the container is named {action['port']}"
    place = Place(host=action.get("host") or address, port=port)
    try:
        status = http.get(action, place, transport, timeout_seconds=timeout_seconds)
    except (PodctlError, OSError, ValueError) as error:
        why = f"no answer within {timeout_seconds:g} s" if isinstance(error, TimeoutError) else error
        return f"GET {http.url_of(action, place)}: {why}"
    return f"it answered with status {status}" if status >= http.LEAST_FAILURE else ""
