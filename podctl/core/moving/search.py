"""The fewest moves that free a Minion, or let a waiting Pod in: a small search that tries the fewest first.

What it tries: all Pods of one Minion leave it, at most one other moves out of their way; or a few Pods of one Minion
make room for the one that waits. What it answers is checked as a whole, and in the order in which it is done.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import TYPE_CHECKING

from podctl.core.moving.waves import Move, Waves, after, in_waves
from podctl.core.placement.checker.check import check
from podctl.core.placement.pack import pack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from podctl.core.moving.board import Board, Piece
    from podctl.core.placement import Policy

_TRIED = 300  # sets of Pods, for each thing that is sought
_MOST_TOGETHER = 3  # Pods of one Minion that make room for another


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Moves, and what they are good for: a Minion that is empty then, or a Pod that can come to one."""

    waves: Waves
    frees: str = ""
    lets_in: Piece | None = None
    minion: str = ""  # where that one goes


class Search:
    """On one Board, which each gain moves on. No Pod is moved twice."""

    def __init__(self, board: Board, policy: Policy) -> None:
        self.board = board
        self._policy = policy
        self._settled: set[str] = set()  # names of those that were moved, or came

    def take(self, gain: Gain) -> None:
        """From here on it is done."""
        self.board = after(self.board, gain.waves.moves)
        self._settled |= {each.piece.name for each in gain.waves.moves}
        if gain.lets_in:
            self.board = self.board.put([(gain.lets_in, gain.minion)])
            self._settled.add(gain.lets_in.name)

    def freeing(self, most: int) -> Gain | None:
        """The fewest moves, at most `most`, after which one Minion fewer is in use."""
        tries = self._evacuations(most)
        return next((gain for minion, moving in tries if (gain := self._freed(minion, moving, most))), None)

    def _evacuations(self, most: int) -> Iterator[tuple[str, tuple[Piece, ...]]]:
        """Minions with those that would move, the fewest first."""
        emptied = sorted((len(pieces), minion) for minion, pieces in self._movable_minions() if len(pieces) <= most)
        with_help = (
            (minion, (*self.board.on(minion), other)) for _, minion in emptied for other in self._others(minion)
        )
        helped = deque(islice(with_help, _TRIED))
        for many in range(1, most + 1):
            yield from ((minion, self.board.on(minion)) for count, minion in emptied if count == many)
            while helped and len(helped[0][1]) == many:
                yield helped.popleft()

    def _movable_minions(self) -> Iterator[tuple[str, tuple[Piece, ...]]]:
        """The Minions that moves can empty."""
        for each in self.board.bare:
            pieces = self.board.on(each.name)
            if pieces and not each.used and all(map(self._may_move, pieces)):
                yield each.name, pieces

    def _others(self, minion: str) -> list[Piece]:
        found = (piece for piece, at in self.board.pieces.values() if at != minion and self._may_move(piece))
        return sorted(found, key=lambda each: (each.stands.key, each.name))

    def _may_move(self, piece: Piece) -> bool:
        return piece.movable and piece.name not in self._settled

    def _freed(self, minion: str, moving: Sequence[Piece], most: int) -> Gain | None:
        unused = {each.name for each in self.board.bare} - self.board.used
        places = self._packed(moving, (), closed={minion, *unused})
        waves = self._waves(moving, places, most) if places else None
        return Gain(waves=waves, frees=minion) if waves else None

    def letting_in(self, piece: Piece, most: int) -> Gain | None:
        """The fewest moves, at most `most`, after which this one has a place; none at all where it has one already.

        Minions that are in use come first as places for those that move.
        """
        if places := self._packed((), (piece,), closed=()):
            return Gain(waves=Waves(), lets_in=piece, minion=places[-1])
        unused = {each.name for each in self.board.bare} - self.board.used
        for moving in islice(self._ways(piece, most), _TRIED):
            for closed in (unused, frozenset[str]()):
                places = self._packed(moving, (piece,), closed=closed)
                waves = self._waves(moving, places, most) if places else None
                if places and waves and self._lets_in(waves, piece, places[-1]):
                    return Gain(waves=waves, lets_in=piece, minion=places[-1])
        return None

    def _lets_in(self, waves: Waves, piece: Piece, minion: str) -> bool:
        """Whether it may come last. Packed with those that move, it may have been placed before one of them."""
        return not check([piece.wants], after(self.board, waves.moves).candidates(), [minion])

    def _ways(self, piece: Piece, most: int) -> Iterator[tuple[Piece, ...]]:
        """Pods of one Minion that could make room together, the fewest first."""
        open_to_it = [movable for movable in self._crowds() if self._could_hold(piece, movable)]
        for many in range(1, min(most, _MOST_TOGETHER) + 1):
            for movable in open_to_it:
                yield from combinations(movable, many)

    def _crowds(self) -> Iterable[tuple[Piece, ...]]:
        """By Minion: those that may move."""
        for each in sorted(self.board.bare, key=lambda each: each.name):
            if movable := tuple(filter(self._may_move, self.board.on(each.name))):
                yield movable

    def _could_hold(self, piece: Piece, movable: Sequence[Piece]) -> bool:
        """Whether it would fit there if all these were gone."""
        there = self.board.where(movable[0])
        pool = self.board.without(movable).candidates({each.name for each in self.board.bare} - {there})
        return pack([piece.wants], pool, policy=self._policy).minions[0] is not None

    def _packed(
        self, moving: Sequence[Piece], new: Sequence[Piece], *, closed: Collection[str]
    ) -> tuple[str, ...] | None:
        """A Minion for each; None where some fits nowhere."""
        pool = self.board.without(moving).candidates(closed)
        found = pack([each.wants for each in (*moving, *new)], pool, policy=self._policy).minions
        placed = tuple(each for each in found if each is not None)
        return placed if len(placed) == len(found) else None

    def _waves(self, moving: Sequence[Piece], places: Sequence[str], most: int) -> Waves | None:
        """Of those that are to leave their Minions; None where the moves cannot go one after the other."""
        at = [(piece, self.board.where(piece), place) for piece, place in zip(moving, places, strict=False)]
        moves = [Move(piece=piece, source=here, target=there) for piece, here, there in at if here != there]
        waves = in_waves(self.board, moves, most) if moves else None
        if waves is None or waves.left or waves.forced:
            return None
        worse = set(_faults(after(self.board, moves))) - set(_faults(self.board))
        return None if worse else waves


def _faults(board: Board) -> tuple[str, ...]:
    """What is wrong with the Board as a whole, also for those that stay: who has an affinity to one that left."""
    pieces = list(board.pieces.values())
    there = [replace(piece.stands, home=minion) for piece, minion in pieces]
    return check(there, board.bare, [minion for _, minion in pieces])
