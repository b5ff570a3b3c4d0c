"""What a Pod takes from ConfigMaps, Secrets and claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.schema.container import Container
    from podctl.core.schema.pod import Pod
    from podctl.core.schema.volume import KeyToPath, Volume
    from podctl.core.yamltext import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One reference. `key` None: all keys. `path` is the place in the Pod. A pull Secret changes nothing that runs."""

    kind: str  # "ConfigMap" or "Secret"
    name: str
    key: str | None
    optional: bool
    path: Path
    for_pull: bool = False


def uses(pod: Pod) -> tuple[Use, ...]:
    spec = pod.spec
    found: list[Use] = []
    for field, containers in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for index, container in enumerate(containers):
            found += _of_container(container, ("spec", field, index))
    for index, volume in enumerate(spec.volumes):
        found += _of_volume(volume, ("spec", "volumes", index))
    for index, secret in enumerate(spec.image_pull_secrets):
        path: Path = ("spec", "imagePullSecrets", index, "name")
        found.append(Use(kind="Secret", name=secret.name, key=None, optional=False, path=path, for_pull=True))
    return tuple(found)


def claims(pod: Pod) -> tuple[str, ...]:
    """The names of the claims it mounts, sorted, each once."""
    sources = [volume.persistent_volume_claim for volume in pod.spec.volumes]
    return tuple(sorted({source.claim_name for source in sources if source}))


def _of_container(container: Container, path: Path) -> Iterator[Use]:
    for index, each in enumerate(container.env_from):
        for kind, ref, at in (
            ("ConfigMap", each.config_map_ref, "configMapRef"),
            ("Secret", each.secret_ref, "secretRef"),
        ):
            if ref:
                here = (*path, "envFrom", index, at, "name")
                yield Use(kind=kind, name=ref.name, key=None, optional=ref.optional, path=here)
    for index, variable in enumerate(container.env):
        source = variable.value_from
        for kind, key_ref, at in (
            ("ConfigMap", source and source.config_map_key_ref, "configMapKeyRef"),
            ("Secret", source and source.secret_key_ref, "secretKeyRef"),
        ):
            if key_ref:
                here = (*path, "env", index, "valueFrom", at)
                yield Use(kind=kind, name=key_ref.name, key=key_ref.key, optional=key_ref.optional, path=here)


def _of_volume(volume: Volume, path: Path) -> Iterator[Use]:
    if source := volume.config_map:
        yield from _files("ConfigMap", source.name, source.items, source.optional, (*path, "configMap"))
    if secret := volume.secret:
        yield from _files("Secret", secret.secret_name, secret.items, secret.optional, (*path, "secret"))
    for index, each in enumerate(volume.projected.sources if volume.projected else ()):
        here = (*path, "projected", "sources", index)
        if each.config_map:
            one = each.config_map
            yield from _files("ConfigMap", one.name, one.items, one.optional, (*here, "configMap"))
        if each.secret:
            other = each.secret
            yield from _files("Secret", other.name, other.items, other.optional, (*here, "secret"))


def _files(kind: str, name: str, items: tuple[KeyToPath, ...], optional: bool, path: Path) -> Iterator[Use]:
    if not items:
        yield Use(kind=kind, name=name, key=None, optional=optional, path=path)
    for index, item in enumerate(items):
        here = (*path, "items", index, "key")
        yield Use(kind=kind, name=name, key=item.key, optional=optional, path=here)
