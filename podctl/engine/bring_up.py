"""Makes one Pod on one Minion, and drives all Pods of a Minion until they are ready."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.actions import Keep, Remove
from podctl.core.lifecycle import Need, Next, next_need
from podctl.core.outcome import Outcome, Progress, Word
from podctl.engine import recipe
from podctl.engine.docker import answers, ask, change, security, untouched, volumes
from podctl.engine.hooks import run_post_start
from podctl.engine.observe import check, pods
from podctl.engine.probing.waiting import Waiting
from podctl.engine.work import completed, fresh_claims
from podctl.errors import ExitCode
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from threading import Event

    from podctl.core.model import ObservedPod
    from podctl.core.probes.standing import Standing
    from podctl.engine.docker.making import Making
    from podctl.engine.work import Job, Work
    from podctl.transport.base import Conversation, Transport
    from podctl.transport.shell import StepResult

_POLL_SECONDS = 0.3
_MOST_POLL_SECONDS = 1.0


def failure(results: Sequence[StepResult]) -> StepResult | None:
    """The first step that failed by itself, not for another's sake."""
    return next((each for each in results if not each.ok and not each.skipped), None)


def make(work: Work, job: Job, talk: Conversation, made_claims: set[tuple[str, str]]) -> Outcome | None:
    """Creates the Pod's containers and commits them, unless it overlaps: None. Else why not; nothing of it stays."""
    making = work.making
    claims = fresh_claims(making, job, made_claims)
    results = talk.run(recipe.prepare(making, claims, making.facts.architecture))
    if not failure(results):
        made_claims.update((claim.metadata.namespace, claim.metadata.name) for claim in claims)
        names = [name for each in making.spec.volumes if (name := volumes.name_of(making, each))]
        work.making = completed(making, results[-1].text, names, recipe.images_to_ask(making))
        problem = security.image_user_problem(work.making)
        if problem:
            take_down(work, talk)
            return _failed(work, problem, "")
        unused = frozenset(_untouched_claims(work.making, {claim.metadata.name for claim in claims}, talk))
        again = recipe.fill(work.making, unused, making.new_infra) if unused else ()
        results = talk.run((*again, *recipe.populate(work.making)))
    failed = failure(results)
    if failed is None:
        return None
    take_down(work, talk)
    return _failed(work, f"cannot {failed.step.title}", failed.error_text)


def _untouched_claims(making: Making, fresh: set[str], talk: Conversation) -> list[str]:
    """Claims that were there before and are as docker made them: whoever made them was killed before it filled them."""
    every = [(each.name, each.persistent_volume_claim) for each in making.spec.volumes]
    older = [(volume, claim.claim_name) for volume, claim in every if claim and claim.claim_name not in fresh]
    steps = [Step(title=f"look into claim {claim}", script=untouched.head(making, volume)) for volume, claim in older]
    heads = talk.run(steps)
    return [claim for (_, claim), seen in zip(older, heads, strict=True) if untouched.is_untouched(seen.stdout)]


def take_down(work: Work, talk: Conversation) -> None:
    """Removes a Pod that is not committed. What that leaves, the next writing command removes."""
    making = work.making
    found = _look(work, talk)
    own = [name for each in making.spec.volumes if (name := volumes.name_of(making, each)) and making.uid in name]
    action = Remove(minion=making.minion.name, uid=making.uid, reason="half made", pod=found, volumes=tuple(own))
    talk.run(recipe.remove(making.minion, making.cluster, [action], grace_seconds=0))


def _failed(work: Work, what: str, evidence: str) -> Outcome:
    """Of a Pod that could not be made."""
    return Outcome(
        key=work.key, minion=work.making.minion.name, word=Word.FAILED, code=ExitCode.FAILED,
        message=what, evidence=evidence, hint=_port_hint(work, evidence),
    )  # fmt: skip


def _ails(
    work: Work, what: str, evidence: str = "", code: ExitCode = ExitCode.NOT_READY, container: str = ""
) -> Outcome:
    """Of a Pod that is there and not well."""
    return Outcome(
        key=work.key, minion=work.making.minion.name, word=work.word, code=code,
        message=what, evidence=evidence, hint=_look_hint(work, container),
    )  # fmt: skip


def _look(work: Work, talk: Conversation) -> ObservedPod | None:
    """The Pod by its uid, as it is now."""
    making = work.making
    names = tuple(dict.fromkeys((making.new_infra, making.infra, *_names(work))))
    step = Step(title="look at the Pod", script=ask.containers_named(making.docker, names))
    result = talk.run([step])[0]
    check(making.minion, result)
    seen = pods(making.minion.name, answers.parse_containers(result.text))
    return next((pod for pod in seen if pod.uid == making.uid), None)


def _names(work: Work) -> tuple[str, ...]:
    """What docker calls the containers of the Pod while they are started."""
    making = work.making
    return (making.started_infra, *(making.container(each.name) for each in making.spec.all_containers))


def drive(
    works: Sequence[Work],
    job: Job,
    talk: Conversation,
    transport: Transport,
    *,
    say: Callable[[Progress], None],
    stop: Event,
    meanwhile: Callable[[], None],
) -> list[Outcome]:
    """Starts what is to be started next and looks again, until every Pod is ready, has failed, or time is up.

    `meanwhile` is called before each pause in which no container of any Pod is still to be started.
    """
    outcomes: list[Outcome] = []
    left = {work.making.uid: work for work in works}
    deadline = time.monotonic() + job.timeout_seconds
    pause = _POLL_SECONDS
    probes = Waiting(works[0].making.facts, talk, transport, wait=job.wait) if works else None
    while left and probes:
        seen, now = _look_at(left, talk)
        probes.look(seen.values(), now)
        acted, begun = False, True
        for uid, work in list(left.items()):
            standing = probes.standing(_need(work, seen.get(uid), now), seen.get(uid))
            begun &= standing.need.started
            late = time.monotonic() > deadline
            if _to_act(standing.need, late=late) and not stop.is_set():
                acted = True
                outcome = _start(work, standing.need, talk, transport, deadline)
            else:
                outcome = _settled(work, standing, job, late=late)
            _tell(work, standing.need, outcome, say)
            if outcome:
                outcomes.append(outcome)
                del left[uid]
        if stop.is_set():
            return outcomes + [_interrupted(work) for work in left.values()]
        pause = _POLL_SECONDS if acted else min(pause * 1.5, _MOST_POLL_SECONDS)
        if left and not acted:
            if begun:
                meanwhile()
            stop.wait(probes.pause(pause))
    return outcomes


def _to_act(need: Next, *, late: bool) -> bool:
    """A container is started once at most, but might be restarted for ever."""
    return need.need is Need.START or (need.need is Need.RESTART and not late)


def _look_at(left: dict[str, Work], talk: Conversation) -> tuple[dict[str, ObservedPod], datetime]:
    making = next(iter(left.values())).making
    names = tuple(name for work in left.values() for name in _names(work))
    containers, now = talk.run(
        [
            Step(title="look at the Pods", script=ask.containers_named(making.docker, names)),
            Step(title="read the clock", script=ask.now()),
        ]
    )
    check(making.minion, containers)
    seen = pods(making.minion.name, answers.parse_containers(containers.text))
    return {pod.uid: pod for pod in seen}, answers.parse_now(now.text)


def _need(work: Work, pod: ObservedPod | None, now: datetime) -> Next:
    if pod is None:
        return Next(need=Need.FAILED, reason="its containers are gone: somebody else removed them")
    if work.due:
        return Next(need=Need.START, containers=work.due, reason="stopped to be started again")
    return next_need(pod, now, frozenset(work.attempted))


def _start(work: Work, need: Next, talk: Conversation, transport: Transport, deadline: float) -> Outcome | None:
    """`deadline` is a time.monotonic(): hooks have what is left until then, a second at least."""
    work.attempted |= set(need.containers)
    work.due = ()
    if need.need is Need.RESTART:
        failed = failure(talk.run(recipe.restart(work.making, need.containers)))
        return _not_started(work, failed) if failed else None
    results: list[StepResult] = []
    for name in need.containers:  # a message each: a hook has the time that those before it have left
        results += talk.run(recipe.start(work.making, [name], _left(deadline)))
    if failed := failure(results):
        return _not_started(work, failed)
    for name in need.containers:
        if problem := run_post_start(work.making, name, transport, _left(deadline)):
            return _ails(work, f"the postStart hook of {name} failed", problem, ExitCode.FAILED)
    return None


def _left(deadline: float) -> int:
    return max(1, math.ceil(deadline - time.monotonic()))


def _not_started(work: Work, failed: StepResult) -> Outcome:
    if ran_out := change.ran_out(failed):
        said = failed.error_text.removesuffix(ran_out).rstrip()
        return _ails(work, f"{failed.step.title.removeprefix('run ')} {ran_out}", said)
    return _ails(work, f"cannot {failed.step.title}", failed.error_text, ExitCode.FAILED)


def _settled(work: Work, standing: Standing, job: Job, *, late: bool) -> Outcome | None:
    """The Pod's outcome; None while there is something to wait for."""
    need, unknown = standing.need, standing.unknown
    done = Outcome(key=work.key, minion=work.making.minion.name, word=work.word)
    if unknown:
        done = replace(done, message=f"started; nobody knows whether it is ready: {unknown.message}", hint=unknown.hint)
    if need.need is Need.READY or (need.started and not job.wait):
        return done
    if need.need is Need.FAILED:
        return _ails(work, need.reason, container=next(iter(need.containers), ""))
    if late:
        why = f"not ready within {job.timeout_seconds:.0f} s: {need.reason}"
        return _ails(work, why)
    return None


def _tell(work: Work, need: Next, outcome: Outcome | None, say: Callable[[Progress], None]) -> None:
    text = (outcome.message or str(outcome.word)) if outcome else _doing(need)
    quiet = isinstance(work.action, Keep) and outcome is not None and not outcome.message
    if text != work.said and not quiet:
        work.said = text
        say(Progress(minion=work.making.minion.name, key=work.key, text=text, done=outcome is not None))


def _doing(need: Next) -> str:
    if need.need is Need.START:
        return f"starting {', '.join(name or 'the infra container' for name in need.containers)}"
    return need.reason


def _interrupted(work: Work) -> Outcome:
    return _ails(work, "interrupted before it was ready", code=ExitCode.INTERRUPTED)


def _port_hint(work: Work, evidence: str) -> str:
    """dockerd that was killed while it gave a port away may keep it for nobody (seen with 20.10 after a power cut)."""
    if "port is already allocated" not in evidence:
        return ""
    minion = work.making.minion.name
    return (
        f"'docker ps' on {minion} shows which container has that port. If none has, docker has kept it over a crash: "
        "restart docker there."
    )


def _look_hint(work: Work, container: str) -> str:
    """Names the container that failed, as the log of another one says nothing of it."""
    where = "" if work.key.namespace == "default" else f" -n {work.key.namespace}"
    which = f" -c {container}" if container else ""
    return f"'podctl describe pod {work.key.name}{where}' and 'podctl logs {work.key.name}{where}{which}' tell more."
