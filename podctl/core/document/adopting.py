"""A Document made of what runs: for `adopt`, and for a look at a cluster that has none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.document.model import Document, PodEntry
from podctl.core.model import Mark

if TYPE_CHECKING:
    from podctl.core.model import Cluster, ObservedPod, PodKey


def adopted(cluster: Cluster, known: Document | None = None) -> Document:
    """Every Pod in sight is wanted where it is; of several copies the newest, then the first Minion by name.

    `known` gives what no container tells: objects, cordons, what is on silent Minions, what waits for room.
    """
    base = known or Document(cluster=cluster.name)
    silent = {each.minion.name for each in cluster.silent}
    elsewhere = {key: each for key, each in base.pods.items() if not each.minion or each.minion in silent}
    seen = {volume.claim: each.minion.name for each in cluster.minions for volume in each.volumes if volume.claim}
    return replace(base, pods={**elsewhere, **_entries(cluster)}, claims={**base.claims, **seen})


def entry_of(pod: ObservedPod) -> PodEntry:
    return PodEntry(
        key=pod.key, manifest=pod.manifest, spec_hash=pod.spec_hash, config_hashes=pod.config_hashes,
        uid=pod.uid, minion=pod.minion,
    )  # fmt: skip


def _entries(cluster: Cluster) -> dict[PodKey, PodEntry]:
    by_key: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED:
            by_key[pod.key].append(pod)
    return {key: entry_of(min(those, key=lambda pod: (-pod.revision, pod.minion))) for key, those in by_key.items()}
