"""The volumes in the description of a Pod: kubectl's `pkg/describe`, describeVolumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Source = Mapping[str, Any]

from podctl.report.text import NONE


def volume_lines(volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Lines for `text.columns`."""
    every = list(volumes)
    yield "Volumes:" if every else f"Volumes:\t{NONE}"
    for volume in every:
        yield f"  {volume['name']}:"
        kind = next((name for name in _KINDS if name in volume), "emptyDir")  # the API's default source
        title, lines = _KINDS[kind]
        yield f"    Type:\t{title}"
        yield from (f"    {line}" for line in lines(volume.get(kind) or {}))


def _empty_dir(source: Source) -> Iterator[str]:
    yield f"Medium:\t{source.get('medium', '')}"
    yield f"SizeLimit:\t{source.get('sizeLimit', '<unset>')}"


def _host_path(source: Source) -> Iterator[str]:
    yield f"Path:\t{source['path']}"
    yield f"HostPathType:\t{source.get('type', '')}"


def _config_map(source: Source) -> Iterator[str]:
    yield f"Name:\t{source.get('name', '')}"
    yield f"Optional:\t{_bool(source.get('optional'))}"


def _secret(source: Source) -> Iterator[str]:
    yield f"SecretName:\t{source.get('secretName', '')}"
    yield f"Optional:\t{_bool(source.get('optional'))}"


def _claim(source: Source) -> Iterator[str]:
    yield f"ClaimName:\t{source['claimName']}"
    yield f"ReadOnly:\t{_bool(source.get('readOnly'))}"


def _nfs(source: Source) -> Iterator[str]:
    yield f"Server:\t{source['server']}"
    yield f"Path:\t{source['path']}"
    yield f"ReadOnly:\t{_bool(source.get('readOnly'))}"


def _downward(source: Source) -> Iterator[str]:
    yield "Items:"
    for item in source.get("items") or ():
        what = (item.get("fieldRef") or {}).get("fieldPath") or (item.get("resourceFieldRef") or {}).get("resource")
        yield f"  {what} -> {item['path']}"


def _projected(source: Source) -> Iterator[str]:
    for each in source.get("sources") or ():
        if secret := each.get("secret"):
            yield f"SecretName:\t{secret.get('name', '')}"
            yield f"Optional:\t{_bool(secret.get('optional'))}"
        elif config := each.get("configMap"):
            yield f"ConfigMapName:\t{config.get('name', '')}"
            yield f"Optional:\t{_bool(config.get('optional'))}"
        elif "downwardAPI" in each:
            yield "DownwardAPI:\ttrue"


def _bool(value: Any) -> str:
    return "true" if value else "false"


_KINDS: Mapping[str, tuple[str, Callable[[Source], Iterator[str]]]] = {
    "emptyDir": ("EmptyDir (a temporary directory that shares a pod's lifetime)", _empty_dir),
    "hostPath": ("HostPath (bare host directory volume)", _host_path),
    "configMap": ("ConfigMap (a volume populated by a ConfigMap)", _config_map),
    "secret": ("Secret (a volume populated by a Secret)", _secret),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        _claim,
    ),
    "nfs": ("NFS (an NFS mount that lasts the lifetime of a pod)", _nfs),
    "downwardAPI": ("DownwardAPI (a volume populated by information about the pod)", _downward),
    "projected": ("Projected (a volume that contains injected data from multiple sources)", _projected),
}
