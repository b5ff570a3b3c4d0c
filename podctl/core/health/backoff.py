"""How long a Pod that was repaired is left alone: the kubelet's back-off, remembered by the acts of the Document.

10 s after the first repair, twice as long after each further one, 5 min at most; forgotten after 10 min without one
(kubelet: pkg/kubelet, `MaxContainerBackOff` 300 s, `containerBackOffPeriod` 10 s, reset after twice the longest).
"""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.document.silences import clock_of
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.document.model import Act, Deed, Document
    from podctl.core.model import Cluster, PodKey

FIRST_SECONDS = 10
MOST_SECONDS = 300
FORGOTTEN_SECONDS = 600
_REPAIR = "--repair"
_OF_ONE_RUN = ("Started", "Restarted")  # what of a Pod's repairs a reboot undoes
_CLOCK_SLACK_SECONDS = 60  # a stamp further in the future is of a clock that was put back: it tells nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """`times`: repairs in a row. `left_seconds`: until the next one may be; 0 where it may be now."""

    times: int = 0
    left_seconds: float = 0


def backoff(ages_seconds: Iterable[float]) -> Backoff:
    """Of a Pod that was repaired so long ago, each time; in any order."""
    ages = sorted((max(age, 0.0) for age in ages_seconds if age >= -_CLOCK_SLACK_SECONDS), reverse=True)
    times, before = 0, None
    for age in ages:
        times = 1 if before is None or before - age > FORGOTTEN_SECONDS else times + 1
        before = age
    if before is None or before > FORGOTTEN_SECONDS:
        return Backoff()
    return Backoff(times=times, left_seconds=max(0.0, _pause(times) - before))


def _pause(times: int) -> float:
    return min(FIRST_SECONDS * 2.0 ** (times - 1), MOST_SECONDS)


def backoffs(document: Document, cluster: Cluster) -> dict[PodKey, Backoff]:
    """Of each Pod of the Document that was repaired lately.

    What was started or restarted before its infra container was last started is forgotten, as the kubelet forgets it
    at a reboot: what failed since is no failure of that repair.
    """
    runs = _run_seconds(cluster)
    clocks = {each.minion.name: each.now for each in cluster.minions if each.now}
    other = clock_of(document, cluster)
    ages: dict[tuple[str, str], list[float]] = {}
    for act in document.acts:
        now = clocks.get(act.clock) or (other.now if other else None)
        if now and is_repair(act):
            age = now.timestamp() - act.at_seconds
            for pod in {(each.namespace, each.object) for each in act.deeds if _counts(each, age, runs)}:
                ages.setdefault(pod, []).append(age)
    found = {key: backoff(ages.get((key.namespace, f"pod/{key.name}"), ())) for key in document.pods}
    return {key: each for key, each in found.items() if each.times}


def _counts(deed: Deed, age_seconds: float, runs: Mapping[tuple[str, str], float]) -> bool:
    is_over = deed.reason in _OF_ONE_RUN and runs.get((deed.namespace, deed.object), math.inf) < age_seconds
    return not deed.failed and not is_over


def _run_seconds(cluster: Cluster) -> dict[tuple[str, str], float]:
    """By namespace and `pod/NAME`: for how long its infra container has run, by its own Minion's clock."""
    return {
        (pod.key.namespace, f"pod/{pod.key.name}"): (seen.now - pod.infra.started_at).total_seconds()
        for seen in cluster.minions
        for pod in seen.pods
        if pod.mark is Mark.COMMITTED and seen.now and pod.infra and pod.infra.running and pod.infra.started_at
    }


def is_repair(act: Act) -> bool:
    """Whether that command was a `health --repair`."""
    try:
        return _REPAIR in shlex.split(act.command)
    except ValueError:
        return False
