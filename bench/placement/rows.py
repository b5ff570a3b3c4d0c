"""What is measured, and what it has to come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from bench.placement.batch import batch_of
from bench.placement.greedy import PACKERS, hosts_used, most_allocated
from bench.placement.measure import packed, timed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.placement.batch import Figures
    from bench.placement.greedy import Answer
    from podctl.core.placement.model import Admit

OURS = "podctl"
COLUMNS = (*PACKERS, OURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """`first` seed: 0 is what the bars were set by. `quick`: fewer instances."""

    first: int = 0
    quick: bool = False

    def seeds(self, count: int) -> range:
        return range(self.first, self.first + (1 if self.quick else count))

    @property
    def slack(self) -> float:
        """Of the bars, as a share: on fresh seeds, and where few instances make one Minion weigh much."""
        return 0.003 if self.first or self.quick else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One class of instances. `found` has a value for each packer that was run, all in `unit`."""

    name: str
    unit: str  # "Minions", "batches placed whole", "% of Pods placed", "% over an ideal repack"
    reference: float
    reference_name: str
    found: dict[str, float]
    seconds: float = 0.0  # podctl, the median of a batch
    loop_seconds: float = 0.0  # the plain filter-and-score loop, likewise

    def over(self, packer: str) -> float:
        """Percent over the reference."""
        return 100 * (self.found[packer] / self.reference - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    bar: int
    what: str
    found: float
    limit: float
    is_met: bool


@dataclass(slots=True)
class Results:
    rows: list[Row] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def at_most(self, bar: int, what: str, found: float, limit: float) -> None:
        self.verdicts.append(Verdict(bar=bar, what=what, found=found, limit=limit, is_met=found <= limit + 1e-9))

    def at_least(self, bar: int, what: str, found: float, limit: float) -> None:
        self.verdicts.append(Verdict(bar=bar, what=what, found=found, limit=limit, is_met=found >= limit - 1e-9))


def minions_row(
    name: str, instances: Iterable[tuple[Figures, float]], *, reference_name: str = "bound", packers: Sequence[str] = ()
) -> Row:
    """Minions in use, summed over instances that each come with their reference."""
    found = dict.fromkeys((*(packers or PACKERS), OURS), 0.0)
    reference, seconds, loops = 0.0, [], []
    for figures, least in instances:
        reference += least
        outcome = packed(batch_of(figures))
        found[OURS] += outcome.minions_used
        seconds.append(outcome.seconds)
        for packer in packers or PACKERS:
            answer, spent = timed(lambda packer=packer, figures=figures: PACKERS[packer](figures))  # type: ignore[misc]
            found[packer] += hosts_used(figures, answer)
            if PACKERS[packer] is most_allocated:
                loops.append(spent)
    return Row(
        name=name,
        unit="Minions",
        reference=reference,
        reference_name=reference_name,
        found=found,
        seconds=median(seconds),
        loop_seconds=median(loops) if loops else 0.0,
    )


def counted_row(name: str, unit: str, instances: Sequence[Figures], reference: float, *, admit: Admit = "order") -> Row:
    """Batches placed whole, or the mean share of Pods placed in percent."""
    is_whole = unit == "batches placed whole"

    def value(waits: int, pods: int) -> float:
        return float(waits == 0) if is_whole else 100 * (1 - waits / pods) / len(instances)

    found = dict.fromkeys(COLUMNS, 0.0)
    seconds, loops = [], []
    for figures in instances:
        outcome = packed(batch_of(figures), admit)
        seconds.append(outcome.seconds)
        found[OURS] += value(outcome.waiting, len(figures.pods))
        for packer, pack in PACKERS.items():
            answer: Answer
            answer, spent = timed(lambda pack=pack, figures=figures: pack(figures))  # type: ignore[misc]
            found[packer] += value(answer.count(None), len(figures.pods))
            if pack is most_allocated:
                loops.append(spent)
    return Row(
        name=name,
        unit=unit,
        reference=reference,
        reference_name="feasible" if is_whole else "optimum",
        found=found,
        seconds=median(seconds),
        loop_seconds=median(loops),
    )
