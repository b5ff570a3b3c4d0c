"""The volumes of a Pod: where their files come from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from podctl.core.schema.base import (
    BacklessPath,
    ConfigKey,
    DnsLabel,
    DnsName,
    FilePath,
    Flag,
    Mode,
    QuantityText,
    Text,
    Value,
    checked,
    one_of,
    refused,
)
from podctl.core.schema.names import file_field_problem
from podctl.core.schema.resources import ResourceFieldSelector  # noqa: TC001  pydantic reads it at run time


class KeyToPath(Value):
    api_type: ClassVar = "V1KeyToPath"
    key: ConfigKey
    path: FilePath
    mode: Mode | None = None


class FileFieldSelector(Value):
    """A field of the Pod as a file's content."""

    api_type: ClassVar = "V1ObjectFieldSelector"
    api_version: Literal["v1"] = "v1"
    field_path: Annotated[Text, checked(file_field_problem)]


class DownwardAPIVolumeFile(Value):
    api_type: ClassVar = "V1DownwardAPIVolumeFile"
    path: FilePath
    field_ref: FileFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: Mode | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "an item", "field_ref", "resource_field_ref")
        if self.resource_field_ref and not self.resource_field_ref.container_name:
            raise ValueError("resourceFieldRef in a volume needs containerName")
        return self


class ConfigMapVolumeSource(Value):
    api_type: ClassVar = "V1ConfigMapVolumeSource"
    name: DnsName
    items: tuple[KeyToPath, ...] = ()
    optional: Flag = False
    default_mode: Mode = 0o644


class SecretVolumeSource(Value):
    api_type: ClassVar = "V1SecretVolumeSource"
    secret_name: DnsName
    items: tuple[KeyToPath, ...] = ()
    optional: Flag = False
    default_mode: Mode = 0o644


class DownwardAPIVolumeSource(Value):
    api_type: ClassVar = "V1DownwardAPIVolumeSource"
    items: tuple[DownwardAPIVolumeFile, ...] = ()
    default_mode: Mode = 0o644


class ConfigMapProjection(Value):
    api_type: ClassVar = "V1ConfigMapProjection"
    name: DnsName
    items: tuple[KeyToPath, ...] = ()
    optional: Flag = False


class SecretProjection(Value):
    api_type: ClassVar = "V1SecretProjection"
    name: DnsName
    items: tuple[KeyToPath, ...] = ()
    optional: Flag = False


class DownwardAPIProjection(Value):
    api_type: ClassVar = "V1DownwardAPIProjection"
    items: tuple[DownwardAPIVolumeFile, ...] = ()


class VolumeProjection(Value):
    api_type: ClassVar = "V1VolumeProjection"
    config_map: ConfigMapProjection | None = None
    downward_api: DownwardAPIProjection | None = None
    secret: SecretProjection | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "a source", "config_map", "downward_api", "secret")
        return self


class ProjectedVolumeSource(Value):
    api_type: ClassVar = "V1ProjectedVolumeSource"
    sources: tuple[VolumeProjection, ...] = ()
    default_mode: Mode = 0o644


class EmptyDirVolumeSource(Value):
    api_type: ClassVar = "V1EmptyDirVolumeSource"
    medium: Annotated[Literal["", "Memory"], refused("HugePages", "use hostPath /dev/hugepages")] = ""
    size_limit: QuantityText | None = None


class HostPathVolumeSource(Value):
    api_type: ClassVar = "V1HostPathVolumeSource"
    path: BacklessPath
    type: Literal[
        "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"
    ] = ""


class NFSVolumeSource(Value):
    api_type: ClassVar = "V1NFSVolumeSource"
    server: Annotated[Text, Field(min_length=1)]
    path: BacklessPath
    read_only: Flag = False


class PersistentVolumeClaimVolumeSource(Value):
    api_type: ClassVar = "V1PersistentVolumeClaimVolumeSource"
    claim_name: DnsName
    read_only: Flag = False


SOURCES = (
    "config_map",
    "downward_api",
    "empty_dir",
    "host_path",
    "nfs",
    "persistent_volume_claim",
    "projected",
    "secret",
)


class Volume(Value):
    """Exactly one source is given. One that is written without any is an emptyDir, as in Kubernetes."""

    api_type: ClassVar = "V1Volume"
    name: DnsLabel
    config_map: ConfigMapVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = None
    empty_dir: EmptyDirVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    projected: ProjectedVolumeSource | None = None
    secret: SecretVolumeSource | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_dir_by_default(cls, value: object) -> object:
        return {**value, "emptyDir": {}} if isinstance(value, dict) and set(value) <= {"name"} else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "a volume", *SOURCES)
        return self
