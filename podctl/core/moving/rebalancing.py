"""Fewest moves that free Minions, or let waiting Pods in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Plan
from podctl.core.demand import demand_of
from podctl.core.moving.board import Piece
from podctl.core.moving.plans import MovePlan, wave_plan
from podctl.core.moving.search import Search
from podctl.core.moving.waves import in_waves
from podctl.core.placement.model import Packing, Placed
from podctl.core.placement.why.explain import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.document.model import Document
    from podctl.core.model import PodKey
    from podctl.core.moving.board import Board
    from podctl.core.moving.movers import Sight
    from podctl.core.moving.search import Gain
    from podctl.core.moving.waves import Move
    from podctl.core.placement import Policy

_EVEN = "the strategy is spread, so no Minion is freed; only waiting Pods are let in"


def plan_rebalance(sight: Sight, document: Document, policy: Policy, most: int) -> MovePlan:
    """At most `most` moves: first those that let waiting Pods in, then those that free Minions, as long as any does."""
    search = Search(sight.board, policy)
    gains: list[Gain] = []
    for piece in _waiting(sight, document):
        if gain := search.letting_in(piece, most - _moves(gains)):
            search.take(gain)
            gains.append(gain)
    while policy.strategy == "binpack" and (gain := search.freeing(most - _moves(gains))):
        search.take(gain)
        gains.append(gain)
    plans = _plans(gains, sight, search.board, policy)
    return MovePlan(
        waves=plans,
        gains=tuple(map(_sentence, gains)) or ((_EVEN,) if policy.strategy == "spread" else ()),
        minions_used_before=len(sight.board.used),
        minions_used=len(search.board.used),
    )


def _moves(gains: Sequence[Gain]) -> int:
    return sum(len(gain.waves.moves) for gain in gains)


def _waiting(sight: Sight, document: Document) -> list[Piece]:
    """What the Document names and no Minion has, by priority; nothing that, or whose claim, is on a silent Minion."""
    silent = {each.minion.name for each in sight.cluster.silent}
    there = {pod.key for pod in sight.pods.values()}
    found = []
    for key in sorted(sight.manifests):
        entry = document.pods.get(key)
        if key in there or entry is None or entry.minion in silent:
            continue
        demand = demand_of(sight.manifests[key].raw)
        if not any(document.claims.get(claim) in silent for claim in _claim_keys(sight, key)):
            found.append(Piece(name=f"waiting {key}", stands=demand, wants=demand, movable=False))
    return sorted(found, key=lambda each: -each.wants.priority)


def _claim_keys(sight: Sight, key: PodKey) -> list[PodKey]:
    return [replace(key, name=name) for name in sight.manifests[key].claims]


def _sentence(gain: Gain) -> str:
    if gain.lets_in:
        return f"pod {gain.lets_in.wants.key} gets a place on {gain.minion}"
    return f"{gain.frees} becomes free"


def _plans(gains: Sequence[Gain], sight: Sight, end: Board, policy: Policy) -> tuple[Plan, ...]:
    """In as few waves as possible; those who waited come last."""
    purpose = {move.piece.name: _purpose(gain) for gain in gains for move in gain.waves.moves}
    waves = [wave for gain in gains for wave in gain.waves.waves]
    moves = [replace(move, overlap=False) for wave in waves for move in wave]
    together = in_waves(sight.board, moves, len(moves))
    if not together.forced and not together.left and len(together.waves) < len(waves):
        waves = list(together.waves)
    reasons = _reasons(moves, [gain for gain in gains if gain.lets_in], end, policy)
    plans = [wave_plan(wave, sight, reasons, lambda move: purpose[move.piece.name]) for wave in waves]
    creates = tuple(
        Create(
            pod=sight.manifests[gain.lets_in.wants.key], minion=gain.minion, reason="it waited for room",
            placement_reason=reasons[gain.lets_in.name],
        )
        for gain in gains if gain.lets_in
    )  # fmt: skip
    return (*plans, Plan(actions=creates)) if creates else tuple(plans)


def _purpose(gain: Gain) -> str:
    return f"it makes room for pod {gain.lets_in.wants.key}" if gain.lets_in else f"it leaves {gain.frees} free"


def _reasons(moves: Sequence[Move], new: Sequence[Gain], end: Board, policy: Policy) -> dict[str, str]:
    """By name: why each is where it is in the end."""
    pieces = [*(move.piece for move in moves), *(gain.lets_in for gain in new if gain.lets_in)]
    minions = (*(move.target for move in moves), *(gain.minion for gain in new))
    packing = Packing(minions=minions, minions_used=0, lower_bound=0)
    placed = explain(
        [each.wants for each in pieces], end.without(pieces).candidates(), packing, bound_claims={}, policy=policy
    )
    return {
        piece.name: answer.reason for piece, answer in zip(pieces, placed, strict=True) if isinstance(answer, Placed)
    }
