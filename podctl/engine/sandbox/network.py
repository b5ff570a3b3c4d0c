"""The sandbox's network: a bridge in the root namespace, and a cable (veth) from it into each Minion's namespace."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.engine.sandbox.layout import bridge_name, free_subnet, mac_of, subnet_candidates
from podctl.engine.sandbox.machine import run, wait_until
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.engine.sandbox.layout import Layout, Place

_LINKS = Path("/sys/class/net")
_IFF_UP = 1


def batch(*lines: str) -> None:
    """Runs lines of ip(8) in one process; the first that fails ends them."""
    run(["ip", "-batch", "-"], stdin="".join(f"{line}\n" for line in lines))


@contextmanager
def bridge_claim() -> Iterator[None]:
    """One at a time on this machine: choosing a subnet and taking it. The kernel's list of links is what is locked."""
    descriptor = os.open(_LINKS, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def choose_subnet(identity: str, wanted: IPv4Network | None) -> IPv4Network:
    """`wanted`, or else the first from the id on, that no other link's address and no route overlaps."""
    candidates = ([wanted] if wanted else []) + list(subnet_candidates(identity))
    chosen = free_subnet(candidates, _networks_but(bridge_name(identity)))
    if chosen is None:
        raise PodctlError(
            "No /24 of 198.18.0.0/15 is free for another sandbox",
            hint="`ip -4 route` shows who has them; `podctl sandbox down --dir DIR` frees one",
        )
    return chosen


def _networks_but(bridge: str) -> list[IPv4Network]:
    addresses = json.loads(run(["ip", "-json", "-4", "addr", "show"]).stdout or "[]")
    routes = json.loads(run(["ip", "-json", "-4", "route", "show"]).stdout or "[]")
    found = [
        f"{address['local']}/{address['prefixlen']}"
        for link in addresses
        if link.get("ifname") != bridge
        for address in link.get("addr_info", ())
    ]
    found += [route["dst"] for route in routes if route.get("dev") != bridge and route["dst"] != "default"]
    return [network for network in map(_network, found) if network]


def _network(text: str) -> IPv4Network | None:
    network = ip_network(text, strict=False)
    return network if isinstance(network, IPv4Network) else None


def raise_bridge(layout: Layout) -> None:
    """The bridge is there, has its address, is up, and what crosses it is forwarded."""
    bridge = layout.bridge
    if not link_exists(bridge):
        batch(f"link add {bridge} address {mac_of(layout.subnet[1])} type bridge")
    batch(
        f"addr replace {layout.gateway}/{layout.subnet.prefixlen} dev {bridge}",
        f"link set {bridge} up",
    )
    # Once any dockerd ran in the root namespace, FORWARD drops, for what crosses a bridge too.
    if run(["iptables", "-w", "-C", *_rule(bridge)], check=False).returncode != 0:
        run(["iptables", "-w", "-I", *_rule(bridge)])


def _rule(bridge: str) -> tuple[str, ...]:
    return ("FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT")


def plug(place: Place, pid: int) -> None:
    """A new cable from the bridge to `eth0` in the network namespace of that process."""
    unplug(place)
    batch(
        f"link add {place.veth} address {_port_mac(place)} type veth peer name eth0 address {place.mac} netns {pid}",
        f"link set {place.veth} master {bridge_name(place.sandbox_id)} up",
    )


def _port_mac(place: Place) -> str:
    return place.mac.replace("02:", "06:", 1)


def unplug(place: Place) -> None:
    """No cable; the namespace it led to may live on, or be dying."""
    if link_exists(place.veth):
        run(["ip", "link", "del", place.veth], check=False)  # the dying namespace may be faster
    if not wait_until(lambda: not link_exists(place.veth), seconds=10):
        raise PodctlError(f"The link {place.veth} of {place.name} does not go")


def set_link(place: Place, *, up: bool) -> None:
    """Down: packets vanish both ways, no connection is told. A link that is not there stays so."""
    if link_exists(place.veth):
        batch(f"link set {place.veth} {'up' if up else 'down'}")


def link_exists(name: str) -> bool:
    return (_LINKS / name).exists()


def link_is_up(place: Place) -> bool:
    try:
        return bool(int((_LINKS / place.veth / "flags").read_text(), 16) & _IFF_UP)
    except OSError:
        return False


def reattach(place: Place) -> None:
    """A cable whose bridge was removed under it hangs in the bridge again."""
    if link_exists(place.veth) and not (_LINKS / place.veth / "master").exists():
        batch(f"link set {place.veth} master {bridge_name(place.sandbox_id)}")


def remove_network(identity: str) -> None:
    """Every link and rule that carries the id goes; nothing to do is fine."""
    bridge = bridge_name(identity)
    for link in (*_LINKS.glob(f"{bridge}m*"), *_LINKS.glob(bridge)):
        run(["ip", "link", "del", link.name], check=False)
    while run(["iptables", "-w", "-C", *_rule(bridge)], check=False).returncode == 0:
        run(["iptables", "-w", "-D", *_rule(bridge)])
    if not wait_until(lambda: not list(_LINKS.glob(f"{bridge}*")), seconds=10):
        raise PodctlError(
            f"Links of the sandbox do not go: {', '.join(link.name for link in _LINKS.glob(f'{bridge}*'))}"
        )
