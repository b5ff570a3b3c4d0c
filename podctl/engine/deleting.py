"""Delete from end to end: lock, observe, choose, ask, execute; claims go last, when no Pod holds them any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.deletion import check_unused
from podctl.core.plan import plan_removal
from podctl.engine.docker import change
from podctl.engine.execute import Execution
from podctl.engine.session import side_by_side
from podctl.engine.work import Job
from podctl.errors import ExitCode, PodctlError
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.claims import ObservedClaim
    from podctl.core.deletion import Doomed
    from podctl.core.model import Cluster
    from podctl.core.outcome import Outcome, Progress
    from podctl.engine.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    cluster: Cluster
    doomed: Doomed
    outcomes: list[Outcome] = field(default_factory=list)
    removed_volumes: frozenset[str] = frozenset()  # of claims
    claim_problems: dict[str, str] = field(default_factory=dict)  # by volume: why it could not be removed
    codes: tuple[ExitCode, ...] = ()


def run(
    session: Session,
    choose: Callable[[Cluster], Doomed],
    allow: Callable[[Doomed], None],
    say: Callable[[Progress], None],
    *,
    grace_seconds: int | None,
    lock_timeout_seconds: float,
) -> Deleted:
    """`choose` picks from what was seen; `allow` raises when the user does not want it. Leftovers go in passing."""
    session.lock(lock_timeout_seconds)
    cluster = session.look()
    doomed = choose(cluster)
    check_unused(doomed, cluster)
    allow(doomed)
    job = Job(cluster=cluster, manifests=None, uids=str, grace_seconds=grace_seconds)
    execution = Execution(plan_removal(doomed.pods, cluster), session, job, say)
    problems: dict[str, str] = {}
    removed: set[str] = set()
    codes: set[ExitCode] = set()
    try:
        execution.run()
        codes = _remove_claims(session, doomed, problems, removed)
    except KeyboardInterrupt:
        codes = {ExitCode.INTERRUPTED}
    return Deleted(
        cluster=cluster, doomed=doomed, outcomes=execution.outcomes, removed_volumes=frozenset(removed),
        claim_problems=problems, codes=tuple(codes),
    )  # fmt: skip


def _remove_claims(session: Session, doomed: Doomed, problems: dict[str, str], removed: set[str]) -> set[ExitCode]:
    """Puts volumes into `removed`, or into `problems` with why they are still there. The exit codes that follow."""
    codes: set[ExitCode] = set()

    def remove(minion: str) -> None:
        mine: list[ObservedClaim] = [each for each in doomed.claims if each.minion == minion]
        docker = session.minion(minion).docker
        steps = [
            Step(title=f"remove volume {each.volume}", script=change.remove_volumes(docker, [each.volume]))
            for each in mine
        ]
        for claim, result in zip(mine, session.conversation(minion).run(steps), strict=True):
            if result.ok:
                removed.add(claim.volume)
            else:
                problems[claim.volume] = result.error_text
                codes.add(ExitCode.FAILED)

    for minion, answer in side_by_side(remove, {each.minion for each in doomed.claims}).items():
        if isinstance(answer, PodctlError):
            problems |= {each.volume: answer.message for each in doomed.claims if each.minion == minion}
            codes.add(answer.exit_code)
    return codes
