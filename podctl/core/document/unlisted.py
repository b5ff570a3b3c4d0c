"""Minions that the cluster remembers Pods or claims on and that the inventory does not have: as good as silent.

Whoever runs podctl may have an older inventory, or have taken a machine out of it that still runs: as long as nobody
gives them up, no second copy of its Pods is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.model import Minion, ObservedMinion

if TYPE_CHECKING:
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster

_PROBLEM = "it is not in this inventory, and the cluster remembers Pods or claims there"
_HINT = (
    "Put it back into the inventory; if it is gone for good: podctl apply --failover places its Pods elsewhere, "
    "podctl delete forgets them."
)


def with_unlisted(cluster: Cluster, document: Document) -> Cluster:
    """`cluster` with a silent Minion for each such name. One that is seen under another name now is none.

    What was only to leave it, as a drain does before a machine is taken out, holds nobody up.
    """
    listed = {each.minion.name for each in cluster.minions}
    seen = {pod.uid for pod in cluster.pods}
    volumes = {volume.claim for each in cluster.minions for volume in each.volumes if volume.claim}
    places = {each.minion for each in document.pods.values() if each.uid not in seen and not each.doomed}
    places |= {minion for claim, minion in document.claims.items() if claim not in volumes}
    absent = (
        ObservedMinion(minion=Minion(name=name), problem=_PROBLEM, hint=_HINT, unlisted=True)
        for name in sorted(places - listed - {""})
    )
    return replace(cluster, minions=(*cluster.minions, *absent))
