"""The optimum of tiny instances by trying everything: what the solver itself is tested against."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from bench.placement.exact import minions_used
from podctl.core.placement.checker.check import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.placement.batch import Batch

Minions = tuple[str | None, ...]


def valid_answers(batch: Batch) -> Iterator[Minions]:
    """Every answer that the checker accepts, the one where all wait included."""
    names = [each.name for each in batch.candidates]
    alone = [
        [name for name in names if not check([demand], batch.candidates, [name], bound_claims=batch.bound_claims)]
        if not (demand.near or demand.spreads)
        else names
        for demand in batch.demands
    ]
    for minions in product(*([*some, None] for some in alone)):
        if not check(batch.demands, batch.candidates, minions, bound_claims=batch.bound_claims):
            yield minions


def best_answer(batch: Batch, value: Callable[[Minions], Any]) -> Minions:
    """The valid answer with the greatest value."""
    return max(valid_answers(batch), key=value)


def most_placed(batch: Batch) -> Callable[[Minions], Any]:
    """As many as possible, higher priorities first, then on the fewest Minions."""
    bands = sorted({each.priority for each in batch.demands}, reverse=True)

    def value(minions: Minions) -> Any:
        placed = [each.priority for each, name in zip(batch.demands, minions, strict=True) if name]
        return ([placed.count(band) for band in bands], -minions_used(batch, minions))

    return value


def first_placed(batch: Batch) -> Callable[[Minions], Any]:
    """Who comes first by priority and then in order is placed first, then on the fewest Minions."""
    order = sorted(range(len(batch.demands)), key=lambda at: -batch.demands[at].priority)

    def value(minions: Minions) -> Any:
        return ([minions[at] is not None for at in order], -minions_used(batch, minions))

    return value
