"""Copies of Pods that are wanted no more and may still run, as nobody has seen their Minion without them.

A Pod that is deleted, or moves, is not gone before its Minion has said so. Would the Document forget it at once, and
that Minion fall silent before it was told, the next apply would make a second copy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.document.model import Leaving

if TYPE_CHECKING:
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, PodKey


def leaving(base: Document, wanted: Document, cluster: Cluster) -> dict[str, Leaving]:
    """By uid, those that `base` names, as a Pod or as leaving, that `wanted` does not, and that may still be there.

    Where a new copy is to be made in spite of one on a Minion that is not in sight, the operator gave that one up.
    """
    named = {each.uid for each in wanted.pods.values()}
    before = {each.uid: Leaving(key=each.key, minion=each.minion) for each in base.pods.values() if each.minion}
    return {
        uid: replace(
            each, deleted=each.deleted or each.key not in wanted.pods, in_sight=each.minion in _answering(cluster)
        )
        for uid, each in sorted({**base.leaving, **before}.items())
        if uid not in named and _may_run(uid, each, cluster) and not _is_given_up(each, base, wanted, cluster)
    }


def held_back(document: Document, cluster: Cluster) -> dict[PodKey, str]:
    """Pods of which no copy may be made without the operator's word, each with the Minion where one may still run.

    A Minion that this inventory does not have is not in sight either.
    """
    answering = _answering(cluster)
    return {each.key: each.minion for each in document.leaving.values() if each.minion not in answering}


def _may_run(uid: str, copy: Leaving, cluster: Cluster) -> bool:
    return copy.minion not in _answering(cluster) or any(pod.uid == uid for pod in cluster.pods)


def _is_given_up(copy: Leaving, base: Document, wanted: Document, cluster: Cluster) -> bool:
    now, before = wanted.pods.get(copy.key), base.pods.get(copy.key)
    if copy.minion in _answering(cluster) or now is None or not now.minion:
        return False
    is_new = before is None or before.uid != now.uid
    return is_new and not any(pod.uid == now.uid for pod in cluster.pods)


def _answering(cluster: Cluster) -> frozenset[str]:
    return frozenset(each.minion.name for each in cluster.minions if not each.silent)
