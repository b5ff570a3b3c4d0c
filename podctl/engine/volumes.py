"""Takes the volumes of claims away, when no Pod holds them any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.engine.docker import change
from podctl.engine.session import side_by_side
from podctl.errors import ExitCode, PodctlError
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.claims import ObservedClaim
    from podctl.engine.session import Session


@dataclass(slots=True, kw_only=True)
class ClaimsRemoved:
    """`removed` are volumes; `problems` say by volume why it is still there; `codes` are what follows from them."""

    removed: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    codes: set[ExitCode] = field(default_factory=set)


def remove_claims(session: Session, claims: Sequence[ObservedClaim]) -> ClaimsRemoved:
    """All Minions at once."""
    done = ClaimsRemoved()

    def remove(minion: str) -> None:
        mine = [each for each in claims if each.minion == minion]
        docker = session.minion(minion).docker
        steps = [
            Step(title=f"remove volume {each.volume}", script=change.remove_volumes(docker, [each.volume]))
            for each in mine
        ]
        for claim, result in zip(mine, session.conversation(minion).run(steps), strict=True):
            if result.ok:
                done.removed.add(claim.volume)
            else:
                done.problems[claim.volume] = result.error_text
                done.codes.add(ExitCode.FAILED)

    for minion, answer in side_by_side(remove, {each.minion for each in claims}).items():
        if isinstance(answer, PodctlError):
            done.problems |= {each.volume: answer.message for each in claims if each.minion == minion}
            done.codes.add(answer.exit_code)
    return done
