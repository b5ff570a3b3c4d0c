"""What cordon, uncordon, drain and rebalance say: results on stdout in kubectl's words, troubles on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.moving.movers import Why
from podctl.core.outcome import Word
from podctl.errors import ExitCode
from podctl.report import outcomes
from podctl.report.answers import silence_text
from podctl.report.reasons import reason_lines
from podctl.report.removal import Loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podctl.core.model import Inventory, PodKey
    from podctl.core.moving.movers import Stay
    from podctl.core.moving.plans import MovePlan
    from podctl.engine.moving import Moved

_ROOM = "Make room, change what the reasons name, or add a Minion; then run it again."
_CODES = {Why.ENDED: ExitCode.DONE, Why.REFUSED: ExitCode.FAILED, Why.NOWHERE: ExitCode.UNPLACED}


def losses(plan: MovePlan) -> Loss:
    """What is given up, named before it is."""
    named = tuple(f"giving up: {each}" for each in plan.losses)
    return Loss(lines=named, question="Move them all the same, for ever without that?" if named else "")


def cordon_lines(done: Moved, names: Iterable[str], *, on: bool, dry_run: bool) -> list[str]:
    word = "cordoned" if on else "uncordoned"
    ending = outcomes.DRY_RUN if dry_run else ""
    return [
        f"minion/{name} {'already ' if (name in done.before.cordons) is on else ''}{word}{ending}"
        for name in dict.fromkeys(names)
    ]


def inventory_lines(inventory: Inventory, names: Iterable[str]) -> list[str]:
    """Of Minions that no uncordon makes schedulable."""
    fixed = [each.name for each in inventory.minions if each.name in set(names) and each.unschedulable]
    lines = [f"error: minion/{name} stays unschedulable: {inventory.source} says so" for name in fixed]
    return [*lines, "Hint: Take `unschedulable: true` out of it."] if lines else []


def move_lines(done: Moved, *, dry_run: bool) -> list[str]:
    """A line for each Pod that moved, or would."""
    if dry_run:
        return [f"{_moved(each.key, each.remove.minion, each.minion)}{outcomes.DRY_RUN}" for each in done.plan.moves]
    words = {(each.key, each.minion): each.word for each in done.outcomes}
    moved = [each for each in done.plan.moves if words.get((each.key, each.minion)) is Word.MOVED]
    return [_moved(each.key, each.remove.minion, each.minion) for each in moved]


def _moved(key: PodKey, source: str, target: str) -> str:
    return f"pod/{key.name} moved from {source} to {target}"


def drain_lines(done: Moved, names: Iterable[str], *, dry_run: bool) -> list[str]:
    emptied = _emptied(done, dry_run=dry_run)
    return [
        *cordon_lines(done, names, on=True, dry_run=dry_run),
        *move_lines(done, dry_run=dry_run),
        *(f"minion/{name} drained{outcomes.DRY_RUN if dry_run else ''}" for name in emptied),
    ]


def _emptied(done: Moved, *, dry_run: bool) -> list[str]:
    """Those of the Minions that answered which nothing is left on."""
    words = {(each.key, each.minion): each.word for each in done.outcomes}
    left = {
        each.remove.minion
        for each in done.plan.moves
        if not dry_run and words.get((each.key, each.minion)) is not Word.MOVED
    }
    silent = {each.minion.name for each in done.cluster.silent}
    return [name for name in done.plan.drained if name not in left | silent]


def trouble_lines(done: Moved, *, dry_run: bool) -> list[str]:
    """What stayed and why, what went wrong, who was silent."""
    lines = [line for each in done.plan.stays for line in _stay_lines(each)]
    if any(each.why is Why.NOWHERE for each in done.plan.stays):
        lines.append(f"Hint: {_ROOM}")
    lines += _left_lines(done.plan)
    lines += outcomes.trouble_lines(done.outcomes)
    lines += [] if dry_run else _not_begun(done)
    lines += outcomes.unremembered_lines(done.notes)
    return lines + silence_text(done.cluster).splitlines()


def _stay_lines(stay: Stay) -> Iterator[str]:
    head = f"pod/{stay.key.name} stays on {stay.pod.minion}"
    if stay.why is Why.NOWHERE:
        yield f"error: {head}: it fits on no other Minion"
        yield from (f"  {line}" for line in (stay.diagnosis, *reason_lines(stay.reasons)) if line)
    else:
        yield f"{'note' if stay.why is Why.ENDED else 'error'}: {head}: {stay.message}"


def _left_lines(plan: MovePlan) -> list[str]:
    lines = [f"error: pod/{key.name} is still to move from {source} to {target}" for key, source, target in plan.left]
    return [*lines, "Hint: --max-moves left these for another time: run it again."] if lines else []


def _not_begun(done: Moved) -> list[str]:
    told = {each.key for each in done.outcomes}
    return [
        f"error: pod/{each.key.name} stays on {each.remove.minion}: its turn did not come, as a move before it failed"
        for each in done.plan.moves
        if each.key not in told
    ]


def codes(done: Moved, *, dry_run: bool = False) -> list[ExitCode]:
    """All that the exit code is to tell. 0 means that nothing is left to move."""
    found = outcomes.codes(done.outcomes, (), done.cluster)
    found += [_CODES[each.why] for each in done.plan.stays]
    unfinished = done.plan.left or (not dry_run and _not_begun(done))
    return [*found, *done.codes, *([ExitCode.FAILED] if unfinished else [])]


def rebalance_lines(done: Moved, *, plan: bool) -> list[str]:
    """What moves and what that is good for; with `plan` what would."""
    if not plan:
        created = [each.key for each in done.outcomes if each.word is Word.CREATED]
        return [*move_lines(done, dry_run=False), *(f"pod/{key.name} created" for key in created if key)]
    lines = [
        f"pod/{each.key.name} moves from {each.remove.minion} to {each.minion}: {each.reason}"
        for each in done.plan.moves
    ]
    return lines + [f"pod/{each.key.name} is created on {each.minion}: {each.reason}" for each in done.plan.creates]


def gain_lines(done: Moved) -> list[str]:
    """For people: what a rebalance comes to."""
    moves, plan = len(done.plan.moves), done.plan
    if not (moves or plan.creates):
        return [*plan.gains, _nothing(plan)]
    used = f"{_minions(plan.minions_used_before)} in use become {plan.minions_used}"
    if plan.minions_used_before == plan.minions_used:
        used = f"{_minions(plan.minions_used)} in use"
    return [*plan.gains, f"{_counted(moves, 'move')}; {used}"]


def _nothing(plan: MovePlan) -> str:
    return f"nothing to move; {_minions(plan.minions_used)} in use"


def _minions(count: int) -> str:
    return _counted(count, "Minion")


def _counted(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else f'{word}s'}"
