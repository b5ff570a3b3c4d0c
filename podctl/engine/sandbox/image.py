"""The image to try with, `sandbox/busybox:1`: Debian's busybox with what it needs to resolve names.

Made as a docker-archive in which every byte follows from the files, so that `docker load` gives the same image id on
every Minion. Form: moby image specification v1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import shutil
import tarfile
from pathlib import Path

from podctl.engine.sandbox.machine import SEARCH_PATH, run
from podctl.errors import PodctlError

IMAGE = "sandbox/busybox:1"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "www/index.html": "<h1>Hello from a Pod</h1>\n",
}
_FOLDERS = {"tmp": 0o1777, "root": 0o700, "home": 0o755, "home/user": 0o755, "bin": 0o755, "etc": 0o755, "www": 0o755}
_OWNERS = {"home/user": 1000}


class Tar:
    """A tar whose entries have no time and no names of owners."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._bytes, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 - `data` closes it

    def folder(self, path: str, mode: int = 0o755, owner: int = 0) -> None:
        self._add(path, tarfile.DIRTYPE, mode=mode, owner=owner)

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self._add(path, tarfile.REGTYPE, data, mode=mode)

    def link(self, path: str, target: str) -> None:
        self._add(path, tarfile.SYMTYPE, mode=0o777, target=target)

    def _add(self, path: str, kind: bytes, data: bytes = b"", *, mode: int, owner: int = 0, target: str = "") -> None:
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, entry.linkname, entry.size = kind, mode, target, len(data)
        entry.uid = entry.gid = owner
        self._tar.addfile(entry, io.BytesIO(data))

    def data(self) -> bytes:
        self._tar.close()
        return self._bytes.getvalue()


def busybox_archive() -> bytes:
    """The docker-archive of `sandbox/busybox:1`. Raises PodctlError when this machine has no busybox."""
    busybox = shutil.which("busybox", path=SEARCH_PATH)
    if busybox is None:
        raise PodctlError(
            "busybox is missing, of which the image to try with is made", hint="apt-get install -y busybox"
        )
    layer = Tar()
    libraries = _libraries(busybox)
    for path in sorted({*_FOLDERS, *(str(each) for library in libraries for each in _parents(library))}):
        layer.folder(path, _FOLDERS.get(path, 0o755), _OWNERS.get(path, 0))
    for path, text in sorted(_FILES.items()):
        layer.file(path, text.encode())
    for library in libraries:
        layer.file(library.lstrip("/"), Path(library).read_bytes(), 0o755)
    layer.file("bin/busybox", Path(busybox).read_bytes(), 0o755)
    for applet in sorted(set(run([busybox, "--list"]).stdout.split()) - {"busybox"}):
        layer.link(f"bin/{applet}", "busybox")
    return docker_archive(layer.data(), IMAGE)


def _parents(library: str) -> list[Path]:
    return [each for each in Path(library.lstrip("/")).parents if each != Path()]


def _libraries(busybox: str) -> list[str]:
    """Paths of the shared libraries, the loader and the name service modules beside libc; none for a static busybox."""
    linked = run(["ldd", busybox], check=False).stdout
    found = set(re.findall(r"(?:=> )?(/\S+) \(0x", linked))
    for libc in [each for each in found if Path(each).name.startswith("libc.so")]:
        found |= {
            str(module) for name in ("libnss_dns", "libnss_files") for module in Path(libc).parent.glob(f"{name}.so.*")
        }
    return sorted(found)


def docker_archive(layer: bytes, reference: str) -> bytes:
    """An image of one layer for `docker load`, created 1970, that runs `sh`."""
    config = json.dumps(
        {
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {"Cmd": ["sh"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
            "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "podctl sandbox up"}],
        },
        sort_keys=True,
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    archive = Tar()
    archive.file(name, config)
    archive.file("layer.tar", layer)
    archive.file(
        "manifest.json", json.dumps([{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}]).encode()
    )
    return archive.data()
