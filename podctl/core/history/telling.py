"""What happened to a container, in the kubelet's words (kubernetes `pkg/kubelet/events`) where it has some."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from podctl.core.history.model import Happening, Tale, What

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from podctl.core.model import ObservedContainer

_TERM, _KILL = 15, 9
_DOWN = 255  # what the engine writes down for a container that ran when it, or the machine, went down
_RIGHT_AFTER, _SOON = timedelta(seconds=2), timedelta(seconds=10)
_SIGNALS = 128  # an exit code above it: ended by the signal of the rest


def tales(happenings: Iterable[Happening], seen: Mapping[str, ObservedContainer]) -> Iterator[Tale]:
    """From what `merged` made. `seen` are the containers that are there, by id."""
    for (_, container), group in groupby(happenings, key=lambda each: (each.minion, each.id)):
        every = list(group)
        yield from _Telling(restarts=getattr(seen.get(container), "restart_count", 0)).told(every)
        if (state := seen.get(container)) and every[0].container:
            yield from _back_off(every, state)


@dataclass
class _Telling:
    """The way through the happenings of one container. What stands here is of its present run."""

    restarts: int
    first_signal: Happening | None = None
    last_signal: Happening | None = None
    memory: Happening | None = None
    found: list[Tale] = field(default_factory=list)

    def told(self, happenings: list[Happening]) -> list[Tale]:
        for at, each in enumerate(happenings, 1):
            self._next(each, happenings[at : at + 1])
        self._leave_run()
        return self.found

    def _next(self, each: Happening, later: list[Happening]) -> None:
        match each.what:
            case What.STARTED:
                self._leave_run()
                if each.container:
                    self._say(each, "Started", f"Started container {each.container}")
            case What.SIGNALLED if each.signal in (_TERM, _KILL):  # others ask for a reload
                self.first_signal = self.first_signal or each
                self.last_signal = each
            case What.OUT_OF_MEMORY:
                self.memory = each
            case What.ENDED:
                self._end(each, asked_for=bool(self.first_signal) or _stopped(each, later))
                self.first_signal = self.last_signal = self.memory = None
            case What.REMOVED:
                self._leave_run()
                text = f"{_whose(each)} was removed, and podctl remembers no act that did it"
                self._say(each, "Removed", text, warning=True, removal=True)
            case What.NOT_STARTED if each.container:
                self._say(each, "Failed", f"Error: failed to start container {each.container}: {each.message}",
                          warning=True)  # fmt: skip
            case What.NOT_STARTED:
                self._say(each, "FailedCreatePodSandBox", f"Failed to start the infra container: {each.message}",
                          warning=True)  # fmt: skip

    def _leave_run(self) -> None:
        """What a run leaves that has no end, or whose end nobody tells."""
        if self.first_signal and self.first_signal.container:
            self._say(self.first_signal, "Killing", f"Stopping container {self.first_signal.container}")
        if self.memory and self.memory.container:
            text = f"A process of container {self.memory.container} was killed: out of memory"
            self._say(self.memory, "OOMKilling", text, warning=True)
        self.first_signal = self.last_signal = self.memory = None

    def _end(self, end: Happening, *, asked_for: bool) -> None:
        name, code = end.container, end.exit_code
        if asked_for:
            if name:
                self._say(self.first_signal or end, "Killing", self._stopping(end))
        elif not name:
            text = "The infra container ended: the Pod's containers are cut off until they are restarted"
            self._say(end, "SandboxChanged", text, warning=True)
        elif end.out_of_memory or (code and self._ran_out(end)):
            self._say(end, "OOMKilled", f"Container {name} ran out of memory and ended{_with(code)}", warning=True)
        elif code is None:
            if not self.restarts:  # else BackOff tells of it
                self._say(end, "Ended", f"Container {name} ended; its exit code is not known any more")
        elif code == 0:
            self._say(end, "Completed", f"Container {name} ended with exit code 0")
        else:
            self._say(end, "Failed", f"Container {name} ended{_with(code)}", warning=True)

    def _ran_out(self, end: Happening) -> bool:
        """A process was killed for want of memory just before; one long before had no part in it."""
        return self.memory is not None and end.order[0] - self.memory.order[0] < _SOON

    def _stopping(self, end: Happening) -> str:
        name = end.container
        first, last = self.first_signal, self.last_signal
        if first and last and first.signal == _TERM and last.signal == _KILL:
            grace = round((last.at - first.at).total_seconds())
            return f"Stopped container {name}: it did not end within {grace} s and was killed"
        return f"Stopped container {name}" + (f" (exit code {end.exit_code})" if end.exit_code is not None else "")

    def _say(
        self, of: Happening, reason: str, message: str, *, warning: bool = False, removal: bool = False
    ) -> None:  # fmt: skip
        tale = Tale(
            minion=of.minion, pod=of.pod, uid=of.uid, container=of.container, reason=reason, message=message,
            warning=warning, first=of.at, last=of.at, removal=removal,
        )  # fmt: skip
        self.found.append(tale)


def _stopped(end: Happening, later: list[Happening]) -> bool:
    """Whether it was asked for: the engine says so right after it, also where the image has a signal of its own."""
    return bool(later) and later[0].what is What.STOPPED and later[0].order[0] - end.order[0] < _RIGHT_AFTER


def _whose(each: Happening) -> str:
    return f"Container {each.container}" if each.container else "The infra container"


def _with(code: int | None) -> str:
    if code is None:
        return ""
    if code == _DOWN:
        return f" with exit code {code}: its own, or the machine or its container engine went down"
    return f" with exit code {code}" + (f" (signal {code - _SIGNALS})" if code > _SIGNALS else "")


def _back_off(happenings: list[Happening], state: ObservedContainer) -> Iterator[Tale]:
    """The engine counts how often it restarted a container.

    Where its log has forgotten the first time, there is when the container was made: not long before.
    """
    last: datetime | None = state.finished_at
    if not state.restart_count or not last:
        return
    one = happenings[0]
    ends = [each.at for each in happenings if each.what is What.ENDED]
    yield Tale(
        minion=one.minion, pod=one.pod, uid=one.uid, container=one.container, reason="BackOff",
        message=f"Back-off restarting failed container {one.container} in pod {one.pod.name}",
        warning=True, first=min(last, ends[0] if len(ends) >= state.restart_count else state.created_at), last=last,
        count=state.restart_count,
    )  # fmt: skip
