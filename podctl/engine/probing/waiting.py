"""The startup and readiness probes of the Pods that are brought up on one Minion, asked while others start."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from podctl.core.probes.model import Which
from podctl.core.probes.rounds import Manner
from podctl.core.probes.standing import Standing, has_gate, with_probes
from podctl.engine.probing.asker import Asker
from podctl.engine.probing.interview import Interview

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from podctl.core.lifecycle import Next
    from podctl.core.model import MinionFacts, ObservedPod
    from podctl.transport.base import Conversation, Transport


class Waiting:
    """`wait`: somebody waits for readiness; else a Pod is asked only as far as its start depends on it."""

    def __init__(self, facts: MinionFacts, talk: Conversation, transport: Transport, *, wait: bool) -> None:
        which = {Which.STARTUP, Which.READINESS} if wait else {Which.STARTUP}
        self._interview = Interview(Asker(facts, lambda: talk, transport), Manner.WAITING, which)
        self._wait = wait

    def look(self, pods: Iterable[ObservedPod], now: datetime) -> None:
        """Asks what is due of these Pods, and takes the answers that have come. It waits for none."""
        for pod in pods:
            if self._wait or has_gate(pod):
                self._interview.add(pod, now)
        self._interview.hear(0)
        self._interview.begin()

    def standing(self, need: Next, pod: ObservedPod | None) -> Standing:
        return with_probes(need, pod, self._interview.asked(pod.uid)) if pod else Standing(need=need)

    def pause(self, seconds: float) -> float:
        """Waits for open answers, `seconds` at most; gives what is left of them."""
        end = time.monotonic() + seconds
        while self._interview.is_open and (left := end - time.monotonic()) > 0:
            self._interview.hear(left)
        return max(0.0, end - time.monotonic()) if not self._interview.is_open else 0.0
