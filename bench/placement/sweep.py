"""Many random small batches of five kinds, each against the solver."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bench.placement.batch import Batch, Figures, batch_of
from bench.placement.constrained import batch_of_rows, constrained
from bench.placement.draws import Draws
from bench.placement.exact import InfeasibleError, Optimum, UndecidedError, fewest_minions
from bench.placement.kubelike import kubelike
from bench.placement.measure import packed
from bench.placement.planted import gabay, planted

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("abstract", "kube", "constrained", "planted", "uneven")


@dataclass(slots=True)
class Tally:
    batches: int = 0
    proven: int = 0
    infeasible: int = 0
    undecided: int = 0
    exact: int = 0  # of the proven: as few Minions as possible
    minions: int = 0
    optimum: int = 0
    bounds_wrong: list[str] = field(default_factory=list)  # the names of those whose bound is above the optimum
    left_waiting: list[str] = field(default_factory=list)  # the names of those that could be placed whole


def sweep(count: int, first: int = 1000, seconds: float = 6.0) -> Tally:
    tally = Tally()
    for batch in small_batches(count, first):
        tally.batches += 1
        outcome = packed(batch)
        try:
            best = fewest_minions(batch, seconds)
        except InfeasibleError:
            tally.infeasible += 1
            continue
        except UndecidedError:
            tally.undecided += 1
            continue
        _count(tally, batch, best, outcome.packing.lower_bound, outcome.minions_used, waits=outcome.waiting)
    return tally


def _count(tally: Tally, batch: Batch, best: Optimum, bound: int, used: int, *, waits: int) -> None:
    tally.proven += 1
    if waits:
        tally.left_waiting.append(batch.name)
        return
    tally.minions += used
    tally.optimum += best.minions_used
    tally.exact += used == best.minions_used
    if bound > best.minions_used:
        tally.bounds_wrong.append(batch.name)


def small_batches(count: int, first: int) -> Iterator[Batch]:
    """At most 40 Pods each, the five kinds in turn."""
    for seed in range(first, first + count):
        draws = Draws(170000009 + seed)
        kind = KINDS[seed % len(KINDS)]
        batch = {
            "abstract": _abstract, "kube": _kube, "constrained": _constrained, "planted": _planted, "uneven": _uneven,
        }[kind](draws, seed)  # fmt: skip
        yield replace(batch, name=f"{kind} {seed}")


def _abstract(draws: Draws, _: int) -> Batch:
    pods = draws.whole(5, 40)
    largest = draws.whole(30, 100)
    sizes = tuple((draws.whole(5, largest), draws.whole(5, largest)) for _ in range(pods))
    return batch_of(Figures(name="", hosts=((100, 100),) * draws.whole(4, pods + 2), pods=sizes))


def _kube(draws: Draws, seed: int) -> Batch:
    pods, hosts = draws.whole(10, 40), draws.whole(4, 10)
    mixed, jitter, load = draws.share() < 0.5, draws.share() < 0.5, 0.5 if draws.share() < 0.5 else 0.0
    return batch_of(kubelike(pods, hosts, seed, mixed=mixed, jitter=jitter, load=load))


def _constrained(draws: Draws, seed: int) -> Batch:
    pods = draws.whole(10, 40)
    rows = constrained(pods, draws.whole(4, 14), seed, mixed=draws.share() < 0.5, load=0.4)
    return batch_of_rows("", rows)


def _planted(draws: Draws, seed: int) -> Batch:
    fill = draws.pick(((1, 0.8), (1, 0.9), (1, 0.95)))
    return batch_of(planted(draws.whole(3, 7), seed, fill=fill, mixed=draws.share() < 0.5, load=0.3))


def _uneven(draws: Draws, seed: int) -> Batch:
    return batch_of(gabay(draws.whole(2, 6), seed))
