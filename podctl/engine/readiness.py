"""Readiness from look to look at a Minion: each probe is asked at its own pace, and its answer remembered meanwhile."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.model import Cluster
from podctl.core.probes.model import Verdict, Which
from podctl.core.probes.reading import probes_of
from podctl.engine.probing import ask_readiness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from podctl.core.model import ObservedMinion, ObservedPod
    from podctl.core.probes.model import Answer
    from podctl.engine.session import Session

Runs = frozenset[tuple[str, "datetime | None"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a Pod's probes answered, and which runs of its containers did."""

    probed: Mapping[tuple[str, Which], Answer]
    runs: Runs
    at_seconds: float


class Readiness:
    """Gives looks the answers of readiness and startup probes. `wanted` names the uids of the Pods to be asked.

    One thread a Minion at a time.
    """

    def __init__(
        self,
        session: Session,
        wanted: Callable[[ObservedMinion], frozenset[str]],
        *,
        ask: Callable[[Session, Cluster, Callable[[ObservedPod], bool]], Cluster] = ask_readiness,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._wanted = wanted
        self._ask = ask
        self._clock = clock
        self._told: dict[str, dict[str, _Told]] = {}  # by Minion, by uid

    def of(self, seen: ObservedMinion) -> ObservedMinion:
        """The same look with `probed`: asked now, or remembered. What a container said before it ended is forgotten."""
        wanted, told = self._wanted(seen), self._told.get(seen.minion.name, {})
        fresh = {pod.uid: each for pod in seen.pods if (each := told.get(pod.uid)) and each.runs == _runs(pod)}
        due = {pod.uid for pod in seen.pods if pod.uid in wanted and self._due(pod, fresh.get(pod.uid))}
        now = self._clock()
        cluster = Cluster(name=self._session.inventory.cluster, minions=(seen,))
        asked = self._ask(self._session, cluster, lambda pod: pod.uid in due).minions[0]
        for pod in asked.pods:
            if pod.uid in due:
                fresh[pod.uid] = _Told(probed=pod.probed, runs=_runs(pod), at_seconds=now)
        self._told[seen.minion.name] = fresh
        return replace(
            asked,
            pods=tuple(replace(pod, probed=fresh[pod.uid].probed) if pod.uid in fresh else pod for pod in asked.pods),
        )

    def _due(self, pod: ObservedPod, told: _Told | None) -> bool:
        return told is None or self._clock() - told.at_seconds >= _period_seconds(pod, told)


def _period_seconds(pod: ObservedPod, told: _Told) -> int:
    """Of the slowest of its probes while all is well; of the quickest while somebody may wait for it."""
    every = [each for probes in probes_of(pod.manifest).values() for each in probes if each.which is not Which.LIVENESS]
    periods = [each.period_seconds for each in every]
    well = all(answer.verdict is Verdict.OK for answer in told.probed.values())
    return (max if well else min)(periods, default=0)


def _runs(pod: ObservedPod) -> Runs:
    return frozenset((each.id, each.started_at) for each in pod.containers.values())
