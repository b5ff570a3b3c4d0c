"""What `cp` copies: its two arguments as values, and which names of an archive stay below where they are put."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from podctl.core.model import PodKey
from podctl.errors import InputError

_HINT = "podctl cp LOCAL [NAMESPACE/]POD:PATH, or the other way round. A local name with a colon: ./NAME."


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSide:
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSide:
    key: PodKey
    path: str


def parse_side(text: str, namespace: str) -> LocalSide | PodSide:
    """`PATH`, `POD:PATH` or `NAMESPACE/POD:PATH`. What begins with `/` or `.` is local, with colons in it too."""
    where, colon, path = text.partition(":")
    if not text:
        raise InputError("an empty path", hint=_HINT)
    if not colon or text[0] in "/.":
        return LocalSide(path=text)
    first, slash, second = where.partition("/")
    pod, space = (second, first) if slash else (first, namespace)
    if not pod or not space or "/" in pod:
        raise InputError(f"{text!r} names no Pod", hint=_HINT)
    if not path:
        raise InputError(f"{text!r} names no path in the Pod", hint=_HINT)
    return PodSide(key=PodKey(space, pod), path=path)


def parse_sides(source: str, target: str, namespace: str) -> tuple[LocalSide | PodSide, LocalSide | PodSide]:
    """Both arguments, exactly one of which is in a Pod. Raises InputError."""
    sides = parse_side(source, namespace), parse_side(target, namespace)
    if isinstance(sides[0], PodSide) == isinstance(sides[1], PodSide):
        both = "both" if isinstance(sides[0], PodSide) else "none"
        raise InputError(f"one side must be in a Pod and the other here: {both} is in a Pod", hint=_HINT)
    return sides


def inside(path: str, working_directory: str) -> str:
    """The absolute, plain form of a path in a container; a relative one starts at its working directory."""
    return "/" + posixpath.normpath(posixpath.join("/", working_directory, path)).lstrip("/")


def below(name: str) -> str | None:
    """An archive's entry as a path below the root that its first part names ("" is that root itself).

    None for one that leads out: an absolute name, or one with `..`.
    """
    if name.startswith("/") and name.strip("/"):
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        return None
    return "/".join(parts[1:]) if not name.startswith(("./", "/")) else "/".join(parts)


def link_stays(name: str, target: str) -> bool:
    """Whether a symbolic link at `name` (below the root) can only lead to something below the root.

    `..` may stand at the beginning of its target alone: behind the name of another link it could lead anywhere.
    """
    if target.startswith("/"):
        return False
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((at for at, part in enumerate(parts) if part != ".."), len(parts))
    depth = len([part for part in name.split("/") if part]) - 1
    return ".." not in parts[ups:] and ups <= max(depth, 0)
