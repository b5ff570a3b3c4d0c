"""Files into and out of containers, as tar streams: no tool is needed in the container, which need not run."""

from __future__ import annotations

import io
import posixpath
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.core.copyspec import inside
from podctl.engine.archive import pack, unpack
from podctl.engine.docker import reach
from podctl.errors import LinkLostError, NotFoundError, PodctlError
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.engine.session import Session
    from podctl.transport.base import Stream
    from podctl.transport.shell import Script, StepResult

_EVIDENCE_BYTES = 4000
_ABSENT = ("could not find the file", "must be a directory", "no such container:path", "not a directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nature:
    """What of a container decides on where files go and whose they become."""

    working_directory: str
    owner: tuple[int, int]


class Container:
    """One container as a place for files. `title` is what errors call it."""

    def __init__(self, session: Session, minion: str, container: str, title: str) -> None:
        self._session = session
        self._minion = minion
        self._container = container
        self._title = title
        self._docker = session.minion(minion).docker

    def copy_out(self, path: str, target: str) -> list[str]:
        """What is at `path`, made at the local `target`; what had to be left out is the answer."""
        source = inside(path, self._nature().working_directory)
        # "/." as the name of the root itself would be an absolute one in the archive.
        script = reach.copy_out(self._docker, self._container, source if source != "/" else "/.")
        stream, said = self._session.transport(self._minion).stream(script), bytearray()
        chunks = _received(stream, said)
        try:
            return self._unpack(stream, chunks, said, path, target)
        except OSError as error:
            raise PodctlError(f"{error.filename or target}: {error.strerror}") from error
        finally:
            stream.close()

    def _unpack(self, stream: Stream, chunks: Iterator[bytes], said: bytearray, path: str, target: str) -> list[str]:
        broken, warnings = "", []
        try:
            warnings = unpack(chunks, target)
        except tarfile.TarError as error:
            broken = str(error)
        for _ in chunks:
            pass  # the padding of the archive
        self._check_end(stream, said, path)
        if broken:
            raise PodctlError(f"{self._title}:{path}: the archive that came is damaged", evidence=broken)
        return warnings

    def copy_in(self, source: str, path: str) -> list[str]:
        """The local `source`, made at `path`, or in it where that is a folder; what was left out is the answer."""
        local = Path(source)
        if not local.exists():
            raise NotFoundError(f"{source}: no such file or folder here")
        nature = self._nature()
        target = inside(path, nature.working_directory)
        if self._is_folder(target):
            target = posixpath.join(target, local.resolve().name if local.name in ("", "..") else local.name)
        elif path.endswith("/"):
            raise NotFoundError(f"{self._title}:{path}: no such folder in the container")
        folder, name = posixpath.split(target)
        script = reach.copy_in(self._docker, self._container, folder)
        stream, said = self._session.transport(self._minion).stream(script), bytearray()
        try:
            warnings = self._send(stream, local, name, nature.owner)
            for _ in _received(stream, said):
                pass
            self._check_end(stream, said, path)
        finally:
            stream.close()
        return warnings

    def _send(self, stream: Stream, local: Path, name: str, owner: tuple[int, int]) -> list[str]:
        try:
            warnings = pack(local, name, owner, stream.send)
        except LinkLostError:
            return []  # the other side has ended: its words and its status say why
        except OSError as error:
            raise PodctlError(f"{error.filename or local}: {error.strerror}") from error
        stream.close_input()
        return warnings

    def _check_end(self, stream: Stream, said: bytearray, path: str) -> None:
        if not stream.exit_status():
            return
        text = said.decode("utf-8", "replace").strip()
        if any(fragment in text.lower() for fragment in _ABSENT):
            raise NotFoundError(f"{self._title}:{path}: no such file or folder in the container", evidence=text)
        raise PodctlError(f"{self._title}:{path}: it could not be copied", evidence=text)

    def _ask(self, title: str, script: Script) -> StepResult:
        return self._session.conversation(self._minion).run([Step(title=title, script=script)])[0]

    def _is_folder(self, path: str) -> bool:
        head = self._ask("look what is there", reach.head_of(self._docker, self._container, path)).stdout
        try:
            with tarfile.open(fileobj=io.BytesIO(head), mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
                first = tar.next()
        except tarfile.TarError:
            return False
        return first is not None and first.isdir()

    def _nature(self) -> _Nature:
        result = self._ask("look at the container", reach.nature(self._docker, self._container))
        if not result.ok:
            raise PodctlError(f"{self._title}: the container cannot be looked at", evidence=result.error_text)
        directory, user, process = [*result.text.split("\n"), "", "", ""][:3]
        return _Nature(working_directory=directory, owner=_owner(user, process.split()))


def _owner(user: str, process: list[str]) -> tuple[int, int]:
    """Uid and gid of the container's main process; where none runs, its USER; root where that is a name."""
    parts = process if len(process) == 2 else user.split(":")  # noqa: PLR2004 - uid and gid
    uid, gid = (int(each) if each.isdecimal() else 0 for each in [*parts, "", ""][:2])
    return uid, gid


def _received(stream: Stream, said: bytearray) -> Iterator[bytes]:
    """What comes on stdout; the end of what came on stderr stays in `said`."""
    while (got := stream.receive()) is not None:
        said += got[1]
        del said[:-_EVIDENCE_BYTES]
        if got[0]:
            yield got[0]
