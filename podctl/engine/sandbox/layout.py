"""Where everything of a sandbox is: names, addresses and paths, all derived from its folder.

Whatever the kernel shows of a sandbox (links, cgroups, process environments) carries the sandbox's id, so that a
clean-up finds it even when the folder is gone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_FOLDER = Path("~/.cache/podctl/sandbox")
MOST_MINIONS = 200
TEST_RANGE = IPv4Network("198.18.0.0/15")  # reserved for tests of network devices (RFC 2544): hides no real network

_NATO = (
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima",
    "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray",
    "yankee", "zulu",
)  # fmt: skip
_ZONES = "abc"
_FIRST_HOST = 10  # the Minion number N has host address 10 + N; the bridge has 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is fixed about one Minion. `number` counts from 1."""

    sandbox_id: str
    name: str
    number: int
    folder: Path
    subnet: IPv4Network

    @property
    def address(self) -> str:
        return str(self.subnet[_FIRST_HOST + self.number])

    @property
    def interface(self) -> str:
        """The Minion's address with its prefix, as `ip addr add` takes it."""
        return f"{self.address}/{self.subnet.prefixlen}"

    @property
    def mac(self) -> str:
        """Locally administered and fixed: after a reboot the others' ARP caches are still right."""
        return mac_of(self.subnet[_FIRST_HOST + self.number])

    @property
    def veth(self) -> str:
        """The end of its cable that hangs in the bridge; within the kernel's 15 bytes."""
        return f"pc{self.sandbox_id}m{self.number}"

    @property
    def zone(self) -> str:
        return _ZONES[(self.number - 1) % len(_ZONES)]

    @property
    def cgroup(self) -> str:
        return f"/podctl-sandbox-{self.sandbox_id}/{self.name}"

    @property
    def marker(self) -> str:
        """The value of PODCTL_SANDBOX in the environment of its first process."""
        return f"{self.sandbox_id}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A sandbox: its folder, its subnet and its Minions in order."""

    folder: Path
    subnet: IPv4Network
    names: tuple[str, ...]

    @property
    def id(self) -> str:
        return sandbox_id(self.folder)

    @property
    def bridge(self) -> str:
        return bridge_name(self.id)

    @property
    def gateway(self) -> str:
        return str(self.subnet[1])

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(
            Place(sandbox_id=self.id, name=name, number=number, folder=self.folder / name, subnet=self.subnet)
            for number, name in enumerate(self.names, start=1)
        )

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yaml"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def key(self) -> Path:
        return self.folder / "id_ed25519"

    @property
    def image(self) -> Path:
        """The docker-archive of the image to try with."""
        return self.folder / "busybox.tar"


def canonical(folder: Path) -> Path:
    """The absolute path without links, which is what a sandbox is named after."""
    path = folder.expanduser().resolve()
    if "\n" in str(path) or path.is_relative_to("/run") or path == Path("/"):
        raise InputError(
            f"A sandbox cannot live in {path}",
            evidence="each Minion covers /run with its own, and a folder needs a name of one line",
            hint=f"choose another folder, or leave --dir out for {DEFAULT_FOLDER}",
        )
    return path


def sandbox_id(folder: Path) -> str:
    """8 hexadecimal digits of the folder's canonical path."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:8]


def bridge_name(identity: str) -> str:
    return f"pc{identity}"


def mac_of(address: IPv4Address) -> str:
    return ":".join(f"{byte:02x}" for byte in (0x02, 0x70, *address.packed))


def minion_names(amount: int) -> tuple[str, ...]:
    """NATO words, then m27, m28, ..."""
    return tuple(_NATO[: min(amount, len(_NATO))]) + tuple(f"m{n}" for n in range(len(_NATO) + 1, amount + 1))


def subnet_candidates(identity: str) -> Iterator[IPv4Network]:
    """Every /24 of the test range once, from the one that the id points at."""
    subnets: list[IPv4Network] = list(TEST_RANGE.subnets(new_prefix=24))
    first = int(identity, 16) % len(subnets)
    yield from subnets[first:] + subnets[:first]


def free_subnet(candidates: Iterable[IPv4Network], taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """The first that overlaps none of `taken`.

    Routes that cover all of the test range do not matter: ours is narrower.
    """
    obstacles = [network for network in taken if network.prefixlen > TEST_RANGE.prefixlen]
    return next((each for each in candidates if not any(each.overlaps(other) for other in obstacles)), None)
