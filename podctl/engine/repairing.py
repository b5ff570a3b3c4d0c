"""Health with --repair from end to end: a checkup, and where there is something to do, all that heals.

Then, in this order: lock, look again, plan, remember, act, and look how it is. Nothing that was seen before the locks
is acted upon: another podctl may have been at work.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Plan, Replace
from podctl.core.document.acts import deeds_of
from podctl.core.document.changes import after_plan
from podctl.core.document.failover import Failover, FailoverWish, fail_over
from podctl.core.document.model import Caller, Deed
from podctl.core.document.silences import next_silences
from podctl.core.health.findings import findings
from podctl.core.health.limits import MOST_REPAIRS, Unhealed, dared
from podctl.core.health.repairs import Case, Repairs, plan_repairs, to_heal
from podctl.core.health.scope import labels_in
from podctl.engine.carrying import carry_out
from podctl.engine.checkup import check_up, checked
from podctl.engine.execute import check_inputs
from podctl.engine.keeping import Keeping
from podctl.engine.work import Job
from podctl.errors import ExitCode, InputError, LockedError, PodctlError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from podctl.core.document.model import Document
    from podctl.core.health.model import Checkup
    from podctl.core.health.scope import Scope
    from podctl.core.manifest import Manifests
    from podctl.core.model import PodKey
    from podctl.core.outcome import Outcome, Progress
    from podctl.core.placement import Policy
    from podctl.engine.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairWish:
    """What the user asked for. `most` acts in this run."""

    scope: Scope
    caller: Caller
    uids: Callable[[], str]
    policy: Policy
    dry_run: bool = False
    most: int = MOST_REPAIRS
    failover: FailoverWish | None = None
    lock_timeout_seconds: float = 30
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """`checkup` is how it is in the end. `refused`: why nothing could be done, though something is to be."""

    checkup: Checkup
    repairs: Repairs = field(default_factory=Repairs)
    outcomes: tuple[Outcome, ...] = ()
    codes: tuple[ExitCode, ...] = ()
    notes: tuple[str, ...] = ()  # why the end could not be remembered
    doubt: str = ""  # why nothing may be repaired
    refused: PodctlError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    repairs: Repairs
    standing: Document
    job: Job
    silences: bool = False  # who is silent since when is another than is remembered, and --failover goes by it

    @property
    def needed(self) -> bool:
        return self.repairs.any or self.silences


def run(session: Session, wish: RepairWish, say: Callable[[Progress], None]) -> Repaired:
    """Where there is nothing to repair: no lock, and nothing written."""
    checkup = check_up(session, wish.scope)
    if why := _in_doubt(checkup):
        return Repaired(checkup=checkup, doubt=why)
    draft = _draft(checkup, wish, revision=0)
    if wish.dry_run or draft is None or not draft.needed:
        return Repaired(checkup=checkup, repairs=draft.repairs if draft else Repairs())
    try:
        keeping = Keeping.open(session, wish.caller, lock_timeout_seconds=wish.lock_timeout_seconds)
    except (LockedError, UnreachableError) as error:
        return Repaired(checkup=checkup, repairs=draft.repairs, refused=error, codes=(error.exit_code,))
    return _repaired(keeping, checkup, wish, say)


def _in_doubt(checkup: Checkup) -> str:
    doubt = checkup.remembered.doubt
    nothing = not checkup.remembered.recalled.found and not checkup.remembered.cluster.pods
    return "" if nothing else doubt


def _draft(checkup: Checkup, wish: RepairWish, *, revision: int) -> _Draft | None:
    """None where the cluster remembers nothing that could be repaired."""
    remembered = checkup.remembered
    standing, cluster = remembered.standing, remembered.cluster
    if standing is None:
        return None
    found = findings(checkup)
    failover = _failover(checkup, standing, wish)
    keys = to_heal(found, failover)
    manifests, broken = _manifests(standing, keys)
    case = Case(
        findings=found, cluster=cluster, document=standing, manifests=manifests.pods if manifests else (),
        broken=broken, failover=failover, most=wish.most, policy=wish.policy,
    )  # fmt: skip
    repairs = plan_repairs(case)
    makers = (action for action in repairs.plan.actions if isinstance(action, Create | Replace))
    job = Job(
        cluster=cluster, manifests=manifests, uids={each.key: wish.uids() for each in makers},
        timeout_seconds=wish.timeout_seconds, revision=revision,
    )  # fmt: skip
    new_silences = wish.failover is not None and next_silences(standing, cluster) != standing.silences
    return _Draft(repairs=_renderable(repairs, job), standing=standing, job=job, silences=new_silences)


def _failover(checkup: Checkup, standing: Document, wish: RepairWish) -> Failover:
    """Of the Pods that the checkup is about."""
    if wish.failover is None:
        return Failover()
    every = fail_over(standing, checkup.remembered.cluster, wish.failover)
    every = every if wish.failover.force else dared(every, standing)

    def meant(key: PodKey) -> bool:
        entry = standing.pods.get(key)
        return entry is not None and wish.scope.has(key, labels_in(entry.manifest), entry.minion)

    return Failover(
        lost={key: why for key, why in every.lost.items() if meant(key)},
        kept={key: why for key, why in every.kept.items() if meant(key)},
    )


def _manifests(standing: Document, keys: tuple[PodKey, ...]) -> tuple[Manifests | None, Mapping[PodKey, str]]:
    """Of these Pods; None where there are none, and pydantic is not imported."""
    if not keys:
        return None, {}
    from podctl.core.manifest import Manifests  # noqa: PLC0415 - only where something is to be made
    from podctl.core.remembered import completed  # noqa: PLC0415 - as above

    return completed(standing, keys, Manifests())


def _renderable(repairs: Repairs, job: Job) -> Repairs:
    """One Pod that cannot be made any more holds up no other."""
    good, bad = [], []
    for action in repairs.plan.actions:
        try:
            check_inputs(Plan(actions=(action,)), job)
            good.append(action)
        except InputError as error:
            bad.append(Unhealed(key=action.key, minion=action.minion, why=f"it cannot be made: {error.message}"))
    return replace(repairs, plan=Plan(actions=tuple(good)), unhealed=(*repairs.unhealed, *bad))


def _repaired(keeping: Keeping, before: Checkup, wish: RepairWish, say: Callable[[Progress], None]) -> Repaired:
    """With the locks: all is looked at once more."""
    session = keeping.session
    checkup = checked(session, before, keeping.cluster)
    draft = _draft(checkup, wish, revision=keeping.next_revision)
    if draft is None or not draft.needed:
        return Repaired(checkup=checkup, repairs=draft.repairs if draft else Repairs(), codes=_held(session))
    plan = draft.repairs.plan
    deeds = (*deeds_of(plan), *_copies_deed(draft.repairs, keeping))
    wanted = after_plan(draft.standing, plan, keeping.cluster, objects={}, uids=draft.job.uids)
    try:
        keeping.write(wanted, deeds)
    except UnreachableError as error:
        return Repaired(checkup=checkup, repairs=draft.repairs, refused=error, codes=(error.exit_code,))
    carried = carry_out(keeping, plan, draft.job, deeds, say, standing=draft.standing)
    codes = (*carried.codes, *_held(session))
    session.release()
    after = checkup if ExitCode.INTERRUPTED in codes else check_up(session, wish.scope)
    return Repaired(
        checkup=after, repairs=draft.repairs, outcomes=tuple(carried.outcomes), codes=codes,
        notes=(carried.note,) if carried.note else (),
    )  # fmt: skip


def _copies_deed(repairs: Repairs, keeping: Keeping) -> tuple[Deed, ...]:
    if not repairs.copies:
        return ()
    name = keeping.cluster.name
    return (Deed(reason="Rewritten", object=f"cluster/{name}", message="copies of the Document were missing"),)


def _held(session: Session) -> tuple[ExitCode, ...]:
    """Minions that another podctl had were left out."""
    return (ExitCode.LOCKED,) if session.held else ()
