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

from podctl.transport.sshconfig import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    other = next((key for key in keys if not key.revoked), None)
    return (Verdict.CHANGED, other) if other else (Verdict.UNKNOWN, None)
