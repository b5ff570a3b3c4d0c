"""What a Pod is doing, in Kubernetes' words, from what its containers were seen to do.

Phase: kubelet `getPhase`. The word of the STATUS column, READY and RESTARTS: kubectl's `printPod`
(kubernetes `pkg/printers/internalversion/printers.go`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from podctl.core.model import Mark
from podctl.core.state import ContainerStatus, State, Termination, container_statuses, has_started, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from podctl.core.model import ObservedMinion, ObservedPod

__all__ = ["ContainerStatus", "Phase", "PodStatus", "State", "Termination", "pod_created_at", "pod_phase", "pod_status"]


class Phase(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus:
    """`word` is the STATUS column, `ready` of `total` the READY column; a sidecar counts as a container in both.

    `unknown`: of some container it could not be asked whether it is ready; `ready` counts only what is known to be.

    `ip` is "" while there is none, `host_ip` the Minion's address as it was reached. `containers` has the init
    containers first, each kind in the manifest's order.
    """

    phase: Phase
    word: str
    ready: int
    total: int
    restarts: int
    last_restart_at: datetime | None
    initialized: bool
    ip: str
    host_ip: str
    started_at: datetime | None
    containers: tuple[ContainerStatus, ...]
    unknown: bool = False

    @property
    def ready_text(self) -> str:
        """The READY column: `1/2`, or `?/2` where it cannot be told."""
        return f"{'?' if self.unknown else self.ready}/{self.total}"

    @property
    def is_ready(self) -> bool:
        """The Ready condition: every container and sidecar is ready."""
        return self.total > 0 and self.ready == self.total


def pod_status(pod: ObservedPod, minion: ObservedMinion) -> PodStatus:
    """The status of a Pod that was seen on `minion`."""
    statuses = container_statuses(pod)
    inits = tuple(each for each in statuses if each.init)
    apps = tuple(each for each in statuses if not each.init)
    initialized = all(each.ready for each in inits) or any(has_started(each) for each in apps)
    phase = pod_phase(str(spec_of(pod).get("restartPolicy") or "Always"), inits, apps)
    counted = _counted(inits, apps, initialized=initialized)
    address = minion.facts.address if minion.facts else minion.minion.address
    return PodStatus(
        phase=phase,
        word=_word(pod.mark, phase, inits, apps),
        ready=sum(each.ready for each in apps) + sum(each.ready for each in inits if each.sidecar),
        total=len(apps) + sum(each.sidecar for each in inits),
        restarts=sum(each.restart_count for each in counted),
        last_restart_at=max((at for each in counted if each.last and (at := each.last.finished_at)), default=None),
        initialized=initialized,
        ip=_ip(pod, address),
        host_ip=address,
        started_at=pod_created_at(pod),
        containers=statuses,
        unknown=any(each.unknown for each in statuses),
    )


def pod_created_at(pod: ObservedPod) -> datetime | None:
    """When the oldest container of the Pod was made: that is the infra, unless somebody removed it by hand."""
    if pod.infra:
        return pod.infra.created_at
    return min((each.created_at for each in pod.containers.values()), default=None)


def pod_phase(restart_policy: str, inits: Iterable[ContainerStatus], apps: Iterable[ContainerStatus]) -> Phase:
    """As the kubelet decides it; `apps` without the sidecars, whose end does not end a Pod."""
    jobs = [each for each in inits if not each.sidecar]
    apps = tuple(apps)
    if restart_policy == "Never" and any(each.state is State.TERMINATED and not each.done for each in jobs):
        return Phase.FAILED
    pending = any(each.state is State.RUNNING or (each.state is State.WAITING and not each.last) for each in jobs)
    if pending or not apps or any(each.state is State.WAITING and not each.last for each in apps):
        return Phase.PENDING
    if restart_policy == "Always" or any(each.state is State.RUNNING for each in apps):
        return Phase.RUNNING
    if all(each.done for each in apps):
        return Phase.SUCCEEDED
    return Phase.FAILED if restart_policy == "Never" else Phase.RUNNING


def _word(mark: Mark, phase: Phase, inits: tuple[ContainerStatus, ...], apps: tuple[ContainerStatus, ...]) -> str:
    if mark is Mark.OLD:
        return "Terminating"
    if mark is Mark.NEW:
        return "ContainerCreating"
    word = _init_word(inits)
    if word and not any(has_started(each) for each in apps):
        return word
    word = next((each.reason for each in apps if each.state is not State.RUNNING), word or str(phase))
    if word == "Completed" and any(each.ready for each in apps):
        return "Running" if all(each.ready for each in (*inits, *apps)) else "NotReady"
    return word


def _init_word(inits: tuple[ContainerStatus, ...]) -> str:
    """What the first init container that is not done makes of the Pod; "" when all are."""
    for index, each in enumerate(inits):
        if each.done or (each.sidecar and each.state is State.RUNNING):
            continue
        if each.state is State.RUNNING or each.reason == "PodInitializing":
            return f"Init:{index}/{len(inits)}"
        return f"Init:{each.reason}"
    return ""


def _counted(
    inits: tuple[ContainerStatus, ...], apps: tuple[ContainerStatus, ...], *, initialized: bool
) -> tuple[ContainerStatus, ...]:
    """Whose restarts the Pod's count holds: what runs for its whole life or, before that, the init containers'."""
    return (*(each for each in inits if each.sidecar), *apps) if initialized else inits


def _ip(pod: ObservedPod, address: str) -> str:
    if pod.infra is None:
        return ""
    return address if pod.infra.host_network and pod.infra.running else pod.infra.ip
