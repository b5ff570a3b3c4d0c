"""Cordon, drain and rebalance from end to end: lock, look, plan, ask, remember, move wave by wave, remember the result.

A wave begins when the one before has ended without a failure; what is not begun then stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Plan, Replace
from podctl.core.document.acts import deeds_done, deeds_of, result_of
from podctl.core.document.changes import after_plan
from podctl.core.document.cordons import with_cordons
from podctl.core.document.model import Deed, Document
from podctl.core.manifest import Manifests
from podctl.core.moving.draining import DrainWish, plan_drain
from podctl.core.moving.ended import corrected, seen_after
from podctl.core.moving.movers import sight
from podctl.core.moving.plans import MovePlan
from podctl.core.moving.rebalancing import plan_rebalance
from podctl.core.placement import Policy
from podctl.core.remembered import completed
from podctl.core.removals import tidying
from podctl.engine.execute import Execution, check_inputs
from podctl.engine.keeping import Keeping
from podctl.engine.meanwhile import NOTHING
from podctl.engine.work import Job
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from podctl.core.document.model import Caller
    from podctl.core.model import Cluster, PodKey
    from podctl.core.moving.movers import Sight
    from podctl.core.outcome import Outcome, Progress
    from podctl.engine.session import Session

_DEFAULT = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every command that moves something."""

    caller: Caller
    uids: Callable[[], str]
    lock_timeout_seconds: float = 60
    without_quorum: bool = False
    dry_run: bool = False
    timeout_seconds: float = 600
    policy: Policy = _DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """`cluster` and `before` are as they were seen."""

    cluster: Cluster
    before: Document
    plan: MovePlan = field(default_factory=MovePlan)
    outcomes: tuple[Outcome, ...] = ()
    codes: tuple[ExitCode, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    keeping: Keeping
    terms: Terms
    standing: Document
    manifests: Manifests | None = None


def cordon(
    session: Session, terms: Terms, names: tuple[str, ...], say: Callable[[Progress], None], *, on: bool
) -> Moved:
    """Remembers that these Minions take no new Pods, or (not `on`) that they do."""
    draft = _open(session, terms)
    before = draft.standing
    cordons = before.cordons | set(names) if on else before.cordons - set(names)
    changed = sorted(cordons ^ before.cordons)
    deeds = tuple(_cordoned(name, on=on) for name in changed)
    return _carried_out(draft, replace(before, cordons=cordons), MovePlan(), deeds, say)


def _cordoned(name: str, *, on: bool) -> Deed:
    return Deed(reason="Cordoned" if on else "Uncordoned", object=f"minion/{name}")


def drain(
    session: Session,
    terms: Terms,
    wish: DrainWish,
    allow: Callable[[MovePlan], None],
    say: Callable[[Progress], None],
) -> Moved:
    """Cordons these Minions and moves their Pods away. `allow` raises when the user does not want what is lost."""
    draft = _open(session, terms)
    cordons = draft.standing.cordons | set(wish.names)
    wanted = replace(draft.standing, cordons=cordons)
    cluster = with_cordons(draft.keeping.cluster, wanted)
    keys = [pod.key for each in cluster.minions if each.minion.name in wish.names for pod in each.pods]
    seen, draft = _sight(draft, cluster, keys)
    plan = plan_drain(seen, wish, terms.policy)
    allow(plan)
    deeds = tuple(_cordoned(name, on=True) for name in sorted(cordons - draft.standing.cordons))
    return _carried_out(draft, wanted, plan, deeds, say)


def rebalance(session: Session, terms: Terms, most: int, say: Callable[[Progress], None]) -> Moved:
    """At most `most` moves that free Minions, or let in what waits."""
    draft = _open(session, terms)
    seen, draft = _sight(draft, draft.keeping.cluster, sorted(draft.standing.pods))
    plan = plan_rebalance(seen, draft.standing, terms.policy, most)
    return _carried_out(draft, draft.standing, plan, (), say)


def _open(session: Session, terms: Terms) -> _Draft:
    if terms.dry_run:
        keeping = Keeping.look(session, terms.caller)
    else:
        keeping = Keeping.open(
            session, terms.caller, lock_timeout_seconds=terms.lock_timeout_seconds, without_quorum=terms.without_quorum
        )
    return _Draft(keeping=keeping, terms=terms, standing=keeping.standing)


def _sight(draft: _Draft, cluster: Cluster, keys: list[PodKey]) -> tuple[Sight, _Draft]:
    """The Pods of these keys can move: as the cluster wants them, with the ConfigMaps and Secrets of now."""
    manifests, broken = completed(draft.standing, keys, Manifests())
    return sight(cluster, draft.standing, manifests.pods, broken), replace(draft, manifests=manifests)


def _carried_out(
    draft: _Draft, wanted: Document, plan: MovePlan, deeds: tuple[Deed, ...], say: Callable[[Progress], None]
) -> Moved:
    """Remembers all that is meant to be done, does it, and remembers what came of it."""
    keeping, before = draft.keeping, draft.keeping.document
    done = Moved(cluster=keeping.cluster, before=before, plan=plan)
    job = _job(draft, plan)
    tidy = Plan(actions=tidying(keeping.cluster, draft.standing))
    for each in plan.waves:
        check_inputs(each, job)
    if draft.terms.dry_run:
        return done
    whole = replace(plan.whole, actions=(*tidy.actions, *plan.whole.actions))
    after = after_plan(wanted, whole, keeping.cluster, objects={}, uids=job.uids)
    deeds = (*deeds, *deeds_of(whole))
    if whole.actions or after != before or not keeping.recalled.settled:
        keeping.write(after, deeds)
    outcomes, codes = _waves(draft, (tidy, *plan.waves), job, say)
    keeping.cluster = seen_after(keeping.cluster, plan, outcomes)
    ended = corrected(keeping.document, draft.standing, keeping.cluster, plan.whole.actions, outcomes)
    lost = keeping.close(deeds_done(deeds, outcomes), result_of(outcomes, codes), ended)
    return replace(done, outcomes=tuple(outcomes), codes=codes, notes=(lost,) if lost else ())


def _job(draft: _Draft, plan: MovePlan) -> Job:
    makers = (action for action in plan.whole.actions if isinstance(action, Create | Replace))
    uids: Mapping[PodKey, str] = {each.key: draft.terms.uids() for each in makers}
    return Job(
        cluster=draft.keeping.cluster, manifests=draft.manifests, uids=uids,
        timeout_seconds=draft.terms.timeout_seconds, revision=draft.keeping.next_revision,
    )  # fmt: skip


def _waves(
    draft: _Draft, plans: tuple[Plan, ...], job: Job, say: Callable[[Progress], None]
) -> tuple[list[Outcome], tuple[ExitCode, ...]]:
    """All outcomes until the first wave in which something failed."""
    outcomes: list[Outcome] = []
    for plan in plans:
        aside = draft.keeping.meanwhile if plan is not plans[0] else NOTHING  # moves wait; tidying does not
        execution = Execution(plan, draft.keeping.session, job, say, aside)
        try:
            execution.run()
        except KeyboardInterrupt:
            return [*outcomes, *execution.outcomes], (ExitCode.INTERRUPTED,)
        outcomes += execution.outcomes
        if any(each.code is not ExitCode.DONE for each in execution.outcomes):
            break
    return outcomes, ()
