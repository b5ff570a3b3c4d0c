"""Lifecycle hooks by HTTP: asked by podctl itself, through the transport, so that no container needs a tool for it."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any

from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.engine.docker.making import Making
    from podctl.transport.base import Socket, Transport

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 10
_PAUSE_SECONDS = 0.2
_LEAST_FAILURE = 400  # an HTTP status from here on is a failure, as in the kubelet
_CHUNK = 1 << 14


def run_post_start(making: Making, name: str, transport: Transport) -> str:
    """Asks the postStart httpGet hook of container `name`; what went wrong, or "" (also when there is none).

    The kubelet starts a container again whose hook failed, as most do that ask before the server listens; here the
    container runs on and is asked again for ten seconds.
    """
    container = next((each for each in making.spec.all_containers if each.name == name), None)
    hook = container.lifecycle.post_start if container else None
    if container is None or hook is None or hook.http_get is None:
        return ""
    raw = hook.http_get.model_dump(by_alias=True)
    ports = [port.model_dump(by_alias=True) for port in container.ports]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (problem := http_get(raw, ports, making.context.pod_ip, transport)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return problem


def http_get(action: Mapping[str, Any], ports: Sequence[Mapping[str, Any]], address: str, transport: Transport) -> str:
    """One GET as an HTTPGetAction says; what went wrong, or "". A certificate is not verified, as in the kubelet."""
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
    try:
        status = _status(transport, host, int(port), request, tls=action.get("scheme") == "HTTPS")
    except (PodctlError, OSError, ValueError) as error:
        return f"GET http://{host}:{port}{action.get('path') or '/'}: {error}"
    return f"it answered with status {status}" if status >= _LEAST_FAILURE else ""


def _status(transport: Transport, host: str, port: int, request: bytes, *, tls: bool) -> int:
    """The status of the answer's first line. Raises ValueError for what is no HTTP."""
    plain = transport.open_socket(host, port)
    plain.settimeout(_TIMEOUT_SECONDS)
    try:
        first = _over_tls(plain, request) if tls else _over_tcp(plain, request)
    finally:
        plain.close()
    parts = first.split()
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/"):  # noqa: PLR2004 - version and status
        raise ValueError("the answer is not HTTP")
    return int(parts[1])


def _over_tcp(plain: Socket, request: bytes) -> bytes:
    plain.sendall(request)
    answer = b""
    while b"\r\n" not in answer and (data := plain.recv(_CHUNK)):
        answer += data
    return answer.partition(b"\r\n")[0]


def _over_tls(plain: Socket, request: bytes) -> bytes:
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
            answer += tunnel.read(_CHUNK)
        except ssl.SSLWantReadError:
            plain.sendall(outgoing.read())
            data = plain.recv(_CHUNK)
            if not data:
                raise ValueError("the connection ended within TLS") from None
            incoming.write(data)
    return answer.partition(b"\r\n")[0]
