"""Apply from end to end: lock, observe, plan, check, execute. `--dry-run` and `diff` stop after the plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.actions import Keep, Plan, Start
from podctl.core.outcome import Word
from podctl.core.placement import Policy
from podctl.core.plan import make_plan
from podctl.engine.execute import Execution, check_inputs
from podctl.engine.images import changed_images
from podctl.engine.work import Job
from podctl.errors import ExitCode, ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster
    from podctl.core.outcome import Outcome, Progress
    from podctl.engine.session import Session

_DEFAULT = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked apply for."""

    manifests: Manifests
    uids: Callable[[], str]
    wait: bool = True
    timeout_seconds: float = 600
    dry_run: bool = False
    pull: bool = False
    assume_empty: frozenset[str] = frozenset()
    lock_timeout_seconds: float = 60
    policy: Policy = _DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    cluster: Cluster
    plan: Plan
    outcomes: list[Outcome] = field(default_factory=list)
    codes: tuple[ExitCode, ...] = ()  # what none of the outcomes tells: an interrupt


def run(session: Session, wish: Wish, say: Callable[[Progress], None]) -> Done:
    """Raises InputError, before anything is touched, for what can be known to be wrong only beside the cluster."""
    if not wish.dry_run:
        session.lock(wish.lock_timeout_seconds)
    cluster = session.look()
    check_claims(wish.manifests, cluster, wish.assume_empty)
    job = Job(
        cluster=cluster, manifests=wish.manifests, uids=wish.uids, wait=wish.wait, timeout_seconds=wish.timeout_seconds
    )
    plan = make_plan(wish.manifests.pods, cluster, assume_empty=wish.assume_empty, policy=wish.policy)
    check_inputs(plan, job)
    if wish.dry_run:
        return Done(cluster=cluster, plan=plan)
    troubles: tuple[Outcome, ...] = ()
    if wish.pull:
        changed, troubles = changed_images(session, plan, job)
        plan = make_plan(
            wish.manifests.pods, cluster, assume_empty=wish.assume_empty, replace_all=changed, policy=wish.policy
        )
    execution = Execution(_within_reach(plan, troubles), session, job, say)
    codes: tuple[ExitCode, ...] = ()
    try:
        execution.run()
    except KeyboardInterrupt:
        codes = (ExitCode.INTERRUPTED,)
    return Done(cluster=cluster, plan=plan, outcomes=[*troubles, *execution.outcomes], codes=codes)


def _within_reach(plan: Plan, troubles: Iterable[Outcome]) -> Plan:
    """`plan` without the kept Pods that are told of as UNKNOWN already, as their Minion broke off."""
    lost = {each.minion for each in troubles if each.word is Word.UNKNOWN}
    actions = (each for each in plan.actions if not (isinstance(each, Keep | Start) and each.minion in lost))
    return replace(plan, actions=tuple(actions))


def check_claims(manifests: Manifests, cluster: Cluster, assume_empty: frozenset[str]) -> None:
    """A Pod's claim is in the files or in the cluster already; where a silent Minion may have it, the Pod is held."""
    given = {(each.metadata.namespace, each.metadata.name) for each in manifests.claims}
    there = {
        (volume.claim.namespace, volume.claim.name)
        for each in cluster.minions
        for volume in each.volumes
        if volume.claim
    }
    problems = [
        f"{pod.source}:{pod.line}: pod {pod.key}: persistentvolumeclaim {name} is neither here nor in the cluster"
        for pod in manifests.pods
        for name in pod.claims
        if (pod.key.namespace, name) not in given | there
    ]
    doubtful = [each for each in cluster.silent if each.minion.name not in assume_empty]
    if problems and not doubtful:
        raise ManifestError(problems, hint="Add the PersistentVolumeClaim to the files of this apply.")
