"""One answer of podctl's packer, timed and held against the checker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from podctl.core.placement import Policy
from podctl.core.placement.checker.check import check
from podctl.core.placement.pack import pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.placement.batch import Batch
    from podctl.core.placement.model import Admit, Packing

T = TypeVar("T")


class InvalidError(Exception):
    """The packer's answer breaks a hard rule, or says something of itself that is not so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    packing: Packing
    seconds: float

    @property
    def minions_used(self) -> int:
        return self.packing.minions_used

    @property
    def waiting(self) -> int:
        return self.packing.minions.count(None)


def packed(batch: Batch, admit: Admit = "order") -> Outcome:
    policy = Policy(admit=admit)
    packing, seconds = timed(
        lambda: pack(batch.demands, batch.candidates, bound_claims=batch.bound_claims, policy=policy)
    )
    broken = check(batch.demands, batch.candidates, packing.minions, bound_claims=batch.bound_claims)
    if broken:
        raise InvalidError(f"{batch.name}: {'; '.join(broken[:3])}")
    used = {each.name for each in batch.candidates if each.used} | {name for name in packing.minions if name}
    if packing.minions_used != len(used) or packing.lower_bound > len(used):
        raise InvalidError(
            f"{batch.name}: {packing.minions_used} used and {packing.lower_bound} at least, not {len(used)}"
        )
    return Outcome(packing=packing, seconds=seconds)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start
