"""A Pod's volumes: how each is created, how its files get into it, and how containers mount it.

The infra container mounts every volume of the Pod read-write below /v, so that one `docker cp` fills all of them
(docker-facts.md section 8).
"""

from __future__ import annotations

import base64
import io
import posixpath
import tarfile
from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.environment import expand
from podctl.core.podfiles import files_of
from podctl.core.quantity import bytes_text, whole
from podctl.engine.docker import labels
from podctl.transport.shell import Script, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.environment import Text
    from podctl.core.podfiles import File
    from podctl.core.schema import PersistentVolumeClaim, Volume, VolumeMount
    from podctl.engine.docker.making import Making

ROOT = "/v"  # where the infra container has them all
_HOST_ROOT = "/h"  # where it has the folders in which files are to be made
_READ_ONLY_KINDS = ("config_map", "secret", "downward_api", "projected")


def name_of(making: Making, volume: Volume) -> str | None:
    """The docker volume behind a Pod's volume; None for a path of the Minion."""
    if volume.host_path:
        return None
    if volume.persistent_volume_claim:
        claim = volume.persistent_volume_claim.claim_name
        return naming.claim_volume(making.cluster, making.key.namespace, claim)
    return naming.pod_volume(making.cluster, making.uid, volume.name)


def csv(*fields: str) -> str:
    """A `--mount` value: CSV, where a field with a comma or a quote stands in quotes."""
    return ",".join('"' + each.replace('"', '""') + '"' if set(each) & set(',"\n') else each for each in fields)


def create(making: Making, volume: Volume) -> Script | None:
    """`docker volume create` for what lives and dies with the Pod; None for claims and paths of the Minion."""
    name = name_of(making, volume)
    if name is None or volume.persistent_volume_claim:
        return None
    ours = {labels.CLUSTER: making.cluster, labels.NAMESPACE: making.key.namespace, labels.UID: making.uid}
    return words([making.docker, "volume", "create", *label_flags(ours), *_driver(volume), name])


def create_claim(cluster: str, docker: str, claim: PersistentVolumeClaim, now_seconds: int) -> Script:
    """The volume of a claim, which outlives its Pods."""
    name = naming.claim_volume(cluster, claim.metadata.namespace, claim.metadata.name)
    size = bytes_text(whole(claim.spec.resources.requests["storage"]))
    marks = {
        labels.CLUSTER: cluster,
        labels.NAMESPACE: claim.metadata.namespace,
        labels.CLAIM: claim.metadata.name,
        labels.CLAIM_SIZE: size,
        labels.CLAIM_MODES: ",".join(claim.spec.access_modes),
        labels.CREATED_AT: str(now_seconds),
    }
    return words([docker, "volume", "create", *label_flags(marks), name])


def label_flags(marks: Mapping[str, str]) -> Iterable[str]:
    """`docker volume create` has no label file; nothing secret is in these."""
    for key, value in marks.items():
        yield from ("--label", f"{key}={value}")


def _driver(volume: Volume) -> Iterable[str]:
    if volume.empty_dir and volume.empty_dir.medium == "Memory":
        size = f"size={whole(volume.empty_dir.size_limit)}," if volume.empty_dir.size_limit else ""
        yield from ("--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", f"o={size}mode=1777")
    if volume.nfs:
        options = f"addr={volume.nfs.server},{'ro' if volume.nfs.read_only else 'rw'},nfsvers=4"
        yield from ("--opt", "type=nfs", "--opt", f"o={options}", "--opt", f"device=:{volume.nfs.path}")


def infra_mounts(making: Making) -> Iterable[str]:
    for volume in making.spec.volumes:
        name = name_of(making, volume)
        if name is not None:
            yield "--mount"
            yield csv("type=volume", f"src={name}", f"dst={ROOT}/{volume.name}", "volume-nocopy")
        elif _makes_file(volume):
            yield "--mount"
            yield csv("type=bind", f"src={_folder(volume)}", f"dst={_HOST_ROOT}/{volume.name}")


def _makes_file(volume: Volume) -> bool:
    return volume.host_path is not None and volume.host_path.type == "FileOrCreate"


def _folder(volume: Volume) -> str:
    assert volume.host_path is not None  # noqa: S101 - asked by the caller
    return posixpath.dirname(volume.host_path.path.rstrip("/")) or "/"


_TESTS = {
    "Directory": "-d", "DirectoryOrCreate": "-d", "File": "-f", "FileOrCreate": "-f", "Socket": "-S",
    "CharDevice": "-c", "BlockDevice": "-b",
}  # fmt: skip


def host_path_check(volume: Volume) -> Script | None:
    """Fails with a sentence when the path is not of the type that the manifest says; None where anything goes.

    A path that the SSH user cannot reach is left to docker, which can, and which refuses a missing one by itself.
    """
    if volume.host_path is None or volume.host_path.type not in _TESTS:
        return None
    path, kind = volume.host_path.path, volume.host_path.type
    sentence = f"hostPath {path} of volume {volume.name} is not a {kind.removesuffix('OrCreate')} on this Minion"
    test = words(["test", _TESTS[kind], path])
    reachable = words(["test", "-x", posixpath.dirname(path.rstrip("/")) or "/"])
    say = words(["echo", sentence])
    made = f"! {words(['test', '-e', path])} || " if kind.endswith("OrCreate") else ""
    text = f"{test} || {made}! {reachable} || {{ {say} >&2; false; }}"
    return Script(text, text)


def missing_files(making: Making, infra: str) -> tuple[tuple[Script, bytes], ...]:
    """For hostPath FileOrCreate: what makes each file that is not there yet, and the tar for its stdin."""
    found = []
    for volume in making.spec.volumes:
        if volume.host_path is not None and _makes_file(volume):
            base = posixpath.basename(volume.host_path.path.rstrip("/"))
            folder = f"{infra}:{_HOST_ROOT}/{volume.name}"
            there = words([making.docker, "cp", f"{folder}/{base}", "-"])
            make = words([making.docker, "cp", "-", folder])
            text = f"{there.text} >/dev/null 2>&1 || {make.text}"
            tar = _tar([_entry(base, b"", 0o644, 0, making.now_seconds)])
            found.append((Script(text, text), tar))
    return tuple(found)


def content(making: Making, fresh_claims: frozenset[str]) -> bytes:
    """The tar for `docker cp - INFRA:/v`: each volume's root with its mode, its files, and the folders of subPaths.

    A claim's root is set only when its volume is new (`fresh_claims`): what a claim holds is its users' affair.
    """
    group = making.spec.security_context.fs_group
    entries: list[tuple[tarfile.TarInfo, bytes]] = []
    for volume in making.spec.volumes:
        claim = volume.persistent_volume_claim
        if volume.host_path or volume.nfs or (claim and claim.claim_name not in fresh_claims):
            continue
        files = files_of(volume, making.context)
        writable = volume.empty_dir or claim
        mode = (0o2777 if group is not None else 0o777) if writable else 0o755
        entries.append((_folder_entry(volume.name, mode, group or 0, making.now_seconds), b""))
        entries += _contained(volume.name, files, group, making.now_seconds)
    return _tar(entries)


def _contained(
    volume: str, files: Iterable[File], group: int | None, now_seconds: int
) -> Iterable[tuple[tarfile.TarInfo, bytes]]:
    """The folders of the files, then the files; with an fsGroup all are the group's to read."""
    files = tuple(files)
    for folder in sorted({parent for file in files for parent in _parents(file.path)}):
        yield _folder_entry(f"{volume}/{folder}", 0o755, group or 0, now_seconds), b""
    for file in files:
        bits = file.mode | (0o440 if group is not None else 0)
        yield _entry(f"{volume}/{file.path}", file.data, bits, group or 0, now_seconds)


def _parents(path: str) -> Iterable[str]:
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _folder_entry(name: str, mode: int, group: int, now_seconds: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name + "/")
    info.type, info.mode, info.gid, info.mtime = tarfile.DIRTYPE, mode, group, now_seconds
    return info


def _entry(name: str, data: bytes, mode: int, group: int, now_seconds: int) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.gid, info.mtime = len(data), mode, group, now_seconds
    return info, data


def _tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def sub_path(mount: VolumeMount, variables: Mapping[str, Text]) -> str:
    """The part of the volume to mount; "" for all of it.

    Raises ValueError where an expanded one leads out, or holds a Secret's value: it would be seen in an argument.
    """
    expanded = expand(mount.sub_path_expr, variables)
    if expanded.secret:
        raise ValueError(f"subPathExpr of {mount.mount_path} holds a Secret's value; use another variable for a path")
    path = expanded.value if mount.sub_path_expr else mount.sub_path
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"subPathExpr of {mount.mount_path} expands to {path!r}, which leads out of the volume")
    return path.strip("/")


def sub_path_folders(making: Making, wanted: Iterable[tuple[str, str]]) -> Script | None:
    """Makes the folders that subPaths name and that are not there yet, as the kubelet does; None for none.

    `wanted` are pairs of a volume's name in the Pod and a subPath. Only volumes that containers write to.
    """
    writable = {each.name for each in making.spec.volumes if each.empty_dir or each.persistent_volume_claim}
    pairs = sorted({(name, path) for name, path in wanted if path and name in writable})
    steps = [_make_folders(making, name, path) for name, path in pairs]
    return Script(" && ".join(steps), " && ".join(steps)) if steps else None


def _make_folders(making: Making, name: str, path: str) -> str:
    """A `docker cp` of the folders of `path`, each with mode 0777, unless something is there already."""
    there = words([making.docker, "cp", f"{making.new_infra}:{ROOT}/{name}/{path}", "-"]).text
    entries = [(_folder_entry(f"{name}/{each}", 0o777, 0, making.now_seconds), b"") for each in (*_parents(path), path)]
    tar = base64.b64encode(_tar(sorted(entries, key=lambda each: each[0].name))).decode()
    put = words([making.docker, "cp", "-", f"{making.new_infra}:{ROOT}"]).text
    return f"{{ {there} 2>/dev/null | head -c 1 | grep -q . || echo {tar} | base64 -d | {put}; }}"


def mount_flags(making: Making, mount: VolumeMount, part: str) -> tuple[str, ...]:
    """How a container mounts a volume; `part` is its expanded subPath."""
    volume = next(each for each in making.spec.volumes if each.name == mount.name)
    read_only = mount.read_only or any(getattr(volume, kind) for kind in _READ_ONLY_KINDS)
    if volume.persistent_volume_claim and volume.persistent_volume_claim.read_only:
        read_only = True
    ending = ("readonly",) if read_only else ()
    destination = f"dst={mount.mount_path}"
    if volume.host_path:
        return _host_flags(volume, mount, part, ending)
    name = name_of(making, volume)
    if not part:
        return ("--mount", csv("type=volume", f"src={name}", destination, "volume-nocopy", *ending))
    if making.mounts_subpaths:
        return (
            "--mount",
            csv("type=volume", f"src={name}", destination, f"volume-subpath={part}", "volume-nocopy", *ending),
        )
    return ("--mount", csv("type=bind", f"src={making.mountpoints[name or '']}/{part}", destination, *ending))


_PROPAGATION = {"HostToContainer": "bind-propagation=rslave", "Bidirectional": "bind-propagation=rshared"}


def _host_flags(volume: Volume, mount: VolumeMount, part: str, ending: tuple[str, ...]) -> tuple[str, ...]:
    assert volume.host_path is not None  # noqa: S101 - asked by the caller
    source = posixpath.join(volume.host_path.path, part) if part else volume.host_path.path
    propagation = _PROPAGATION.get(mount.mount_propagation)
    # -v makes a folder that is missing, as the kubelet does; --mount refuses it.
    makes = volume.host_path.type in ("", "DirectoryOrCreate") or (part and volume.host_path.type == "Directory")
    if makes and ":" not in source:
        options = [each for each in (*ending, propagation and propagation.partition("=")[2]) if each]
        options = ["ro" if each == "readonly" else each for each in options]
        return ("-v", ":".join([source, mount.mount_path, ",".join(options)]).rstrip(":"))
    extra = (propagation,) if propagation else ()
    return ("--mount", csv("type=bind", f"src={source}", f"dst={mount.mount_path}", *ending, *extra))
