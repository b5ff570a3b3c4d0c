"""The Pod."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from podctl.core.schema.affinity import Affinity, Toleration
from podctl.core.schema.base import (
    NOT_EMPTY,
    Count,
    DnsLabel,
    DnsName,
    Flag,
    IpAddress,
    Labels,
    Number,
    Text,
    Value,
    checked,
    refused,
)
from podctl.core.schema.container import Container  # noqa: TC001  pydantic reads it at run time
from podctl.core.schema.metadata import ObjectMeta  # noqa: TC001  pydantic reads it at run time
from podctl.core.schema.security import PodSecurityContext
from podctl.core.schema.spread import TopologySpreadConstraint  # noqa: TC001  pydantic reads it at run time
from podctl.core.schema.volume import Volume  # noqa: TC001  pydantic reads it at run time


class LocalObjectReference(Value):
    api_type: ClassVar = "V1LocalObjectReference"
    name: DnsName


class HostAlias(Value):
    api_type: ClassVar = "V1HostAlias"
    ip: IpAddress
    hostnames: tuple[DnsName, ...] = ()


class PodDNSConfigOption(Value):
    api_type: ClassVar = "V1PodDNSConfigOption"
    name: Annotated[Text, Field(min_length=1)]
    value: Text = ""


class PodDNSConfig(Value):
    """At most 3 nameservers and 32 search domains, as in Kubernetes."""

    api_type: ClassVar = "V1PodDNSConfig"
    nameservers: Annotated[tuple[IpAddress, ...], Field(max_length=3)] = ()
    searches: Annotated[tuple[Text, ...], Field(max_length=32)] = ()
    options: tuple[PodDNSConfigOption, ...] = ()


class PodOS(Value):
    api_type: ClassVar = "V1PodOS"
    name: Annotated[Text, checked(lambda name: None if name == "linux" else f'"{name}" does not run here; only linux')]


class PodSpec(Value):
    """Kubernetes' defaults stand where nothing is given."""

    api_type: ClassVar = "V1PodSpec"
    containers: Annotated[tuple[Container, ...], NOT_EMPTY]
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    affinity: Affinity = Affinity()
    dns_config: PodDNSConfig = PodDNSConfig()
    dns_policy: Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] = "ClusterFirst"
    host_aliases: tuple[HostAlias, ...] = ()
    host_ipc: Flag = False
    host_network: Flag = False
    host_pid: Flag = False
    host_users: Annotated[Flag, refused(False, "containers share the Minion's user ids; leave it out")] = True
    hostname: DnsLabel | None = None
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    node_name: DnsName | None = None
    node_selector: Labels = Field(default_factory=dict)
    os: PodOS | None = None
    priority: Number = 0
    restart_policy: Literal["Always", "OnFailure", "Never"] = "Always"
    runtime_class_name: DnsName | None = None
    security_context: PodSecurityContext = PodSecurityContext()
    set_hostname_as_fqdn: Flag = False
    share_process_namespace: Flag = False
    subdomain: DnsLabel | None = None
    termination_grace_period_seconds: Count = 30
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.host_pid and self.share_process_namespace:
            raise ValueError("hostPID and shareProcessNamespace cannot both be true")
        if self.host_network and self.set_hostname_as_fqdn:
            raise ValueError("setHostnameAsFQDN cannot go with hostNetwork")
        if self.dns_policy == "None" and not self.dns_config.nameservers:
            raise ValueError("dnsPolicy None needs dnsConfig.nameservers")
        return self

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """Init containers first, in the order in which they are started."""
        return (*self.init_containers, *self.containers)


class Pod(Value):
    api_type: ClassVar = "V1Pod"
    api_version: Literal["v1"]
    kind: Literal["Pod"]
    metadata: ObjectMeta
    spec: PodSpec
