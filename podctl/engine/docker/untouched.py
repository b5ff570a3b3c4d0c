"""Whether a claim's volume is as docker made it: a command that was interrupted may have left it without its mode."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from podctl.engine.docker import volumes
from podctl.transport.shell import Script, words

if TYPE_CHECKING:
    from podctl.engine.docker.making import Making

_HEAD = 4096  # bytes: the root's entry, with extended headers, and the one behind it
_ROOT_AS_MADE = (0o755, 0, 0)  # mode, uid, gid of a new volume


def head(making: Making, volume: str) -> Script:
    """Prints the beginning of the volume's tar, as the infra container sees it. docker ends with its reader."""
    get = words([making.docker, "cp", f"{making.new_infra}:{volumes.ROOT}/{volume}", "-"])
    return Script(f"{get.text} 2>/dev/null | head -c {_HEAD}", get.shown)


def is_untouched(beginning: bytes) -> bool:
    """True of the tar of an empty folder whose mode and owner nobody has set."""
    try:
        with tarfile.open(fileobj=io.BytesIO(beginning), mode="r|") as tar:
            root = tar.next()
            if root is None or not root.isdir() or (root.mode & 0o7777, root.uid, root.gid) != _ROOT_AS_MADE:
                return False
            return tar.next() is None
    except tarfile.TarError:  # it goes on behind what we read of it
        return False
