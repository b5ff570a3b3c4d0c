"""Moves as Actions, and what `drain` and `rebalance` are going to do as one value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Plan, Replace
from podctl.core.removals import minion_of, removal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from podctl.core.model import ObservedPod, PodKey
    from podctl.core.moving.movers import Sight, Stay
    from podctl.core.moving.waves import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """`waves` go one after the other; no wave begins when something of the one before failed.

    `left` are moves that --max-moves leaves for another time. `losses` say what data or work is given up.
    """

    waves: tuple[Plan, ...] = ()
    left: tuple[tuple[PodKey, str, str], ...] = ()  # Pod, from, to
    stays: tuple[Stay, ...] = ()
    losses: tuple[str, ...] = ()
    drained: tuple[str, ...] = ()  # Minions that nothing stays on once this is done
    gains: tuple[str, ...] = field(default=())  # sentences: what a rebalance is good for
    minions_used: int = 0  # once all is done
    minions_used_before: int = 0

    @property
    def whole(self) -> Plan:
        """All Actions in their order, as one Plan."""
        return Plan(actions=tuple(action for wave in self.waves for action in wave.actions))

    @property
    def moves(self) -> tuple[Replace, ...]:
        return tuple(each for each in self.whole.actions if isinstance(each, Replace))

    @property
    def creates(self) -> tuple[Create, ...]:
        return tuple(each for each in self.whole.actions if isinstance(each, Create))


def wave_plan(wave: tuple[Move, ...], sight: Sight, reasons: Mapping[str, str], why: Callable[[Move], str]) -> Plan:
    """`reasons` say by uid why the new place was chosen, `why` says what a move is for."""
    return Plan(actions=tuple(_replace(each, sight, reasons[each.piece.name], why(each)) for each in wave))


def _replace(move: Move, sight: Sight, placement_reason: str, why: str) -> Replace:
    pod = sight.pods[move.piece.name]
    gone = removal(sight.cluster, pod, why)
    return Replace(
        pod=sight.manifests[pod.key], minion=move.target, reason=why, placement_reason=placement_reason,
        remove=replace(gone, volumes=(*gone.volumes, *claim_volumes(pod, move, sight))), move=True,
        overlap=move.overlap,
    )  # fmt: skip


def claim_volumes(pod: ObservedPod, move: Move, sight: Sight) -> tuple[str, ...]:
    """The volumes of its claims, which go with it: a claim lives on one Minion."""
    wanted = set(move.piece.stands.claims)
    volumes = minion_of(sight.cluster, pod.minion).volumes
    return tuple(each.name for each in volumes if each.claim and str(each.claim) in wanted)


def told(move: Move, sight: Sight) -> tuple[PodKey, str, str]:
    return sight.pods[move.piece.name].key, move.source, move.target
