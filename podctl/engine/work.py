"""One Pod on its way: from an Action of the plan to what `recipe` needs, and what is known of it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Keep, Replace, Restart, Start
from podctl.core.environment import PodContext
from podctl.core.minion_traits import capacity_of
from podctl.core.outcome import Word
from podctl.engine.docker.making import Making

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster, ObservedMinion, ObservedPod, PodKey
    from podctl.core.schema import PersistentVolumeClaim

PodAction = Create | Replace | Start | Restart | Keep
_WORDS: Mapping[type, Word] = {
    Create: Word.CREATED, Replace: Word.CONFIGURED, Start: Word.STARTED, Keep: Word.UNCHANGED,
    Restart: Word.RESTARTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What holds for a whole execution. `uids` are those of the Pods that are to be made."""

    cluster: Cluster
    manifests: Manifests | None  # None: nothing is to be made, and pydantic is not imported
    uids: Mapping[PodKey, str] = field(default_factory=dict)
    wait: bool = True
    timeout_seconds: float = 600
    grace_seconds: int | None = None  # None: each Pod's own
    revision: int = 0  # of the Document that wants what is made

    @property
    def given(self) -> Manifests:
        assert self.manifests is not None  # noqa: S101 - only what makes Pods asks
        return self.manifests

    def minion(self, name: str) -> ObservedMinion:
        return next(each for each in self.cluster.minions if each.minion.name == name)


@dataclass(slots=True, kw_only=True)
class Work:
    """A Pod that is being brought up. Mutable: it belongs to the one thread that serves its Minion."""

    action: PodAction
    making: Making
    word: Word
    attempted: set[str] = field(default_factory=set)  # containers that this run has started
    due: tuple[str, ...] = ()  # containers to start before all else: this run has stopped them
    said: str = ""

    @property
    def key(self) -> PodKey:
        return self.action.key


def work_for(action: PodAction, job: Job) -> Work:
    """Raises InputError where the manifest asks for what cannot be passed to a container."""
    uid = action.observed.uid if isinstance(action, Start | Restart | Keep) else job.uids[action.key]
    due = action.containers if isinstance(action, Restart) else ()
    return Work(action=action, making=_making(action, job, uid), word=_WORDS[type(action)], due=due)


def _making(action: PodAction, job: Job, uid: str) -> Making:
    seen = job.minion(action.minion)
    assert seen.facts is not None  # noqa: S101 - no plan puts a Pod on a Minion that was not seen
    assert seen.now is not None  # noqa: S101 - as above
    capacity = capacity_of(seen.minion, seen.facts)
    observed = action.observed if isinstance(action, Start | Restart | Keep) else None
    context = PodContext(
        pod=action.pod.pod,
        uid=uid,
        minion=action.minion,
        host_ip=seen.facts.address,
        pod_ip=pod_address(observed, seen) if observed else "",
        allocatable_cpu_millis=(capacity.cpu_millis or 0) - (seen.minion.reserved.cpu_millis or 0),
        allocatable_memory_bytes=(capacity.memory_bytes or 0) - (seen.minion.reserved.memory_bytes or 0),
        config_maps=job.given.config_maps_of(action.key.namespace),
        secrets=job.given.secrets_of(action.key.namespace),
    )
    return Making(
        cluster=job.cluster.name,
        minion=seen.minion,
        facts=seen.facts,
        manifest=action.pod,
        uid=uid,
        placement_reason=action.placement_reason if isinstance(action, Create | Replace) else "",
        context=context,
        now_seconds=int(seen.now.timestamp()),
        revision=job.revision,
    )


def pod_address(pod: ObservedPod, seen: ObservedMinion) -> str:
    """The Pod's own address; on the Minion's network the Minion's."""
    if pod.infra and pod.infra.host_network and seen.facts:
        return seen.facts.address
    return pod.infra.ip if pod.infra else ""


def completed(making: Making, answer: str, volumes: list[str], images: list[str]) -> Making:
    """`making` with what the new infra container's Minion said in answer to `change.about_new_pod`."""
    address, *rest = answer.splitlines()
    mountpoints = dict(zip(volumes, rest[: len(volumes)], strict=True))
    users = dict(zip(images, (line[1:] for line in rest[len(volumes) :]), strict=True))
    pod_ip = making.context.host_ip if making.spec.host_network else address
    return replace(
        making,
        context=replace(making.context, pod_ip=pod_ip),
        mountpoints=mountpoints,
        image_users=users,
    )


def fresh_claims(making: Making, job: Job, made: set[tuple[str, str]]) -> list[PersistentVolumeClaim]:
    """The claims of this Pod that have no volume on its Minion yet; `made` are those made meanwhile."""
    seen = {str(volume.claim) for volume in job.minion(making.minion.name).volumes if volume.claim}
    namespace, wanted = making.key.namespace, set(making.manifest.claims)
    return [
        claim
        for name, claim in job.given.claims_of(namespace).items()
        if name in wanted and f"{namespace}/{name}" not in seen and (namespace, name) not in made
    ]
