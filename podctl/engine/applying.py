"""Apply from end to end: lock, look, plan, check, remember, execute. `--dry-run` and `diff` stop after the check."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Plan, Replace
from podctl.core.deletion import Doomed, check_unused
from podctl.core.document.acts import deeds_of, object_deeds
from podctl.core.document.changes import after_plan, without
from podctl.core.document.failover import Failover, FailoverWish, fail_over
from podctl.core.document.model import Caller, Document
from podctl.core.document.recall import doubt
from podctl.core.document.silences import next_silences
from podctl.core.placement import Policy
from podctl.core.plan import make_plan
from podctl.core.pruning import NOTHING, Pruned, PruneWish, with_pruned
from podctl.core.references import resolve
from podctl.core.remembered import completed, known_objects
from podctl.engine.carrying import carry_out
from podctl.engine.execute import check_inputs
from podctl.engine.images import changed_images
from podctl.engine.keeping import Keeping
from podctl.engine.volumes import ClaimsRemoved
from podctl.engine.work import Job
from podctl.errors import ExitCode, ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster, PodKey
    from podctl.core.outcome import Outcome, Progress
    from podctl.engine.session import Session

_DEFAULT = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked apply for."""

    manifests: Manifests
    uids: Callable[[], str]
    caller: Caller = field(default_factory=Caller)
    wait: bool = True
    timeout_seconds: float = 600
    dry_run: bool = False
    pull: bool = False
    failover: FailoverWish | None = None
    prune: PruneWish | None = None
    lock_timeout_seconds: float = 60
    without_quorum: bool = False
    policy: Policy = _DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """`manifests` are those of the files, and behind them what was remembered and tried again."""

    cluster: Cluster
    document: Document  # as it was before
    manifests: Manifests
    plan: Plan
    outcomes: list[Outcome] = field(default_factory=list)
    codes: tuple[ExitCode, ...] = ()  # what none of the outcomes tells: an interrupt
    retried: frozenset[PodKey] = frozenset()  # remembered as waiting, and in none of the files
    broken: Mapping[PodKey, str] = field(default_factory=dict)  # remembered, and cannot be made: why
    failover: Failover = field(default_factory=Failover)
    pruned: Pruned = NOTHING
    claims_removed: ClaimsRemoved = field(default_factory=ClaimsRemoved)
    notes: tuple[str, ...] = ()
    doubt: str = ""  # of a rehearsal: why the apply itself would change nothing now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What was found out before anything is touched."""

    wish: Wish
    keeping: Keeping
    standing: Document  # what counts: the Document, or what runs where there is none
    manifests: Manifests
    failover: Failover
    pruned: Pruned
    done: Done


def run(session: Session, wish: Wish, allow: Callable[[Pruned], None], say: Callable[[Progress], None]) -> Done:
    """Raises InputError, before anything is touched, for what can be known to be wrong only beside the cluster.

    `allow` raises when the user does not want what would be pruned.
    """
    if wish.dry_run:
        keeping = Keeping.look(session, wish.caller)
    else:
        keeping = Keeping.open(
            session, wish.caller, lock_timeout_seconds=wish.lock_timeout_seconds, without_quorum=wish.without_quorum
        )
    draft = _draft(keeping, wish)
    plan = _plan(draft)
    job = _job(draft, plan)
    check_inputs(plan, job)
    if wish.dry_run:
        why = doubt(keeping.recalled, keeping.cluster, without_quorum=wish.without_quorum)
        return replace(draft.done, plan=plan, doubt=why)
    allow(draft.pruned)
    troubles: tuple[Outcome, ...] = ()
    if wish.pull:
        changed, troubles = changed_images(session, plan, job)
        plan = _plan(draft, anew=changed)
        job = _job(draft, plan)
    return _carried_out(draft, plan, job, troubles, say)


def _draft(keeping: Keeping, wish: Wish) -> _Draft:
    cluster, document = keeping.cluster, keeping.document
    standing = keeping.standing
    files = resolve(wish.manifests, known_objects(document, wish.manifests))
    check_claims(files, cluster, document)
    failover = fail_over(document, cluster, wish.failover) if wish.failover else Failover()
    pruned = wish.prune.choose(standing, cluster, files) if wish.prune else NOTHING
    going = tuple(pod for pod in cluster.pods if pod.key in pruned.pods)
    check_unused(Doomed(pods=going, claims=pruned.claims), cluster, standing)
    waiting = [key for key, each in sorted(document.pods.items()) if not each.minion and key not in pruned.pods]
    lost = [key for key in failover.lost if key not in pruned.pods]
    manifests, broken = completed(document, [*lost, *waiting], files)
    named = {pod.key for pod in files.pods}
    done = Done(
        cluster=cluster, document=document, manifests=manifests, plan=Plan(), broken=broken, failover=failover,
        pruned=pruned, retried=frozenset(waiting) - named,
    )  # fmt: skip
    return _Draft(
        wish=wish, keeping=keeping, standing=standing, manifests=manifests, failover=failover, pruned=pruned, done=done
    )  # fmt: skip


def _plan(draft: _Draft, anew: Mapping[PodKey, str] = MappingProxyType({})) -> Plan:
    cluster = draft.keeping.cluster
    left = without(draft.standing, cluster, pods=draft.pruned.pods)  # what is pruned makes room
    plan = make_plan(
        draft.manifests.pods, cluster, document=left, given_up=draft.failover.lost, anew=anew,
        policy=draft.wish.policy,
    )  # fmt: skip
    return with_pruned(plan, draft.pruned, cluster)


def _job(draft: _Draft, plan: Plan) -> Job:
    wish = draft.wish
    makers = (action for action in plan.actions if isinstance(action, Create | Replace))
    return Job(
        cluster=draft.keeping.cluster, manifests=draft.manifests, uids={each.key: wish.uids() for each in makers},
        wait=wish.wait, timeout_seconds=wish.timeout_seconds, revision=draft.keeping.next_revision,
    )  # fmt: skip


def _carried_out(
    draft: _Draft, plan: Plan, job: Job, troubles: tuple[Outcome, ...], say: Callable[[Progress], None]
) -> Done:
    """Remembers the plan, then carries it out. What changes nothing is not remembered."""
    keeping = draft.keeping
    objects = object_deeds(draft.manifests.raws, draft.standing)
    deeds = (*objects, *deeds_of(plan), *draft.pruned.deeds)
    after = _after(draft, plan, job)
    new_silence = bool(draft.wish.failover) and next_silences(after, job.cluster) != after.silences
    changes = plan.changes or draft.pruned.any or after != keeping.document
    if changes or new_silence or not keeping.recalled.settled:
        keeping.write(after, deeds)
    carried = carry_out(
        keeping, plan, job, deeds, say, standing=draft.standing, troubles=troubles, claims=draft.pruned.claims
    )
    return replace(
        draft.done, plan=plan, outcomes=carried.outcomes, codes=carried.codes, claims_removed=carried.claims,
        notes=(carried.note,) if carried.note else (),
    )  # fmt: skip


def _after(draft: _Draft, plan: Plan, job: Job) -> Document:
    wanted = after_plan(draft.standing, plan, job.cluster, objects=draft.manifests.raws, uids=job.uids)
    pruned = draft.pruned
    claims = [each.key for each in pruned.claims]
    return without(wanted, job.cluster, pods=pruned.pods, objects=pruned.objects, claims=claims)


def check_claims(manifests: Manifests, cluster: Cluster, document: Document) -> None:
    """A Pod's claim is in the files, or in the cluster already. Raises ManifestError that names every other."""
    given = {(each.metadata.namespace, each.metadata.name) for each in (*manifests.claims, *manifests.known_claims)}
    there = {(key.namespace, key.name) for key in document.claims} | {
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
    if problems:
        raise ManifestError(problems, hint="Add the PersistentVolumeClaim to the files of this apply.")
