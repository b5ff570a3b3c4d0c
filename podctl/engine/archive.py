"""Local files as a tar that is never whole in memory, and such a tar as local files again."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from podctl.core.copyspec import below, link_stays
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK = 1 << 18
_RECORD = 1 << 16
_KEPT_BITS = 0o1777  # whoever runs podctl must not become the owner of somebody's setuid program


# ------------------------------------------------------------------------------------------------------------- making


class _Sender:
    """What tarfile writes to."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def write(self, data: bytes) -> int:
        self._send(data)
        return len(data)


def pack(source: Path, name: str, owner: tuple[int, int], send: Callable[[bytes], None]) -> list[str]:
    """Sends `source`, called `name`, and all below it; what had to be left out is the answer.

    Names and modes are kept, links stay links (but `source` itself), everything belongs to `owner` (uid, gid).
    """
    warnings: list[str] = []
    sink = cast("IO[bytes]", _Sender(send))
    with tarfile.open(
        fileobj=sink, mode="w|", bufsize=_RECORD, format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as tar:
        for path, inside in _walk(source, name):
            entry = _entry(path, inside, owner, follow=path is source)
            if entry is None:
                warnings.append(f"{path}: left out: neither a file, a folder nor a link")
            elif entry.isreg():
                with path.open("rb") as file:
                    entry.size = os.fstat(file.fileno()).st_size
                    _add(tar, entry, file, path)
            else:
                tar.addfile(entry)
    return warnings


def _walk(source: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Each path with its name in the tar, a folder before what is in it. Links to folders are not followed."""
    yield source, name
    if not source.is_dir():
        return
    for folder, folders, files in os.walk(source, onerror=_raise):
        folders.sort()
        here = Path(folder)
        inside = "/".join([name, *here.relative_to(source).parts])
        for each in (*folders, *sorted(files)):
            yield here / each, f"{inside}/{each}"


def _raise(error: OSError) -> None:
    raise error


def _entry(path: Path, name: str, owner: tuple[int, int], *, follow: bool) -> tarfile.TarInfo | None:
    seen = path.stat() if follow else path.lstat()
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime = stat.S_IMODE(seen.st_mode), int(seen.st_mtime)
    entry.uid, entry.gid = owner
    if stat.S_ISDIR(seen.st_mode):
        entry.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(seen.st_mode):
        entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
    elif not stat.S_ISREG(seen.st_mode):
        return None
    return entry


def _add(tar: tarfile.TarFile, entry: tarfile.TarInfo, file: IO[bytes], path: Path) -> None:
    try:
        tar.addfile(entry, file)
    except OSError as error:
        if error.errno:
            raise
        raise PodctlError(f"{path}: it became shorter while it was copied") from error


# ---------------------------------------------------------------------------------------------------------- unpacking


class Reader:
    """Bytes that come in chunks, as the file that tarfile reads."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (data := next(self._chunks, None)) is not None:
            self._rest += data
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken


@dataclass(slots=True)
class _Unpacked:
    """What can only be done at the end, and what was left out."""

    modes: list[tuple[Path, int]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def unpack(chunks: Iterator[bytes], target: str) -> list[str]:
    """Makes what the tar holds at `target`: a file there, or in it where it is a folder; a folder's content in it.

    Nothing is ever written outside: entries that lead out are left out, and named in the answer; links are made last,
    so that nothing is written through them. Raises OSError and tarfile.TarError where there is no tar or it breaks off.
    """
    done = _Unpacked()
    root: Path | None = None
    source = cast("IO[bytes]", Reader(chunks))
    with tarfile.open(fileobj=source, mode="r|", bufsize=_RECORD, encoding="utf-8", errors="surrogateescape") as tar:
        for entry in tar:
            root = root or _root(entry, target)
            _take(tar, entry, root, done)
    if root is not None:
        _finish(root, done)
    return done.warnings


def _root(first: tarfile.TarInfo, target: str) -> Path:
    """Where the first entry goes."""
    path = Path(target)
    if first.isdir():
        if path.exists() and not path.is_dir():
            raise PodctlError(f"{target} is a file: a folder cannot be copied over it")
        path.mkdir(parents=True, exist_ok=True)
        return path
    if path.is_dir():
        return path / Path(first.name).name
    if target.endswith("/"):
        raise PodctlError(f"{target}: no such folder here")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _take(tar: tarfile.TarFile, entry: tarfile.TarInfo, root: Path, done: _Unpacked) -> None:
    name = below(entry.name)
    path = None if name is None else root / name
    if name is None or path is None or not _leads_inside(path, root):
        done.warnings.append(f"{entry.name}: left out: it leads out of {root}")
    elif entry.isdir():
        _make_folder(path)
        done.modes.append((path, entry.mode & _KEPT_BITS))
    elif entry.isreg():
        source = tar.extractfile(entry)
        if source:
            _write(path, source, entry.mode & _KEPT_BITS)
    elif entry.issym():
        done.links.append((name, entry.linkname))
    elif entry.islnk():
        _link(path, root, entry, done)
    else:
        done.warnings.append(f"{entry.name}: left out: neither a file, a folder nor a link")


def _leads_inside(path: Path, root: Path) -> bool:
    """Whether the folder of `path` is below the root also by the links that were there before."""
    return path == root or path.parent.resolve().is_relative_to(root.resolve())


def _make_folder(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(path.stat().st_mode | stat.S_IRWXU)  # until all is in it


def _write(path: Path, source: IO[bytes], mode: int) -> None:
    """A link that is there is replaced, not followed; a file keeps its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    with path.open("wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
        os.fchmod(file.fileno(), mode)


def _link(path: Path, root: Path, entry: tarfile.TarInfo, done: _Unpacked) -> None:
    """A second name of a file that came before."""
    name = below(entry.linkname)
    first = None if name is None else root / name
    if first is None or not _leads_inside(first, root) or first.is_symlink() or not first.is_file():
        done.warnings.append(f"{entry.name}: left out: it is another name of {entry.linkname}, which was not copied")
        return
    path.unlink(missing_ok=True)
    os.link(first, path)


def _finish(root: Path, done: _Unpacked) -> None:
    for name, target in done.links:
        if warning := _make_link(root, root / name, target):
            done.warnings.append(f"{root / name}: left out: {warning}")
    for path, mode in reversed(done.modes):
        path.chmod(mode)


def _make_link(root: Path, path: Path, target: str) -> str:
    """Why it was not made, or ""."""
    folder = path.parent.resolve()  # links that were made before count as what they lead to
    if not folder.is_relative_to(root.resolve()):
        return f"it leads out of {root}"
    if not link_stays(str(folder.relative_to(root.resolve()) / path.name), target):
        return f"a link to {target}, which leads out of {root}"
    folder.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        return f"a link to {target}, and there is a folder in its place"
    path.symlink_to(target)
    return ""
