"""Delete from end to end: lock, look, choose, ask, remember, execute; claims last, when no Pod holds them any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.deletion import check_unused
from podctl.core.document.acts import deeds_done, deeds_of, result_of
from podctl.core.document.changes import without
from podctl.core.document.model import Deed
from podctl.core.removals import plan_removal
from podctl.engine.execute import Execution
from podctl.engine.keeping import Keeping
from podctl.engine.volumes import ClaimsRemoved, remove_claims
from podctl.engine.work import Job
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.deletion import Doomed
    from podctl.core.document.model import Caller, Document
    from podctl.core.model import Cluster
    from podctl.core.outcome import Outcome, Progress
    from podctl.engine.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What the user asked delete for. `choose` picks from what is seen and remembered; `allow` raises for a no."""

    choose: Callable[[Cluster, Document], Doomed]
    allow: Callable[[Doomed], None]
    caller: Caller
    grace_seconds: int | None
    lock_timeout_seconds: float
    without_quorum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    cluster: Cluster
    document: Document  # as it was before
    doomed: Doomed
    outcomes: list[Outcome] = field(default_factory=list)
    claims: ClaimsRemoved = field(default_factory=ClaimsRemoved)
    codes: tuple[ExitCode, ...] = ()
    notes: tuple[str, ...] = ()


def run(session: Session, wish: Deletion, say: Callable[[Progress], None]) -> Deleted:
    """What is no longer remembered goes at once where its Minion answers, and elsewhere when it does again."""
    keeping = Keeping.open(
        session, wish.caller, lock_timeout_seconds=wish.lock_timeout_seconds, without_quorum=wish.without_quorum
    )
    cluster, before = keeping.cluster, keeping.document
    standing = keeping.standing
    doomed = wish.choose(cluster, standing)
    check_unused(doomed, cluster, standing)
    wish.allow(doomed)
    after = without(standing, cluster, pods=doomed.keys, objects=doomed.objects, claims=doomed.claim_keys)
    plan = plan_removal(doomed.pods, cluster, after)
    deeds = (*deeds_of(plan), *_forgotten(doomed))
    if plan.changes or after != before or not keeping.recalled.settled:
        keeping.write(after, deeds)
    job = Job(cluster=cluster, manifests=None, grace_seconds=wish.grace_seconds)
    execution = Execution(plan, session, job, say)
    claims = ClaimsRemoved()
    try:
        execution.run()
        claims = remove_claims(session, doomed.claims)
        codes = tuple(claims.codes)
    except KeyboardInterrupt:
        codes = (ExitCode.INTERRUPTED,)
    lost = keeping.close(deeds_done(deeds, execution.outcomes), result_of(execution.outcomes, codes))
    return Deleted(
        cluster=cluster, document=before, doomed=doomed, outcomes=execution.outcomes, claims=claims, codes=codes,
        notes=(lost,) if lost else (),
    )  # fmt: skip


def _forgotten(doomed: Doomed) -> tuple[Deed, ...]:
    """What goes and is no Pod in sight."""
    seen = {pod.key for pod in doomed.pods}
    pods = [(f"pod/{key.name}", key.namespace) for key in doomed.keys if key not in seen]
    objects = [(str(key), key.namespace) for key in doomed.objects]
    return tuple(Deed(reason="Deleted", object=name, namespace=namespace) for name, namespace in (*pods, *objects))
