"""Bars 5, 6, 7 and 10: nothing waits that need not."""

from __future__ import annotations

from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

from bench.placement.batch import batch_of
from bench.placement.cases import ADVERSARIAL, ALL_FIT, PRIORITY
from bench.placement.families import PLANTED, constrained_roomy, constrained_scarce, feasible, scarce, uneven
from bench.placement.greedyrows import constrained_most_allocated
from bench.placement.measure import packed, timed
from bench.placement.references import placed_by_priority
from bench.placement.rows import OURS, Effort, Results, Row, counted_row

if TYPE_CHECKING:
    from bench.placement.batch import Batch
    from bench.placement.constrained import Rows
    from bench.placement.references import Reference, References

_LOOP = "kube most"
_WHOLE = "batches placed whole"


def feasible_batches(effort: Effort, results: Results) -> None:
    step = 5 if effort.quick else 1
    families = {
        "PL95": list(feasible(effort.first, 0.95)),
        "PL97": list(feasible(effort.first, 0.97)),
        "GZ80": list(uneven(effort.first)),
    }
    rows = []
    for name, instances in families.items():
        some = instances[::step]
        rows.append(counted_row(f"{name} ({len(PLANTED)} variants)", _WHOLE, some, float(len(some))))
    results.rows += rows
    whole, all_ = (sum(value) for value in zip(*((row.found[OURS], row.reference) for row in rows), strict=True))
    results.at_least(5, "feasible batches placed whole, of all", whole / all_, 138 / 140 - effort.slack)
    for row in (rows[0], rows[2]):
        results.at_least(5, f"{row.name}: batches placed whole, of all", row.found[OURS] / row.reference, 1.0)


def scarce_batches(effort: Effort, results: Results, references: References) -> None:
    instances = list(islice(scarce(effort.first), 0, None, 3 if effort.quick else 1))
    known = [(figures, references.of(key, batch_of(figures))) for key, figures in instances]
    judged = [(figures, each) for figures, each in known if each]
    if not judged:
        return
    best = sum(100 * (1 - each.waiting / len(figures.pods)) for figures, each in judged) / len(judged)
    figures_only = [figures for figures, _ in judged]
    row = counted_row("TIGHT 100-130 %", "% of Pods placed", figures_only, best, admit="count")
    results.rows.append(row)
    results.at_least(6, "TIGHT: % of Pods placed", row.found[OURS], best - 0.31 - 100 * effort.slack)


def constrained_batches(effort: Effort, results: Results, references: References) -> None:
    """Bar 7. Roomy ones are judged by Minions, those that cannot all fit by the Pods placed."""
    step = 3 if effort.quick else 1
    both = [*constrained_roomy(effort.first), *constrained_scarce(effort.first)][::step]
    proven = [(rows, batch, known) for key, rows, batch in both if (known := references.of(key, batch))]
    roomy = [each for each in proven if each[2].waiting == 0]
    short = [each for each in proven if each[2].waiting > 0]
    if roomy:
        row = _constrained_row("KX, all fit", "Minions", roomy)
        results.rows.append(row)
        results.at_most(7, "KX: Minions over the optimum", row.found[OURS] / row.reference, 1.02 + effort.slack)
    if short:
        row = _constrained_row("KX, not all fit", "Pods placed", short)
        results.rows.append(row)
        limit = 1566 / 1570 - effort.slack
        results.at_least(7, "KX: Pods placed, of the most possible", row.found[OURS] / row.reference, limit)
        results.at_least(7, "KX: batches with as many of the first priority as possible", *_first_bands(short))


def _constrained_row(name: str, unit: str, instances: list[tuple[Rows, Batch, Reference]]) -> Row:
    found = {_LOOP: 0.0, OURS: 0.0}
    reference, seconds, loops = 0, [], []
    for rows, batch, known in instances:
        outcome = packed(batch, "count")
        answer, spent = timed(lambda rows=rows: constrained_most_allocated(rows))  # type: ignore[misc]
        busy = {each.name for each in batch.candidates if each.used}
        if unit == "Minions":
            reference += known.minions_used
            found[OURS] += outcome.minions_used + 1000 * outcome.waiting
            found[_LOOP] += len(busy | set(answer) - {None})
        else:
            reference += sum(known.placed)
            found[OURS] += len(batch.demands) - outcome.waiting
            found[_LOOP] += len(batch.demands) - answer.count(None)
        seconds.append(outcome.seconds)
        loops.append(spent)
    return Row(
        name=name,
        unit=unit,
        reference=reference,
        reference_name="optimum",
        found=found,
        seconds=median(seconds),
        loop_seconds=median(loops),
    )


def _first_bands(instances: list[tuple[Rows, Batch, Reference]]) -> tuple[float, float]:
    exact = sum(
        placed_by_priority(batch, packed(batch, "count").packing.minions)[0] == known.placed[0]
        for _, batch, known in instances
    )
    return float(exact), float(len(instances))


def hard_cases(_: Effort, results: Results) -> None:
    waiting = {batch.name: packed(batch).waiting for batch in ALL_FIT}
    row = counted_row("ADV-1..6", _WHOLE, ADVERSARIAL, float(len(ADVERSARIAL)))
    results.rows.append(row)
    for name in (name for name, waits in waiting.items() if waits):
        results.at_most(10, f"{name}: Pods that wait", waiting[name], 0)
    results.at_least(10, "hard cases placed whole", list(waiting.values()).count(0), len(waiting))
    minions = packed(PRIORITY).packing.minions
    results.at_least(10, "S6: the higher priority runs, the lower waits", float(minions == (None, "m1")), 1)
