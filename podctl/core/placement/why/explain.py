"""Why each Pod is where it is, or waits: told from the final state, not from the path to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.claims import claim_homes, settled
from podctl.core.placement.model import Placed, Placement, Waiting
from podctl.core.placement.why.because import Because
from podctl.core.placement.why.diagnosis import Diagnosis
from podctl.core.placement.why.landscape import kind_of
from podctl.core.placement.why.scene import Scene, looks_at_others

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand, Packing, Policy


def explain(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    packing: Packing,
    *,
    bound_claims: Mapping[str, str],
    policy: Policy,
) -> tuple[Placement, ...]:
    """A Placed or a Waiting for each demand, with reasons that hold once the whole batch is placed."""
    ordered = sorted(candidates, key=lambda each: each.name)
    homes = claim_homes(ordered, bound_claims)
    placed = [(demand, minion) for demand, minion in zip(demands, packing.minions, strict=True) if minion]
    looks = looks_at_others(demands, ordered)
    after = Scene.of(ordered, settled(homes, placed), placed, with_landscape=looks)
    because = Because(after, homes, placed, policy)
    answers = zip(demands, packing.minions, strict=True)
    if len(placed) == len(demands):
        return tuple(_placed(demand, minion, because) for demand, minion in answers if minion)
    waiting = _Waits(after, Diagnosis(after, ordered, homes), looks_at_labels=looks)
    return tuple(_placed(demand, minion, because) if minion else waiting.of(demand) for demand, minion in answers)


def _placed(demand: Demand, minion: str, because: Because) -> Placed:
    return Placed(key=demand.key, minion=minion, reason=because.line(demand, minion))


class _Waits:
    """Told once for all Pods that ask the same."""

    def __init__(self, after: Scene, diagnosis: Diagnosis, *, looks_at_labels: bool) -> None:
        self._after = after
        self._diagnosis = diagnosis
        self._looks = looks_at_labels
        self._known: dict[Hashable, tuple[Mapping[str, str], str]] = {}

    def of(self, demand: Demand) -> Waiting:
        asked = self._after.ask_of(demand), kind_of(demand) if self._looks else None
        if asked not in self._known:
            self._known[asked] = self._diagnosis.reasons(demand), self._diagnosis.sentence(demand)
        reasons, diagnosis = self._known[asked]
        return Waiting(key=demand.key, reasons=reasons, diagnosis=diagnosis)
