"""Start before stop: a Pod that moves is ready on its new Minion before the old one is told to go.

Until then the new one is half made by its name, and the old one is the Pod. The old one gives its name up, then the new
one takes it, then the old one is stopped: never do two have it. Killed at any point, this leaves what the next writing
command clears away, and the old one untouched where it had not given its name up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.outcome import Outcome, Progress, Word
from podctl.engine import recipe
from podctl.engine.bring_up import failure, take_down
from podctl.engine.removing import failures, problem_text, removed
from podctl.engine.session import side_by_side
from podctl.errors import ExitCode, PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.actions import Replace
    from podctl.core.model import Minion, ObservedPod
    from podctl.engine.session import Session
    from podctl.engine.work import Job, Work
    from podctl.transport.shell import Step

    _Make = Callable[[Minion, str, ObservedPod], tuple[Step, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A Pod that was started beside the one that it replaces, and what became of it."""

    action: Replace
    work: Work
    outcome: Outcome

    @property
    def uid(self) -> str:
        return self.action.remove.uid


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    what: str
    evidence: str = ""
    code: ExitCode = ExitCode.FAILED


class Handover:
    """Of all Pods that were started at once. `outcomes` has one for each newcomer in the end, by the old one's uid."""

    def __init__(self, session: Session, job: Job, say: Callable[[Progress], None]) -> None:
        self._session = session
        self._job = job
        self._say = say
        self.outcomes: dict[str, Outcome] = {}

    def run(self, newcomers: Sequence[Newcomer], *, give_up: bool = False) -> None:
        """Those that are ready take over; the others go again, and with `give_up` all."""
        ready = [each for each in newcomers if each.outcome.code is ExitCode.DONE and not give_up]
        for each in newcomers:
            if each not in ready:
                self._stays(each, _why_not(each.outcome))
        successors = self._names_taken(self._names_given_up(ready))
        self._stop_the_old(successors)
        self._on_each([each for each in newcomers if self._is_lost(each)], self._taken_down)

    def _is_lost(self, each: Newcomer) -> bool:
        return self.outcomes[each.uid].word is Word.FAILED

    def _names_given_up(self, newcomers: Sequence[Newcomer]) -> list[Newcomer]:
        def work(name: str, mine: Sequence[Newcomer]) -> dict[str, str]:
            steps = self._steps(recipe.give_name_up, name, mine)
            results = self._session.conversation(name).run(steps)
            failed = failures([each.action.remove for each in mine], results)
            return {uid: problem_text(each) for uid, each in failed.items()}

        problems = self._on_each(newcomers, work, text="handing over", old=True)
        for each in newcomers:
            if each.uid in problems:
                self._stays(each, problems[each.uid])
        return [each for each in newcomers if each.uid not in problems]

    def _names_taken(self, newcomers: Sequence[Newcomer]) -> list[Newcomer]:
        """Where that fails for sure the old ones are what they were; where nobody knows they run on without a name."""

        def work(name: str, mine: Sequence[Newcomer]) -> dict[str, str]:
            results = self._session.conversation(name).run([recipe.commit(each.work.making) for each in mine])
            ended = zip(mine, results, strict=True)
            return {each.uid: problem_text(result) for each, result in ended if failure([result])}

        problems = self._on_each(newcomers, work)
        refused = []
        for each in newcomers:
            problem = problems.get(each.uid)
            if problem and problem.code is ExitCode.FAILED:
                refused.append(each)
                self._stays(each, problem)
            elif problem:
                left = f"the one on {each.action.remove.minion} runs on until the next command that writes"
                self._ends(each, Word.UNKNOWN, replace(problem, what=f"{problem.what}; {left}"))
        self._on_each(refused, self._names_taken_back, old=True)
        return [each for each in newcomers if each.uid not in problems]

    def _names_taken_back(self, name: str, mine: Sequence[Newcomer]) -> dict[str, str]:
        self._session.conversation(name).run(self._steps(recipe.take_name_back, name, mine))
        return {}

    def _stop_the_old(self, newcomers: Sequence[Newcomer]) -> None:
        def work(name: str, mine: Sequence[Newcomer]) -> dict[str, str]:
            return removed(self._session, self._job, name, [each.action.remove for each in mine], named=False)

        problems = self._on_each(newcomers, work, text="stopping the old one", old=True)
        for each in newcomers:
            problem = problems.get(each.uid)
            old = f"the old one on {each.action.remove.minion}"
            self._ends(each, Word.MOVED, replace(problem, what=f"{old}: {problem.what}") if problem else None)

    def _taken_down(self, name: str, mine: Sequence[Newcomer]) -> dict[str, str]:
        for each in mine:
            take_down(each.work, self._session.conversation(name))
        return {}

    def _steps(self, make: _Make, name: str, mine: Sequence[Newcomer]) -> list[Step]:
        pods = (each.action.remove.pod for each in mine)
        return [step for pod in pods if pod for step in make(self._session.minion(name), self._job.cluster.name, pod)]

    def _on_each(
        self,
        newcomers: Sequence[Newcomer],
        work: Callable[[str, Sequence[Newcomer]], dict[str, str]],
        *,
        text: str = "",
        old: bool = False,
    ) -> dict[str, _Problem]:
        """`work` on all their new Minions at once, or on the old ones; what went wrong, by uid."""
        by_minion: defaultdict[str, list[Newcomer]] = defaultdict(list)
        for each in newcomers:
            by_minion[each.action.remove.minion if old else each.action.minion].append(each)
            if text:
                self._say(Progress(minion=each.action.minion, key=each.action.key, text=text))
        problems: dict[str, _Problem] = {}
        for name, answer in side_by_side(lambda name: work(name, by_minion[name]), by_minion).items():
            if isinstance(answer, PodctlError):
                broken = _Problem(what=answer.message, evidence=answer.evidence, code=ExitCode.UNREACHABLE)
                problems |= {each.uid: broken for each in by_minion[name]}
            else:
                for uid, told in answer.items():
                    what, _, evidence = told.partition("\n")
                    problems[uid] = _Problem(what=what, evidence=evidence)
        return problems

    def _stays(self, each: Newcomer, problem: _Problem) -> None:
        """The move failed: the old one is the Pod, as before, as far as its Minion was heard."""
        old = f"the old one stays as it is on {each.action.remove.minion}"
        if problem.code is ExitCode.UNREACHABLE:
            old = "the new one is taken down again"
        self._ends(each, Word.FAILED, replace(problem, what=f"{problem.what}; {old}"), stays=True)

    def _ends(self, each: Newcomer, word: Word, problem: _Problem | None, *, stays: bool = False) -> None:
        known = problem or _Problem(what=each.outcome.message, code=ExitCode.DONE)  # it may be ready for all one knows
        self.outcomes[each.uid] = Outcome(
            key=each.action.key, minion=each.action.minion, word=word, code=known.code, message=known.what,
            evidence=known.evidence, hint="" if problem else each.outcome.hint, stays=stays,
        )  # fmt: skip
        text = known.what or str(word)
        self._say(Progress(minion=each.action.minion, key=each.action.key, text=text, done=True))


def _why_not(outcome: Outcome) -> _Problem:
    """Why a newcomer does not take over. Nothing that the user has is unready then: it is the move that failed."""
    if outcome.code in (ExitCode.DONE, ExitCode.INTERRUPTED):
        what = (outcome.code is not ExitCode.DONE and outcome.message) or "interrupted before it took over"
        return _Problem(what=what, evidence=outcome.evidence, code=ExitCode.INTERRUPTED)
    return _Problem(what=outcome.message, evidence=outcome.evidence)
