"""A container of a Pod and what hangs below it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from podctl.core.schema.base import (
    AbsolutePath,
    ConfigKey,
    DnsLabel,
    DnsName,
    EnvName,
    Flag,
    InsidePath,
    IpAddress,
    Number,
    PortName,
    PortNumber,
    Text,
    Value,
    checked,
    one_of,
    refused,
)
from podctl.core.schema.lifecycle import Lifecycle, Probe
from podctl.core.schema.names import variable_field_problem
from podctl.core.schema.resources import ResourceFieldSelector, ResourceRequirements
from podctl.core.schema.security import SecurityContext
from podctl.core.syntax import image_problem, image_tag


class ContainerPort(Value):
    api_type: ClassVar = "V1ContainerPort"
    container_port: PortNumber
    host_ip: IpAddress | None = None
    host_port: Annotated[Number, Field(ge=0, le=65535)] | None = None  # 0: none
    name: PortName | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"


class ConfigMapKeySelector(Value):
    api_type: ClassVar = "V1ConfigMapKeySelector"
    name: DnsName
    key: ConfigKey
    optional: Flag = False


class SecretKeySelector(Value):
    api_type: ClassVar = "V1SecretKeySelector"
    name: DnsName
    key: ConfigKey
    optional: Flag = False


class EnvFieldSelector(Value):
    """A field of the Pod as a variable's value."""

    api_type: ClassVar = "V1ObjectFieldSelector"
    api_version: Literal["v1"] = "v1"
    field_path: Annotated[Text, checked(variable_field_problem)]


class EnvVarSource(Value):
    api_type: ClassVar = "V1EnvVarSource"
    config_map_key_ref: ConfigMapKeySelector | None = None
    field_ref: EnvFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    secret_key_ref: SecretKeySelector | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "valueFrom", "config_map_key_ref", "field_ref", "resource_field_ref", "secret_key_ref")
        return self


class EnvVar(Value):
    api_type: ClassVar = "V1EnvVar"
    name: EnvName
    value: Text = ""
    value_from: EnvVarSource | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.value and self.value_from:
            raise ValueError("has value and valueFrom; give one of them")
        return self


class ConfigMapEnvSource(Value):
    api_type: ClassVar = "V1ConfigMapEnvSource"
    name: DnsName
    optional: Flag = False


class SecretEnvSource(Value):
    api_type: ClassVar = "V1SecretEnvSource"
    name: DnsName
    optional: Flag = False


class EnvFromSource(Value):
    api_type: ClassVar = "V1EnvFromSource"
    config_map_ref: ConfigMapEnvSource | None = None
    prefix: EnvName | Literal[""] = ""
    secret_ref: SecretEnvSource | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "an entry of envFrom", "config_map_ref", "secret_ref")
        return self


def _mount_path(path: str) -> str | None:
    if not path.startswith("/"):
        return f'"{path}" is no absolute path: it begins with /'
    return f'"{path}" must not contain ":"' if ":" in path else None


_RECURSIVE = "mounts below a read-only one cannot be made read-only on every engine; use IfPossible"


class VolumeMount(Value):
    api_type: ClassVar = "V1VolumeMount"
    name: DnsLabel
    mount_path: Annotated[Text, checked(_mount_path)]
    mount_propagation: Literal["None", "HostToContainer", "Bidirectional"] = "None"
    read_only: Flag = False
    recursive_read_only: Annotated[Literal["Disabled", "IfPossible"], refused("Enabled", _RECURSIVE)] = "Disabled"
    sub_path: InsidePath = ""
    sub_path_expr: InsidePath = ""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.sub_path and self.sub_path_expr:
            raise ValueError("has subPath and subPathExpr; give one of them")
        if self.recursive_read_only != "Disabled" and not self.read_only:
            raise ValueError("recursiveReadOnly needs readOnly: true")
        return self


class VolumeDevice(Value):
    api_type: ClassVar = "V1VolumeDevice"
    name: DnsLabel
    device_path: AbsolutePath


class Container(Value):
    """An init container that has `restart_policy` is a sidecar: it is started in its turn and runs on."""

    api_type: ClassVar = "V1Container"
    name: DnsLabel
    image: Annotated[Text, checked(image_problem)]
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    command: tuple[Text, ...] = ()
    args: tuple[Text, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    lifecycle: Lifecycle = Lifecycle()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    ports: tuple[ContainerPort, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    restart_policy: Literal["Always"] | None = None
    security_context: SecurityContext = SecurityContext()
    stdin: Flag = False
    stdin_once: Flag = False
    tty: Flag = False
    volume_devices: tuple[VolumeDevice, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    working_dir: AbsolutePath | None = None

    @property
    def pull_policy(self) -> Literal["Always", "IfNotPresent", "Never"]:
        """As given; else Always for the tag latest, also when it is only implied, and IfNotPresent for all others."""
        return self.image_pull_policy or ("Always" if image_tag(self.image) == "latest" else "IfNotPresent")

    @property
    def sidecar(self) -> bool:
        """True of init containers that run on beside the others."""
        return self.restart_policy == "Always"
