"""Where the Pods of Minions go that are to be empty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.claims import claims_on
from podctl.core.moving.movers import Allowed, Stay, Why, data_of, why_it_stays
from podctl.core.moving.plans import MovePlan, told, wave_plan
from podctl.core.moving.waves import Move, Waves, in_waves
from podctl.core.parts import map_of
from podctl.core.placement import Placed, place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from podctl.core.model import ObservedPod
    from podctl.core.moving.board import Board, Piece
    from podctl.core.moving.movers import Sight
    from podctl.core.placement import Placement, Policy, Waiting

_DRAINED = "is being drained"
_NOTHING = Allowed()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainWish:
    """`most`: moves at once; None: all."""

    names: tuple[str, ...]  # in the order in which they are to be empty
    allowed: Allowed = _NOTHING
    most: int | None = None


def plan_drain(sight: Sight, wish: DrainWish, policy: Policy) -> MovePlan:
    """All moves in one placement, those of the first Minion first; what stays has its reason, and stays as it is."""
    stays: list[Stay] = []
    leaving: list[Piece] = []
    for name in dict.fromkeys(wish.names):
        for piece in sight.board.on(name):
            if stay := why_it_stays(sight.pods[piece.name], sight, wish.allowed):
                stays.append(stay)
            else:
                leaving.append(piece)
    board = _given_up(sight.board, wish.names, leaving)
    most = len(leaving) if wish.most is None else wish.most
    done = drain(board, wish.names, leaving, policy, most)
    stays += [
        Stay(pod=sight.pods[piece.name], why=Why.NOWHERE, reasons=answer.reasons, diagnosis=answer.diagnosis)
        for piece, answer in done.stuck
    ]
    going = [sight.pods[each.piece.name] for each in done.waves.moves]
    staying = {each.pod.minion for each in stays if each.why is not Why.ENDED} | {
        each.source for each in done.waves.left
    }
    return MovePlan(
        waves=tuple(
            wave_plan(wave, sight, done.reasons, lambda move: f"{move.source} is drained") for wave in done.waves.waves
        ),
        left=tuple(told(each, sight) for each in done.waves.left),
        stays=tuple(stays),
        losses=tuple(loss for pod in going for loss in _losses(pod, sight)),
        drained=tuple(name for name in dict.fromkeys(wish.names) if name not in staying),
    )


def _given_up(board: Board, names: Collection[str], leaving: Sequence[Piece]) -> Board:
    """A claim binds nobody to a Minion any more when its Pod goes without its data."""
    claims = {claim for piece in leaving for claim in piece.stands.claims}
    bare = (replace(each, claims=each.claims - claims) if each.name in names else each for each in board.bare)
    return replace(board, bare=tuple(bare))


def _losses(pod: ObservedPod, sight: Sight) -> Iterator[str]:
    spec = map_of(pod.manifest, "spec")
    volumes = {
        each.key.name: each for each in claims_on(sight.minion_of(pod)) if each.key.namespace == pod.key.namespace
    }
    for each in data_of(spec):
        kind, _, name = each.partition(" ")
        if kind == "claim" and name in volumes:
            seen = volumes[name]
            yield f"pod {pod.key} loses volume {seen.volume} ({seen.size or 'unknown size'}) on {pod.minion}"
        else:
            yield f"pod {pod.key} leaves the data of {each} behind on {pod.minion}"
    if (spec.get("restartPolicy") or "Always") != "Always":
        yield f"pod {pod.key} begins its work anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """`stuck` are those that fit nowhere else, each with why; `reasons` are those of the placements, by name."""

    waves: Waves
    stuck: tuple[tuple[Piece, Waiting], ...] = ()
    reasons: Mapping[str, str]


def drain(board: Board, names: Collection[str], leaving: Sequence[Piece], policy: Policy, most: int) -> Drained:
    """`leaving` go, in one placement, to Minions that are not in `names`; whatever else stands stays where it is."""
    closed = frozenset(names)
    going, stuck = list(leaving), []
    while True:
        answers = _placed(board, closed, going, policy)
        newly = [(piece, answer) for piece, answer in answers if not isinstance(answer, Placed)]
        if not newly:
            break
        # One that stays holds its place, its ports and its distances: the others are placed once more around it.
        stuck += [(piece, _named(answer, closed)) for piece, answer in newly]
        lost = {piece.name for piece, _ in newly}
        going = [piece for piece in going if piece.name not in lost]
    placed = [(piece, answer) for piece, answer in answers if isinstance(answer, Placed)]
    moves = [Move(piece=piece, source=board.where(piece), target=answer.minion) for piece, answer in placed]
    return Drained(
        waves=in_waves(board, moves, most),
        stuck=tuple(stuck),
        reasons={piece.name: answer.reason for piece, answer in placed},
    )


def _placed(
    board: Board, closed: frozenset[str], going: Sequence[Piece], policy: Policy
) -> list[tuple[Piece, Placement]]:
    pool = board.without(going).candidates(closed)
    arrangement = place([each.wants for each in going], pool, policy=policy)
    return list(zip(going, arrangement.placements, strict=True))


def _named(answer: Waiting, closed: Collection[str]) -> Waiting:
    """With the true reason for the Minions that are closed."""
    return replace(answer, reasons={name: _DRAINED if name in closed else why for name, why in answer.reasons.items()})
