"""Who a container runs as and what it may do."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from podctl.core.schema.base import Flag, Text, UserId, Value, checked, refused
from podctl.core.schema.names import capability_problem, sysctl_problem


class _Profile(Value):
    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    localhost_profile: Text | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.type == "Localhost" and not self.localhost_profile:
            raise ValueError("type Localhost needs localhostProfile")
        if self.type != "Localhost" and self.localhost_profile:
            raise ValueError(f"localhostProfile stands with type Localhost only, not {self.type}")
        return self


class SeccompProfile(_Profile):
    api_type: ClassVar = "V1SeccompProfile"


class AppArmorProfile(_Profile):
    api_type: ClassVar = "V1AppArmorProfile"


class SELinuxOptions(Value):
    api_type: ClassVar = "V1SELinuxOptions"
    level: Text | None = None
    role: Text | None = None
    type: Text | None = None
    user: Text | None = None


Capability = Annotated[Text, checked(capability_problem)]


class Capabilities(Value):
    api_type: ClassVar = "V1Capabilities"
    add: tuple[Capability, ...] = ()
    drop: tuple[Capability, ...] = ()


class SecurityContext(Value):
    """None where the Pod's own security context, or the image, decides."""

    api_type: ClassVar = "V1SecurityContext"
    allow_privilege_escalation: Flag | None = None
    app_armor_profile: AppArmorProfile | None = None
    capabilities: Capabilities = Capabilities()
    privileged: Flag = False
    proc_mount: Literal["Default", "Unmasked"] = "Default"
    read_only_root_filesystem: Flag = False
    run_as_group: UserId | None = None
    run_as_non_root: Flag | None = None
    run_as_user: UserId | None = None
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: SeccompProfile | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.allow_privilege_escalation is False:
            if self.privileged:
                raise ValueError("privileged: true cannot go with allowPrivilegeEscalation: false")
            if {"SYS_ADMIN", "CAP_SYS_ADMIN"} & {name.upper() for name in self.capabilities.add}:
                raise ValueError("the capability SYS_ADMIN cannot go with allowPrivilegeEscalation: false")
        return self


class Sysctl(Value):
    api_type: ClassVar = "V1Sysctl"
    name: Annotated[Text, checked(sysctl_problem)]
    value: Text


_STRICT = "groups of the image are merged; give runAsGroup, which leaves them out"


class PodSecurityContext(Value):
    api_type: ClassVar = "V1PodSecurityContext"
    app_armor_profile: AppArmorProfile | None = None
    fs_group: UserId | None = None
    run_as_group: UserId | None = None
    run_as_non_root: Flag | None = None
    run_as_user: UserId | None = None
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: SeccompProfile | None = None
    supplemental_groups: tuple[UserId, ...] = ()
    supplemental_groups_policy: Annotated[Literal["Merge"], refused("Strict", _STRICT)] = "Merge"
    sysctls: tuple[Sysctl, ...] = ()
