"""Findings from the answers to probes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from podctl.core.health.hints import hint_for
from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.probes.model import Verdict, Which

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from podctl.core.model import ObservedPod
    from podctl.core.probes.model import Answer

# The first that fails speaks for its container: what is not alive is not ready either.
_AILMENTS = {
    Which.STARTUP: Ailment.STARTUP_FAILING,
    Which.LIVENESS: Ailment.LIVENESS_FAILING,
    Which.READINESS: Ailment.READINESS_FAILING,
}


def ill_probes(pod: ObservedPod, without: Collection[str]) -> Iterator[Finding]:
    """One a container at most; none of those `without`, which have a cause already."""
    by_container: defaultdict[str, dict[Which, Answer]] = defaultdict(dict)
    for (container, which), answer in pod.probed.items():
        if container not in without:
            by_container[container][which] = answer
    for container, answers in sorted(by_container.items()):
        failed = next((each for each in _AILMENTS if _fails(answers.get(each))), None)
        if failed:
            answer, ailment = answers[failed], _AILMENTS[failed]
            times = f" ({answer.times} times in a row)" if answer.times > 1 else ""
            yield Finding(
                ailment=ailment, level=Level.CRITICAL, message=f"{container}: {answer.message}{times}",
                minion=pod.minion, pod=pod.key, uid=pod.uid, containers=(container,),
                hint=hint_for(ailment, pod.key, (container,)),
            )  # fmt: skip


def _fails(answer: Answer | None) -> bool:
    return answer is not None and answer.verdict is Verdict.FAILED and not answer.early


def unknown_probes(pods: Iterable[ObservedPod]) -> Iterator[Finding]:
    """What could not be asked, one finding for each Minion and way out: there it is one cause."""
    asked: defaultdict[tuple[str, str], list[tuple[ObservedPod, str, Answer]]] = defaultdict(list)
    for pod in pods:
        for (container, _), answer in sorted(pod.probed.items()):
            if answer.verdict is Verdict.UNKNOWN:
                asked[pod.minion, answer.hint].append((pod, container, answer))
    for (minion, hint), found in asked.items():
        keys = tuple(dict.fromkeys(pod.key for pod, _, _ in found))
        pod, container, answer = found[0]
        one = len(keys) == 1
        more = "" if one else f" (and of {len(keys) - 1} more Pods)"
        yield Finding(
            ailment=Ailment.PROBE_UNKNOWN, level=Level.UNKNOWN, minion=minion, hint=hint,
            message=f"{'' if one else f'of {pod.key}: '}{container}: {answer.message}{more}",
            pod=pod.key if one else None, uid=pod.uid if one else "",
            containers=tuple(dict.fromkeys(name for _, name, _ in found)) if one else (),
            pods=() if one else keys,
        )  # fmt: skip
