"""What a Pod's containers need next: a pure function of what was seen, asked again after each look.

The order is Kubernetes': the infra container, init containers one after the other (a sidecar is only started, any
other has to end with 0), then all the others. `apply` drives a new Pod by it, and plans a Start by it where a Pod
that was there stands half way, or after a reboot, when the engine starts containers in no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from podctl.core.model import ObservedContainer, ObservedPod

STEADY_SECONDS = 3  # a container that has run this long without a restart counts as started


class Need(StrEnum):
    START = "start"  # these containers, in this order
    RESTART = "restart"  # these run beside a namespace that is gone
    WAIT = "wait"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    need: Need
    containers: tuple[str, ...] = ()  # names in the Pod, "" is the infra container; under FAILED the one that did
    reason: str = ""
    started: bool = False  # every container has been started, whatever became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the manifest says of one container, as far as its lifecycle goes."""

    name: str
    init: bool
    restart_policy: str  # of this container: Always for a sidecar, else the Pod's; an init container's never Always


def parts(manifest: Mapping[str, Any]) -> tuple[Part, ...]:
    """Init containers, then containers, in the order of the manifest."""
    spec = manifest.get("spec") or {}
    policy = spec.get("restartPolicy") or "Always"
    retry = "Never" if policy == "Never" else "OnFailure"
    inits = [
        Part(name=each["name"], init=True, restart_policy="Always" if is_sidecar(each) else retry)
        for each in spec.get("initContainers") or ()
    ]
    apps = [Part(name=each["name"], init=False, restart_policy=policy) for each in spec.get("containers") or ()]
    return (*inits, *apps)


def is_sidecar(init_container: Mapping[str, Any]) -> bool:
    return init_container.get("restartPolicy") == "Always"


def next_need(pod: ObservedPod, now: datetime, attempted: frozenset[str] = frozenset()) -> Next:
    """What to do for this Pod now.

    `attempted` names the containers that this run has started already: one that is down all the same has failed, and
    is not started over and over.
    """
    infra = pod.infra
    if infra is None or infra.started_at is None or not infra.running:
        if "" in attempted:
            return Next(need=Need.FAILED, reason=why(infra) if infra else "its infra container is gone")
        return Next(need=Need.START, containers=("",), reason="its infra container does not run")
    if gone := lost(pod):
        return Next(need=Need.FAILED, reason=f"container {', '.join(gone)} is gone: delete the Pod and apply it again")
    every = tuple(part for part in parts(pod.manifest) if part.name in pod.containers)
    stale = tuple(
        part.name for part in every if _runs(pod.containers[part.name]) and is_stale(pod.containers[part.name], infra)
    )
    if stale:
        return Next(need=Need.RESTART, containers=stale, reason=f"{', '.join(stale)}: its network was restarted")
    return next(_walk(every, pod, infra, now, attempted))


def lost(pod: ObservedPod) -> tuple[str, ...]:
    """Containers that somebody removed and that the Pod needs.

    An init container that has done its work is not missed: a prune takes whatever has ended.
    """
    every = parts(pod.manifest)
    through = is_through(every, pod)
    return tuple(
        part.name
        for part in every
        if part.name not in pod.containers and not (through and part.init and not _stays(part))
    )


def is_job_lost(pod: ObservedPod) -> bool:
    """True when a container is gone that may have done its work, which is not to be done twice."""
    gone = lost(pod)
    return any(part.name in gone and not part.init and part.restart_policy != "Always" for part in parts(pod.manifest))


def is_through(every: tuple[Part, ...], pod: ObservedPod) -> bool:
    """True when the init containers have been through: an own container has run since, or none is to run any more."""
    apps = [part for part in every if not part.init]
    seen = [(part, pod.containers[part.name]) for part in apps if part.name in pod.containers]
    begun = any(pod.infra and _started_beside(container, pod.infra) for _, container in seen)
    return begun or (len(seen) == len(apps) and all(_is_over(part, container) for part, container in seen))


def _is_over(part: Part, container: ObservedContainer) -> bool:
    """True when the container has ended for good by its policy."""
    if container.status not in ("exited", "dead") or container.started_at is None:
        return False
    return part.restart_policy == "Never" or (part.restart_policy == "OnFailure" and container.exit_code == 0)


def _walk(
    every: tuple[Part, ...], pod: ObservedPod, infra: ObservedContainer, now: datetime, attempted: frozenset[str]
) -> Iterator[Next]:
    """What is needed, the first first; a complete Pod yields READY or WAIT at the end."""
    apps = tuple(part for part in every if not part.init)
    through = is_through(every, pod)
    waits: list[str] = []
    for part in (each for each in every if each.init and (_stays(each) or not through)):
        need = _init_need(part, pod.containers[part.name], infra, attempted)
        if need is None:
            continue
        # A sidecar that is tried again holds up nobody.
        if need.need is not Need.WAIT or not _stays(part):
            yield need
        waits.append(need.reason)
    yield from _apps_need(apps, pod, infra, attempted)
    waits += [wait for part in every if (wait := _unsteady(part, pod.containers[part.name], now))]
    if waits:
        yield Next(need=Need.WAIT, reason="; ".join(dict.fromkeys(waits)), started=True)
    yield Next(need=Need.READY, started=True)


def _apps_need(
    apps: tuple[Part, ...], pod: ObservedPod, infra: ObservedContainer, attempted: frozenset[str]
) -> Iterator[Next]:
    """What the Pod's own containers need beyond waiting."""
    down = [part for part in apps if is_down(part, pod.containers[part.name], infra)]
    to_start = tuple(part.name for part in down if part.name not in attempted)
    if to_start:
        yield Next(need=Need.START, containers=to_start, reason=f"{', '.join(to_start)} not running")
    for part in down:
        yield _failed(part.name, f"{part.name}: {why(pod.containers[part.name])}", started=True)
    for part in apps:
        container = pod.containers[part.name]
        if container.status == "exited" and container.exit_code:
            yield _failed(part.name, f"{part.name}: {why(container)}", started=True)


def _failed(name: str, reason: str, *, started: bool = False) -> Next:
    """For a container that failed by itself: who wants to know more asks for its log."""
    return Next(need=Need.FAILED, containers=(name,), reason=reason, started=started)


def _stays(part: Part) -> bool:
    """True of a sidecar: an init container that is meant to run on."""
    return part.init and part.restart_policy == "Always"


def _init_need(
    part: Part, container: ObservedContainer, infra: ObservedContainer, attempted: frozenset[str]
) -> Next | None:
    """None: the next container's turn."""
    fresh = _started_beside(container, infra)
    start = Next(need=Need.START, containers=(part.name,), reason=f"init container {part.name} is next")
    if container.status == "restarting":
        return Next(need=Need.WAIT, reason=f"init container {part.name}: {why(container)}, tried again")
    if _runs(container):
        if _stays(part):
            return None
        return Next(need=Need.WAIT, reason=f"init container {part.name} runs")
    if fresh and container.exit_code == 0 and container.status == "exited" and not _stays(part):
        return None
    if part.name in attempted or (part.restart_policy == "Never" and fresh):
        return _failed(part.name, f"init container {part.name}: {why(container)}")
    return start


def is_down(part: Part, container: ObservedContainer, infra: ObservedContainer) -> bool:
    """True when the container should run by its policy and does not, and the engine does not try either."""
    if container.status == "created":
        return True
    if container.status not in ("exited", "dead"):
        return False
    if part.restart_policy == "Always":
        return True
    died_with_machine = container.exit_code == 255 or not _started_beside(container, infra)  # noqa: PLR2004
    return part.restart_policy == "OnFailure" and container.exit_code != 0 and died_with_machine


def _unsteady(part: Part, container: ObservedContainer, now: datetime) -> str:
    """Why this container does not count as well yet; "" when it does."""
    times = f", restarted {container.restart_count} times" if container.restart_count else ""
    if container.status == "restarting":
        return f"{part.name}: {why(container)}{times}"
    if not _runs(container) or container.started_at is None:
        return ""
    ran = (now - container.started_at).total_seconds()
    if ran >= STEADY_SECONDS or (part.init and part.restart_policy != "Always"):
        return ""
    if part.restart_policy != "Always" and not part.init:
        return f"{part.name} runs"
    return f"{part.name} has not run for {STEADY_SECONDS} s yet{times}"


def _runs(container: ObservedContainer) -> bool:
    return container.running


def _started_beside(container: ObservedContainer, infra: ObservedContainer) -> bool:
    """True when the container was last started in the namespaces that its infra container has now."""
    return (
        container.started_at is not None and infra.started_at is not None and container.started_at >= infra.started_at
    )


def is_stale(container: ObservedContainer, infra: ObservedContainer) -> bool:
    return not _started_beside(container, infra)


def why(container: ObservedContainer) -> str:
    if container.error:
        return container.error
    if container.oom_killed and container.exit_code == 137:  # noqa: PLR2004 - 128 + SIGKILL
        return "out of memory (OOMKilled)"
    if container.status == "created":
        return "never started"
    return f"ended with exit code {container.exit_code}"
