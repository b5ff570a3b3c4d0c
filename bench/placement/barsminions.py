"""Bars 1 to 4: as few Minions as can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.placement.batch import batch_of
from bench.placement.bounds import literature_bound, volume_bound
from bench.placement.families import loaded
from bench.placement.kubelike import kubelike
from bench.placement.literature import CLASSES, literature
from bench.placement.measure import packed
from bench.placement.rows import OURS, Effort, Results, minions_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.placement.batch import Figures
    from bench.placement.references import References

_LOADED_OPTIMUM = {"KM-hom-load50 500/80": 233, "KC-het-load50 500/80": 212}  # seeds 0 to 4, by the study's solver
_FAST = ("first fit", "FFD", "dot product", "kube most")


def literature_classes(effort: Effort, results: Results) -> None:
    for pods, limit in ((51, 1.004), (102, 1.010)):
        if pods == 51 and effort.first:
            continue  # no bounds are proven for fresh seeds, and for 102 Pods those of three
        seeds = effort.seeds(3 if effort.first else 5)
        rows = [minions_row(f"C{number} n={pods}", _literature(number, pods, seeds)) for number in CLASSES]
        results.rows += rows
        found, bound = sum(row.found[OURS] for row in rows), sum(row.reference for row in rows)
        results.at_most(1, f"C1-C10 n={pods}: Minions over the proven bound", found / bound, limit + effort.slack)


def _literature(number: int, pods: int, seeds: range) -> Iterator[tuple[Figures, float]]:
    for seed in seeds:
        figures = literature(number, pods, seed)
        yield figures, literature_bound(number, pods, seed, figures)


def kubelike_classes(effort: Effort, results: Results) -> None:
    """Bar 2, and bar 4: Minions of three sizes, of which the large ones suffice."""
    for name, jitter in (("KM-hom", False), ("KC-hom", True)):
        row = minions_row(
            f"{name} 500/80", (_bounded(kubelike(500, 80, seed, jitter=jitter)) for seed in effort.seeds(5))
        )
        results.rows.append(row)
        results.at_most(2, f"{row.name}: Minions over the bound", row.found[OURS] / row.reference, 1 + effort.slack)
    for name, jitter, mixed, load, bar, limit in (
        ("KM-hom", False, False, 0.0, 2, 1.003),
        ("KC-hom", True, False, 0.0, 2, 1.003),
        ("KM-het", False, True, 0.0, 4, 1.0),
        ("KC-hom-load50", True, False, 0.5, 0, 0.0),
        ("KC-het-load50", True, True, 0.5, 0, 0.0),
    ):
        instances = (
            _bounded(kubelike(10_000, 1000, seed, jitter=jitter, mixed=mixed, load=load)) for seed in effort.seeds(3)
        )
        row = minions_row(f"{name} 10k/1k", instances, packers=_FAST)
        results.rows.append(row)
        if bar:
            results.at_most(
                bar, f"{row.name}: Minions over the bound", row.found[OURS] / row.reference, limit + effort.slack
            )


def _bounded(figures: Figures) -> tuple[Figures, float]:
    return figures, volume_bound(figures)


def loaded_classes(effort: Effort, results: Results, references: References) -> None:
    """Bar 3. Instances without a proven optimum are not judged, unless the study knows the optimum of them all."""
    found = optimum = 0.0
    for name, known_sum in _LOADED_OPTIMUM.items():
        instances = [(key, each) for key, each in loaded(effort.first) if key.startswith(name)]
        instances = instances[: len(effort.seeds(5))]
        proven = [references.of(key, batch_of(figures)) for key, figures in instances]
        pairs = [
            (figures, each.minions_used if each else volume_bound(figures))
            for (_, figures), each in zip(instances, proven, strict=True)
        ]
        row = minions_row(name, pairs, reference_name="optimum" if all(proven) else "optimum or bound")
        if effort.first == 0 and not effort.quick:
            row = replace(row, reference=known_sum, reference_name="optimum")
            found, optimum = found + row.found[OURS], optimum + row.reference
        else:
            judged = [figures for (figures, _), each in zip(pairs, proven, strict=True) if each]
            found += sum(packed(batch_of(figures)).minions_used for figures in judged)
            optimum += sum(each.minions_used for each in proven if each)
        results.rows.append(row)
    if optimum:
        results.at_most(3, "loaded 500/80: Minions over the optimum", found / optimum, 448 / 445 + effort.slack)
