"""A conversation with one shell: messages of framed steps over any Stream.

The remote side is `sh -s`, with words behind it that say who is there (`holder`). A message is one compound command,
so that a truncated one runs nothing. Each step is framed on both streams by a mark that carries a nonce, which nobody
else knows:

    NONCEbI.           before step I: a dead client's script ends here by SIGPIPE
    NONCEeI,STATUS.    after it
    NONCEsI.           instead of both: skipped, as an earlier step of its group failed
    NONCEh.            on stderr, every second: the heartbeat

No mark has a newline: bash writes a text up to each newline by itself, and the heartbeat would get in between.

The heartbeat serves both sides. The client that misses it for the Minion's connect timeout, five seconds at least,
knows that the link is dead. The Minion's watchdog, which sends it, finds a dead client by the broken pipe within a
second, or by the running step's deadline where sshd has not noticed a cut link, and ends the whole process group:
nothing of ours stays, and the lock is free.
"""

from __future__ import annotations

import base64
import contextlib
import re
import secrets
import threading
import time
from typing import TYPE_CHECKING

from podctl.errors import DeadlineError, LinkLostError, LockToolError
from podctl.transport.holder import ASK, Holder, holder_of
from podctl.transport.logins import why_no_shell
from podctl.transport.shell import LOG, Script, Step, StepResult, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.model import Minion
    from podctl.transport.base import Stream

_GRACE_SECONDS = 15  # the Minion's watchdog waits this much longer than the client
_LEAST_SILENCE_SECONDS = 5  # a heartbeat comes every second and a fork, later where a Minion is busy
_IDLE_SECONDS = 20  # an idle client re-arms the watchdog every quarter of it

# The engine's usual places that a login without a profile does not have on its PATH.
_PROLOGUE = """\
PATH=$PATH:/usr/local/bin:/opt/homebrew/bin:/snap/bin; LC_ALL=C; export PATH LC_ALL
n={nonce}; w=
trap 'exit 141' PIPE; trap '[ -z "$w" ] || kill "$w" 2>/dev/null' EXIT
arm() {{ [ -z "$w" ] || {{ kill "$w" && wait "$w"; }} 2>/dev/null
( exec 9<&- </dev/null >/dev/null; trap - EXIT; trap '' PIPE; i=$1
while [ "$i" -gt 0 ] && printf '%sh.' "$n" >&2 2>/dev/null && kill -0 $$ 2>/dev/null; do sleep 1; i=$((i-1)); done
kill 0 ) & w=$!; }}
begin() {{ printf '%sb%s.' "$n" "$1"; printf '%sb%s.' "$n" "$1" >&2; }}
end() {{ printf '%se%s,%s.' "$n" "$1" "$2"; printf '%se%s,%s.' "$n" "$1" "$2" >&2; }}
skip() {{ printf '%ss%s.' "$n" "$1"; }}
lock() {{ command -v flock >/dev/null 2>&1 || return 127
if [ -d /run ]; then exec 9</run; else exec 9</var/run; fi; flock -n 9 || {{ r=$?; exec 9<&-; return $r; }}; }}
"""

_LOCK_STEP = Step(title="lock", script=Script("lock", "lock"), in_shell=True)
_HELD, _NOT_FOUND = 1, 127


def _render_step(index: int, step: Step, group: int | None, nonce: str, watchdog_seconds: int) -> str:
    """The step's lines in a message: watchdog, begin frame, the step in a subshell with its own stdin, end frame."""
    exports = "".join(f"export {name}={quote(value)}\n" for name, value in step.env.items())
    redirects, documents = "", ""
    for descriptor, text in step.files.items():
        mark = f"F{descriptor}{nonce}"
        redirects += f" {descriptor}<<'{mark}'"
        documents += (text if text.endswith("\n") or not text else text + "\n") + mark + "\n"
    if step.in_shell:
        body = f"{step.script.text}\n"
    elif step.stdin is None:
        body = f"(\n{exports}{step.script.text}\n) </dev/null 9<&-{redirects}\n{documents}"
    else:
        mark = f"I{nonce}"
        data = base64.encodebytes(step.stdin).decode("ascii")
        body = (
            f"base64 -d <<'{mark}' 9<&- | (\n{data}{mark}\n{exports}{step.script.text}\n) 9<&-{redirects}\n{documents}"
        )
    run = f"arm {watchdog_seconds}\nbegin {index}\n{body}r=$?; end {index} $r\n"
    if group is None:
        return run
    return f'if [ -z "$f{group}" ]; then\n{run}[ $r = 0 ] || f{group}=1\nelse skip {index}; fi\n'


def render_message(steps: Sequence[Step], nonce: str, allowed: Callable[[Step], float]) -> bytes:
    """One compound command that runs all steps; what `--debug` prints comes from the same steps."""
    groups = {name: number for number, name in enumerate(dict.fromkeys(s.group for s in steps if s.group))}
    parts = ["{\n"]
    parts += [f"f{number}=\n" for number in groups.values()]
    parts += [
        _render_step(index, step, groups.get(step.group), nonce, int(allowed(step)) + _GRACE_SECONDS)
        for index, step in enumerate(steps)
    ]
    parts.append(f"arm {_IDLE_SECONDS}\n}}\n")
    return "".join(parts).encode("utf-8", "surrogateescape")


class _Frames:
    """Cuts the two streams into steps, heartbeats taken out. Bytes outside any step are nobody's: dropped."""

    def __init__(self, nonce: str, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._buffers = (bytearray(), bytearray())
        self._frame = re.compile(nonce.encode() + rb"(?:h|b(\d+)|s(\d+)|e(\d+),(\d+))\.")
        self._tail = len(nonce) + 24  # no frame is longer
        self._open: list[int | None] = [None, None]
        self._chunks: tuple[dict[int, list[bytes]], dict[int, list[bytes]]] = ({}, {})
        self._status: dict[int, int] = {}
        self._ended_stderr: set[int] = set()
        self.results: list[StepResult] = []
        self.current: int = 0
        self.begun = False
        self.loose = b""  # the last that belongs to no step: what a shell says when it cannot start

    def feed(self, which: int, data: bytes) -> None:
        buffer = self._buffers[which]
        buffer += data
        position = 0
        for found in self._frame.finditer(buffer):
            self._keep(which, bytes(buffer[position : found.start()]))
            position = found.end()
            self._turn(which, found)
        # What might be the beginning of a frame stays; the rest of an open step is its output.
        cut = max(position, len(buffer) - self._tail)
        self._keep(which, bytes(buffer[position:cut]))
        del buffer[:cut]
        self._collect()

    def flush(self) -> None:
        """No more will come: what stayed was no frame."""
        for which, buffer in enumerate(self._buffers):
            self._keep(which, bytes(buffer))
            buffer.clear()

    def _keep(self, which: int, data: bytes) -> None:
        index = self._open[which]
        if data and index is not None:
            self._chunks[which].setdefault(index, []).append(data)
        elif which == 1 or not self.begun:
            self.loose = (self.loose + data)[-2000:]

    def _turn(self, which: int, found: re.Match[bytes]) -> None:
        begun, skipped, ended, status = (int(group) if group is not None else None for group in found.groups())
        if begun is not None:
            self.begun = True
            self._open[which] = begun
            self.current = max(self.current, begun)
        elif skipped is not None:
            self._status[skipped] = -1
            self._ended_stderr.add(skipped)
        elif ended is not None:
            self._open[which] = None
            if which == 0:
                self._status[ended] = status or 0
            else:
                self._ended_stderr.add(ended)

    def _collect(self) -> None:
        """Results in the order of the steps, each as soon as both of its streams have ended."""
        while (index := len(self.results)) in self._status and index in self._ended_stderr:
            status = self._status[index]
            out, err = (b"".join(chunks.pop(index, ())) for chunks in self._chunks)
            self.results.append(
                StepResult(step=self._steps[index], status=status, stdout=out, stderr=err, skipped=status < 0)
            )

    @property
    def complete(self) -> bool:
        return len(self.results) == len(self._steps)


class ShellConversation:
    """The Conversation over any Stream whose other end is `sh -s`."""

    def __init__(self, stream: Stream, minion: Minion) -> None:
        self._stream = stream
        self._minion = minion
        self._nonce = secrets.token_hex(12)
        self._busy = threading.Lock()
        self._closed = threading.Event()
        with contextlib.suppress(LinkLostError):  # a login that runs no shell: run() says so, and why
            stream.send(_PROLOGUE.format(nonce=self._nonce).encode())
        self._idler = threading.Thread(target=self._stay, name=f"idle-{minion.name}", daemon=True)
        self._idler.start()

    def _stay(self) -> None:
        """Tells the watchdog every few seconds that an idle client is alive."""
        while not self._closed.wait(_IDLE_SECONDS / 4):
            if self._busy.acquire(blocking=False):
                try:
                    self._stream.send(f"arm {_IDLE_SECONDS}\n".encode())
                except LinkLostError:
                    return  # the next run() says so, with the step that it could not do
                finally:
                    self._busy.release()

    def run(
        self, steps: Sequence[Step], *, on_result: Callable[[StepResult], None] | None = None
    ) -> tuple[StepResult, ...]:
        if not steps:
            return ()
        for step in steps:
            LOG.debug("%s: %s: %s", self._minion.name, step.title, step.script.shown)
        with self._busy:
            frames = _Frames(self._nonce, steps)
            try:
                with contextlib.suppress(LinkLostError):  # what the other side said last is still to be read
                    self._stream.send(render_message(steps, self._nonce, self._allowed))
                self._drain(frames, steps, on_result)
            except LinkLostError as error:
                error.results = tuple(frames.results)
                self.close()
                raise
            return tuple(frames.results)

    def _allowed(self, step: Step) -> float:
        return step.timeout_seconds if step.timeout_seconds is not None else self._minion.command_timeout_seconds

    def _drain(self, frames: _Frames, steps: Sequence[Step], on_result: Callable[[StepResult], None] | None) -> None:
        told = 0
        heard = step_since = time.monotonic()
        current = frames.current
        while not frames.complete:
            received = self._stream.receive(1.0)
            now = time.monotonic()
            if received is None:
                frames.flush()
                raise self._lost(steps[frames.current], "the connection or its shell ended", frames.loose)
            for which, data in enumerate(received):
                if data:
                    heard = now
                    frames.feed(which, data)
            for result in frames.results[told:]:
                told += 1
                if on_result:
                    on_result(result)
            if frames.current != current:
                current, step_since = frames.current, now
            self._check_clocks(steps[current], now - heard, now - step_since)

    def _check_clocks(self, step: Step, silent_seconds: float, step_seconds: float) -> None:
        if silent_seconds > max(self._minion.connect_timeout_seconds, _LEAST_SILENCE_SECONDS):
            raise self._lost(step, f"no sign of life for {silent_seconds:.0f} s")
        if step_seconds > self._allowed(step):
            lost = self._lost(step, f"not done within {self._allowed(step):g} s")
            raise DeadlineError(lost.message, evidence=lost.evidence, hint=lost.hint)

    def _lost(self, step: Step, why: str, said: bytes = b"") -> LinkLostError:
        text = said.decode("utf-8", "replace").strip()
        known = why_no_shell(self._minion, text)
        if known:
            return LinkLostError(f"Minion {self._minion.name}: {known[0]}", evidence=text, hint=known[1])
        return LinkLostError(
            f"Minion {self._minion.name}: {step.title}: {why}",
            evidence=text,
            hint=f"Look at it with 'podctl get minions'; once {self._minion.name} answers, run the same command again.",
        )

    def lock(self) -> bool:
        """By flock(1), whose descriptor the shell keeps: see design section 8.

        Its status 1 alone says that somebody else has the lock. LockToolError: it is missing there, or fails.
        """
        result = self.run((_LOCK_STEP,))[0]
        if result.status == _NOT_FOUND:
            raise LockToolError(
                f"Minion {self._minion.name}: flock is not installed there, so nothing can be changed safely",
                hint="Install the package util-linux there (Alpine: util-linux-misc, or flock).",
            )
        if result.status not in (0, _HELD):
            raise LockToolError(
                f"Minion {self._minion.name}: it cannot be locked, so nothing can be changed safely: "
                f"flock ended with status {result.status}",
                evidence=result.error_text,
                hint="Mend flock there until 'flock -n /run true' succeeds; then run the same command again.",
            )
        return result.ok

    def holder(self) -> Holder:
        """By what /proc of the Minion shows of the shells there."""
        return holder_of(self.run((ASK,))[0].text)

    def close(self) -> None:
        self._closed.set()
        self._stream.close()
