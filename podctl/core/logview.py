"""What of a container's log is asked for, as one value a stream.

The engine keeps one log over all runs of a container, and of an earlier run it remembers only when it ended: there the
log of the run that is now begins. So `previous` is all that came before, where Kubernetes has the last run alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from podctl.core.reach import app_names, choose_container, init_names
from podctl.core.state import State, container_statuses
from podctl.errors import InputError, NotFoundError, PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.model import ObservedContainer, ObservedPod

# The first lines of a run are stamped up to some milliseconds before its own start; between the end of one run and
# the start of the next there are at least 300 ms (measured: a back-off of 100 and the start itself).
_BEFORE_START = timedelta(milliseconds=150)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """`tail` None: all lines. Of `since_seconds` and `since_time` at most one."""

    follow: bool = False
    previous: bool = False
    tail: int | None = None
    since_seconds: float | None = None
    since_time: datetime | None = None
    timestamps: bool = False
    limit_bytes: int | None = None
    prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRequest:
    """One stream. `since` and `until` bound it, None: no bound. `problem` says why there is no log to show."""

    minion: str
    pod: str
    container: str
    id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    follow: bool = False
    problem: PodctlError | None = None

    @property
    def prefix(self) -> bytes:
        return f"[pod/{self.pod}/{self.container}] ".encode()


def containers_to_show(pod: ObservedPod, wanted: str, *, every: bool) -> tuple[tuple[str, ...], str]:
    """Names of containers in the order in which they run, and what stderr is to say about the choice."""
    if every:
        return (*init_names(pod), *app_names(pod)), ""
    choice = choose_container(pod, wanted)
    return (choice.container,), choice.note


def log_request(pod: ObservedPod, name: str, options: LogOptions, now: datetime) -> LogRequest:
    """`now` is the Minion's clock. A container without a log gives a request with its problem."""
    status = next(each for each in container_statuses(pod) if each.name == name)
    seen = pod.containers.get(name)
    base = LogRequest(minion=pod.minion, pod=pod.key.name, container=name)
    where = f'container "{name}" in pod "{pod.key.name}"'
    if seen is None:
        gone = status.state is State.TERMINATED
        text = f"{where} is no longer on Minion {pod.minion}" if gone else f"{where} is waiting to start"
        return _with_problem(base, NotFoundError(text))
    if status.state is State.WAITING and status.last is None:
        return _with_problem(
            base, PodctlError(f"{where} is waiting to start: {status.reason}", evidence=status.message)
        )
    bounds = previous_run(seen) if options.previous else (current_run(seen), None)
    if bounds is None:
        return _with_problem(base, NotFoundError(f"previous terminated {where} not found"))
    since, until = bounds
    asked = options.since_time
    if options.since_seconds is not None:
        asked = now - timedelta(seconds=options.since_seconds)
    return LogRequest(
        minion=pod.minion, pod=pod.key.name, container=name, id=seen.id, until=until,
        since=max((each for each in (since, asked) if each), default=None),
        follow=options.follow and not options.previous,
    )  # fmt: skip


def current_run(container: ObservedContainer) -> datetime | None:
    """When the log of the run that is now, or was the last, begins. None: with the log itself."""
    if container.running:
        return container.finished_at
    return container.started_at - _BEFORE_START if container.started_at else None


def previous_run(container: ObservedContainer) -> tuple[datetime | None, datetime | None] | None:
    """The bounds of what came before; None: it is the first run.

    While a container waits to be started again, its last run is both its current and its previous one, as in kubectl.
    """
    if container.status == "restarting":
        return current_run(container), None
    if container.running:
        return (None, container.finished_at) if container.finished_at else None
    return (None, current_run(container)) if container.restart_count else None


def _with_problem(request: LogRequest, problem: PodctlError) -> LogRequest:
    return LogRequest(minion=request.minion, pod=request.pod, container=request.container, problem=problem)


def log_requests(
    pods: Iterable[ObservedPod], wanted: str, options: LogOptions, clocks: Mapping[str, datetime], *, every: bool
) -> tuple[tuple[LogRequest, ...], tuple[str, ...]]:
    """One request a stream, and the notes for stderr. `clocks` has each Minion's time by its name."""
    requests: list[LogRequest] = []
    notes: list[str] = []
    for pod in pods:
        names, note = containers_to_show(pod, wanted, every=every)
        notes += [note] if note else []
        requests += [log_request(pod, name, options, clocks[pod.minion]) for name in names]
    return tuple(requests), tuple(notes)


def check_concurrency(requests: tuple[LogRequest, ...], most: int) -> None:
    """Raises InputError when more streams are to be followed at once than `most`."""
    streams = sum(each.follow for each in requests)
    if streams > max(most, 1):
        raise InputError(
            f"you are attempting to follow {streams} log streams, but maximum allowed concurrency is {most}",
            hint=f"--max-log-requests={streams} allows it. sshd's MaxSessions bounds what one Minion serves.",
        )


def parse_since_time(text: str) -> datetime:
    """RFC 3339. Raises InputError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InputError(f"--since-time {text!r} is no RFC 3339 time", hint="For example 2026-11-22T16:00:00Z.")
    return at


class LineWriter:
    """Cuts chunks of one stream into what ends with whole lines, with `prefix` before each line.

    A line that grows beyond `_LONGEST` bytes is passed on in pieces, so that memory stays bounded.
    """

    _LONGEST = 1 << 20

    def __init__(self, prefix: bytes = b"") -> None:
        self._prefix = prefix
        self._rest = bytearray()
        self._inside = False  # the last piece passed on did not end its line

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        end = self._rest.rfind(b"\n") + 1
        if not end and len(self._rest) > self._LONGEST:
            end = len(self._rest)
        ready = bytes(self._rest[:end])
        del self._rest[:end]
        return self._marked(ready)

    def end(self) -> bytes:
        """What is left: a last line without an end, which gets none."""
        ready = bytes(self._rest)
        self._rest.clear()
        return self._marked(ready)

    def _marked(self, ready: bytes) -> bytes:
        if not ready:
            return b""
        ended = ready.endswith(b"\n")
        body = ready[:-1] if ended else ready
        marked = body.replace(b"\n", b"\n" + self._prefix) + (b"\n" if ended else b"")
        first = b"" if self._inside else self._prefix
        self._inside = not ended
        return first + marked
