"""Takes Pods away on one Minion, in order and with their hooks; or stops containers that are to start again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.engine import recipe
from podctl.engine.bring_up import failure
from podctl.engine.hooks import pre_stops, run_pre_stops
from podctl.engine.work import pod_address

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from podctl.core.actions import Remove, Restart
    from podctl.core.model import ObservedPod
    from podctl.engine.session import Session
    from podctl.engine.work import Job
    from podctl.transport.shell import StepResult


def removed(session: Session, job: Job, name: str, actions: Sequence[Remove], *, named: bool = True) -> dict[str, str]:
    """Runs the steps of these Removes on that Minion; what went wrong, by uid: {} when all are gone.

    All are marked before a hook is asked: a kill meanwhile leaves them as Pods that are going. Not `named`: they have
    given their names up already.
    """
    minion, talk, grace = session.minion(name), session.conversation(name), job.grace_seconds
    steps = recipe.mark(minion, job.cluster.name, actions) if named else recipe.switch_off(minion, actions)
    failed = failures(actions, talk.run(steps))
    marked = [each for each in actions if each.uid not in failed]
    spent = _ask_http_hooks(session, job, name, [each.pod for each in marked if each.pod])
    failed |= failures(marked, talk.run(recipe.stop(minion, marked, grace, spent)))
    return {uid: problem_text(each) for uid, each in failed.items()}


def halt(session: Session, job: Job, name: str, actions: Sequence[Restart]) -> None:
    """Stops the containers of these Restarts on that Minion, all at once, each with its hook and its Pod's grace."""
    pods = [_only(each.observed, each.containers) for each in actions]
    spent = _ask_http_hooks(session, job, name, pods)
    session.conversation(name).run(recipe.halt(session.minion(name), pods, spent))


def _only(pod: ObservedPod, names: Collection[str]) -> ObservedPod:
    return replace(pod, containers={name: each for name, each in pod.containers.items() if name in names})


def failures(actions: Sequence[Remove], results: Sequence[StepResult]) -> dict[str, StepResult]:
    """By uid: the first step of its group that failed."""
    own = {each.uid: failure([result for result in results if result.step.group == each.uid]) for each in actions}
    return {uid: failed for uid, failed in own.items() if failed}


def problem_text(failed: StepResult) -> str:
    """What could not be done; what the engine said from the second line on."""
    return f"cannot {failed.step.title}\n{failed.error_text}"


def _ask_http_hooks(session: Session, job: Job, name: str, pods: Sequence[ObservedPod]) -> dict[str, int]:
    """PreStop hooks by HTTP, those of all Pods at once; the seconds that they took of each Pod's grace."""
    seen = job.minion(name)
    hooks = [hook for pod in pods for hook in pre_stops(pod, pod_address(pod, seen), job.grace_seconds)]
    return run_pre_stops(hooks, session.transport(name)) if hooks else {}
