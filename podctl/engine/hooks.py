"""Lifecycle hooks by HTTP: asked by podctl itself, through the transport, so that no container needs a tool for it."""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podctl.engine import recipe
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.model import ObservedPod
    from podctl.engine.docker.making import Making
    from podctl.transport.base import Socket, Transport

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 10
_PAUSE_SECONDS = 0.2
_LEAST_FAILURE = 400  # an HTTP status from here on is a failure, as in the kubelet
_CHUNK = 1 << 14
_MOST_BYTES = 1 << 16  # of one answer, whose first line is all that counts


def run_post_start(making: Making, name: str, transport: Transport, timeout_seconds: float) -> str:
    """Asks the postStart httpGet hook of container `name`; what went wrong, or "" (also when there is none).

    The kubelet starts a container again whose hook failed, as most do that ask before the server listens; here the
    container runs on and is asked again for ten seconds, no answer being waited for longer than `timeout_seconds`.
    """
    container = next((each for each in making.spec.all_containers if each.name == name), None)
    hook = container.lifecycle.post_start if container else None
    if container is None or hook is None or hook.http_get is None:
        return ""
    raw = hook.http_get.model_dump(by_alias=True)
    ports = [port.model_dump(by_alias=True) for port in container.ports]
    limit = min(_TIMEOUT_SECONDS, timeout_seconds)
    deadline = time.monotonic() + min(_PATIENCE_SECONDS, limit)
    while problem := http_get(raw, ports, making.context.pod_ip, transport, timeout_seconds=limit):
        if time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE_SECONDS)
    return problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PreStop:
    """A preStop hook by HTTP of one container, and how long its Pod's grace lets it take."""

    uid: str
    action: Mapping[str, Any]
    ports: Sequence[Mapping[str, Any]]
    address: str
    timeout_seconds: int


def pre_stops(pod: ObservedPod, address: str, grace_seconds: int | None) -> tuple[PreStop, ...]:
    """Of the containers that run; none without grace, and none where the Pod has no address."""
    grace = recipe.grace_of(pod, grace_seconds)
    if not grace or not address:
        return ()
    spec = pod.manifest.get("spec") or {}
    every = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    ports = {each["name"]: each.get("ports") or () for each in every}
    return tuple(
        PreStop(uid=pod.uid, action=hook["httpGet"], ports=ports[name], address=address, timeout_seconds=grace)
        for name, hook in recipe.pre_stop_hooks(pod).items()
        if "httpGet" in hook
    )


def run_pre_stops(hooks: Sequence[PreStop], transport: Transport) -> dict[str, int]:
    """Asks all of them at once; by uid the whole seconds until the Pod's last one had ended, its grace at most.

    As in Kubernetes one that fails holds up nothing; one that is late is left behind.
    """
    began = time.monotonic()
    ended = [float(each.timeout_seconds) for each in hooks]

    def ask(index: int, hook: PreStop) -> None:
        http_get(hook.action, hook.ports, hook.address, transport, timeout_seconds=hook.timeout_seconds)
        ended[index] = min(ended[index], time.monotonic() - began)

    threads = [threading.Thread(target=ask, args=each, daemon=True) for each in enumerate(hooks)]
    for thread in threads:
        thread.start()
    for hook, thread in zip(hooks, threads, strict=True):
        thread.join(max(0.0, began + hook.timeout_seconds - time.monotonic()))
    spent: dict[str, int] = {}
    for hook, seconds in zip(hooks, tuple(ended), strict=True):
        spent[hook.uid] = max(spent.get(hook.uid, 0), int(seconds))
    return spent


def http_get(
    action: Mapping[str, Any],
    ports: Sequence[Mapping[str, Any]],
    address: str,
    transport: Transport,
    *,
    timeout_seconds: float = _TIMEOUT_SECONDS,
) -> str:
    """One GET as an HTTPGetAction says; what went wrong, or "". A certificate is not verified, as in the kubelet.

    `timeout_seconds` holds from the connection that is open to the end of the answer's first line.
    """
    port = action["port"]
    if isinstance(port, str):
        named = {each.get("name"): each["containerPort"] for each in ports}
        if port not in named:
            return f"no port of the container is named {port}"
        port = named[port]
    host = action.get("host") or address
    headers = {"Host": host, "User-Agent": "podctl", "Connection": "close"}
    headers |= {each["name"]: each.get("value") or "" for each in action.get("httpHeaders") or ()}
    lines = [f"GET {action.get('path') or '/'} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    tls = action.get("scheme") == "HTTPS"
    try:
        status = _status(transport, host, int(port), request, timeout_seconds, tls=tls)
    except (PodctlError, OSError, ValueError) as error:
        why = f"no answer within {timeout_seconds:g} s" if isinstance(error, TimeoutError) else error
        return f"GET {'https' if tls else 'http'}://{host}:{port}{action.get('path') or '/'}: {why}"
    return f"it answered with status {status}" if status >= _LEAST_FAILURE else ""


class _Exchange:
    """A Socket for one question: one deadline holds for all of it, and little is read, whoever answers."""

    def __init__(self, plain: Socket, timeout_seconds: float) -> None:
        self._plain = plain
        self._deadline = time.monotonic() + timeout_seconds
        self._left_bytes = _MOST_BYTES

    def send(self, data: bytes) -> None:
        """TimeoutError past the deadline, here and in `receive`."""
        self._rearm()
        self._plain.sendall(data)

    def receive(self) -> bytes:
        """b"" at the end. ValueError for more than belongs before the first line's end."""
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


def _status(
    transport: Transport, host: str, port: int, request: bytes, timeout_seconds: float, *, tls: bool
) -> int:  # fmt: skip
    """The status of the answer's first line. Raises ValueError for what is no HTTP, TimeoutError at the deadline."""
    plain = transport.open_socket(host, port)
    exchange = _Exchange(plain, timeout_seconds)
    try:
        first = _over_tls(exchange, request) if tls else _over_tcp(exchange, request)
    finally:
        plain.close()
    parts = first.split()
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/"):  # noqa: PLR2004 - version and status
        raise ValueError("the answer is not HTTP")
    return int(parts[1])


def _over_tcp(exchange: _Exchange, request: bytes) -> bytes:
    exchange.send(request)
    answer = b""
    while b"\r\n" not in answer and (data := exchange.receive()):
        answer += data
    return answer.partition(b"\r\n")[0]


def _over_tls(exchange: _Exchange, request: bytes) -> bytes:
    """The same through TLS in memory, as a forwarded port is no real socket."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tunnel = context.wrap_bio(incoming, outgoing)
    answer, asked = b"", False
    while b"\r\n" not in answer:
        try:
            if not asked:
                tunnel.do_handshake()
                tunnel.write(request)
                asked = True
            data = tunnel.read(_CHUNK)
        except ssl.SSLWantReadError:
            exchange.send(outgoing.read())
            received = exchange.receive()
            if not received:
                raise ValueError("the connection ended within TLS") from None
            incoming.write(received)
            continue
        if not data:  # close_notify: from here on every read is as empty
            break
        answer += data
    return answer.partition(b"\r\n")[0]
