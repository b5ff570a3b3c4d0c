"""The right to write, for the time of one command: locks, one look, the Document in sight, and its next revisions.

A write is two rounds over the keepers (see podctl.core.document.recall); whoever wrote may act. At the end the copies
are marked as done, or what went otherwise is written, and the copies from before go.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from podctl.core.document.adopting import adopted
from podctl.core.document.changes import settled
from podctl.core.document.cordons import with_cordons
from podctl.core.document.model import DONE, MOST_ACTS, MOST_DEEDS, Act, Caller
from podctl.core.document.recall import doubt, enough, recall
from podctl.core.document.silences import clock_of, next_silences
from podctl.core.document.stale import stale
from podctl.core.document.unlisted import with_unlisted
from podctl.core.document.writing import next_revision, plan_writing, written
from podctl.engine.docker import document as copies
from podctl.engine.session import side_by_side
from podctl.errors import PodctlError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from podctl.core.document.model import Deed, Document
    from podctl.core.document.recall import Recalled
    from podctl.core.document.writing import Writing
    from podctl.core.model import Cluster
    from podctl.engine.session import Session
    from podctl.transport.shell import Step

_ADOPT = "podctl adopt makes a Document of what is in sight; podctl adopt --dry-run shows it first."
_WAIT_OR_ADOPT = (
    "Bring them back and run the same command again; if they are gone for ever: podctl adopt --without-quorum makes a "
    "Document of what is in sight."
)
_WAIT = (
    "Bring them back and run the same command again; if they are gone for ever, --without-quorum is your word for it."
)


@dataclass(slots=True, kw_only=True)
class Keeping:
    """`cluster` has the Document's cordons in it, and after a write its copies as they are then."""

    session: Session
    caller: Caller
    cluster: Cluster
    recalled: Recalled
    without_quorum: bool = False
    _failures: dict[str, str] = field(default_factory=dict)  # by Minion: of the write that is going on
    _older: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by Minion: copies that go when all is done
    _committed: list[str] = field(default_factory=list)  # the Minions that have what was written last
    _complete: bool = False  # all have it that were to get it
    _act: Act | None = None

    @classmethod
    def open(
        cls, session: Session, caller: Caller, *, lock_timeout_seconds: float, without_quorum: bool = False
    ) -> Self:
        """Raises LockedError, or UnreachableError where nobody can say what the cluster is to be."""
        session.lock(lock_timeout_seconds)
        keeping = cls.look(session, caller, without_quorum=without_quorum)
        if why := doubt(keeping.recalled, keeping.cluster, without_quorum=without_quorum):
            if session.held:
                raise session.locked_error()
            raise UnreachableError(
                f"nothing was changed: {why}", evidence="\n".join(_silences(keeping.cluster)), hint=_hint(keeping)
            )
        return keeping

    @classmethod
    def look(cls, session: Session, caller: Caller, *, without_quorum: bool = False) -> Self:
        """Without a lock, and whatever the doubts: for what only reads, and for `adopt`."""
        seen = session.look()
        recalled = recall(seen)
        return cls(
            session=session,
            caller=caller,
            cluster=with_unlisted(with_cordons(seen, recalled.document), recalled.document),
            recalled=recalled,
            without_quorum=without_quorum,
        )

    @property
    def next_revision(self) -> int:
        return next_revision(self.recalled, without_quorum=self.without_quorum)

    @property
    def document(self) -> Document:
        """What was read, then what was written last; of revision 0 where there is none."""
        return self.recalled.document

    @property
    def standing(self) -> Document:
        """What counts as wanted: the Document without what is known to be gone; where there is none, all that runs."""
        return settled(self.document, self.cluster) if self.recalled.found else adopted(self.cluster)

    def write(self, wanted: Document, deeds: Sequence[Deed]) -> None:
        """`wanted` as the next revision, with this command as its newest Act. Afterwards its caller may act.

        Raises UnreachableError when too few keepers took it: then nothing was changed but perhaps a copy or two, that
        count for nobody.
        """
        clock = clock_of(self.document, self.cluster)
        self._act = Act(
            revision=self.next_revision,
            at_seconds=int(clock.now.timestamp()) if clock and clock.now else 0,
            clock=clock.minion.name if clock else "",
            who=self.caller.who, command=self.caller.command, git=self.caller.git,
            deeds=tuple(deeds[:MOST_DEEDS]), more_deeds=max(0, len(deeds) - MOST_DEEDS),
        )  # fmt: skip
        later = {pod.minion for pod, _ in stale(self.document, self.cluster)} if self.recalled.found else set()
        self._write(replace(wanted, acts=(*wanted.acts, self._act)[-MOST_ACTS:]), later)

    def close(self, deeds: Sequence[Deed], result: str, wanted: Document | None = None) -> str:
        """Remembers how the Act ended; why that was not possible, else "". What it did is done either way.

        `wanted` is the Document where what was written first did not come true.
        """
        if self._act is None:
            return ""
        ended = replace(
            self._act, deeds=tuple(deeds[:MOST_DEEDS]), more_deeds=max(0, len(deeds) - MOST_DEEDS), result=result
        )
        try:
            as_written = ended == replace(self._act, result=DONE) and wanted in (None, self.document)
            # Where the keepers changed one more write ends the say of those before: they may be dead.
            if self._complete and as_written and not self.document.elders:
                return self._mark()
            wanted = wanted or self.document
            self._write(replace(wanted, acts=(*self.document.acts[:-1], ended)))
        except PodctlError as error:
            return error.message
        finally:
            self._sweep()
        return ""

    def _mark(self) -> str:
        """All came as it was written: a name says so, which is cheaper than one more copy. "", or why none could."""
        cluster, revision = self.cluster.name, self.document.revision
        marked = self._round(self._committed, lambda name: copies.end(self.session.minion(name), cluster, revision))
        return "" if marked else "; ".join(f"{name}: {why}" for name, why in sorted(self._failures.items()))

    def _sweep(self) -> None:
        """The copies before the newest go at the end: each is a moment less until its command may act."""
        here = [name for name in self._older if name in self.session.reached]
        self._round(here, lambda name: copies.forget(self.session.minion(name), self._older[name]))

    def _write(self, wanted: Document, later: Collection[str] = ()) -> None:
        """`later`: Minions where a stale copy goes before all else; they get theirs at the end, unless needed."""
        self._failures.clear()
        named = replace(wanted, silences=next_silences(self.document, self.cluster))
        writing = plan_writing(named, self.recalled, self.cluster, without_quorum=self.without_quorum)
        every = [name for name in writing.copies if name in self.session.reached]
        others = [name for name in every if name not in later]
        prepared = self._prepare(others if enough(writing.document, others) else every, writing)
        self._enough(writing.document, prepared)
        self._committed = self._round(prepared, lambda name: self._commit(name, writing))
        self._enough(writing.document, self._committed, " Whether it counts, the next command that writes settles.")
        self._complete = set(self._committed) == set(every)
        self.cluster = written(self.cluster, writing, self._committed)
        self.recalled = recall(self.cluster)
        going = {name: ids for name, ids in writing.older.items() if name in self._committed}
        for name, ids in {**going, **writing.forget}.items():
            self._older[name] = (*self._older.get(name, ()), *ids)

    def _prepare(self, names: Sequence[str], writing: Writing) -> list[str]:
        """The first round. A copy that runs shows that its image is there; where that was wrong, it is sent."""
        seen = {each.minion.name: each for each in self.cluster.minions}
        revision, cluster = writing.document.revision, self.cluster.name

        def copy(name: str) -> tuple[Step, ...]:
            return copies.prepare(self.session.minion(name), cluster, revision, writing.payload)

        def with_image(name: str) -> tuple[Step, ...]:
            facts = seen[name].facts
            assert facts is not None  # noqa: S101 - a Minion that answers has them
            return (*copies.image(self.session.minion(name), facts.architecture, revision), *copy(name))

        showing = [name for name in names if any(each.running for each in seen[name].copies)]
        done = self._round(names, lambda name: copy(name) if name in showing else with_image(name))
        wrong = [name for name in showing if copies.lacks_image(self._failures.get(name, ""))]
        return done + self._round(wrong, with_image)

    def _commit(self, name: str, writing: Writing) -> tuple[Step, ...]:
        return copies.commit(self.session.minion(name), self.cluster.name, writing.document.revision)

    def _round(self, names: Iterable[str], steps: Callable[[str], Sequence[Step]]) -> list[str]:
        """Runs the steps of all these Minions at once. Those where all of them were done."""
        done: list[str] = []
        for name, answer in side_by_side(lambda name: self.session.conversation(name).run(steps(name)), names).items():
            results = () if isinstance(answer, PodctlError) else answer
            if isinstance(answer, PodctlError):
                self._failures[name] = answer.message
            elif wrong := next((each for each in results if not each.ok), None):
                self._failures[name] = f"cannot {wrong.step.title}: {wrong.error_text}"
            else:
                done.append(name)
        return done

    def _enough(self, document: Document, done: Sequence[str], but: str = "") -> None:
        """Raises where too few of those who are to keep it took part."""
        if enough(document, done) or (self.without_quorum and done):
            return
        lacking = sorted({*document.keepers, *document.elders} - set(done))
        raise UnreachableError(
            f"nothing was changed: the Document could not be written to {', '.join(lacking)}, "
            f"only to {len(done)} of its keepers",
            evidence="\n".join(f"{name}: {why}" for name, why in sorted(self._failures.items())),
            hint=_WAIT + but,
        )


def _silences(cluster: Cluster) -> Iterable[str]:
    """Why each silent Minion is so, on what evidence, and what to do there."""
    for each in cluster.silent:
        yield f"{each.minion.name}: {each.problem}"
        yield from (f"  {line}" for line in (*each.evidence.splitlines(), each.hint) if line)


def _hint(keeping: Keeping) -> str:
    """The way out; adopt only where neither waiting nor the operator's word for --without-quorum is one."""
    document, cluster = keeping.document, keeping.cluster
    known = {each.minion.name for each in cluster.minions}
    if not cluster.silent and known.issuperset((*document.keepers, *document.elders)):
        return _ADOPT
    return _WAIT_OR_ADOPT if doubt(keeping.recalled, cluster, without_quorum=True) else _WAIT
