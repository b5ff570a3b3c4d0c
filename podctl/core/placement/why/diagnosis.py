"""Why a Pod waits: one sentence on what would have to change, the first of these that is true.

fits nowhere even when empty   no Minion that answers could take it, even with nothing on it
held by running Pods           what runs already keeps it out everywhere, and no shuffling of the batch would help
not enough in sum              all Minions that it may go to have less free together than it asks
only fragmented                they have enough together, but no single one has
kept out by this batch         a rule about something else than amounts, because of Pods of the batch

A Pod that could be placed as things are once the batch runs waits only for that: coming with the batch it would have
taken from another one of it the right to be the first of its kind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.placement.figures import listed, minions_text
from podctl.core.placement.rules import shortage, shortages
from podctl.core.placement.why.moves import Moves
from podctl.core.placement.why.nowhere import lack, no_such_minion
from podctl.core.placement.why.release import release
from podctl.core.placement.why.scene import Scene
from podctl.core.placement.why.shortfall import amount_in, amounts_text, asked_of, asks_text, missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand
    from podctl.core.placement.why.surroundings import Surroundings

FITS_NOW = "has room as it is now: the next apply can place it there"


class Diagnosis:
    """Of the Pods that a batch leaves waiting."""

    def __init__(self, after: Scene, candidates: Sequence[Candidate], homes: Mapping[str, tuple[str, ...]]) -> None:
        """`candidates` by name, `homes` where claims lived before the batch."""
        self._after = after
        self._before = Scene.of(
            candidates, homes, with_landscape=bool(after.landscape.residents), standing=after.standing
        )
        bare = [replace(each, used=()) for each in candidates]
        self._empty = Scene.of(bare, homes, standing=after.standing)
        self._moves = Moves(after)
        silent = [each.name for each in candidates if not each.ready]
        self._silent = f"; {listed(silent)} did not answer" if silent else ""

    def reasons(self, demand: Demand) -> Mapping[str, str]:
        """One for each Minion."""
        rooms, around = self._after.rooms, self._after.around(demand)
        if demand.node_name and all(room.name != demand.node_name for room in rooms):
            names = [room.name for room in rooms]
            return dict.fromkeys(names, no_such_minion(demand.node_name, names))
        standing = self._after.standing.reasons(demand)
        others = iter(shortages(demand, (rooms[at] for at in self._after.standing.allowed(demand)), around))
        return {room.name: reason or next(others) or FITS_NOW for room, reason in zip(rooms, standing, strict=True)}

    def sentence(self, demand: Demand) -> str:
        return self._sentence(demand) + self._silent

    def _sentence(self, demand: Demand) -> str:
        around = self._after.around(demand)
        lasting = _lasting(around)
        could = self._empty.takers(demand, lasting)
        if not could:
            return f"fits nowhere even when empty: {lack(demand, self._empty.rooms, lasting)}"
        if held := self._held(demand, could, around):
            return held
        may = self._after.open_to(demand, could, around)
        if not may:
            return self._kept_out(demand, could, around)
        if fit := self._after.columns.with_amounts(demand, may):
            return f"{self._after.rooms[fit[0]].name} {FITS_NOW}"
        return self._not_enough(demand, may) or self._fragmented(demand, may)

    def _held(self, demand: Demand, could: Sequence[int], around: Surroundings) -> str:
        """What the Pod wants near it may well come with the batch: that is no matter of what runs."""
        before = self._before
        met = replace(before.around(demand), near=around.near)
        may = before.open_to(demand, could, met)
        if before.columns.with_amounts(demand, may):
            return ""
        if may and not _short(demand, before.columns.sums(demand, may)):
            return ""
        found = release(demand, before, could, around.near)
        if found is None:
            at = before.columns.nearest(demand, could)[0]
            return f"held by running Pods: {before.rooms[at].name}: {shortage(demand, before.rooms[at], met)}"
        return f"held by running Pods: {found.minion} has room without {listed(found.owners)}"

    def _not_enough(self, demand: Demand, may: Sequence[int]) -> str:
        sums = self._after.columns.sums(demand, may)
        short = _short(demand, sums)
        if not short:
            return ""
        one = self._after.rooms[may[0]].name
        have = f"{one} has" if len(may) == 1 else f"the {len(may)} Minions that it may go to have"
        figures = amounts_text({name: sums[name] for name in short})
        together = "" if len(may) == 1 else " together"
        return f"not enough in sum: {have} {figures} free{together}, {asks_text(demand, short)}"

    def _fragmented(self, demand: Demand, may: Sequence[int]) -> str:
        near = self._after.columns.nearest(demand, may)
        best, sums = self._after.rooms[near[0]], self._after.columns.sums(demand, may)
        text = (
            f"only fragmented: {minions_text(len(may))} have {amounts_text(sums)} free together, the best single one,"
            f" {best.name}, has {amounts_text({name: amount_in(best.free, name) for name in sums})},"
            f" {asks_text(demand, sums)}"
        )
        move = self._moves.that_makes_room(demand, near)
        return f"{text}; would fit if {move}" if move else text

    def _kept_out(self, demand: Demand, could: Sequence[int], around: Surroundings) -> str:
        """By something that is no amount, on each of the Minions that it could go to."""
        rooms = self._after.rooms
        first = rooms[next((at for at in could if not missing(demand, rooms[at])), could[0])]
        others = len(could) - 1
        also = f"; {others} other {'Minion' if others == 1 else 'Minions'} cannot take it either" if others else ""
        return f"kept out by this batch: {first.name}: {shortage(demand, first, around)}{also}"


def _lasting(around: Surroundings) -> Surroundings:
    """What an empty Minion leaves to ask of others: company, which has to be somewhere, and the labels of places."""
    spreads = (replace(each, counts=dict.fromkeys(each.counts, 0), counted=()) for each in around.spreads)
    return replace(around, apart=(), kept=(), spreads=tuple(spreads))


def _short(demand: Demand, sums: Mapping[str, int]) -> list[str]:
    """The resources that it asks more of."""
    return [name for name, asked in asked_of(demand).items() if sums[name] < asked]
