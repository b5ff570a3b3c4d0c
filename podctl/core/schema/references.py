"""What a Pod takes from ConfigMaps, Secrets and claims. It is read from the raw mapping, so also of a wrong Pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podctl.core.schema.raw import containers, each_at, map_at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from podctl.core.yamltext import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One reference. `key` "": all keys. `path` is the place in the Pod. A pull Secret changes nothing that runs."""

    kind: str  # "ConfigMap" or "Secret"
    name: str
    key: str = ""
    optional: bool
    path: Path
    for_pull: bool = False


def uses(pod: Mapping[str, Any]) -> tuple[Use, ...]:
    """Every reference with a name, in the order of the containers, the volumes, the pull Secrets."""
    return tuple(use for use in _uses(pod) if use.name)


def claims(pod: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the claims it mounts, sorted, each once."""
    volumes = each_at(pod.get("spec"), "volumes")
    return tuple(sorted({text_at(map_at(each, "persistentVolumeClaim"), "claimName") for _, each in volumes} - {""}))


def _uses(pod: Mapping[str, Any]) -> Iterator[Use]:
    for path, container in containers(pod):
        yield from _of_container(container, path)
    for at, volume in each_at(pod.get("spec"), "volumes"):
        here: Path = ("spec", "volumes", at)
        yield from _files("ConfigMap", "name", volume, "configMap", here)
        yield from _files("Secret", "secretName", volume, "secret", here)
        for index, source in each_at(map_at(volume, "projected"), "sources"):
            inner = (*here, "projected", "sources", index)
            yield from _files("ConfigMap", "name", source, "configMap", inner)
            yield from _files("Secret", "name", source, "secret", inner)
    for at, secret in each_at(pod.get("spec"), "imagePullSecrets"):
        place: Path = ("spec", "imagePullSecrets", at, "name")
        yield Use(kind="Secret", name=text_at(secret, "name"), optional=False, path=place, for_pull=True)


def _of_container(container: Mapping[str, Any], path: Path) -> Iterator[Use]:
    for at, each in each_at(container, "envFrom"):
        for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            ref = map_at(each, field)
            yield Use(kind=kind, name=text_at(ref, "name"), optional=_optional(ref), path=(*path, "envFrom", at, field))
    for at, variable in each_at(container, "env"):
        for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            ref = map_at(map_at(variable, "valueFrom"), field)
            if key := text_at(ref, "key"):
                here = (*path, "env", at, "valueFrom", field)
                yield Use(kind=kind, name=text_at(ref, "name"), key=key, optional=_optional(ref), path=here)


def _files(kind: str, name_field: str, holder: Mapping[str, Any], field: str, path: Path) -> Iterator[Use]:
    source = map_at(holder, field)
    name, optional = text_at(source, name_field), _optional(source)
    items = each_at(source, "items")
    if not items:
        yield Use(kind=kind, name=name, optional=optional, path=(*path, field))
    for at, item in items:
        here = (*path, field, "items", at, "key")
        yield Use(kind=kind, name=name, key=text_at(item, "key"), optional=optional, path=here)


def _optional(ref: Mapping[str, Any]) -> bool:
    return ref.get("optional") is True
