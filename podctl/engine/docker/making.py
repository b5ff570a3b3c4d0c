"""All that is known about one Pod while it is made on one Minion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.model import Mark, Role
from podctl.engine.docker import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.environment import PodContext
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Minion, MinionFacts, PodKey
    from podctl.core.schema import PodSpec

# Since this API version docker mounts a part of a volume by itself (docker-facts.md section 8).
_SUBPATH_API = (1, 45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    cluster: str
    minion: Minion
    facts: MinionFacts
    manifest: PodManifest
    uid: str
    placement_reason: str
    context: PodContext
    now_seconds: int
    revision: int = 0  # of the Document that wants it
    overlap: bool = False  # it is started half made, as the one that it replaces runs and has its name
    mountpoints: Mapping[str, str] = field(default_factory=dict)  # by docker's name of the volume
    image_users: Mapping[str, str] = field(default_factory=dict)  # what an image's USER says, by reference

    @property
    def key(self) -> PodKey:
        return self.manifest.key

    @property
    def spec(self) -> PodSpec:
        return self.manifest.pod.spec

    @property
    def docker(self) -> str:
        return self.minion.docker

    @property
    def infra(self) -> str:
        """The infra container's name once the Pod is complete."""
        return naming.infra(self.cluster, self.key)

    @property
    def new_infra(self) -> str:
        return naming.marked(self.infra, Mark.NEW, self.uid)

    @property
    def started_infra(self) -> str:
        """The infra container's name while the Pod's containers are started."""
        return self.new_infra if self.overlap else self.infra

    def container(self, name: str) -> str:
        return naming.container(self.cluster, self.key, name)

    @property
    def mounts_subpaths(self) -> bool:
        return self.facts.api_version >= _SUBPATH_API

    def labels(self, role: Role, name: str = "") -> dict[str, str]:
        """What every container of the Pod carries. All of them: an image might bring some of ours with it."""
        return {
            labels.CLUSTER: self.cluster,
            labels.NAMESPACE: self.key.namespace,
            labels.POD: self.key.name,
            labels.UID: self.uid,
            labels.REVISION: str(self.revision),
            labels.ROLE: str(role),
            labels.CONTAINER: name,
        }
