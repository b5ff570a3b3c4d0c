"""What a writer does to make the next Document stand: who gets a copy, how many are enough, which copies then go.

    writing = plan_writing(wanted, recalled, cluster)
    prepared  = a copy of writing.document, not committed, on each of writing.copies           enough(…, prepared)?
    committed = those of `prepared` where it is committed                                  enough(…, committed)?
    act; writing.older can go where it is committed, and what writing.forget names everywhere;
    written(cluster, writing, committed) is what a look would show then

Enough is all that a writer needs to act: it begins with `asked_first`, the others have time until it has acted.

Short of enough the writer stops and does not act; what it wrote may stand or not, and the next writer finds out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.document.codec import encode
from podctl.core.document.keepers import KEEPERS, next_keepers
from podctl.core.document.leaving import leaving
from podctl.core.document.model import Document, DocumentCopy
from podctl.core.document.recall import enough

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from podctl.core.document.recall import Recalled
    from podctl.core.model import Cluster, ObservedMinion

__all__ = ["Writing", "asked_first", "enough", "next_revision", "plan_writing", "written"]
_APART = 1000  # more than anybody writes unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """`older` and `forget` are ids or names of copies' containers, by Minion."""

    document: Document
    payload: str  # it, encoded
    copies: tuple[str, ...]  # the Minions that get one: keepers and elders that answer
    older: Mapping[str, tuple[str, ...]]  # goes as soon as that Minion has the new one committed
    forget: Mapping[str, tuple[str, ...]]  # on Minions that keep no more: goes once enough have it committed


def plan_writing(
    wanted: Document, recalled: Recalled, cluster: Cluster, *, without_quorum: bool = False, most: int = KEEPERS
) -> Writing:
    """`wanted` is recalled.document with what is to change; its revision, its keepers and who is leaving are set here.

    Keepers change only from a Document that stands; else there could be three sets of them, of which no two writers'
    majorities need to share a Minion.
    """
    base = recalled.document
    if recalled.settled or without_quorum:
        keepers = next_keepers(base, cluster, without_quorum=without_quorum, most=most)
        elders = () if without_quorum or set(keepers) == set(base.keepers) else base.keepers
    else:
        keepers, elders = base.keepers, base.elders
    revision = next_revision(recalled, without_quorum=without_quorum)
    document = replace(
        wanted, revision=revision, keepers=keepers, elders=elders, leaving=leaving(base, wanted, cluster)
    )
    answering = [each for each in cluster.minions if not each.silent]
    involved = {*keepers, *elders}
    return Writing(
        document=document,
        payload=encode(document),
        copies=tuple(each.minion.name for each in answering if each.minion.name in involved),
        older=_by_minion([each for each in answering if each.minion.name in involved], spare_one=False),
        forget=_by_minion([each for each in answering if each.minion.name not in involved], spare_one=True),
    )


def asked_first(document: Document, cluster: Cluster, names: Sequence[str], later: Collection[str]) -> tuple[str, ...]:
    """Those of `names` that get their copy before their writer acts: enough, and whoever has none to vouch with so far.

    The others vouch with the copy before, should the writer be killed: it runs, so that no prune takes it. Of `later`
    only those without whom they would not be enough.
    """
    chosen = sorted(names, key=lambda name: name in later)
    for name in reversed(chosen):
        without = [each for each in chosen if each != name]
        chosen = without if enough(document, without) else chosen
    vouching = {
        each.minion.name for each in cluster.minions if any(copy.committed and copy.running for copy in each.copies)
    }
    return tuple(name for name in names if name in chosen or name not in {*later, *vouching})


def next_revision(recalled: Recalled, *, without_quorum: bool = False) -> int:
    """Above all that is in sight; far above where later ones may be out of sight, in spite of the operator's word.

    Were it not, a Minion that comes back would bring a Document of a higher revision, which knows nothing of the Pods
    made meanwhile: they would be stale.
    """
    if without_quorum and not enough(recalled.document, recalled.vouching):
        return (recalled.highest // _APART + 1) * _APART
    return recalled.highest + 1


def _by_minion(minions: Collection[ObservedMinion], *, spare_one: bool) -> dict[str, tuple[str, ...]]:
    """`spare_one`: of several copies the newest stays for this time.

    Were it gone and an older one not, because the power was cut in between, its Minion would vouch for what is over.
    """
    found = {}
    for each in minions:
        ordered = sorted(each.copies, key=lambda copy: (copy.committed, copy.revision))
        going = ordered[:-1] if spare_one and len(ordered) > 1 else ordered
        if going:
            found[each.minion.name] = tuple(copy.container for copy in going)
    return found


def written(cluster: Cluster, writing: Writing, committed: Collection[str]) -> Cluster:
    """`cluster` as a look would show it now: these Minions have the new copy and no other."""
    copy = DocumentCopy(
        revision=writing.document.revision, committed=True, running=True, payload=writing.payload,
        container=naming.document(cluster.name, writing.document.revision),
    )  # fmt: skip
    minions = (replace(each, copies=(copy,)) if each.minion.name in committed else each for each in cluster.minions)
    return replace(cluster, minions=tuple(minions))
