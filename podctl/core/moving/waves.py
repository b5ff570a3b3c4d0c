"""In which order moves can go. The moves of one wave go side by side, and a wave begins when the one before has ended.

At each moment every rule holds for whoever comes: while the Pods that overlap stand twice, and after each wave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.placement.checker.check import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.moving.board import Board, Piece


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Move:
    """`overlap`: the Pod is ready there before it goes here."""

    piece: Piece
    source: str
    target: str
    overlap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """`left` are those that `most` did not let go. `forced`: some Pods can only change places all at once."""

    waves: tuple[tuple[Move, ...], ...] = ()
    left: tuple[Move, ...] = ()
    forced: bool = False

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(move for wave in self.waves for move in wave)


def in_waves(board: Board, moves: Sequence[Move], most: int) -> Waves:
    """At most `most` of the moves. They are valid when all of them are done; on the way they need not be."""
    waves: list[tuple[Move, ...]] = []
    left = list(moves)
    room, forced = most, False
    while left and room > 0:
        wave = _next_wave(board, left, room)
        if not wave and len(left) <= room:
            wave, forced = tuple(replace(each, overlap=False) for each in left), True
        if not wave:
            break
        waves.append(wave)
        room -= len(wave)
        gone = {each.piece.name for each in wave}
        left = [each for each in left if each.piece.name not in gone]
        board = after(board, wave)
    return Waves(waves=tuple(waves), left=tuple(left), forced=forced)


def after(board: Board, moves: Sequence[Move]) -> Board:
    return board.put([(replace(each.piece, stands=each.piece.wants), each.target) for each in moves])


def _next_wave(board: Board, left: Sequence[Move], room: int) -> tuple[Move, ...]:
    """As many as can go at once; all of them where possible."""
    if len(left) <= room:
        whole = tuple(replace(each, overlap=each.piece.overlaps) for each in left)
        if is_valid(board, whole):
            return whole
    wave: tuple[Move, ...] = ()
    for each in left:
        if len(wave) == room:
            break
        for overlap in (True, False) if each.piece.overlaps else (False,):
            longer = (*wave, replace(each, overlap=overlap))
            if is_valid(board, longer):
                wave = longer
                break
    return wave


def is_valid(board: Board, wave: Sequence[Move]) -> bool:
    """Whether all of them can be there, with those that overlap still where they were.

    Nobody comes to where another has to stop first, as that might fail.
    """
    stopped = [each for each in wave if not each.overlap]
    if {each.source for each in stopped} & {each.target for each in wave}:
        return False
    standing = board.without([each.piece for each in stopped])
    return not check([each.piece.wants for each in wave], standing.candidates(), [each.target for each in wave])
