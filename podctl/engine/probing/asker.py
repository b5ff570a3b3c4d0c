"""Questions to the Pods of one Minion: begun without waiting, and answered in the order in which answers come."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from podctl.core.probes.address import Place, place_of
from podctl.core.probes.model import Answer, Probe, Verdict
from podctl.engine.docker.probing import hides_pods
from podctl.engine.probing import commands, network
from podctl.errors import PodctlError
from podctl.transport.shell import Script, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from podctl.core.model import MinionFacts, ObservedPod
    from podctl.transport.base import Conversation, Transport

T = TypeVar("T")
_AT_ONCE = 128  # channels of one connection: sshd has a descriptor for each, and 1024 of them as a rule
_ALIVE = Step(title="see that the Minion answers", script=Script("true", "true"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`run` is when the container was started that it is about."""

    pod: ObservedPod
    probe: Probe
    asked_at_seconds: float = 0
    run: datetime | None = None

    @property
    def who(self) -> tuple[str, str]:
        """The Pod's uid and the container."""
        return self.pod.uid, self.probe.container


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`late`: nothing came within the probe's time, which a link that is gone would look like, too."""

    question: Question
    answer: Answer
    late: bool = False


class Asker:
    """`talk` gives the Minion's conversation, when there is a command to run. Answers are taken from one thread."""

    def __init__(self, facts: MinionFacts | None, talk: Callable[[], Conversation], transport: Transport) -> None:
        self._hidden = hides_pods(facts)
        self._talk = talk
        self._transport = transport
        self._heard: queue.SimpleQueue[Heard | BaseException] = queue.SimpleQueue()
        self._gate = threading.BoundedSemaphore(_AT_ONCE)
        self._commands: list[Question] = []
        self._commanding = False

    def ask(self, questions: Iterable[Question]) -> None:
        """Begins all of them at once; commands, when those before them have ended."""
        for each in questions:
            if each.probe.kind == "exec":
                self._commands.append(each)
            else:
                self._begin(self._ask_network, each)
        self._begin_commands()

    def take(self, timeout_seconds: float) -> list[Heard]:
        """What has been answered, waiting for the first; nothing at the timeout."""
        found: list[Heard] = []
        wait = max(0.0, timeout_seconds)
        with contextlib.suppress(queue.Empty):
            while True:
                heard = self._heard.get(timeout=wait) if not found else self._heard.get_nowait()
                if isinstance(heard, BaseException):
                    raise heard
                found.append(heard)
        if any(each.question.probe.kind == "exec" for each in found):  # a batch ends as a whole
            self._commanding = False
            self._begin_commands()
        return found

    def trouble(self) -> Answer | None:
        """Why nobody knows about late answers; None where the Minion itself is well."""
        try:
            self._talk().run([_ALIVE])
        except PodctlError as error:
            return network.lost(error, self._transport)
        return None

    def _ask_network(self, question: Question) -> None:
        probe = question.probe
        with self._gate:
            place = place_of(probe, question.pod, hidden=self._hidden) if probe.kind != "grpc" else _NO_GRPC
            if not isinstance(place, Place):
                self._heard.put(Heard(question=question, answer=place))
                return
            began = time.monotonic()
            answer = network.ask(probe, place, self._transport)
            late = answer.verdict is Verdict.FAILED and time.monotonic() - began >= probe.timeout_seconds
        if late:
            answer = replace(answer, message=f"{network.title(probe, place)}: {network.too_late(probe)}")
        self._heard.put(Heard(question=question, answer=answer, late=late))

    def _begin_commands(self) -> None:
        if self._commands and not self._commanding:
            batch, self._commands, self._commanding = self._commands, [], True
            self._begin(self._ask_commands, batch)

    def _begin(self, work: Callable[[T], None], of: T) -> None:
        """In a thread that holds up nobody's exit; what nobody expected is raised where answers are taken."""

        def guarded() -> None:
            try:
                work(of)
            except BaseException as error:  # noqa: BLE001 - a bug must not look like a probe that is never answered
                self._heard.put(error)

        threading.Thread(target=guarded, daemon=True).start()

    def _ask_commands(self, batch: Sequence[Question]) -> None:
        wanted = [(each.pod.containers[each.probe.container].id, each.probe) for each in batch]
        try:
            answers = commands.ask(wanted, self._talk(), self._transport)
        except PodctlError as error:  # there is no conversation
            answers = tuple(network.lost(error, self._transport) for _ in batch)
        for question, answer in zip(batch, answers, strict=True):
            self._heard.put(Heard(question=question, answer=answer))


_NO_GRPC = Answer(
    verdict=Verdict.UNKNOWN,
    message="podctl cannot ask grpc probes",
    hint="Use httpGet, tcpSocket or exec in their place.",
)
