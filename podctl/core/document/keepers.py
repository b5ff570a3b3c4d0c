"""Who keeps the Document: five Minions, all where there are fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster

KEEPERS = 5


def next_keepers(
    document: Document, cluster: Cluster, *, without_quorum: bool = False, most: int = KEEPERS
) -> tuple[str, ...]:
    """Those of now as long as they answer; one that is silent gives way to one that is not, if there is any left.

    `without_quorum`: what is silent is gone for ever, and keeps nothing. Sorted by name; the same for any order of the
    inventory.
    """
    silent = {each.minion.name for each in cluster.silent}
    known = {each.minion.name for each in cluster.minions if not each.unlisted} - (silent if without_quorum else set())
    ranked = sorted(known, key=lambda name: (name in silent, name not in document.keepers, name))
    return tuple(sorted(ranked[:most]))
