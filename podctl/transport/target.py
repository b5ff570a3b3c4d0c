"""Where and how to log in to a Minion: the inventory first, then `~/.ssh/config`, then ssh's own defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from podctl.core.model import Minion
from podctl.errors import InventoryError
from podctl.transport.sshconfig import obtained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.transport.sshconfig import Setting, Undecided

_HOPS = 8  # more bastions than this are a loop
_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_DEFAULT_KNOWN = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_KNOWN = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_DEFAULT_TIMEOUT = next(field.default for field in fields(Minion) if field.name == "connect_timeout_seconds")

# Keywords that change the way in and that podctl does not have, each with the value that means "not used".
_REFUSED = {
    "proxycommand": "none",
    "pkcs11provider": "none",
    "certificatefile": "none",
    "knownhostscommand": "none",
    "revokedhostkeys": "none",
    "canonicalizehostname": "no",
    "bindinterface": "",
}
_WAY_OUT = {
    "proxycommand": "use ProxyJump, or `proxy_jump` in the inventory",
    "pkcs11provider": "load the token into an agent: ssh-add -s",
    "certificatefile": "name it like its key with -cert.pub behind it, or load both into an agent: ssh-add",
    "canonicalizehostname": "write the full name as `address` in the inventory",
    "bindinterface": "use BindAddress",
}
_HONOURED = frozenset(
    {
        "hostname", "user", "port", "identityfile", "identitiesonly", "identityagent", "userknownhostsfile",
        "globalknownhostsfile", "hostkeyalias", "proxyjump", "connecttimeout", "serveraliveinterval",
        "serveralivecountmax", "addressfamily", "bindaddress", "batchmode",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTarget:
    """One login. Two Minions behind one bastion have equal `jump`s, and so share its connection."""

    title: str  # "Minion alpha", "bastion gw"
    host: str
    port: int
    user: str
    identity_files: tuple[str, ...]
    identities_given: bool  # False: the files are ssh's defaults, and none is missed that is not there
    identities_only: bool
    agent: str | None  # the agent's socket
    host_key_name: str  # what known_hosts files call it
    known_hosts: tuple[str, ...]
    connect_timeout_seconds: float
    keepalive_seconds: float
    silence_seconds: float  # after which the link is given up
    address_family: str = "any"
    bind_address: str | None = None
    batch: bool = False  # never ask
    jump: SshTarget | None = None

    @property
    def login(self) -> str:
        """As one would type it: `ssh -p 2222 deploy@192.0.2.11`."""
        port = f"-p {self.port} " if self.port != 22 else ""  # noqa: PLR2004 - SSH's port
        through = f"-J {self.jump.user}@{self.jump.host}:{self.jump.port} " if self.jump else ""
        return f"ssh {through}{port}{self.user}@{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What ssh knows of this side."""

    home: str
    user: str
    hostname: str
    agent: str | None  # SSH_AUTH_SOCK


def resolve(minion: Minion, settings: tuple[Setting, ...], here: Surroundings) -> SshTarget:
    """The login to `minion`. InventoryError names every keyword that changes the way in and is not supported."""
    given = {
        keyword: str(value)
        for keyword, value in (
            ("user", minion.user),
            ("port", minion.port),
            ("identityfile", minion.identity_file),
            ("userknownhostsfile", minion.known_hosts),
            ("hostkeyalias", minion.host_key_alias),
            ("proxyjump", minion.proxy_jump),
            ("connecttimeout", None if minion.connect_timeout_seconds == _DEFAULT_TIMEOUT else True),
        )
        if value is not None
    }
    timeout = minion.connect_timeout_seconds
    return _resolve(f"Minion {minion.name}", minion.address or minion.name, given, settings, here, timeout)


def _resolve(  # noqa: PLR0917
    title: str,
    host: str,
    given: Mapping[str, str],
    settings: tuple[Setting, ...],
    here: Surroundings,
    timeout: float,
    hops: int = 0,
) -> SshTarget:
    if hops > _HOPS:
        raise InventoryError([f"{title}: more than {_HOPS} bastions: does a ProxyJump lead back to itself?"])
    kept, undecided = obtained(settings, host, given, here.user)
    _refuse(title, kept, undecided)
    view = _View(given, kept, host, here)
    timeout = view.number("connecttimeout", timeout) if "connecttimeout" not in given else timeout
    alive = view.number("serveraliveinterval", 0)
    user, alias = view.text("user") or here.user, view.text("hostkeyalias")
    files = view.files("identityfile")
    user_known = view.files("userknownhostsfile") or _expand_all(_DEFAULT_KNOWN, here)
    global_known = view.files("globalknownhostsfile") or _GLOBAL_KNOWN
    port = int(view.number("port", 22))
    name = view.hostname.lower() if port == 22 else f"[{view.hostname.lower()}]:{port}"  # noqa: PLR2004 - SSH's port
    return SshTarget(
        title=title,
        host=view.hostname,
        port=port,
        user=user,
        identity_files=files or tuple(f"{here.home}/.ssh/{key}" for key in _DEFAULT_KEYS),
        identities_given=bool(view.several("identityfile")),
        identities_only=view.flag("identitiesonly"),
        agent=view.agent(),
        host_key_name=alias or name,
        known_hosts=user_known if "userknownhostsfile" in given else (*user_known, *global_known),
        connect_timeout_seconds=timeout,
        keepalive_seconds=alive or timeout / 2,
        silence_seconds=alive * view.number("serveralivecountmax", 3) if alive else timeout,
        address_family=view.text("addressfamily") or "any",
        bind_address=view.text("bindaddress"),
        batch=view.flag("batchmode"),
        jump=_jump(view.text("proxyjump"), settings, here, timeout, hops),
    )


def _refuse(title: str, kept: Mapping[str, tuple[Setting, ...]], undecided: tuple[Undecided, ...]) -> None:
    problems = []
    for found in (setting for values in kept.values() for setting in values):
        unused = _REFUSED.get(found.keyword)
        if unused is not None and found.value.lower() != unused:
            way_out = _WAY_OUT.get(found.keyword, "leave it away for this host")
            problems.append(f"{found.place}: {title}: {found.keyword} is not supported: {way_out}")
    problems += [
        f"{each.setting.place}: {title}: Match {each.kind} is not supported, and {each.setting.keyword}"
        " depends on it: say it in the inventory, or give a file without it as `ssh_config` there"
        for each in undecided
        if each.setting.keyword in _HONOURED or each.setting.keyword in _REFUSED
    ]
    if problems:
        raise InventoryError(problems)


def _expand_all(paths: tuple[str, ...], here: Surroundings) -> tuple[str, ...]:
    return tuple(here.home + path[1:] if path.startswith("~/") else path for path in paths)


class _View:
    """The values for one host: the inventory's where it has one, else the file's, tokens expanded."""

    def __init__(
        self, given: Mapping[str, str], kept: Mapping[str, tuple[Setting, ...]], host: str, here: Surroundings
    ) -> None:
        self._given, self._kept, self._here = given, kept, here
        self._tokens = {"%": "%", "h": host, "n": host, "d": here.home, "u": here.user, "L": here.hostname}
        self.hostname = self.text("hostname") or host
        self._tokens["h"] = self.hostname
        self._tokens["r"] = self.text("user") or here.user
        self._tokens["p"] = self.text("port") or "22"

    def several(self, keyword: str) -> tuple[str, ...]:
        """Every argument of the keyword, tokens not expanded."""
        if keyword in self._given:
            return (self._given[keyword],)
        return tuple(argument for setting in self._kept.get(keyword, ()) for argument in setting.arguments)

    def text(self, keyword: str) -> str | None:
        values = self.several(keyword)
        if not values or (values[0].lower() == "none" and keyword != "hostname"):
            return None
        return self._expand(values[0], keyword)

    def files(self, keyword: str) -> tuple[str, ...]:
        """Paths. One that is `none` is a file that is empty."""
        values = ("/dev/null" if v.lower() == "none" else self._expand(v, keyword) for v in self.several(keyword))
        return _expand_all(tuple(values), self._here)

    def number(self, keyword: str, default: float) -> float:
        value = self.text(keyword)
        if value is None:
            return default
        try:
            return float(value)
        except ValueError:
            raise self._wrong(keyword, f"{value} is no number") from None

    def flag(self, keyword: str) -> bool:
        return (self.text(keyword) or "no").lower() in ("yes", "true")

    def agent(self) -> str | None:
        values = self.several("identityagent")
        if not values or values[0] == "SSH_AUTH_SOCK":
            return self._here.agent
        return next((path for path in self.files("identityagent") if path != "/dev/null"), None)

    def _expand(self, value: str, keyword: str) -> str:
        def token(found: re.Match[str]) -> str:
            if found[1] not in self._tokens:
                raise self._wrong(keyword, f"%{found[1]} is not supported")
            return self._tokens[found[1]]

        return re.sub(r"%(.?)", token, value)

    def _wrong(self, keyword: str, what: str) -> InventoryError:
        settings = self._kept.get(keyword)
        return InventoryError([f"{settings[0].place if settings else 'inventory'}: {keyword}: {what}"])


_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:]+))(?::(?P<port>\d+))?/?")


def _jump(
    value: str | None, settings: tuple[Setting, ...], here: Surroundings, timeout: float, hops: int
) -> SshTarget | None:
    """The last hop of `a,b,c`, reached through those before it; the first hop's own ProxyJump counts, as with ssh."""
    target: SshTarget | None = None
    for number, text in enumerate(value.split(",") if value else ()):
        found = _HOP.fullmatch(text.strip())
        if not found:
            raise InventoryError([f"ProxyJump {value}: {text!r} is not [user@]host[:port]"])
        host = found["six"] or found["host"]
        given = {keyword: found[keyword] for keyword in ("user", "port") if found[keyword]}
        if number:
            given["proxyjump"] = "none"
        hop = _resolve(f"bastion {host}", host, given, settings, here, timeout, hops + 1)
        target = _through(hop, target) if number else hop
    return target


def _through(hop: SshTarget, jump: SshTarget | None) -> SshTarget:
    values = {field.name: getattr(hop, field.name) for field in fields(SshTarget)}
    return SshTarget(**{**values, "jump": jump})
