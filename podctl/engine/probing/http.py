"""One GET through a Minion's transport, for probes and for hooks, so that no container needs a tool for it.

As the kubelet asks (`pkg/probe/http`): any certificate will do, redirects are followed on the same host.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

    from podctl.core.probes.address import Place
    from podctl.transport.base import Socket, Transport

LEAST_FAILURE = 400  # an HTTP status from here on is a failure
_LEAST_SUCCESS = 200
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_PORTS = {"http": 80, "https": 443}
_CHUNK = 1 << 14
_MOST_BYTES = 1 << 16  # of one answer: its head is all that counts


def is_success(status: int) -> bool:
    return _LEAST_SUCCESS <= status < LEAST_FAILURE


def url_of(action: Mapping[str, Any], place: Place) -> str:
    """What an HTTPGetAction asks for."""
    path = quote(str(action.get("path") or "/"), safe="/?&=%:;,+@!$'()*~[]")
    return f"{str(action.get('scheme') or 'HTTP').lower()}://{place}/{path.removeprefix('/')}"


def get(action: Mapping[str, Any], place: Place, transport: Transport, *, timeout_seconds: float) -> int:
    """The status that an HTTPGetAction gets in the end; one deadline for all of it.

    A redirect to another host is not followed, and its own status is the answer. Raises ValueError for what is no HTTP
    and for too many redirects, OSError (TimeoutError at the deadline), and what `open_socket` raises.
    """
    deadline = time.monotonic() + timeout_seconds
    url, own_host = url_of(action, place), True
    for _ in range(_MOST_REDIRECTS + 1):
        status, location = _ask(url, _lines(action, urlsplit(url), own_host=own_host), transport, deadline)
        target = urljoin(url, location) if location and status in _REDIRECTS else ""
        if not target or urlsplit(target).hostname != urlsplit(url).hostname or urlsplit(target).scheme not in _PORTS:
            return status
        own_host = own_host and not urlsplit(location).netloc  # as Go's client: an absolute one has a Host of its own
        url = target
    raise ValueError(f"stopped after {_MOST_REDIRECTS} redirects")


def _lines(action: Mapping[str, Any], url: SplitResult, *, own_host: bool) -> list[str]:
    """The request without its last line break; what the manifest gives goes before what we would say."""
    given = [(str(each["name"]), str(each.get("value") or "")) for each in action.get("httpHeaders") or ()]
    if not own_host:
        given = [(name, value) for name, value in given if name.lower() != "host"]
    names = {name.lower() for name, _ in given}
    ours = [("Host", url.netloc), ("User-Agent", "podctl"), ("Accept", "*/*"), ("Connection", "close")]
    headers = [*(each for each in ours if each[0].lower() not in names), *given]
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header of the request has a line break in it")
    return lines


def _ask(url: str, lines: list[str], transport: Transport, deadline: float) -> tuple[int, str]:
    """Status and Location of one answer."""
    parts = urlsplit(url)
    plain = transport.open_socket(
        parts.hostname or "", parts.port or _PORTS[parts.scheme], max(0.001, deadline - time.monotonic())
    )
    try:
        exchange = _Plain(plain, deadline)
        stream = _Tls(exchange) if parts.scheme == "https" else exchange
        stream.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        return _head(stream)
    finally:
        plain.close()


def _head(stream: _Plain | _Tls) -> tuple[int, str]:
    """Reads no further than it must: to the first line's end, or of a redirect to the end of the head."""
    seen = bytearray()
    more = True
    while more and b"\n" not in seen:
        more = _more(stream, seen)
    first = bytes(seen).partition(b"\n")[0].split()
    if len(first) < 2 or not first[0].startswith(b"HTTP/"):  # noqa: PLR2004 - version and status
        raise ValueError("the answer is not HTTP")
    status = int(first[1])
    if status not in _REDIRECTS:
        return status, ""
    while more and b"\r\n\r\n" not in seen and b"\n\n" not in seen:
        more = _more(stream, seen)
    for line in bytes(seen).decode("latin-1").splitlines()[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "location":
            return status, value.strip()
    return status, ""


def _more(stream: _Plain | _Tls, seen: bytearray) -> bool:
    """False at the end."""
    data = stream.receive()
    seen += data
    return bool(data)


class _Plain:
    """A Socket for one question: one deadline holds for all of it, and little is read, whoever answers."""

    def __init__(self, plain: Socket, deadline: float) -> None:
        self._plain = plain
        self._deadline = deadline
        self._left_bytes = _MOST_BYTES

    def send(self, data: bytes) -> None:
        """TimeoutError past the deadline, here and in `receive`."""
        self._rearm()
        self._plain.sendall(data)

    def receive(self) -> bytes:
        """b"" at the end. ValueError for more than belongs to a head."""
        if self._left_bytes <= 0:
            raise ValueError(f"the answer's first line has no end within {_MOST_BYTES >> 10} kB")
        self._rearm()
        data = self._plain.recv(_CHUNK)
        self._left_bytes -= len(data)
        return data

    def _rearm(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._plain.settimeout(left)


class _Tls:
    """The same through TLS in memory, as a forwarded port is no real socket. No certificate is verified."""

    def __init__(self, plain: _Plain) -> None:
        import ssl  # noqa: PLC0415 - 10 ms that only HTTPS is worth

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._plain = plain
        self._wants_more = ssl.SSLWantReadError
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tunnel = context.wrap_bio(self._incoming, self._outgoing)

    def send(self, data: bytes) -> None:
        while True:
            try:
                self._tunnel.do_handshake()
            except self._wants_more:
                self._exchange()
                continue
            break
        self._tunnel.write(data)
        self._plain.send(self._outgoing.read())

    def receive(self) -> bytes:
        while True:
            try:
                return self._tunnel.read(_CHUNK)
            except self._wants_more:
                self._exchange()

    def _exchange(self) -> None:
        if waiting := self._outgoing.read():
            self._plain.send(waiting)
        received = self._plain.receive()
        if not received:
            raise ValueError("the connection ended within TLS")
        self._incoming.write(received)
