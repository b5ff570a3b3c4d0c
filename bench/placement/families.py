"""The instances of each bar, for the seeds from `first` on: 0 is what the bars were set by, 100 is fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.placement.batch import Batch, Figures, batch_of
from bench.placement.constrained import Rows, batch_of_rows, constrained
from bench.placement.kubelike import kubelike, tight
from bench.placement.planted import gabay, planted

if TYPE_CHECKING:
    from collections.abc import Iterator

TIGHT = ((10, 1.0), (10, 1.1), (10, 1.3), (40, 1.0), (40, 1.05), (40, 1.2))
PLANTED = (
    (False, 0.0, 2, 6),
    (False, 0.7, 2, 6),
    (True, 0.7, 2, 6),
    (False, 0.0, 8, 16),
    (True, 0.0, 8, 16),
    (True, 0.0, 2, 6),
)
PLANTED_HOSTS = 20
_ROOMY = ((50, 14), (100, 20), (200, 40), (400, 80))
_SCARCE = ((50, 5), (100, 8), (200, 16))
_VARIANTS = ((False, 0.0), (True, 0.0), (False, 0.5), (True, 0.5))


def loaded(first: int) -> Iterator[tuple[str, Figures]]:
    for seed in range(first, first + 5):
        yield f"KM-hom-load50 500/80 {seed}", kubelike(500, 80, seed, load=0.5)
        yield f"KC-het-load50 500/80 {seed}", kubelike(500, 80, seed, mixed=True, jitter=True, load=0.5)


def scarce(first: int) -> Iterator[tuple[str, Figures]]:
    for hosts, demand in TIGHT:
        for seed in range(first, first + 3):
            yield f"TIGHT{int(demand * 100)} {hosts} {seed}", tight(hosts, demand, seed)


def feasible(first: int, fill: float) -> Iterator[Figures]:
    for mixed, load, least, most in PLANTED:
        for seed in range(first, first + 10):
            yield planted(PLANTED_HOSTS, seed, least=least, most=most, fill=fill, mixed=mixed, load=load)


def uneven(first: int) -> Iterator[Figures]:
    for hosts in (10, 30):
        for seed in range(first, first + 10):
            yield gabay(hosts, seed)


def constrained_roomy(first: int) -> Iterator[tuple[str, Rows, Batch]]:
    yield from _constrained(first, 2, _ROOMY)


def constrained_scarce(first: int) -> Iterator[tuple[str, Rows, Batch]]:
    yield from _constrained(first, 1, _SCARCE)


def _constrained(first: int, seeds: int, sizes: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, Rows, Batch]]:
    for pods, hosts in sizes:
        for mixed, load in _VARIANTS:
            for seed in range(first, first + seeds):
                rows = constrained(pods, hosts, seed, mixed=mixed, load=load)
                name = f"KX{'-het' if mixed else '-hom'}{'-load50' if load else ''} {pods}/{hosts} {seed}"
                yield name, rows, batch_of_rows(name, rows)


def with_reference(first: int) -> Iterator[tuple[str, Batch]]:
    """All that are measured against the solver."""
    for name, figures in (*loaded(first), *scarce(first)):
        yield name, batch_of(figures)
    for name, _, batch in (*constrained_roomy(first), *constrained_scarce(first)):
        yield name, batch
