"""What `health --repair` says of what it did: a line an act with its reason, and a line for what it leaves as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.actions import Create, Keep, Remove, Replace, Restart, Start
from podctl.core.outcome import Word
from podctl.report.outcomes import DRY_RUN, trouble_lines, unremembered_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from podctl.core.actions import Action
    from podctl.core.health.limits import Unhealed
    from podctl.engine.repairing import Repaired
    from podctl.errors import PodctlError

_DONE: Mapping[type, str] = {
    Keep: "kept", Start: "started", Restart: "restarted", Create: "created", Replace: "recreated", Remove: "removed",
}  # fmt: skip
_NOT_DONE = (Word.FAILED, Word.UNKNOWN)


def act_lines(done: Repaired, *, dry_run: bool) -> list[str]:
    """What was done, or would be."""
    failed = {(each.key, each.minion) for each in done.outcomes if each.word in _NOT_DONE}
    ending = DRY_RUN if dry_run else ""
    lines = [
        f"{_act(action)}{ending}" for action in done.repairs.plan.actions if (action.key, action.minion) not in failed
    ]
    if done.repairs.copies and not done.refused:
        lines.append(f"wrote the Document to its keepers anew: copies of it were missing{ending}")
    return lines if dry_run or not done.refused else []


def _act(action: Action) -> str:
    what = f"pod {action.key}" if action.key else "volumes"
    if isinstance(action, Replace) and action.remove.minion != action.minion:
        return f"moved {what} from {action.remove.minion} to {action.minion}: {action.reason}"
    why = "its successor was never made, so it counts again" if isinstance(action, Keep) else action.reason
    return f"{_DONE[type(action)]} {what} on {action.minion}: {why}"


def left_lines(done: Repaired) -> list[str]:
    """For stderr: what went wrong, and what was not dared."""
    lines = trouble_lines(done.outcomes)
    for each in done.repairs.unhealed:
        lines += _unhealed(each)
    lines += unremembered_lines(done.notes)
    if done.doubt:
        lines.append(f"error: nothing is repaired: {done.doubt}")
    return lines + list(_refused(done.refused))


def _unhealed(each: Unhealed) -> Iterator[str]:
    what = f"pod {each.key}" if each.key else "volumes"
    on = f" on {each.minion}" if each.minion else ""
    yield f"not repaired: {what}{on}: {each.why}"
    if each.hint:
        yield f"Hint: {each.hint}"


def _refused(error: PodctlError | None) -> Iterator[str]:
    if error is None:
        return
    yield f"error: nothing is repaired: {error.message}"
    yield from (f"  {line}" for line in error.evidence.splitlines())
    if error.hint:
        yield f"Hint: {error.hint}"
