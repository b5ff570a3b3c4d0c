"""Logs of containers: one session per stream, copied to one writer in constant memory."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from podctl.core.logview import LineWriter
from podctl.engine.docker import reach
from podctl.errors import ExitCode, PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from podctl.core.logview import LogOptions, LogRequest
    from podctl.engine.session import Session

_LOOK_SECONDS = 0.5  # how soon a stream that nobody wants any more notices
_CHUNKS_WAITING = 64
_EVIDENCE_BYTES = 500


class Logs:
    """Copies what the requests name to `out`. `tell` gets the errors that do not end the whole."""

    def __init__(
        self, session: Session, options: LogOptions, out: IO[bytes], tell: Callable[[PodctlError], None] | None = None
    ) -> None:
        self._session = session
        self._options = options
        self._out = out
        self._tell = tell
        self._stop = threading.Event()

    def run(self, requests: Sequence[LogRequest]) -> ExitCode:
        """One after the other; those that are followed all at once. Raises the first problem unless there is `tell`."""
        if len(requests) > 1 and any(each.follow for each in requests):
            return self._side_by_side(requests)
        code = ExitCode.DONE
        for request in requests:
            try:
                for data in self._text(request, alone=True):
                    self._write(data)
            except PodctlError as error:
                code = self._failed(error)
        return code

    def _side_by_side(self, requests: Sequence[LogRequest]) -> ExitCode:
        arrived: queue.Queue[bytes | PodctlError | None] = queue.Queue(_CHUNKS_WAITING)
        threads = [
            threading.Thread(target=self._fetch, args=(each, arrived), name=f"log-{each.container}", daemon=True)
            for each in requests
        ]
        code, running = ExitCode.DONE, len(threads)
        with self._fetching(threads):
            while running:
                item = arrived.get()
                if item is None:
                    running -= 1
                elif isinstance(item, PodctlError):
                    code = self._failed(item)
                else:
                    self._write(item)
        return code

    @contextmanager
    def _fetching(self, threads: Sequence[threading.Thread]) -> Iterator[None]:
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _fetch(self, request: LogRequest, arrived: queue.Queue[bytes | PodctlError | None]) -> None:
        try:
            for data in self._text(request, alone=False):
                self._put(arrived, data)
        except PodctlError as error:
            self._put(arrived, error)
        finally:
            self._put(arrived, None)

    def _put(self, arrived: queue.Queue[bytes | PodctlError | None], item: bytes | PodctlError | None) -> None:
        while not self._stop.is_set():
            try:
                arrived.put(item, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return

    def _text(self, request: LogRequest, *, alone: bool) -> Iterator[bytes]:
        """As it is to be written: as it comes, or line by line where lines are marked or share the writer."""
        chunks = _limited(self._chunks(request), self._options.limit_bytes)
        if alone and not self._options.prefix:
            yield from chunks
            return
        lines = LineWriter(request.prefix if self._options.prefix else b"")
        for data in chunks:
            if ready := lines.feed(data):
                yield ready
        if rest := lines.end():
            yield rest

    def _chunks(self, request: LogRequest) -> Iterator[bytes]:
        if request.problem:
            raise request.problem
        options = self._options
        transport = self._session.transport(request.minion)
        script = reach.logs(
            transport.minion.docker, request.id, since=request.since, until=request.until, tail=options.tail,
            timestamps=options.timestamps, follow=request.follow,
        )  # fmt: skip
        stream, last = transport.stream(script), b""
        try:
            while not self._stop.is_set() and (got := stream.receive(_LOOK_SECONDS)) is not None:
                last = (got[0] or got[1] or last)[-_EVIDENCE_BYTES:]
                if got[0]:
                    yield got[0]
            if not self._stop.is_set() and stream.exit_status():
                raise PodctlError(
                    f"the log of {request.pod}/{request.container} on Minion {request.minion} broke off",
                    evidence=_last_line(last),
                )
        finally:
            stream.close()

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._out.flush()

    def _failed(self, error: PodctlError) -> ExitCode:
        if self._tell is None:
            raise error
        self._tell(error)
        return ExitCode.DONE


def _limited(chunks: Iterator[bytes], most: int | None) -> Iterator[bytes]:
    """The first `most` bytes; the stream is ended there."""
    left = most
    for data in chunks:
        if left is None:
            yield data
            continue
        yield data[:left]
        left -= len(data[:left])
        if not left:
            return


def _last_line(data: bytes) -> str:
    lines = data.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
