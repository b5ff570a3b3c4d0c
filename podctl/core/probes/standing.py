"""What probes add to what a Pod needs next, while somebody waits for it to be ready."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.lifecycle import Need, Next, is_sidecar
from podctl.core.probes import rounds
from podctl.core.probes.model import Answer, Verdict, Which

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.model import ObservedPod
    from podctl.core.probes.rounds import Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`unknown`: an answer that says why nobody can tell whether the Pod is ready; it counts as started then."""

    need: Next
    unknown: Answer | None = None


def with_probes(need: Next, pod: ObservedPod, asked: Mapping[str, Asking]) -> Standing:
    """`asked` are the running containers of `pod` that have startup or readiness probes, by name.

    The startup probe of a sidecar holds back what is started after it, as in Kubernetes.
    """
    if need.need in (Need.FAILED, Need.RESTART):
        return Standing(need=need)
    for name, asking in asked.items():
        if rounds.is_over(asking):
            told = asking.told[Which.STARTUP]
            seconds = rounds.granted_seconds(next(each for each in asking.probes if each.which is Which.STARTUP))
            why = f"{name}: its startup probe failed for longer than the {seconds} s that it has: {told.answer.message}"
            return Standing(need=Next(need=Need.FAILED, containers=(name,), reason=why, started=need.started))
    if need.need is Need.START:
        gates = [name for name in _sidecars(pod) if name in asked and _starting(asked[name])]
        waits = [wait for name in gates if (wait := _wait(name, asked[name]))]
        return Standing(need=Next(need=Need.WAIT, reason="; ".join(waits)) if waits else need)
    waits = [wait for name, asking in asked.items() if (wait := _wait(name, asking))]
    if waits and need.started:
        reasons = [*([need.reason] if need.need is Need.WAIT and need.reason else []), *waits]
        return Standing(need=replace(need, need=Need.WAIT, reason="; ".join(reasons)))
    answers = (answer for asking in asked.values() for answer in rounds.answers(asking).values())
    return Standing(need=need, unknown=next((each for each in answers if each.verdict is Verdict.UNKNOWN), None))


def has_gate(pod: ObservedPod) -> bool:
    """True where a container is held back by the startup probe of a sidecar."""
    inits = (pod.manifest.get("spec") or {}).get("initContainers") or ()
    return any(is_sidecar(each) and each.get("startupProbe") for each in inits)


def _sidecars(pod: ObservedPod) -> tuple[str, ...]:
    inits = (pod.manifest.get("spec") or {}).get("initContainers") or ()
    return tuple(str(each["name"]) for each in inits if is_sidecar(each))


def _starting(asking: Asking) -> bool:
    return any(probe.which is Which.STARTUP for probe, _ in rounds.expected(asking))


def _wait(name: str, asking: Asking) -> str:
    """What its container is waited for; "" when there is nothing to ask any more."""
    for probe, _ in rounds.expected(asking):
        told = asking.told.get(probe.which)
        said = told.answer.message if told else "not answered yet"
        return f"{name}: {probe.which} probe: {said}"
    return ""
