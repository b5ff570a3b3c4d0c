"""What one container of a Pod is doing: waiting, running or terminated, and why.

States: as measured on the engine. Reasons: the kubelet's (`pkg/kubelet/kubelet_pods.go`) and, for a failed start, those
of its former shim for this engine. Ready means running, in the network that the Pod has now; and where its probes were
asked, what they answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from podctl.core.model import Mark
from podctl.core.probes.model import Verdict, Which

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from podctl.core.model import ObservedContainer, ObservedPod
    from podctl.core.probes.model import Answer

KILLED = 137  # 128 + SIGKILL: what the out-of-memory killer leaves
STALE = "StaleNetwork"


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """The end of a run. `exit_code` is None for one before the last start: the engine keeps only its time."""

    reason: str
    message: str = ""
    exit_code: int | None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """One container of a Pod.

    `reason` stands with waiting and terminated, and is StaleNetwork for one that runs but is cut off: its network and
    IPC are those of an infra container's earlier run, so nobody reaches it until it is started again.
    `exit_code` and `finished_at` stand with terminated only; `last` is the run before the present one.
    """

    name: str
    init: bool
    sidecar: bool
    state: State
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    ready: bool = False
    restart_count: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    last: Termination | None = None
    seen: ObservedContainer | None = None  # None: not on the Minion
    unknown: bool = False  # whether it is ready: its probe could not be asked
    probed: Mapping[Which, Answer] = field(default_factory=dict)  # its probes that were asked

    @property
    def unready_because(self) -> str:
        """Why it is not ready or not known to be, where that is no plain matter of its state."""
        found = readiness(self.probed)
        if self.message or self.ready or found is None or found[1].verdict is Verdict.OK:
            return self.message
        return f"{found[0]} probe: {found[1].message}"

    @property
    def done(self) -> bool:
        """Ended well."""
        return self.state is State.TERMINATED and self.exit_code == 0


def readiness(probed: Mapping[Which, Answer]) -> tuple[Which, Answer] | None:
    """The probe that decides whether a running container is ready, with its answer; None: none was asked."""
    startup, ready = probed.get(Which.STARTUP), probed.get(Which.READINESS)
    if startup and (startup.verdict is not Verdict.OK or ready is None):
        return Which.STARTUP, startup
    return (Which.READINESS, ready) if ready else None


def container_statuses(pod: ObservedPod) -> tuple[ContainerStatus, ...]:
    spec = spec_of(pod)
    if not spec:  # the infra container, which carries the manifest, is gone: what is left speaks for itself
        return tuple(
            _container_status({"name": name}, pod, init=seen.labels.get("podctl.role") == "init")
            for name, seen in pod.containers.items()
        )
    return (
        *(_container_status(each, pod, init=True) for each in spec.get("initContainers") or ()),
        *(_container_status(each, pod, init=False) for each in spec.get("containers") or ()),
    )


def _container_status(container: Mapping[str, Any], pod: ObservedPod, *, init: bool) -> ContainerStatus:
    name = str(container["name"])
    sidecar = init and container.get("restartPolicy") == "Always"
    seen = pod.containers.get(name)
    if seen is None:
        return _missing(name, pod, init=init, sidecar=sidecar)
    common: dict[str, Any] = {"name": name, "init": init, "sidecar": sidecar, "seen": seen,
                              "restart_count": seen.restart_count}  # fmt: skip
    match seen.status:
        case "created":
            reason, message = _not_started(seen, pod)
            return ContainerStatus(state=State.WAITING, reason=reason, message=message, **common)
        case "restarting":
            end = _termination(seen)
            message = "the container keeps ending; the engine waits longer before each new start"
            return ContainerStatus(state=State.WAITING, reason="CrashLoopBackOff", message=message, last=end, **common)
        case "running" | "paused":
            stale = _stale(seen, pod)
            serves = not stale and (sidecar or not init)
            probed = {which: answer for (of, which), answer in pod.probed.items() if of == name}
            found = readiness(probed)
            verdict = found[1].verdict if found else Verdict.OK
            return ContainerStatus(
                state=State.RUNNING, reason=STALE if stale else "", message=stale,
                ready=serves and verdict is Verdict.OK, unknown=serves and verdict is Verdict.UNKNOWN, probed=probed,
                started_at=seen.started_at, last=_earlier_run(seen), **common,
            )  # fmt: skip
    end = _termination(seen)
    return ContainerStatus(
        state=State.TERMINATED, reason=end.reason, message=end.message, exit_code=end.exit_code,
        ready=init and not sidecar and end.exit_code == 0, started_at=end.started_at, finished_at=end.finished_at,
        **common,
    )  # fmt: skip


def _missing(name: str, pod: ObservedPod, *, init: bool, sidecar: bool) -> ContainerStatus:
    """Not made yet where the Pod is half made; else somebody removed it, which the kubelet calls so, too.

    An init container that is gone (`prune` takes what has ended) is taken to have done its work where another
    container has run since.
    """
    if pod.mark is Mark.NEW:
        return ContainerStatus(name=name, init=init, sidecar=sidecar, state=State.WAITING, reason="ContainerCreating")
    apps = {str(each["name"]) for each in spec_of(pod).get("containers") or ()}
    if init and not sidecar and any(seen.started_at for name, seen in pod.containers.items() if name in apps):
        return ContainerStatus(
            name=name, init=init, sidecar=sidecar, state=State.TERMINATED, reason="Completed", exit_code=0, ready=True
        )
    return ContainerStatus(
        name=name, init=init, sidecar=sidecar, state=State.TERMINATED, reason="ContainerStatusUnknown",
        message="the container is no longer on the Minion", exit_code=KILLED,
    )  # fmt: skip


def _not_started(seen: ObservedContainer, pod: ObservedPod) -> tuple[str, str]:
    """Why a created container has not run: its own start failed, its infra container's did, or it is not its turn."""
    if seen.error or seen.exit_code:
        return "RunContainerError", seen.error
    if pod.infra and not pod.infra.running and pod.infra.error:
        return "RunContainerError", pod.infra.error
    return ("PodInitializing" if spec_of(pod).get("initContainers") else "ContainerCreating"), ""


def is_cut_off(pod: ObservedPod, container: str) -> bool:
    """True of a container whose network is not, or no longer, the Pod's."""
    seen = pod.containers.get(container)
    return seen is None or bool(_stale(seen, pod))


def _stale(seen: ObservedContainer, pod: ObservedPod) -> str:
    """Why a running container is cut off; "" when it is not."""
    if pod.infra is None:
        return "the Pod's infra container is gone, and its network with it"
    if not pod.infra.running:
        return "the Pod's infra container does not run, and its network is gone with it"
    if seen.started_at and pod.infra.started_at and seen.started_at < pod.infra.started_at:
        return "the Pod's infra container was started again after this container, which still holds the old network"
    return ""


def _termination(seen: ObservedContainer) -> Termination:
    if seen.oom_killed and seen.exit_code == KILLED:  # the flag alone also tells of a child that was killed
        reason = "OOMKilled"
    elif seen.error:
        reason = "ContainerCannotRun"
    else:
        reason = "Error" if seen.exit_code else "Completed"
    return Termination(
        reason=reason, message=seen.error, exit_code=seen.exit_code,
        started_at=seen.started_at, finished_at=seen.finished_at,
    )  # fmt: skip


def _earlier_run(seen: ObservedContainer) -> Termination | None:
    return Termination(reason="Unknown", exit_code=None, finished_at=seen.finished_at) if seen.finished_at else None


def has_started(status: ContainerStatus) -> bool:
    return bool(status.seen and status.seen.started_at)


def spec_of(pod: ObservedPod) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = pod.manifest.get("spec") or {}
    return spec
