"""Which classes of a batch hang together: a Pod of one that moves may unsettle Pods of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from podctl.core.placement.packing.classes import PodClass
    from podctl.core.placement.packing.relations import Ties


def kinship(classes: Sequence[PodClass]) -> tuple[list[int], list[list[int]]]:
    """By class its number, and by number the classes that have it.

    Two classes have the same number when both are counted in or look at one watch or tally, or a third one links them.
    A class without ties is alone.
    """
    kin: list[int] = []
    kindred: list[list[int]] = []
    seen: dict[Hashable, int] = {}  # watch or tally: one of the numbers that have it
    for each in classes:
        looked_at = _looked_at(each.ties) if each.ties else []
        number = len(kindred)
        kindred.append([each.index])
        kin.append(number)
        for other in {kin[seen[it]] for it in looked_at if it in seen}:
            smaller, larger = sorted((other, kin[each.index]), key=lambda it: len(kindred[it]))
            kindred[larger] += kindred[smaller]
            for index in kindred[smaller]:
                kin[index] = larger
            kindred[smaller] = []
        seen.update(dict.fromkeys(looked_at, each.index))
    return kin, kindred


def _looked_at(ties: Ties) -> list[Hashable]:
    """Watches as ("watch", number), tallies as ("tally", number). Keeping apart unsettles nobody: it is left out."""
    watches = {*ties.counted, *(watch for need in ties.needs for watch in need.watches)}
    tallies = {*ties.tallied, *(number for number, _, _ in ties.spreads)}
    return [*(("watch", it) for it in sorted(watches)), *(("tally", it) for it in sorted(tallies))]
