"""What `simulate` prints: a table and what waits, or JSON. Both may be long, so both are one text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from podctl.errors import ExitCode
from podctl.report.reasons import alike, reason_lines, used_text
from podctl.report.text import NONE, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from podctl.core.simulation import Simulation, Told

_HEADINGS = ("POD", "MINION", "WHY")
_NOWHERE = "it fits on no Minion"
_MOST_NAMES = 4  # of Pods that wait for the same reasons


def codes(simulation: Simulation) -> list[ExitCode]:
    """All that the exit code is to tell. As for apply, what waited before and is in no file is no failure."""
    waits = [ExitCode.UNPLACED] if any(each.key not in simulation.retried for each in simulation.waiting) else []
    return [*waits, ExitCode.UNREACHABLE] if simulation.cluster.silent else waits


def simulation_json(simulation: Simulation) -> str:
    """One object, one line a placement."""
    placements = ",\n    ".join(json.dumps(_placement(each), ensure_ascii=False) for each in simulation.placements)
    inner = f"\n    {placements}\n  " if placements else ""
    return (
        f'{{\n  "placements": [{inner}],\n'
        f'  "minions_used": {simulation.minions_used},\n  "lower_bound": {simulation.lower_bound}\n}}\n'
    )


def _placement(told: Told) -> dict[str, object]:
    shown: dict[str, object] = {"pod": str(told.key), "minion": told.minion, "reasons": dict(told.reasons)}
    return shown if told.minion else {**shown, "diagnosis": told.diagnosis}


def simulation_text(simulation: Simulation) -> str:
    """A row a Pod; then who waits and why, those of one reason together; then how many Minions it takes."""
    lines = [*_rows(simulation.placements), *_waiting_lines(simulation.waiting), *_summary(simulation)]
    return "".join(f"{line}\n" for line in lines)


def _rows(placements: Sequence[Told]) -> Iterator[str]:
    """The columns of `get`; its tables take ten times as long, which is felt at 10,000 Pods."""
    if not placements:
        yield "No Pods to place."
        return
    rows = [_HEADINGS, *((str(each.key), each.minion or NONE, printable(_why(each))) for each in placements)]
    pods = max(len(pod) for pod, _, _ in rows)
    minions = max(len(minion) for _, minion, _ in rows)
    for pod, minion, why in rows:
        yield f"{pod:<{pods}}   {minion:<{minions}}   {why}"


def _why(told: Told) -> str:
    if told.minion:
        return told.reasons[told.minion]
    kind = told.diagnosis.partition(": ")[0]  # the figures are told below the table
    return f"waits: {kind or _NOWHERE}"


def _waiting_lines(waiting: Sequence[Told]) -> Iterator[str]:
    for members in alike(waiting):
        first = members[0]
        yield ""
        yield f"{_names(members)}:"
        yield from (f"  {printable(line)}" for line in (first.diagnosis or _NOWHERE, *reason_lines(first.reasons)))


def _names(members: Sequence[Told]) -> str:
    """`pod shop/web waits`, `pods shop/a and shop/b wait`, `pods shop/a, … and 7 more wait`."""
    names = [str(each.key) for each in members]
    if len(names) == 1:
        return f"pod {names[0]} waits"
    shown, left = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    if left <= 0:
        return f"pods {', '.join(shown[:-1])} and {shown[-1]} wait"
    return f"pods {', '.join(shown)} and {left} more wait"


def _summary(simulation: Simulation) -> Iterator[str]:
    yield ""
    if waiting := len(simulation.waiting):
        yield f"{waiting} of {len(simulation.placements)} Pods {'waits' if waiting == 1 else 'wait'}"
    yield used_text(simulation.minions_used, simulation.lower_bound, "used")
