"""Local ports that lead to a Pod's, through the Minion's one connection: no published port, no tool on the Minion."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.ports import Forwarding
from podctl.engine.docker import reach
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from podctl.core.ports import Address
    from podctl.transport.base import Socket, Stream, Transport

_CHUNK = 1 << 15
_BACKLOG = 128
_LOOK_SECONDS = 0.5
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A running Pod's address as its Minion reaches it, and its infra container, whose end is the Pod's."""

    address: str
    infra: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`forwarding.local` is the port that is listened on, also where any free one was asked for."""

    socket: socket.socket
    address: Address
    forwarding: Forwarding

    @property
    def line(self) -> str:
        return f"Forwarding from {self.address.text}:{self.forwarding.local} -> {self.forwarding.remote}"


def listen(addresses: Sequence[Address], forwardings: Iterable[Forwarding]) -> tuple[Listener, ...]:
    """All of them, or none: PodctlError names the first that cannot be had."""
    listeners: list[Listener] = []
    try:
        for forwarding in forwardings:
            local = forwarding.local
            for address in addresses:
                made = _listen(address, local)
                if made:
                    local = made.getsockname()[1]  # a free port is the same on every address
                    own = Forwarding(local=local, remote=forwarding.remote)
                    listeners.append(Listener(socket=made, address=address, forwarding=own))
    except BaseException:
        close_all(listeners)
        raise
    return tuple(listeners)


def _listen(address: Address, port: int) -> socket.socket | None:
    made: socket.socket | None = None
    try:
        made = socket.socket(socket.AF_INET6 if address.is_v6 else socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.is_v6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address.host, port))
        made.listen(_BACKLOG)
    except OSError as error:
        if made:
            made.close()
        if address.optional and error.errno in _NO_SUCH_ADDRESS:
            return None
        raise PodctlError(
            f"unable to listen on {address.text}:{port}: {(error.strerror or str(error)).lower()}",
            hint="Give another local port, or none for any that is free: `:REMOTE`.",
        ) from error
    return made


def close_all(listeners: Iterable[Listener]) -> None:
    for each in listeners:
        each.socket.close()


class Forward:
    """Serves connections until the Pod or the link ends. `say` gets a line for each, `tell` why one failed."""

    def __init__(
        self,
        transport: Transport,
        destination: Destination,
        *,
        say: Callable[[str], None],
        tell: Callable[[PodctlError], None],
    ) -> None:
        self._transport = transport
        self._destination = destination
        self._say = say
        self._tell = tell
        self._over = threading.Event()
        self._why: PodctlError | None = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._connections: set[_Connection] = set()
        self._lock = threading.Lock()

    def run(self, listeners: Sequence[Listener]) -> None:
        """Raises PodctlError when the Pod has ended, LinkLostError when the link has; nothing is left open then."""
        script = reach.wait(self._transport.minion.docker, self._destination.infra)
        stream = self._transport.stream(script)
        watcher = threading.Thread(target=self._watch, args=(stream,), name="watch-pod", daemon=True)
        watcher.start()
        try:
            self._serve(listeners)
        finally:
            self._over.set()
            stream.close()
            self._end_connections()
            watcher.join()
            self._wake_read.close()
            self._wake_write.close()
        if self._why:
            raise self._why

    def _watch(self, stream: Stream) -> None:
        said = b""
        try:
            while not self._over.is_set() and (got := stream.receive(_LOOK_SECONDS)) is not None:
                said = (said + got[1])[-_CHUNK:]
            if not self._over.is_set():
                stream.exit_status()
                self._why = PodctlError(
                    f"lost connection to pod: {self._destination.title} has ended",
                    evidence=said.decode("utf-8", "replace").strip(),
                    hint="See `podctl get pods`; once it runs again, run the same command again.",
                )
        except PodctlError as error:
            self._why = error
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")

    def _serve(self, listeners: Sequence[Listener]) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            for each in listeners:
                each.socket.setblocking(False)
                selector.register(each.socket, selectors.EVENT_READ, each)
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    self._accept(key.data)

    def _accept(self, listener: Listener) -> None:
        try:
            near, _ = listener.socket.accept()
        except OSError:  # the client has given up already
            return
        near.setblocking(True)
        self._say(f"Handling connection for {listener.forwarding.local}")
        connection = _Connection(near)
        with self._lock:
            self._connections.add(connection)
        connection.thread = threading.Thread(
            target=self._handle, args=(connection, listener.forwarding), name=f"forward-{near.fileno()}", daemon=True
        )
        connection.thread.start()

    def _handle(self, connection: _Connection, forwarding: Forwarding) -> None:
        try:
            connection.carry(self._transport.open_socket(self._destination.address, forwarding.remote))
        except PodctlError as error:
            connection.refuse()
            if not self._over.is_set():
                text = f"forwarding {forwarding.local} -> {forwarding.remote}: {error.message}"
                self._tell(PodctlError(text, evidence=error.evidence, hint=error.hint))
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)

    def _end_connections(self) -> None:
        with self._lock:
            open_now = tuple(self._connections)
        for each in open_now:
            each.close()
        for each in open_now:
            if each.thread:
                each.thread.join(self._transport.minion.connect_timeout_seconds)


class _Connection:
    """One accepted connection and its far end; two threads carry the bytes, one each way."""

    def __init__(self, near: socket.socket) -> None:
        self._near = near
        self._far: Socket | None = None
        self._closed = threading.Event()
        self.thread: threading.Thread | None = None

    def carry(self, far: Socket) -> None:
        """Until both sides have ended; the end of one direction is passed on, the other goes on."""
        self._far = far
        if self._closed.is_set():
            far.close()
            return
        back = threading.Thread(target=self._backwards, args=(far,), name="forward-back", daemon=True)
        back.start()
        try:
            while data := self._near.recv(_CHUNK):
                far.sendall(data)
            far.shutdown_write()
        except (OSError, EOFError):
            far.close()  # the client is gone: nobody waits for the answer
        back.join()

    def _backwards(self, far: Socket) -> None:
        try:
            while data := far.recv(_CHUNK):
                self._near.sendall(data)
            self._near.shutdown(socket.SHUT_WR)
        except (OSError, EOFError):
            self.close()

    def refuse(self) -> None:
        """The client sees a reset, not an answer of nothing."""
        with contextlib.suppress(OSError):
            self._near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._near.close()  # without a shutdown, which would be an orderly end

    def close(self) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._near.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads from it
        self._near.close()
        if self._far:
            with contextlib.suppress(OSError, EOFError):
                self._far.close()
