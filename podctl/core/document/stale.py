"""Which Pods in sight the Document does not want: what it does not name is to be removed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.document.model import Document, PodEntry
    from podctl.core.model import Cluster, ObservedPod, PodKey


def stale(document: Document, cluster: Cluster) -> tuple[tuple[ObservedPod, str], ...]:
    """Committed Pods that are to go, each with the reason.

    A Pod whose successor was never made stays, so that a writer that was killed half way takes nothing down; of several
    such the newest. One that was deleted is no predecessor of the next of its name. A Pod of a newer Document than this
    is not stale: then this one is old.
    """
    by_key: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED and pod.revision <= document.revision:
            by_key[pod.key].append(pod)
    found: list[tuple[ObservedPod, str]] = []
    for key, copies in sorted(by_key.items()):
        entry = document.pods.get(key)
        right = current(entry, [pod for pod in copies if not _is_deleted(document, pod)], cluster)
        reason = f"{entry.minion} has the one that counts" if entry and entry.minion else "nothing names it any more"
        found += [(pod, reason) for pod in copies if pod is not right]
    return tuple(found)


def _is_deleted(document: Document, pod: ObservedPod) -> bool:
    return pod.uid in document.leaving and document.leaving[pod.uid].deleted


def current(entry: PodEntry | None, copies: Sequence[ObservedPod], cluster: Cluster) -> ObservedPod | None:
    """The copy that is the Pod: the one that the Document names, or in its absence the newest before it.

    None also where the one that it names may run on a Minion that is not in sight.
    """
    if entry is None:
        return None
    known = {each.minion.name: each for each in cluster.minions if not each.unlisted}
    named = [pod for pod in copies if pod.uid == entry.uid and pod.minion == entry.minion]
    if not named and entry.minion not in known:
        named = [pod for pod in copies if pod.uid == entry.uid]  # the inventory calls its Minion by another name now
    if named:
        return named[0]
    if entry.minion and (entry.minion not in known or known[entry.minion].silent):
        return None
    return max(copies, key=lambda pod: (pod.revision, pod.minion), default=None)
