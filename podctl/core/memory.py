"""What the Document adds to a look: cordons, and the Pods that are wanted but were not seen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from podctl.core.document.changes import settled
from podctl.core.document.cordons import with_cordons
from podctl.core.document.recall import doubt, recall
from podctl.core.document.stale import current, stale
from podctl.core.document.unlisted import with_unlisted
from podctl.core.model import Mark

if TYPE_CHECKING:
    from podctl.core.document.model import Document, PodEntry
    from podctl.core.document.recall import Recalled
    from podctl.core.model import Cluster, ObservedPod, PodKey


class Why(StrEnum):
    """Why a Pod that is wanted is not seen."""

    WAITING = "Unschedulable"  # it fits on no Minion
    SILENT = "MinionSilent"  # its Minion does not answer: nobody knows
    MISSING = "Missing"  # its Minion answers, and has not got it
    DELETED = "Deleted"  # while its Minion did not answer: nobody knows whether it runs there still


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A Pod that the Document names and that no look found. `message`: why, and what to do about it."""

    entry: PodEntry
    why: Why
    message: str

    @property
    def key(self) -> PodKey:
        return self.entry.key

    @property
    def containers(self) -> int:
        """How many would have to be ready: sidecars count, other init containers do not."""
        spec = self.entry.manifest.get("spec") or {}
        sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
        return len(spec.get("containers") or ()) + len(sidecars)

    @property
    def phase(self) -> str:
        return "Unknown" if self.why in (Why.SILENT, Why.DELETED) else "Pending"

    @property
    def word(self) -> str:
        """The STATUS column."""
        return "Terminating" if self.why is Why.DELETED else self.phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One look, with what the cluster remembers. `cluster` has the Document's cordons."""

    cluster: Cluster
    recalled: Recalled
    absent: tuple[Absent, ...]  # by key
    doubt: str  # why the Document in sight may not be the newest; "" when it is

    @property
    def document(self) -> Document:
        return self.recalled.document

    @property
    def standing(self) -> Document | None:
        """What counts as wanted; None where there is no Document, and all that is seen counts."""
        return settled(self.document, self.cluster) if self.recalled.found else None

    @property
    def waiting(self) -> tuple[PodKey, ...]:
        """The Pods that wait for room, by key: every apply tries them."""
        return tuple(each.key for each in self.absent if each.why is Why.WAITING)

    @property
    def stale(self) -> tuple[tuple[ObservedPod, str], ...]:
        """Pods in sight that are not wanted, each with why; none where the Document is in doubt."""
        return stale(self.standing, self.cluster) if self.standing and not self.doubt else ()

    @property
    def warning(self) -> str:
        """For who reads: what is remembered may be out of date, or not there; "" when all is as it should be.

        A cluster that has no Document yet has nothing to be out of date; that a Minion is silent is said anyway.
        """
        recalled = self.recalled
        if self.doubt and (recalled.found or recalled.unreadable or recalled.highest):
            return f"what the cluster remembers may be out of date: {self.doubt}"
        if recalled.found and not recalled.settled:
            return "the newest change was not written to enough Minions yet: the next command that writes settles it"
        return ""


def remember(cluster: Cluster) -> Remembered:
    """Pure: the copies of the Document are part of the look."""
    recalled = recall(cluster)
    cluster = with_unlisted(with_cordons(cluster, recalled.document), recalled.document)
    return Remembered(
        cluster=cluster,
        recalled=recalled,
        absent=absent_pods(recalled.document, cluster),
        doubt=doubt(recalled, cluster),
    )


def absent_pods(document: Document, cluster: Cluster) -> tuple[Absent, ...]:
    """Those of the Document that are on a silent Minion, and those of which there is no trace on any other."""
    silent = {each.minion.name: each.problem for each in cluster.silent if not each.unlisted}
    answering = {each.minion.name for each in cluster.minions if not each.silent}
    by_key: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        by_key[pod.key].append(pod)
    found = []
    for key, entry in sorted(settled(document, cluster).pods.items()):
        copies = by_key.get(key, [])
        if current(entry, [pod for pod in copies if pod.mark is Mark.COMMITTED], cluster):
            continue
        if entry.minion and entry.minion not in answering:
            found.append(_unseen(entry, silent))
        elif not copies:  # what is half made or half removed is shown as such
            found.append(_nowhere(entry))
    return tuple(found)


def _unseen(entry: PodEntry, silent: dict[str, str]) -> Absent:
    if entry.minion in silent:
        why = f"{entry.minion} has it, and does not answer: {silent[entry.minion]}"
    else:
        why = f"{entry.minion} has it, and is not in this inventory"
    if entry.doomed:
        return Absent(
            entry=entry, why=Why.DELETED, message=f"{why}; it was deleted, and goes when {entry.minion} answers"
        )
    return Absent(entry=entry, why=Why.SILENT, message=why)


def _nowhere(entry: PodEntry) -> Absent:
    if not entry.minion:
        message = entry.waiting or "it has not been placed yet"
        return Absent(entry=entry, why=Why.WAITING, message=f"{message}; every apply tries it again")
    message = f"it is to be on {entry.minion}, and is not there: apply its manifest again"
    return Absent(entry=entry, why=Why.MISSING, message=message)
