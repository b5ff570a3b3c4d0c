"""Where a probe by network is to be asked, from the Minion's point of view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podctl.core.probes.model import Answer, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.model import ObservedContainer, ObservedPod
    from podctl.core.probes.model import Probe

LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - what is published on every address is on the loopback, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place_of(probe: Probe, pod: ObservedPod, *, hidden: bool) -> Place | Answer:
    """Where to ask an httpGet or tcpSocket probe of `pod`; an Answer where there is nowhere to ask.

    The Pod's own address; the loopback for one on the Minion's network; the published port where the engine hides the
    addresses of its Pods (`hidden`). The probe's own `host` goes before all of them.
    """
    port = port_number(probe.action["port"], probe.ports)
    if port is None:
        return _failed(f"no port of the container is named {probe.action['port']}")
    if host := probe.action.get("host"):
        return Place(host=str(host), port=port)
    if pod.infra is None or not pod.infra.running:
        return _failed("the Pod's infra container does not run")
    if pod.infra.host_network:
        return Place(host=LOOPBACK, port=port)
    if hidden:
        return _published(pod.infra, port)
    return Place(host=pod.infra.ip, port=port) if pod.infra.ip else _failed("the Pod has no address")


def port_number(port: Any, ports: Sequence[Mapping[str, Any]]) -> int | None:
    """A port by its number, or by its name among those of the container; None: it has none of that name."""
    if not isinstance(port, str):
        return int(port)
    return next((int(each["containerPort"]) for each in ports if each.get("name") == port), None)


def _failed(message: str) -> Answer:
    return Answer(verdict=Verdict.FAILED, message=message)


def _published(infra: ObservedContainer, port: int) -> Place | Answer:
    for each in infra.ports:
        if each.container_port == port and each.protocol.upper() == "TCP":
            return Place(host=LOOPBACK if each.host_ip in _EVERYWHERE else each.host_ip, port=each.host_port)
    return Answer(
        verdict=Verdict.UNKNOWN,
        message="the container engine there hides the Pods' addresses (it runs without root, or in a virtual machine)",
        hint="Publish the probed ports with hostPort, or probe by exec.",
    )
