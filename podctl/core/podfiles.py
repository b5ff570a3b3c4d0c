"""The files that a Pod's configMap, secret, downwardAPI and projected volumes hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.environment import field_value, resource_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.environment import PodContext
    from podctl.core.schema import Volume
    from podctl.core.schema.volume import DownwardAPIVolumeFile, KeyToPath, VolumeProjection


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """`path` is relative to the volume's root; `mode` is the permission bits."""

    path: str
    data: bytes = field(repr=False)
    mode: int


def files_of(volume: Volume, context: PodContext) -> tuple[File, ...]:
    """All files, sorted by path; where several sources give the same path, the last wins. () for other kinds."""
    found: dict[str, File] = {}
    if source := volume.config_map:
        found.update(_config_map(source.name, source.items, source.default_mode, context))
    if secret := volume.secret:
        found.update(_secret(secret.secret_name, secret.items, secret.default_mode, context))
    if downward := volume.downward_api:
        found.update(_downward(downward.items, downward.default_mode, context))
    if volume.projected:
        for projection in volume.projected.sources:
            found.update(_projected(projection, volume.projected.default_mode, context))
    return tuple(found[path] for path in sorted(found))


def _projected(source: VolumeProjection, mode: int, context: PodContext) -> Iterable[tuple[str, File]]:
    if source.config_map:
        yield from _config_map(source.config_map.name, source.config_map.items, mode, context)
    if source.secret:
        yield from _secret(source.secret.name, source.secret.items, mode, context)
    if source.downward_api:
        yield from _downward(source.downward_api.items, mode, context)


def _config_map(name: str, items: Iterable[KeyToPath], mode: int, context: PodContext) -> Iterable[tuple[str, File]]:
    config = context.config_maps.get(name)
    yield from _keys(config.content if config else {}, items, mode)


def _secret(name: str, items: Iterable[KeyToPath], mode: int, context: PodContext) -> Iterable[tuple[str, File]]:
    secret = context.secrets.get(name)
    content = {key: data.reveal() for key, data in secret.content.items()} if secret else {}
    yield from _keys(content, items, mode)


def _keys(content: Mapping[str, bytes], items: Iterable[KeyToPath], mode: int) -> Iterable[tuple[str, File]]:
    """All keys under their own names, or those of `items` under theirs. One that is not there was optional."""
    wanted = tuple(items)
    if not wanted:
        for key, data in content.items():
            yield key, File(path=key, data=data, mode=mode)
    for item in wanted:
        if item.key in content:
            own = mode if item.mode is None else item.mode
            yield item.path, File(path=item.path, data=content[item.key], mode=own)


def _downward(items: Iterable[DownwardAPIVolumeFile], mode: int, context: PodContext) -> Iterable[tuple[str, File]]:
    by_name = {container.name: container for container in context.pod.spec.all_containers}
    for item in items:
        if item.field_ref:
            text = field_value(item.field_ref.field_path, context)
        else:
            assert item.resource_field_ref is not None  # noqa: S101 - the schema has it that one of the two is there
            container = by_name[item.resource_field_ref.container_name or ""]
            text = resource_value(item.resource_field_ref, container, context)
        own = mode if item.mode is None else item.mode
        yield item.path, File(path=item.path, data=text.encode(), mode=own)
