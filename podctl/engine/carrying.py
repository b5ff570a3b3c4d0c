"""Carries a Plan out that the cluster remembers already, and remembers how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.actions import Keep, Start
from podctl.core.document.acts import deeds_done, result_of
from podctl.core.document.model import DONE
from podctl.core.moving.ended import corrected
from podctl.core.outcome import Word
from podctl.engine.execute import Execution
from podctl.engine.volumes import ClaimsRemoved, remove_claims
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from podctl.core.actions import Plan
    from podctl.core.claims import ObservedClaim
    from podctl.core.document.model import Deed, Document
    from podctl.core.outcome import Outcome, Progress
    from podctl.engine.keeping import Keeping
    from podctl.engine.work import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """`codes`: what none of the outcomes tells. `note`: why the end could not be remembered; "" when it was."""

    outcomes: list[Outcome]
    codes: tuple[ExitCode, ...]
    claims: ClaimsRemoved
    note: str


def carry_out(
    keeping: Keeping,
    plan: Plan,
    job: Job,
    deeds: Sequence[Deed],
    say: Callable[[Progress], None],
    *,
    standing: Document,
    troubles: Sequence[Outcome] = (),
    claims: Sequence[ObservedClaim] = (),
) -> Carried:
    """`standing` is what counted before, `troubles` what went wrong already; `claims` go last, with their data."""
    execution = Execution(_within_reach(plan, troubles), keeping.session, job, say, keeping.meanwhile)
    codes: tuple[ExitCode, ...] = ()
    removed = ClaimsRemoved()
    try:
        execution.run()
        removed = remove_claims(keeping.session, claims)
        codes = tuple(removed.codes)
    except KeyboardInterrupt:
        codes = (ExitCode.INTERRUPTED,)
    outcomes = [*troubles, *execution.outcomes]
    result = result_of(outcomes, codes)
    # What was to move and stayed is where it was; were it not said, it would be taken for a stale copy.
    wanted = None if result == DONE else corrected(keeping.document, standing, job.cluster, plan.actions, outcomes)
    note = keeping.close(deeds_done(deeds, outcomes), result, wanted)
    return Carried(outcomes=outcomes, codes=codes, claims=removed, note=note)


def _within_reach(plan: Plan, troubles: Iterable[Outcome]) -> Plan:
    """`plan` without the kept Pods that are told of as UNKNOWN already, as their Minion broke off."""
    lost = {each.minion for each in troubles if each.word is Word.UNKNOWN}
    actions = (each for each in plan.actions if not (isinstance(each, Keep | Start) and each.minion in lost))
    return replace(plan, actions=tuple(actions))
