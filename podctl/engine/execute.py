"""Execute: carries a Plan out on all Minions side by side, and says what became of every Action.

Each Minion is served by one thread through its one conversation, in this order: leftovers and removals; images for all
its Pods; Pods made one by one; then all of them driven until they are ready, and between two looks whatever else there
is to do (see meanwhile.py). One Minion's failure is the Outcome of its own Pods. A Pod that moves is removed on its old
Minion before any Minion makes it anew, unless its Action lets the two overlap: then it is handed over when all are
driven (see handover.py). Never do two have its name.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.actions import ASKED_FOR, Create, Remove, Replace, Restart, Start
from podctl.core.outcome import Outcome, Progress, Word
from podctl.engine import recipe
from podctl.engine.bring_up import drive, make
from podctl.engine.handover import Handover, Newcomer
from podctl.engine.images import image_hint, pull_all
from podctl.engine.meanwhile import NOTHING, Meanwhile
from podctl.engine.removing import halt, removed
from podctl.engine.session import side_by_side
from podctl.engine.work import work_for
from podctl.errors import ExitCode, InputError, PodctlError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from podctl.core.actions import Action, Plan
    from podctl.core.model import PodKey
    from podctl.engine.session import Session
    from podctl.engine.work import Job, Work

_STAYS = "the old one stays as it is"


class Execution:
    """One run of one Plan. `outcomes` grows as things end, so that an interrupted run can still say what it did."""

    def __init__(
        self,
        plan: Plan,
        session: Session,
        job: Job,
        say: Callable[[Progress], None],
        meanwhile: Meanwhile = NOTHING,
    ) -> None:
        self._plan = plan
        self._session = session
        self._job = job
        self._say = say
        self._meanwhile = meanwhile
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pull_problems: dict[str, dict[PodKey, str]] = {}  # by Minion, then by Pod
        self._standing: dict[str, Remove] = {}  # by uid: what is to go first, and is not known to be gone
        self._stuck: set[str] = set()  # uids of Pods that are to move and are not known to be gone
        self._lost: set[str] = set()  # Minions that broke off
        self._newcomers: list[Newcomer] = []  # started, and not handed over yet
        self._told: set[int] = set()  # id()s of the Actions that have an outcome
        self._bug: BaseException | None = None  # what nobody expected, for the thread that asked
        self.outcomes: list[Outcome] = []

    def run(self) -> list[Outcome]:
        """All outcomes, in no order. Ctrl-C lets the running steps end and then stops."""
        try:
            self._on_each(self._remove, {each.minion for each in self._removes})
            self._on_each(self._pull, {each.minion for each in self._makers} - self._lost)
            moves = [each.remove for each in self._plan.actions if isinstance(each, Replace) and self._moves(each)]
            self._on_each(lambda name: self._remove_moving(name, moves), {each.minion for each in moves})
            self._on_each(self._serve, {*(each.minion for each in self._plan.actions), *self._meanwhile.minions})
            self._to_the_end(self._hand_over)
        except KeyboardInterrupt:
            self._stop.set()
            self._to_the_end(self._hand_over)
            raise
        return self.outcomes

    @property
    def _removes(self) -> list[Remove]:
        return [each for each in self._plan.actions if isinstance(each, Remove)]

    @property
    def _makers(self) -> list[Create | Replace]:
        return [each for each in self._plan.actions if isinstance(each, Create | Replace)]

    def _moves(self, action: Replace) -> bool:
        """Whether it leaves its Minion before it is made: not for one that cannot take it."""
        able = action.minion not in self._lost and not self._image_problem(action)
        return able and action.minion != action.remove.minion and not action.overlap

    def _hand_over(self) -> None:
        """After an interrupt the newcomers go again; a handover that has begun comes to its end."""
        newcomers, self._newcomers = self._newcomers, []
        if newcomers:
            handover = Handover(self._session, self._job, self._say)
            handover.run(newcomers, give_up=self._stop.is_set())
            for each in newcomers:
                self._add(each.action, handover.outcomes[each.uid])

    def _on_each(self, work: Callable[[str], None], names: Iterable[str]) -> None:
        """`work` on all these Minions at once."""
        wanted = sorted(names)
        self._to_the_end(lambda: self._served(work, wanted))

    def _to_the_end(self, work: Callable[[], None]) -> None:
        """An interrupt lets every running step end first."""
        ended = threading.Event()  # a Thread.join() that is interrupted takes the thread for ended (Python 3.11)
        worker = threading.Thread(target=lambda: self._guarded(work, ended), daemon=True)
        try:
            worker.start()
            while not ended.wait(0.2):
                pass
        except KeyboardInterrupt:
            self._stop.set()
            text = "waiting for the running steps to end (Ctrl-C again: stop at once)"
            self._say(Progress(minion="podctl", key=None, text=text, about="interrupted"))
            while not ended.wait(1) and worker.ident is not None:  # it may not have come so far as to begin
                pass
            raise
        if self._bug:
            raise self._bug

    def _served(self, work: Callable[[str], None], wanted: Sequence[str]) -> None:
        for name, answer in side_by_side(work, wanted).items():
            if isinstance(answer, PodctlError):
                self._lost.add(name)
                self._blame(name, answer)

    def _guarded(self, work: Callable[[], None], ended: threading.Event) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by `_on_each`: a bug must not look like success
            self._bug = error
        finally:
            ended.set()

    def _blame(self, minion: str, error: PodctlError) -> None:
        """The Minion broke off: whatever of its Actions has no outcome yet is unknown until it is seen again."""
        code = error.exit_code if isinstance(error, UnreachableError) else ExitCode.FAILED
        for action in self._plan.actions:
            if action.minion == minion and id(action) not in self._told:
                outcome = Outcome(
                    key=action.key, minion=minion, word=Word.UNKNOWN, code=code, message=error.message,
                    evidence=error.evidence, hint=error.hint, stays=isinstance(action, Replace) and action.overlap,
                )  # fmt: skip
                self._add(action, outcome)

    def _add(self, action: Action, outcome: Outcome) -> None:
        with self._lock:
            self._told.add(id(action))
            self.outcomes.append(outcome)

    def _tell(self, minion: str, action: Action | None, text: str, *, done: bool = False) -> None:
        self._say(Progress(minion=minion, key=action.key if action else None, text=text, done=done))

    def _pull(self, minion: str) -> None:
        wanted = [each.pod for each in self._makers if each.minion == minion]
        self._tell(minion, None, "checking")
        self._pull_problems[minion] = pull_all(
            self._session.conversation(minion), self._session.minion(minion), wanted, self._job
        )

    def _image_problem(self, action: Create | Replace) -> str:
        return self._pull_problems.get(action.minion, {}).get(action.key, "")

    def _remove_moving(self, minion: str, moves: Sequence[Remove]) -> None:
        mine = [each for each in moves if each.minion == minion]
        self._stuck.update(each.uid for each in mine)  # they stay in it when the Minion breaks off: nobody knows then
        self._stuck -= {each.uid for each in mine} - removed(self._session, self._job, minion, mine).keys()

    def _serve(self, minion: str) -> None:
        """All Actions of one Minion, and what else there is to do."""
        if minion not in self._lost:
            self._serve_pods(minion)
            if not self._stop.is_set():
                self._meanwhile.work(minion)

    def _serve_pods(self, minion: str) -> None:
        works: list[Work] = []
        claims: set[tuple[str, str]] = set()
        mine = [each for each in self._plan.actions if each.minion == minion and not isinstance(each, Remove)]
        for action in mine:
            if self._stop.is_set():
                break  # what is made already is told of, as interrupted
            if isinstance(action, Create | Replace):
                self._make(action, works, claims)
            elif isinstance(action, Start | Restart) or self._job.wait:
                works.append(work_for(action, self._job))
            else:
                self._add(action, Outcome(key=action.key, minion=minion, word=Word.UNCHANGED))
        if restarts := [each.action for each in works if isinstance(each.action, Restart)]:
            for each in restarts:
                self._tell(minion, each, f"stopping {', '.join(each.containers)}")
            halt(self._session, self._job, minion, restarts)
        talk = self._session.conversation(minion)
        by_key: dict[PodKey | None, Work] = {work.key: work for work in works}
        transport = self._session.transport(minion)
        for outcome in drive(
            works, self._job, talk, transport,
            say=self._say, stop=self._stop, meanwhile=lambda: self._meanwhile.work(minion),
        ):  # fmt: skip
            work = by_key[outcome.key]
            if isinstance(work.action, Replace) and work.action.overlap:
                self._newcomers.append(Newcomer(action=work.action, work=work, outcome=outcome))
            else:
                self._add(work.action, outcome)

    def _make(self, action: Create | Replace, works: list[Work], claims: set[tuple[str, str]]) -> None:
        """Adds the Pod to `works` when it was made, its failure to the outcomes when it was not."""
        if problem := self._image_problem(action):
            self._fail(action, problem, hint=image_hint(problem), stays=True)
            return
        if other := next((each for each in self._standing.values() if each.key == action.key), None):
            self._fail(action, f"a copy of it on {other.minion} could not be removed", stays=True)
            return
        work = work_for(action, self._job)
        if isinstance(action, Replace) and action.move:
            work.word = Word.STARTED if action.overlap else Word.MOVED
        if isinstance(action, Replace) and action.overlap:
            work.making = replace(work.making, overlap=True)
        elif isinstance(action, Replace):
            old = f"the old one on {action.remove.minion} could not be removed"
            problem = old if action.remove.uid in self._stuck else ""
            if action.remove.minion == action.minion:
                self._tell(action.minion, action, "stopping the old one")
                problem = removed(self._session, self._job, action.minion, [action.remove]).get(action.remove.uid, "")
            if problem:
                self._fail(action, problem)
                return
        self._tell(action.minion, action, "creating")
        outcome = make(work, self._job, self._session.conversation(action.minion), claims)
        if outcome and work.making.overlap:
            outcome = replace(outcome, message=f"{outcome.message}; {_STAYS}", stays=True)
        if outcome:
            self._add(action, outcome)
        else:
            works.append(work)

    def _fail(self, action: Create | Replace, problem: str, *, hint: str = "", stays: bool = False) -> None:
        """`stays`: a Pod that was to be replaced is as it was."""
        what, _, evidence = problem.partition("\n")
        stays = stays and isinstance(action, Replace)
        what += f"; {_STAYS}" if stays else ""
        broken_off = isinstance(action, Replace) and action.remove.minion in self._lost
        outcome = Outcome(
            key=action.key, minion=action.minion, word=Word.FAILED, message=what, evidence=evidence,
            code=ExitCode.UNREACHABLE if broken_off else ExitCode.FAILED, hint=hint, stays=stays,
        )  # fmt: skip
        self._add(action, outcome)

    def _remove(self, minion: str) -> None:
        """All at once: ten Pods of a long grace period take no longer than one."""
        actions = [each for each in self._removes if each.minion == minion]
        for action in actions:
            self._tell(minion, action, "stopping" if action.reason == ASKED_FOR else f"stopping: {action.reason}")
        self._standing |= {
            each.uid: each for each in actions
        }  # they stay in it when the Minion breaks off: nobody knows then
        problems = removed(self._session, self._job, minion, actions)
        for action in actions:
            what, _, evidence = problems.get(action.uid, "").partition("\n")
            outcome = Outcome(
                key=action.key, minion=minion, word=Word.FAILED if what else Word.DELETED,
                code=ExitCode.FAILED if what else ExitCode.DONE, message=what, evidence=evidence,
            )  # fmt: skip
            self._add(action, outcome)
            self._tell(minion, action, outcome.message or str(outcome.word), done=True)
            if not what:
                self._standing.pop(action.uid, None)


def check_inputs(plan: Plan, job: Job) -> None:
    """Renders every Pod that is to be made, without an address yet. Raises InputError before anything is touched."""
    for action in plan.actions:
        if isinstance(action, Create | Replace):
            try:
                work = work_for(action, job)
                recipe.check(work.making)
            except ValueError as error:
                raise InputError(f"{action.pod.source}:{action.pod.line}: pod {action.key}: {error}") from error
