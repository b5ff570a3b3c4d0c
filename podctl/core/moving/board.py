"""Which Pod stands on which Minion, as placement sees it. A Board is never changed: each step makes another."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.placement.model import used_by

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """A Pod that stands somewhere, or is to. `stands` is what it takes there, `wants` what it would ask elsewhere."""

    name: str  # the Pod's uid: a key may be there twice
    stands: Demand
    wants: Demand
    movable: bool = True
    overlaps: bool = True  # two of it may be there for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`bare` are the Minions with what does not stand as a Piece: what is no Pod of this cluster."""

    bare: tuple[Candidate, ...]
    pieces: Mapping[str, tuple[Piece, str]]  # by name, each with its Minion

    def where(self, piece: Piece) -> str:
        return self.pieces[piece.name][1]

    def on(self, minion: str) -> tuple[Piece, ...]:
        """Sorted by the Pods' keys."""
        found = (piece for piece, at in self.pieces.values() if at == minion)
        return tuple(sorted(found, key=lambda each: (each.stands.key, each.name)))

    def without(self, lifted: Collection[Piece]) -> Board:
        names = {each.name for each in lifted}
        return replace(self, pieces={name: each for name, each in self.pieces.items() if name not in names})

    def put(self, placed: Sequence[tuple[Piece, str]]) -> Board:
        """With these on these Minions; whoever stood elsewhere has left it."""
        return replace(self, pieces={**self.pieces, **{piece.name: (piece, minion) for piece, minion in placed}})

    def candidates(self, closed: Collection[str] = ()) -> list[Candidate]:
        """The Minions as placement takes them. No Pod goes to one that is `closed`, whatever it tolerates."""
        standing: defaultdict[str, list[Demand]] = defaultdict(list)
        for piece, minion in self.pieces.values():
            standing[minion].append(piece.stands)
        return [_candidate(each, standing[each.name], closed=each.name in closed) for each in self.bare]

    @property
    def used(self) -> frozenset[str]:
        """The Minions with anything on them."""
        return frozenset({each.name for each in self.bare if each.used} | {at for _, at in self.pieces.values()})


def _candidate(bare: Candidate, standing: Sequence[Demand], *, closed: bool) -> Candidate:
    used = (*bare.used, *(used_by(each) for each in sorted(standing, key=lambda each: each.key)))
    if closed:
        return replace(bare, used=used, unschedulable=True, capacity=replace(bare.capacity, pods=0))
    return replace(bare, used=used)
