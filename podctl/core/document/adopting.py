"""A Document made of what runs: for `adopt`, and for a look at a cluster that has none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.document.claim_places import claim_places
from podctl.core.document.model import Document, PodEntry
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.model import Cluster, ObservedPod, PodKey


def adopted(cluster: Cluster, known: Document | None = None) -> Document:
    """Every Pod in sight that `known` has not judged is wanted where it is; of several copies the newest.

    `known` gives what no container tells: objects, cordons, what is on silent Minions, what waits for room. What of its
    own time it does not name was deleted or moved away, and is not brought back; what it names stays named.
    """
    base = known or Document(cluster=cluster.name)
    by_key: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED:
            by_key[pod.key].append(pod)
    found = {key: _right(copies, base, cluster) for key, copies in sorted(by_key.items())}
    entries = {key: entry_of(pod) for key, pod in found.items() if pod}
    news = {key: each for key, each in entries.items() if _differs(each, base.pods.get(key))}
    claims = {**base.claims, **claim_places(base.claims, cluster)}
    return replace(base, pods={**base.pods, **news}, claims=claims)


def entry_of(pod: ObservedPod) -> PodEntry:
    return PodEntry(
        key=pod.key, manifest=pod.manifest, spec_hash=pod.spec_hash, config_hashes=pod.config_hashes,
        uid=pod.uid, minion=pod.minion,
    )  # fmt: skip


def _differs(entry: PodEntry, known: PodEntry | None) -> bool:
    return known is None or (known.uid, known.minion) != (entry.uid, entry.minion)


def _right(copies: Sequence[ObservedPod], base: Document, cluster: Cluster) -> ObservedPod | None:
    """A later copy than the Document, else the one that it names, else one that never had to do with any Document."""
    entry = base.pods.get(copies[0].key)
    ahead = [pod for pod in copies if pod.revision > base.revision]
    named = [pod for pod in copies if entry and pod.uid == entry.uid]
    strays = [pod for pod in copies if pod.revision == 0] if _is_free(entry, cluster) else []
    return next((_newest(those) for those in (ahead, named, strays) if those), None)


def _is_free(entry: PodEntry | None, cluster: Cluster) -> bool:
    """Whether nothing that the Document names can be the Pod: it names none, or one that is not where it was to be."""
    return entry is None or entry.minion in {"", *(each.minion.name for each in cluster.minions if not each.silent)}


def _newest(copies: Sequence[ObservedPod]) -> ObservedPod:
    return min(copies, key=lambda pod: (-pod.revision, pod.minion))
