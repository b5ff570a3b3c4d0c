"""What `apply` says: what became of the objects of its files, and of what the cluster remembered besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.actions import Create, Remove
from podctl.core.removals import STALE
from podctl.errors import ExitCode
from podctl.report import outcomes
from podctl.report.answers import silence_text
from podctl.report.removal import claim_trouble_lines, later_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.engine.applying import Done


def out_lines(done: Done, *, dry_run: bool) -> list[str]:
    """For stdout: one line an object, in kubectl's words."""
    words = outcomes.planned_words(done.plan) if dry_run else outcomes.done_words(done.outcomes)
    ending = outcomes.DRY_RUN if dry_run else ""
    lines = outcomes.result_lines(done.manifests, words, done.document, ending=ending)
    lines += [f"pod/{key.name} pruned{ending}" for key in done.pruned.pods]
    return lines + [f"{key} pruned{ending}" for key in done.pruned.objects]


def error_lines(done: Done, *, dry_run: bool) -> list[str]:
    """For stderr: the plan, where it is only one; then what went wrong, what waits, and who was silent."""
    own = [each for each in done.plan.held if each.key not in done.retried]
    lines = [f"warning: as it is now, apply would change nothing: {done.doubt}"] if done.doubt else []
    lines += outcomes.plan_lines(done.plan) if dry_run else list(_stopped_lines(done))
    lines += outcomes.trouble_lines(done.outcomes)
    lines += claim_trouble_lines(done.claims_removed.problems)
    lines += outcomes.held_lines(own, done.failover.kept)
    lines += _remembered_lines(done)
    if dry_run or own:
        lines += outcomes.used_lines(done.plan)
    return lines + silence_text(done.cluster).splitlines()


def _stopped_lines(done: Done) -> Iterator[str]:
    """Copies that had come back, or were left, and count no more."""
    for action in done.plan.actions:
        if isinstance(action, Remove) and action.reason.startswith(STALE) and action.key:
            yield f"note: stopped the copy of pod/{action.key.name} on {action.minion}: {action.reason}"


def _remembered_lines(done: Done) -> Iterator[str]:
    """What the files do not name and is not forgotten all the same."""
    for held in done.plan.held:
        if held.key in done.retried:
            why = held.diagnosis or "it fits on no Minion"
            yield f"note: pod/{held.key.name} of an earlier apply still waits: {why}"
    for key, why in done.broken.items():
        yield f"note: pod/{key.name} of an earlier apply cannot be made: {why}"
    makers = {action.key: action.minion for action in done.plan.actions if isinstance(action, Create)}
    for key, why in done.failover.lost.items():
        if key in makers:
            yield f"note: pod/{key.name} is made anew on {makers[key]}: {why}"
    for key, why in done.failover.kept.items():
        yield f"note: pod/{key.name} is not failed over: {why}"
    yield from later_lines(done.pruned.pods, done.document, done.cluster)
    yield from outcomes.unremembered_lines(done.notes)


def codes(done: Done) -> list[ExitCode]:
    """All that the exit code is to tell. What the files do not name and still waits is no failure of this apply."""
    own = [each for each in done.plan.held if each.key not in done.retried]
    doubtful = [ExitCode.UNREACHABLE] if done.doubt else []
    return [*outcomes.codes(done.outcomes, own, done.cluster), *done.codes, *doubtful]
