"""What heals: for each Pod that is not well the smallest act, as a Plan; and why the rest is left as it is.

The acts are those of every other command (see plan.make_plan), asked for the Pods with findings alone: what is down is
started, what lost its network is restarted, what is not there or not as wanted is made anew. Only what fails a probe is
this module's own: that container alone is restarted. A readiness probe that fails calls for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Keep, Plan, Remove, Replace, Restart, Start
from podctl.core.document.failover import Failover
from podctl.core.health.backoff import backoffs
from podctl.core.health.limits import MOST_REPAIRS, Unhealed, why_not_anew, within_budget
from podctl.core.health.model import Ailment
from podctl.core.lifecycle import parts
from podctl.core.placement import Policy
from podctl.core.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.actions import Action, Held
    from podctl.core.document.model import Document
    from podctl.core.health.model import Finding
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedPod, PodKey

_BY_PLAN = (
    Ailment.CONTAINER_DOWN, Ailment.STALE_NETWORK, Ailment.POD_MISSING, Ailment.IMAGE_PULL_FAILING,
    Ailment.UNSCHEDULABLE, Ailment.WRONG_SPEC, Ailment.OOM_KILLED, Ailment.CRASH_LOOPING,
)  # fmt: skip
_PROBES = {Ailment.LIVENESS_FAILING: "liveness", Ailment.STARTUP_FAILING: "startup"}
_BY_RESTART = tuple(_PROBES)
_LATER = "--max-repairs {most} is used up: the next run goes on"
_ENGINE_TRIES = "its engine starts it again by itself, after longer and longer pauses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that decides. `document` is what counts as wanted.

    `manifests` are of the Pods of `to_heal`, as far as they can be made; `broken` says why others cannot.
    """

    findings: tuple[Finding, ...]
    cluster: Cluster
    document: Document
    manifests: Sequence[PodManifest] = ()
    broken: Mapping[PodKey, str] = field(default_factory=dict)
    failover: Failover = field(default_factory=Failover)
    most: int = MOST_REPAIRS
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """`copies`: the Document is to be written anew, as copies of it are missing."""

    plan: Plan = field(default_factory=Plan)
    copies: bool = False
    unhealed: tuple[Unhealed, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.plan.actions) or self.copies


def to_heal(findings: Iterable[Finding], failover: Failover) -> tuple[PodKey, ...]:
    """The Pods about which something can be done, sorted."""
    ill = (each for each in findings if each.ailment in (*_BY_PLAN, *_BY_RESTART) or _is_otherwise(each))
    return tuple(sorted({each.pod for each in ill if each.pod} | set(failover.lost)))


def plan_repairs(case: Case) -> Repairs:
    """Without the acts that a back-off, the budget or a limit forbids: those are told of as unhealed."""
    waiting = {key: each for key, each in backoffs(case.document, case.cluster).items() if each.left_seconds}
    ill = set(to_heal(case.findings, case.failover))
    plan = make_plan(
        [each for each in case.manifests if each.key in ill and each.key not in waiting],
        case.cluster, document=case.document, given_up=case.failover.lost, anew=_not_as_wanted(case),
        policy=case.policy,
    )  # fmt: skip
    unhealed = [
        Unhealed(key=key, why=f"it was repaired {_times(each.times)} lately: again in {math.ceil(each.left_seconds)} s")
        for key, each in sorted(waiting.items())
        if key in ill
    ]
    unhealed += [Unhealed(key=key, why=f"it cannot be made: {why}") for key, why in sorted(case.broken.items())]
    unhealed += [Unhealed(key=key, why=f"not failed over: {why}") for key, why in sorted(case.failover.kept.items())]
    actions: list[Action] = []
    for action in plan.actions:
        act = _smallest(action, case)
        if isinstance(act, Unhealed):
            unhealed.append(act)
        else:
            actions.append(act)
    do, later = within_budget(_worth_it(actions, case.findings), case.most, case.failover.lost)
    unhealed += [_held(each) for each in plan.held]
    unhealed += [Unhealed(key=each.key, minion=each.minion, why=_LATER.format(most=case.most)) for each in later]
    return Repairs(
        plan=Plan(actions=do),
        copies=any(each.ailment is Ailment.KEEPERS_SHORT for each in case.findings),
        unhealed=tuple(unhealed),
    )


def _not_as_wanted(case: Case) -> dict[PodKey, str]:
    """Pods that are another than was applied, or have containers that are none of theirs.

    Not one whose successor was never made: where it is as it is wanted, it is the Pod.
    """
    wanted = case.document.pods
    return {
        each.pod: each.message
        for each in case.findings
        if each.pod and _is_otherwise(each) and not (each.pod in wanted and wanted[each.pod].uid != each.uid)
    }


def _is_otherwise(finding: Finding) -> bool:
    return finding.ailment is Ailment.WRONG_SPEC or (finding.ailment is Ailment.ORPHAN and bool(finding.containers))


def _worth_it(actions: Sequence[Action], findings: Iterable[Finding]) -> Sequence[Action]:
    """What every writing command tidies up is no reason to write by itself, unless something was found of it."""
    found = any(each.ailment is Ailment.ORPHAN for each in findings)
    return actions if found or any(not isinstance(each, Remove) for each in actions) else ()


def _smallest(action: Action, case: Case) -> Action | Unhealed:
    own = [each for each in case.findings if each.pod == action.key]
    match action:
        case Create() | Replace():
            why = why_not_anew(
                action,
                case.document.pods.get(action.key),
                {each.ailment for each in own},
                given_up=action.key in case.failover.lost,
            )
            return Unhealed(key=action.key, minion=action.minion, why=why) if why else action
        case Keep() | Start():
            entry = case.document.pods.get(action.key)
            known = entry is not None and entry.uid == action.observed.uid
            return _restart(action, own) or (_left_alone(action, own) if isinstance(action, Keep) and known else action)
    return action


def _restart(action: Keep | Start, findings: Iterable[Finding]) -> Restart | None:
    """The containers that run and failed their probes, unless they are to end where they once stopped."""
    failing = [each for each in findings if each.ailment in _BY_RESTART and each.uid in ("", action.observed.uid)]
    names = {name for each in failing for name in each.containers if _may_restart(action.observed, name)}
    if not names:
        return None
    told = (f"{_PROBES[each.ailment]} probe failed: {each.message}" for each in failing if names & set(each.containers))
    return Restart(
        pod=action.pod, minion=action.minion, observed=action.observed,
        containers=tuple(name for name in action.observed.containers if name in names),
        reason="; ".join(dict.fromkeys(told)),
    )  # fmt: skip


def _may_restart(pod: ObservedPod, name: str) -> bool:
    part = next((each for each in parts(pod.manifest) if each.name == name), None)
    seen = pod.containers.get(name)
    return bool(part and seen and seen.running and part.restart_policy != "Never")


def _left_alone(action: Keep, findings: Sequence[Finding]) -> Unhealed:
    names = sorted({name for each in findings for name in each.containers})
    again = [name for name in names if (seen := action.observed.containers.get(name)) and seen.status == "restarting"]
    if again or any(each.ailment in (Ailment.CRASH_LOOPING, Ailment.OOM_KILLED) for each in findings):
        why = f"{', '.join(again or names)}: {_ENGINE_TRIES}"
    else:
        why = "nothing that podctl could do would change it: its restartPolicy lets it be, or its image"
    return Unhealed(key=action.key, minion=action.minion, why=why)


def _held(held: Held) -> Unhealed:
    reasons = "; ".join(f"{minion} {reason}" for minion, reason in sorted(held.reasons.items()))
    why = reasons if held.unseen else held.diagnosis or reasons
    return Unhealed(key=held.key, minion=held.observed.minion if held.observed else "", why=why)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
