"""What every object has: its name, its labels, and whose it is."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from podctl.core.schema.base import DnsLabel, DnsName, Flag, Labels, StringMap, Text, Value


class OwnerReference(Value):
    """The object that a Pod belongs to. Placement keeps Pods of one controller apart where that costs nothing.

    A uid, which Kubernetes requires, is given by its server only, so a file may do without.
    """

    api_type: ClassVar = "V1OwnerReference"
    api_version: Text
    kind: Text
    name: Text
    uid: Text = ""
    controller: Flag = False


class ObjectMeta(Value):
    api_type: ClassVar = "V1ObjectMeta"
    name: DnsName
    namespace: DnsLabel = "default"
    labels: Labels = Field(default_factory=dict)
    annotations: StringMap = Field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()

    @model_validator(mode="after")
    def _one_controller(self) -> Self:
        if sum(each.controller for each in self.owner_references) > 1:
            raise ValueError("of ownerReferences only one can have controller: true")
        return self
