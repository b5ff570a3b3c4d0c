"""Bars 8, 9, 11 and 12: time, sameness, many random batches, a cluster's life."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from bench.placement.batch import Batch, batch_of
from bench.placement.churn import SETTINGS, lived
from bench.placement.constrained import batch_of_rows, constrained
from bench.placement.draws import Draws
from bench.placement.greedy import most_allocated
from bench.placement.greedyrows import constrained_most_allocated
from bench.placement.kubelike import kubelike
from bench.placement.measure import packed, timed
from bench.placement.planted import planted
from bench.placement.rows import OURS, Effort, Results, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SWEEP, _QUICK_SWEEP = 200, 30


def speed(effort: Effort, results: Results) -> None:
    """Bar 8: against the plain loop in the same process, both as the median of five."""
    turns = 1 if effort.quick else 5
    seed = effort.first
    for name, jitter, mixed, load, limit in (
        ("KM-hom", False, False, 0.0, 0.15),
        ("KM-het", False, True, 0.0, 0.15),
        ("KC-hom", True, False, 0.0, 1.0),
        ("KC-hom-load50", True, False, 0.5, 1.0),
        ("KC-het-load50", True, True, 0.5, 1.0),
    ):
        figures = kubelike(10_000, 1000, seed, jitter=jitter, mixed=mixed, load=load)
        batch = batch_of(figures)
        ratio = _ratio(batch, lambda figures=figures: most_allocated(figures), turns)  # type: ignore[misc]
        results.at_most(8, f"{name} 10k/1k: time of the plain loop", ratio, limit)
    for name, mixed, load in (("KX-hom", False, 0.0), ("KX-het-load50", True, 0.5)):
        rows = constrained(10_000, 1000, seed, mixed=mixed, load=load)
        batch = batch_of_rows(name, rows)
        ratio = _ratio(batch, lambda rows=rows: constrained_most_allocated(rows), turns)  # type: ignore[misc]
        results.at_most(8, f"{name} 10k/1k: time of the plain loop with constraints", ratio, 1.0)


def _ratio(batch: Batch, loop: Callable[[], object], turns: int) -> float:
    ours = median(packed(batch).seconds for _ in range(turns))
    return ours / median(timed(loop)[1] for _ in range(turns))


def sameness(effort: Effort, results: Results) -> None:
    """Bar 9: one digest of all answers, under three hash seeds and for shuffled Minions and Pods."""
    digests = {_digest_under(str(seed), effort.first) for seed in (0, 1, 42)}
    results.at_most(9, "different answers under three hash seeds", len(digests), 1)
    differ = sum(_answers(batch) != _answers(shuffled) for batch, shuffled in shuffled_pairs(effort.first))
    results.at_most(9, "batches whose answer hangs on the order of the input", differ, 0)


def _digest_under(hash_seed: str, first: int) -> str:
    command = [sys.executable, "-m", "bench.placement.barslong", str(first)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=True, capture_output=True, text=True
    )
    return done.stdout


def shuffled_pairs(first: int) -> Iterator[tuple[Batch, Batch]]:
    """Batches that fit whole, and the same in another order."""
    draws = Draws(first + 1)
    for batch in _some_batches(first):
        demands, candidates = list(batch.demands), list(batch.candidates)
        draws.shuffle(demands)
        draws.shuffle(candidates)
        yield batch, Batch(name=batch.name, demands=tuple(demands), candidates=tuple(candidates))


def _some_batches(first: int) -> Iterator[Batch]:
    for seed in range(first, first + 2):
        yield batch_of(kubelike(500, 80, seed))
        yield batch_of(kubelike(300, 80, seed, mixed=True, jitter=True, load=0.5))
        yield batch_of(planted(20, seed, fill=0.97, least=8, most=16))
        yield batch_of_rows("KX", constrained(200, 60, seed))


def _answers(batch: Batch) -> dict[str, str | None]:
    minions = packed(batch).packing.minions
    return {
        str(each.key): name
        for each, name in sorted(zip(batch.demands, minions, strict=True), key=lambda it: it[0].key.name)
    }


def sweeps(effort: Effort, results: Results) -> None:
    """Bar 11."""
    from bench.placement.sweep import sweep  # noqa: PLC0415 - ortools takes half a second to import

    tally = sweep(_QUICK_SWEEP if effort.quick else _SWEEP, 1000 + effort.first, 2.0 if effort.quick else 6.0)
    results.at_most(11, "sweep: bounds above the optimum", len(tally.bounds_wrong), 0)
    results.at_most(11, "sweep: feasible batches with a Pod that waits", len(tally.left_waiting), 0)
    share = tally.exact / max(1, tally.proven)
    results.at_least(11, f"sweep: as few Minions as possible, of {tally.proven} proven", share, 0.98 - effort.slack)
    results.rows.append(
        Row(
            name=f"sweep, {tally.proven} of {tally.batches} proven",
            unit="Minions",
            reference=tally.optimum,
            reference_name="optimum",
            found={OURS: tally.minions},
        )
    )


def lives(effort: Effort, results: Results) -> None:
    """Bar 12: the mean of four lives; of one life a setting, only what all settings come to is judged."""
    seeds = effort.seeds(4)
    limits = []
    for setting in SETTINGS:
        found = {
            packer: sum(lived(setting, seed, packer) for seed in seeds) / len(seeds)
            for packer in ("first fit", "kube most", "nomad", OURS)
        }
        name = f"churn, {setting.name}"
        results.rows.append(
            Row(name=name, unit="% over an ideal repack", reference=0, reference_name="ideal", found=found)
        )
        limits.append(min(found["first fit"], found["kube most"]) + 100 * effort.slack)
        if not effort.quick:
            results.at_most(12, f"{name}: % over an ideal repack", found[OURS], limits[-1])
    if effort.quick:
        total = sum(row.found[OURS] for row in results.rows[-len(limits) :])
        results.at_most(12, "churn, all settings: % over an ideal repack", total, sum(limits))


if __name__ == "__main__":
    every = [sorted(_answers(batch).items()) for batch in _some_batches(int(sys.argv[1]))]
    print(hashlib.sha256(repr(every).encode()).hexdigest())
