"""Which of the copies in sight is the Document, and whether a next one may be written.

A Document is written in two rounds (see writing): a copy on enough Minions, not committed; then these are committed;
only then its writer acts. Enough is a majority of its keepers, and of the keepers before where they are others
(`elders`): so any two writers meet in a Minion, of one revision at most one Document is ever committed, and what not
enough Minions know as committed was never acted upon.

What was committed by too few may be gone at the next look, when others are in sight. So on a Document that is not
settled nothing is done and nothing is answered, not even "unchanged", before a next one is written.

A keeper vouches when it answers and holds a committed copy, of whatever revision, or a running copy of this very
Document that is not committed. One that lost its copies cannot know what it has forgotten; a copy of a later Document
that came no further than its first round proves nothing about what its Minion knew before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from podctl.core.document.codec import decode
from podctl.core.document.model import DONE, Document

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from podctl.core.document.model import DocumentCopy
    from podctl.core.model import Cluster

    Held = Mapping[str, tuple[DocumentCopy, ...]]  # by Minion


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What one look tells of the Document. `document` is the newest that is committed, of revision 0 without any."""

    document: Document
    highest: int = 0  # of any copy, and of any Pod: the next one has to be higher
    vouching: frozenset[str] = frozenset()  # those of its keepers and elders that vouch for it
    settled: bool = True  # enough of them hold it committed: it stands, whoever looks
    unreadable: Mapping[str, str] = field(default_factory=dict)  # by Minion: why its newer copy cannot be read
    rivals: tuple[str, ...] = ()  # Minions with another Document of the same revision

    @property
    def found(self) -> bool:
        return self.document.revision > 0


def recall(cluster: Cluster) -> Recalled:
    """From what every Minion in sight holds."""
    held = {each.minion.name: each.copies for each in cluster.minions}
    every = [copy for copies in held.values() for copy in copies]
    pods = [pod.revision for minion in cluster.minions for pod in minion.pods]
    highest = max([copy.revision for copy in every] + pods, default=0)
    unreadable: dict[str, str] = {}
    for revision in sorted({copy.revision for copy in every if copy.committed}, reverse=True):
        committed = {name: copy for name, copies in held.items() for copy in copies if _is(copy, revision)}
        readable, damaged = _read(committed, cluster.name)
        if readable:
            return _recalled(readable, held, highest, unreadable)
        unreadable |= damaged
    return Recalled(document=Document(cluster=cluster.name), highest=highest, unreadable=unreadable)


def _is(copy: DocumentCopy, revision: int) -> bool:
    return copy.committed and copy.revision == revision


def _read(copies: Mapping[str, DocumentCopy], cluster: str) -> tuple[dict[str, tuple[str, Document]], dict[str, str]]:
    """By Minion: the payload with its Document, or why it is none."""
    readable: dict[str, tuple[str, Document]] = {}
    damaged: dict[str, str] = {}
    for name, copy in sorted(copies.items()):
        try:
            document = decode(copy.payload)
        except ValueError as error:
            damaged[name] = str(error)
            continue
        if (document.cluster, document.revision) == (cluster, copy.revision):
            readable[name] = copy.payload, document
        else:
            damaged[name] = f"it is damaged: it is of {document.cluster}, revision {document.revision}"
    return readable, damaged


def _recalled(
    readable: Mapping[str, tuple[str, Document]], held: Held, highest: int, unreadable: Mapping[str, str]
) -> Recalled:
    """`readable`: the copies of the newest revision that can be read."""
    payload, document = next(iter(readable.values()))
    return Recalled(
        document=_with_result(document, held),
        highest=highest,
        vouching=frozenset(
            name
            for name in (*document.keepers, *document.elders)
            if any(copy.committed or (copy.running and copy.payload == payload) for copy in held.get(name, ()))
        ),
        settled=enough(document, readable),
        unreadable=unreadable,
        rivals=tuple(name for name, (other, _) in readable.items() if other != payload),
    )


def _with_result(document: Document, held: Held) -> Document:
    """That its newest Act ended well is no part of the text, which was written before it began: copies are marked.

    What it was to remove from Minions that answered is gone then.
    """
    done = any(_is(copy, document.revision) and copy.done for copies in held.values() for copy in copies)
    if not (done and document.acts):
        return document
    return replace(
        document,
        acts=(*document.acts[:-1], replace(document.acts[-1], result=DONE)),
        leaving={uid: each for uid, each in document.leaving.items() if not each.in_sight},
    )


def enough(document: Document, names: Collection[str]) -> bool:
    """True when these Minions are a majority of its keepers, and of the keepers before."""
    before = document.elders or document.keepers
    return is_majority(names, document.keepers) and is_majority(names, before)


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
    if recalled.rivals:
        return f"{', '.join(recalled.rivals)} has another Document of the same revision {document.revision}"
    if ahead := sorted({pod.minion for pod in cluster.pods if pod.revision > document.revision}):
        sight = f"the newest Document in sight is revision {document.revision}"
        return f"{sight}, but {', '.join(ahead)} has Pods of a newer one"
    if without_quorum or enough(document, recalled.vouching):
        return ""
    short = document.keepers if not is_majority(recalled.vouching, document.keepers) else document.elders
    lacking = [name for name in short if name not in recalled.vouching]
    return (
        f"only {len(short) - len(lacking)} of the {len(short)} keepers of the Document answer and hold it; "
        f"missing: {', '.join(lacking)}"
    )


def _doubt_about_none(cluster: Cluster, *, without_quorum: bool) -> str:
    if have := sorted({pod.minion for pod in cluster.pods}):
        return f"there are Pods on {', '.join(have)}, but no Document that names them"
    silent = [each.minion.name for each in cluster.silent]
    if silent and not without_quorum:
        return f"no Document is in sight, and {', '.join(silent)} may hold it"
    return ""
