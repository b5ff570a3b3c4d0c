"""The right to write, for the time of one command: locks, one look, the Document in sight, and its next revisions.

A write is two rounds over as many keepers as are enough (see podctl.core.document.recall); whoever wrote may act. The
other keepers get their copies, and copies from before go, while the command waits for its Pods, at its end at the
latest. Then the copies are marked as done, or what went otherwise is written.
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
from podctl.core.document.writing import asked_first, next_revision, plan_writing, written
from podctl.engine.docker import document as copies
from podctl.engine.meanwhile import Meanwhile
from podctl.engine.session import side_by_side
from podctl.errors import PodctlError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from podctl.core.document.model import Deed, Document
    from podctl.core.document.recall import Recalled
    from podctl.core.document.writing import Writing
    from podctl.core.model import Cluster
    from podctl.engine.session import Session
    from podctl.transport.shell import Step

_UNCHANGED = "nothing was changed: "
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
    _older: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by Minion: copies that count no more
    _committed: list[str] = field(default_factory=list)  # the Minions that have what was written last
    _lacking: list[str] = field(default_factory=list)  # keepers that have not been asked to take it yet
    _writing: Writing | None = None  # what was written last
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
                f"{_UNCHANGED}{why}", evidence="\n".join(_silences(keeping.cluster)), hint=_hint(keeping)
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
        writing = self._plan(replace(wanted, acts=(*wanted.acts, self._act)[-MOST_ACTS:]))
        self._write(writing, asked_first(writing.document, self.cluster, self._keepers(writing), later))

    @property
    def meanwhile(self) -> Meanwhile:
        """What can wait of the write: copies for the keepers that have none yet, and the end of those before."""
        return Meanwhile(minions=self._waiting, work=self._catch_up)

    @property
    def _waiting(self) -> tuple[str, ...]:
        return tuple({*self._lacking, *self._older} & {*self.session.reached})

    def _catch_up(self, name: str) -> None:
        """What goes wrong here `close` makes good: it writes anew where a keeper lacks its copy."""
        if self._writing and name in self._lacking:
            self._lacking.remove(name)
            self._committed.extend(self._commit(self._prepare([name], self._writing), self._writing))
        if name in self._older and name not in self._behind:
            older = self._older.pop(name)
            self._round([name], lambda name: copies.forget(self.session.minion(name), older))

    @property
    def _behind(self) -> set[str]:
        """Keepers whose older copies are all that they have."""
        return {*self._keepers(self._writing)} - {*self._committed} if self._writing else set()

    def close(self, deeds: Sequence[Deed], result: str, wanted: Document | None = None) -> str:
        """Remembers how the Act ended; why that was not possible, else "". What it did is done either way.

        `wanted` is the Document where what was written first did not come true.
        """
        if self._act is None or self._writing is None:
            return ""
        ended = replace(
            self._act, deeds=tuple(deeds[:MOST_DEEDS]), more_deeds=max(0, len(deeds) - MOST_DEEDS), result=result
        )
        try:
            as_written = ended == replace(self._act, result=DONE) and wanted in (None, self.document)
            # Where the keepers changed one more write ends the say of those before: they may be dead.
            if as_written and not self.document.elders:
                side_by_side(self._catch_up, self._waiting)
                if not self._behind:
                    return self._mark()
            self.cluster = written(self.cluster, self._writing, self._committed)
            wanted = wanted or self.document
            writing = self._plan(replace(wanted, acts=(*self.document.acts[:-1], ended)))
            self._write(writing, self._keepers(writing))
        except PodctlError as error:
            return f"how it ended is not remembered: {error.message.removeprefix(_UNCHANGED)}"
        finally:
            side_by_side(self._catch_up, self._waiting)
        return ""

    def _mark(self) -> str:
        """All came as it was written: a name says so, which is cheaper than one more copy. "", or why none could."""
        cluster, revision = self.cluster.name, self.document.revision
        marked = self._round(self._committed, lambda name: copies.end(self.session.minion(name), cluster, revision))
        return "" if marked else "; ".join(f"{name}: {why}" for name, why in sorted(self._failures.items()))

    def _plan(self, wanted: Document) -> Writing:
        named = replace(wanted, silences=next_silences(self.document, self.cluster))
        return plan_writing(named, self.recalled, self.cluster, without_quorum=self.without_quorum)

    def _keepers(self, writing: Writing) -> list[str]:
        return [name for name in writing.copies if name in self.session.reached]

    def _write(self, writing: Writing, first: Sequence[str]) -> None:
        """To `first`; where one of them does not take it, to all. Whoever was not asked gets it later (`meanwhile`)."""
        self._failures.clear()
        rest = [name for name in self._keepers(writing) if name not in first]
        prepared = self._prepare(first, writing)
        if len(prepared) < len(first):
            prepared += self._prepare(rest, writing)
            rest = []
        self._enough(writing.document, prepared)
        committed = self._commit(prepared, writing)
        if len(committed) < len(prepared):
            committed += self._commit(self._prepare(rest, writing), writing)
            rest = []
        self._enough(writing.document, committed, " Whether it counts, the next command that writes settles.")
        self._writing, self._committed, self._lacking = writing, committed, rest
        self.cluster = written(self.cluster, writing, committed)
        self.recalled = recall(self.cluster)
        for name, ids in {**writing.older, **writing.forget}.items():
            self._older[name] = tuple(dict.fromkeys((*self._older.get(name, ()), *ids)))

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

    def _commit(self, names: Sequence[str], writing: Writing) -> list[str]:
        """The second round."""
        cluster, revision = self.cluster.name, writing.document.revision
        return self._round(names, lambda name: copies.commit(self.session.minion(name), cluster, revision))

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
            f"{_UNCHANGED}the Document could not be written to {', '.join(lacking)}, "
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
