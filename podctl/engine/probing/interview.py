"""One Minion's probes are asked, each when it is due, until all is known that is wanted."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.probes import rounds
from podctl.core.probes.model import Which
from podctl.core.probes.reading import probes_of
from podctl.core.state import is_cut_off
from podctl.engine.probing.asker import Asker, Question

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from threading import Event

    from podctl.core.model import ObservedPod
    from podctl.core.probes.model import Answer
    from podctl.core.probes.rounds import Asking, Manner
    from podctl.engine.probing.asker import Heard

EVERY = frozenset(Which)
_STOP_SECONDS = 0.5  # how soon an interrupt is seen


class Interview:
    """Containers by their Pod's uid and their name. Mutable: it belongs to one thread."""

    def __init__(self, asker: Asker, manner: Manner, which: Collection[Which] = EVERY) -> None:
        self._asker = asker
        self._manner = manner
        self._which = which
        self._began = time.monotonic()
        self._pods: dict[str, ObservedPod] = {}
        self._askings: dict[tuple[str, str], Asking] = {}
        self._runs: dict[tuple[str, str], datetime | None] = {}  # when the run that is asked about began
        self._open: set[tuple[str, str, Which]] = set()  # asked, and not answered
        self._late: dict[tuple[str, str], set[Which]] = {}

    def add(self, pod: ObservedPod, now: datetime) -> None:
        """Its running containers that have probes; again for one that was started again since, and for no other."""
        self._pods[pod.uid] = pod
        for name, probes in probes_of(pod.manifest).items():
            who, seen = (pod.uid, name), pod.containers.get(name)
            wanted = tuple(each for each in probes if each.which in self._which)
            if seen is None or not seen.running or seen.started_at is None or is_cut_off(pod, name):
                self._askings.pop(who, None)
                self._runs.pop(who, None)
            elif wanted and (who not in self._runs or self._runs[who] != seen.started_at):
                ran = max(0.0, (now - seen.started_at).total_seconds()) - self._seconds()
                self._askings[who] = rounds.Asking(probes=wanted, ran_seconds=ran, manner=self._manner)
                self._runs[who] = seen.started_at

    def run(self, stop: Event) -> None:
        """Until all is known."""
        while (wait := self.begin()) is not None and not stop.is_set():
            self.hear(min(wait, _STOP_SECONDS))
        if not stop.is_set():
            self._doubt_late()

    def begin(self) -> float | None:
        """Asks what is due; the seconds until more is or may be, None when all is known."""
        now = self._seconds()
        expected = [(who, probe, at) for who, asking in self._askings.items() for probe, at in rounds.expected(asking)]
        free = [(who, probe, at) for who, probe, at in expected if (*who, probe.which) not in self._open]
        due = [(who, probe) for who, probe, at in free if at <= now]
        self._open |= {(*who, probe.which) for who, probe in due}
        self._asker.ask(
            Question(pod=self._pods[who[0]], probe=probe, asked_at_seconds=now, run=self._runs[who])
            for who, probe in due
        )
        if not expected:
            return None
        return min((at - now for _, _, at in free if at > now), default=_STOP_SECONDS)

    def hear(self, timeout_seconds: float) -> bool:
        """Takes answers, waiting for the first; False when none came."""
        found = self._asker.take(timeout_seconds)
        for each in found:
            self._note(each)
        return bool(found)

    def answers(self, pod: ObservedPod) -> Mapping[tuple[str, Which], Answer]:
        return dict(self._answers(pod.uid))

    def asked(self, uid: str) -> Mapping[str, Asking]:
        """That Pod's running containers that have probes, by name."""
        return {name: asking for (of, name), asking in self._askings.items() if of == uid}

    @property
    def is_open(self) -> bool:
        """Some question has no answer yet."""
        return bool(self._open)

    def pods(self) -> Iterator[ObservedPod]:
        """All that were added, with their answers."""
        for pod in self._pods.values():
            yield replace(pod, probed={**pod.probed, **self.answers(pod)})

    def _answers(self, uid: str) -> Iterator[tuple[tuple[str, Which], Answer]]:
        for (of, name), asking in self._askings.items():
            if of == uid:
                yield from (((name, which), answer) for which, answer in rounds.answers(asking).items())

    def _note(self, heard: Heard) -> None:
        question = heard.question
        who, which = question.who, question.probe.which
        self._open.discard((*who, which))
        if who not in self._askings or self._runs[who] != question.run:
            return  # it has ended, or was started again, since it was asked
        self._askings[who] = rounds.heard(self._askings[who], which, heard.answer, question.asked_at_seconds)
        late = self._late.setdefault(who, set())
        late.discard(which)
        if heard.late:
            late.add(which)

    def _doubt_late(self) -> None:
        """An answer that did not come is the Pod's failure only where the Minion itself still answers."""
        if not any(self._late.values()) or (trouble := self._asker.trouble()) is None:
            return
        for who, which in ((who, each) for who, late in self._late.items() for each in late):
            if who in self._askings:
                self._askings[who] = rounds.heard(self._askings[who], which, trouble, self._seconds())

    def _seconds(self) -> float:
        return time.monotonic() - self._began
