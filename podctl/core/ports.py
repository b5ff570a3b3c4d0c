"""What `port-forward` listens on and leads to: the words of its command line as values."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HIGHEST = 65535
_FORM = re.compile(r"(?:(?P<local>[0-9]*):)?(?P<remote>[0-9]+|[a-z0-9-]*[a-z][a-z0-9-]*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """`local` 0: any that is free."""

    local: int
    remote: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen. `optional`: this one may be missing on the machine (`localhost` is two addresses)."""

    host: str
    optional: bool = False

    @property
    def is_v6(self) -> bool:
        return ":" in self.host

    @property
    def text(self) -> str:
        return f"[{self.host}]" if self.is_v6 else self.host


def parse_forwarding(text: str, named: Mapping[str, tuple[int, str]]) -> Forwarding:
    """`8080`, `8080:80`, `:80`, `0:80`, `8080:http`, `http`. `named` has the Pod's ports by name, with protocol."""
    found = _FORM.fullmatch(text)
    if not found:
        raise InputError(f"{text!r} is no [LOCAL:]REMOTE", hint="For example 8080:80, 80, :80 or 8080:http.")
    remote = _remote(found["remote"], named)
    local = remote if found["local"] is None else int(found["local"] or 0)
    if not 0 <= local <= _HIGHEST:
        raise InputError(f"{text}: {local} is no port: 0 to {_HIGHEST}")
    return Forwarding(local=local, remote=remote)


def _remote(text: str, named: Mapping[str, tuple[int, str]]) -> int:
    if text.isdecimal():
        if not 1 <= int(text) <= _HIGHEST:
            raise InputError(f"{text} is no port: 1 to {_HIGHEST}")
        return int(text)
    if text not in named:
        known = ", ".join(sorted(named)) or "none has a name"
        raise InputError(f"no port of the Pod is named {text!r}", hint=f"Its ports: {known}.")
    port, protocol = named[text]
    if protocol != "TCP":
        raise InputError(f"port {text} is {protocol}: only TCP can be forwarded")
    return port


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Addresses separated by commas; `localhost` is 127.0.0.1 and, where there is one, ::1."""
    found: dict[str, Address] = {}
    for part in (each.strip() for each in text.split(",")):
        if part == "localhost":
            wanted: tuple[Address, ...] = (Address(host="127.0.0.1"), Address(host="::1", optional=True))
        else:
            try:
                wanted = (Address(host=str(ipaddress.ip_address(part))),)
            except ValueError as error:
                raise InputError(
                    f"--address {part!r} is no IP address", hint="Give addresses or localhost, with commas between."
                ) from error
        for each in wanted:
            found.setdefault(each.host, each)
    return tuple(found.values())
