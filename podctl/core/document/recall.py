"""Which of the copies in sight is the Document, and whether a next one may be written.

A Document is written in two rounds: first a copy on a majority of the keepers, not committed; then these are committed;
only then its writer acts. So of one revision at most one Document is ever committed; what a majority of the keepers
does not know as committed was never acted upon, and may be forgotten.

A keeper vouches when it answers and holds a copy, of whatever revision: one that has lost its copy cannot know what it
has forgotten, and a Minion that was taken off the keepers knows nothing of later ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.document.codec import decode
from podctl.core.document.model import Document

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from podctl.core.document.model import DocumentCopy
    from podctl.core.model import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What one look tells of the Document. `document` is the newest that is committed, of revision 0 without any."""

    document: Document
    highest: int = 0  # of any copy, and of any Pod: the next one has to be higher
    vouching: frozenset[str] = frozenset()  # keepers of `document` that answer and hold a copy
    unreadable: Mapping[str, str] = field(default_factory=dict)  # by Minion: why its newer copy cannot be read

    @property
    def found(self) -> bool:
        return self.document.revision > 0


def recall(cluster: Cluster) -> Recalled:
    """From what every Minion in sight holds."""
    held: dict[str, tuple[DocumentCopy, ...]] = {each.minion.name: each.copies for each in cluster.minions}
    every = [copy for copies in held.values() for copy in copies]
    unreadable: dict[str, str] = {}
    document = Document(cluster=cluster.name)
    for revision in sorted({copy.revision for copy in every if copy.committed}, reverse=True):
        found = _first_readable(held, revision, unreadable)
        if found:
            document = found
            break
    pods = [pod.revision for minion in cluster.minions for pod in minion.pods]
    vouching = frozenset(name for name in document.keepers if held.get(name))
    return Recalled(
        document=document,
        highest=max([copy.revision for copy in every] + pods, default=0),
        vouching=vouching,
        unreadable=unreadable,
    )


def _first_readable(
    held: Mapping[str, tuple[DocumentCopy, ...]], revision: int, unreadable: dict[str, str]
) -> Document | None:
    for name, copies in sorted(held.items()):
        for copy in copies:
            if copy.committed and copy.revision == revision:
                try:
                    return decode(copy.payload)
                except ValueError as error:
                    unreadable[name] = str(error)
    return None


def is_majority(names: Collection[str], of: Collection[str]) -> bool:
    return 2 * len(set(names) & set(of)) > len(set(of))


def doubt(recalled: Recalled, cluster: Cluster, *, without_quorum: bool = False) -> str:
    """Why nothing may be written on the strength of what is in sight; "" when it may. Silent counts who is not locked.

    `without_quorum` is the operator's word that what is silent is gone for ever.
    """
    if recalled.unreadable:
        return "; ".join(f"the Document on {name} cannot be read: {why}" for name, why in recalled.unreadable.items())
    if not recalled.found:
        return _doubt_about_none(cluster, without_quorum=without_quorum)
    document = recalled.document
    if ahead := sorted({pod.minion for pod in cluster.pods if pod.revision > document.revision}):
        sight = f"the newest Document in sight is revision {document.revision}"
        return f"{sight}, but {', '.join(ahead)} has Pods of a newer one"
    if without_quorum or is_majority(recalled.vouching, document.keepers):
        return ""
    lacking = [name for name in document.keepers if name not in recalled.vouching]
    return (
        f"only {len(recalled.vouching)} of the {len(document.keepers)} keepers of the Document answer and hold it; "
        f"missing: {', '.join(lacking)}"
    )


def _doubt_about_none(cluster: Cluster, *, without_quorum: bool) -> str:
    if have := sorted({pod.minion for pod in cluster.pods}):
        return f"there are Pods on {', '.join(have)}, but no Document that names them"
    silent = [each.minion.name for each in cluster.silent]
    if silent and not without_quorum:
        return f"no Document is in sight, and {', '.join(silent)} may hold it"
    return ""
