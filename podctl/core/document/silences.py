"""Since when who has not answered: remembered by commands that write anyway, in one Minion's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.document.model import Silence

if TYPE_CHECKING:
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, ObservedMinion


def next_silences(document: Document, cluster: Cluster) -> dict[str, Silence]:
    """Who answers is forgotten; who is silent for the first time, or since a time nobody can tell, begins now."""
    clock = clock_of(document, cluster)
    answering = {each.minion.name for each in cluster.minions if not each.silent}
    found = {}
    for each in (one for one in cluster.silent if not one.busy):
        known = document.silences.get(each.minion.name)
        if known and known.clock in answering:
            found[each.minion.name] = known
        elif clock and clock.now:
            found[each.minion.name] = Silence(since_seconds=int(clock.now.timestamp()), clock=clock.minion.name)
    return found


def clock_of(document: Document, cluster: Cluster) -> ObservedMinion | None:
    """The Minion whose clock counts: the first keeper by name that answers, else the first Minion."""
    seen = {each.minion.name: each for each in cluster.minions if not each.silent}
    names = [name for name in sorted(document.keepers) if name in seen] or sorted(seen)
    return seen[names[0]] if names else None
