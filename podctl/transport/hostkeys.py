"""known_hosts files as sshd(8) has them: hashed names, `[host]:port`, patterns, @revoked. Pure but for `load`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.errors import ConnectError
from podctl.transport.sshconfig import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podctl.transport.target import SshTarget

_NAMES_TYPE_KEY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """One line of a known_hosts file."""

    names: str
    type: str
    blob: bytes
    revoked: bool
    place: str  # file:line

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.blob)


def fingerprint(blob: bytes) -> str:
    """As ssh-keygen -l prints it: SHA256 in base64 without padding."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def parse(text: str, file: str) -> Iterator[HostKey]:
    """Every line that can be read; @cert-authority lines are left out, as podctl has no host certificates."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < _NAMES_TYPE_KEY or words[0].startswith("#") or marker not in ("", "@revoked"):
            continue
        try:
            blob = base64.b64decode(words[2], validate=True)
        except (binascii.Error, ValueError):
            continue
        yield HostKey(names=words[0], type=words[1], blob=blob, revoked=bool(marker), place=f"{file}:{number}")


def load(files: Iterable[str]) -> tuple[HostKey, ...]:
    """The keys of all files that can be read."""
    found: list[HostKey] = []
    for file in files:
        try:
            found += parse(Path(file).read_text("utf-8", "replace"), file)
        except OSError:
            continue
    return tuple(found)


def _names(key: HostKey, name: str) -> bool:
    if not key.names.startswith("|1|"):
        return matches(key.names.lower().split(","), name.lower())
    try:
        _, _, salt, digest = key.names.split("|")
        hashed = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(hashed, base64.b64decode(digest))
    except (binascii.Error, ValueError):
        return False


def known_as(name: str, keys: Iterable[HostKey]) -> tuple[HostKey, ...]:
    """The keys that the files have for a machine, in their order. `name` is `host`, or `[host]:port` off port 22."""
    return tuple(key for key in keys if _names(key, name))


class Verdict(Enum):
    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


def judge(blob: bytes, known: Iterable[HostKey]) -> tuple[Verdict, HostKey | None]:
    """What to think of an offered key, and the line that says so. A machine with other keys alone is CHANGED."""
    keys = tuple(known)
    revoked = next((key for key in keys if key.revoked and key.blob == blob), None)
    if revoked:
        return Verdict.REVOKED, revoked
    good = next((key for key in keys if not key.revoked and key.blob == blob), None)
    if good:
        return Verdict.KNOWN, good
    others = [key for key in keys if not key.revoked]
    same_type = [key for key in others if key.type.encode() in blob[:64]]
    return (Verdict.CHANGED, (same_type or others)[0]) if others else (Verdict.UNKNOWN, None)


def verify(target: SshTarget, kind: str, blob: bytes, known: tuple[HostKey, ...]) -> None:
    """ConnectError unless a known_hosts file has the very key that the machine showed."""
    offered = f"{kind} {fingerprint(blob)}"
    verdict, line = judge(blob, known)
    if verdict is Verdict.KNOWN:
        return
    if verdict is Verdict.UNKNOWN or line is None:
        file = target.known_hosts[0]
        alias = "" if target.host_key_name.strip("[").startswith(target.host.lower()) else (
            f" -o HostKeyAlias={target.host_key_name}"
        )  # fmt: skip
        login = target.login.replace("ssh ", f"ssh -o UserKnownHostsFile={file}{alias} ", 1)
        raise ConnectError(
            f"{target.title}: its host key is not known yet",
            evidence=f"{target.host_key_name} shows {offered}; looked in {', '.join(target.known_hosts)}",
            hint=f"Compare that with 'ssh-keygen -lf /etc/ssh/ssh_host_{_kind(kind)}_key.pub' on the machine "
            f"itself, then add it by logging in once: {login} true",
        )
    if verdict is Verdict.REVOKED:
        raise ConnectError(
            f"{target.title}: it shows a host key that is revoked",
            evidence=f"{offered} is marked @revoked in {line.place}",
            hint="Do not log in there. Somebody has said that this key is in wrong hands.",
        )
    raise ConnectError(
        f"{target.title}: ITS HOST KEY HAS CHANGED: another machine may answer in its place",
        evidence=f"known   {line.type} {line.fingerprint} ({line.place})\nshown   {offered}",
        hint="Ask whoever runs it. Only if it was set up anew: remove that line "
        f"(ssh-keygen -f {line.place.rpartition(':')[0]} -R '{target.host_key_name}') and add the new key.",
    )


def _kind(key_type: str) -> str:
    return "ed25519" if "ed25519" in key_type else "ecdsa" if "ecdsa" in key_type else "rsa"
