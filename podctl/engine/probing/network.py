"""Probes by network: httpGet and tcpSocket, each one connection from the Minion to the Pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.probes.model import Answer, Probe, Verdict
from podctl.engine.probing import http
from podctl.errors import ConnectError, LinkLostError, NoForwardingError, PodctlError

if TYPE_CHECKING:
    from podctl.core.probes.address import Place
    from podctl.transport.base import Transport

_NO_FORWARDING = "sshd there does not forward connections"


def ask(probe: Probe, place: Place, transport: Transport) -> Answer:
    """One question. What the Pod does with it is its answer; where podctl cannot ask, the answer is unknown."""
    try:
        if probe.kind == "tcpSocket":
            transport.open_socket(place.host, place.port, probe.timeout_seconds).close()
            return Answer(verdict=Verdict.OK, message=f"{place} accepts connections")
        status = http.get(probe.action, place, transport, timeout_seconds=probe.timeout_seconds)
    except NoForwardingError as error:
        return Answer(verdict=Verdict.UNKNOWN, message=_NO_FORWARDING, hint=error.hint)
    except LinkLostError as error:
        return lost(error, transport)
    except (ConnectError, OSError, EOFError, ValueError) as error:
        return Answer(verdict=Verdict.FAILED, message=f"{title(probe, place)}: {_why(error, transport)}")
    verdict = Verdict.OK if http.is_success(status) else Verdict.FAILED
    return Answer(verdict=verdict, message=f"{title(probe, place)}: status {status}")


def title(probe: Probe, place: Place) -> str:
    return f"connect to {place}" if probe.kind == "tcpSocket" else f"GET {http.url_of(probe.action, place)}"


def too_late(probe: Probe) -> str:
    return f"no answer within {probe.timeout_seconds} s (timeoutSeconds)"


def lost(error: PodctlError, transport: Transport) -> Answer:
    """The link to the Minion, or its engine, is in trouble: nobody knows about the Pod."""
    why = error.message.removeprefix(f"Minion {transport.minion.name}: ")
    return Answer(verdict=Verdict.UNKNOWN, message=why, hint=error.hint)


def _why(error: Exception, transport: Transport) -> str:
    if isinstance(error, PodctlError):  # `ADDRESS on Minion NAME: why`
        return error.message.rpartition(f" on Minion {transport.minion.name}: ")[2]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or "the connection ended"
