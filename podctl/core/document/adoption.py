"""What `adopt` would make of a look: the next Document, and what has to be known of it before it is written."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.document.adopting import adopted
from podctl.core.document.changes import settled
from podctl.core.document.model import Document, ObjectKey, PodEntry
from podctl.core.document.recall import doubt
from podctl.core.document.stale import stale
from podctl.core.document.writing import next_revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.document.recall import Recalled
    from podctl.core.model import Cluster, ObservedPod, PodKey

_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}  # as a Pod's config_hashes have them


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """`document` is to be written; it differs from the one in sight, or that one may not be relied on (`doubt`)."""

    document: Document
    doubt: str = ""
    taken: tuple[PodEntry, ...] = ()  # Pods that were not remembered so
    remembered: tuple[PodEntry, ...] = ()  # Pods that were
    absent: tuple[PodEntry, ...] = ()  # of these, those that are not where they are remembered
    stale: tuple[tuple[ObservedPod, str], ...] = ()  # goes with the next command that changes anything, each with why
    unknown: Mapping[ObjectKey, tuple[PodKey, ...]] = field(default_factory=dict)  # content that is gone: who uses it
    unreadable: Mapping[str, str] = field(default_factory=dict)  # by Minion: why its newer copy cannot be read
    missing: tuple[str, ...] = ()  # Minions that do not answer, and keepers that this inventory does not have
    needed: bool = True


def plan_adoption(recalled: Recalled, cluster: Cluster) -> Adoption:
    known = recalled.document
    document = adopted(cluster, settled(known, cluster))
    taken = tuple(each for key, each in sorted(document.pods.items()) if each != known.pods.get(key))
    remembered = tuple(each for key, each in sorted(document.pods.items()) if each == known.pods.get(key))
    why = doubt(recalled, cluster)
    return Adoption(
        document=document,
        doubt=why,
        taken=taken,
        remembered=remembered,
        absent=tuple(each for each in remembered if _is_absent(each, cluster)),
        stale=stale(replace(document, revision=next_revision(recalled, without_quorum=True)), cluster),
        unknown=_unknown(document),
        unreadable=recalled.unreadable,
        missing=_missing(known, cluster),
        needed=bool(why) or document != known,
    )


def _is_absent(entry: PodEntry, cluster: Cluster) -> bool:
    answers = any(each.minion.name == entry.minion and not each.silent for each in cluster.minions)
    return answers and not any(pod.uid == entry.uid for pod in cluster.pods)


def _missing(known: Document, cluster: Cluster) -> tuple[str, ...]:
    answering = {each.minion.name for each in cluster.minions if not each.silent}
    return tuple(sorted({*(each.minion.name for each in cluster.minions), *known.keepers, *known.elders} - answering))


def _unknown(document: Document) -> dict[ObjectKey, tuple[PodKey, ...]]:
    users: defaultdict[ObjectKey, list[PodKey]] = defaultdict(list)
    for key, entry in sorted(document.pods.items()):
        for text in entry.config_hashes:
            kind, _, name = text.partition("/")
            users[ObjectKey(_KINDS.get(kind, kind), key.namespace, name)].append(key)
    return {key: tuple(pods) for key, pods in sorted(users.items()) if key not in document.objects}
