"""Which Pods in sight the Document does not want: what it does not name is to be removed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from podctl.core.model import Mark

if TYPE_CHECKING:
    from podctl.core.document.model import Document, PodEntry
    from podctl.core.model import Cluster, ObservedPod, PodKey


def stale(document: Document, cluster: Cluster) -> tuple[tuple[ObservedPod, str], ...]:
    """Committed Pods that are to go, each with the reason.

    A Pod whose successor was never made stays, so that a writer that was killed half way takes nothing down; of several
    such the newest. A Pod of a newer Document than this is not stale: then this one is old.
    """
    by_key: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED and pod.revision <= document.revision:
            by_key[pod.key].append(pod)
    found: list[tuple[ObservedPod, str]] = []
    for key, copies in sorted(by_key.items()):
        entry = document.pods.get(key)
        right = current(entry, copies, cluster)
        reason = f"{entry.minion} has the one that counts" if entry and entry.minion else "nothing names it any more"
        found += [(pod, reason) for pod in copies if pod is not right]
    return tuple(found)


def current(entry: PodEntry | None, copies: list[ObservedPod], cluster: Cluster) -> ObservedPod | None:
    """The copy that is the Pod: the one that the Document names, or in its absence the newest before it."""
    if entry is None:
        return None
    named = [pod for pod in copies if (pod.uid, pod.minion) == (entry.uid, entry.minion)]
    if named:
        return named[0]
    if entry.minion in {each.minion.name for each in cluster.silent}:
        return None  # it may run there
    return max(copies, key=lambda pod: (pod.revision, pod.minion), default=None)
