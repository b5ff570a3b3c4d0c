"""Probes are asked: http and tcp through the Minions' transports, commands in their conversations."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.model import Cluster, Mark, ObservedMinion
from podctl.core.probes.model import Which
from podctl.core.probes.reading import probes_of
from podctl.core.probes.rounds import Manner
from podctl.engine.probing.asker import Asker
from podctl.engine.probing.interview import EVERY, Interview

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from podctl.core.model import ObservedPod
    from podctl.engine.session import Session

_READINESS = frozenset({Which.STARTUP, Which.READINESS})


def ask_readiness(session: Session, cluster: Cluster, wanted: Callable[[ObservedPod], bool]) -> Cluster:
    """`cluster` with `probed` of the wanted Pods: what makes them ready, each probe asked once.

    Only running containers of committed Pods are asked, all of all Minions at once, on the connections that are there.
    """
    return _ask(session, cluster, wanted, Manner.ONCE, _READINESS)


def ask_once(session: Session, cluster: Cluster, wanted: Callable[[ObservedPod], bool]) -> Cluster:
    """The same with the liveness probes."""
    return _ask(session, cluster, wanted, Manner.ONCE, EVERY)


def ask_all(session: Session, cluster: Cluster, wanted: Callable[[ObservedPod], bool]) -> Cluster:
    """All three, and what fails again each periodSeconds up to its failureThreshold, all failing ones side by side."""
    return _ask(session, cluster, wanted, Manner.THOROUGH, EVERY)


def _ask(
    session: Session, cluster: Cluster, wanted: Callable[[ObservedPod], bool], manner: Manner, which: Collection[Which]
) -> Cluster:
    asked = {
        each.minion.name: pods
        for each in cluster.minions
        if (pods := [pod for pod in each.pods if _askable(pod, each) and wanted(pod)])
    }
    if not asked:
        return cluster
    stop = threading.Event()

    def interviewed(seen: ObservedMinion) -> ObservedMinion:
        if seen.minion.name not in asked or seen.now is None:
            return seen
        name = seen.minion.name
        asker = Asker(seen.facts, lambda: session.conversation(name), session.transport(name))
        interview = Interview(asker, manner, which)
        for pod in asked[name]:
            interview.add(pod, seen.now)
        interview.run(stop)
        answered = {pod.uid: pod for pod in interview.pods()}
        return replace(seen, pods=tuple(answered.get(pod.uid, pod) for pod in seen.pods))

    with ThreadPoolExecutor(max_workers=len(cluster.minions)) as pool:
        try:
            return replace(cluster, minions=tuple(pool.map(interviewed, cluster.minions)))
        finally:
            stop.set()


def _askable(pod: ObservedPod, seen: ObservedMinion) -> bool:
    return not seen.silent and pod.mark is Mark.COMMITTED and bool(probes_of(pod.manifest))
