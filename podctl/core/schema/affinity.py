"""Where a Pod may and should run."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from podctl.core.schema.base import (
    NOT_EMPTY,
    LabelValue,
    Number,
    QualifiedName,
    Text,
    Value,
    checked,
)
from podctl.core.schema.podaffinity import PodAffinity, PodAntiAffinity
from podctl.core.syntax import key_problem


class NodeSelectorRequirement(Value):
    """Gt and Lt compare whole numbers."""

    api_type: ClassVar = "V1NodeSelectorRequirement"
    key: QualifiedName
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _values(self) -> Self:
        if self.operator in ("In", "NotIn") and not self.values:
            raise ValueError(f"operator {self.operator} needs values")
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise ValueError(f"operator {self.operator} has no values")
        if self.operator in ("Gt", "Lt") and not (len(self.values) == 1 and _is_whole(self.values[0])):
            raise ValueError(f"operator {self.operator} has exactly one value, a whole number in quotes")
        return self


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


class NodeSelectorTerm(Value):
    """All requirements hold. A term without any matches nothing. `match_fields` knows metadata.name only."""

    api_type: ClassVar = "V1NodeSelectorTerm"
    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()

    @model_validator(mode="after")
    def _fields(self) -> Self:
        for each in self.match_fields:
            if each.key != "metadata.name" or each.operator not in ("In", "NotIn") or len(each.values) != 1:
                raise ValueError("matchFields knows the key metadata.name with In or NotIn and exactly one value")
        return self


class NodeSelector(Value):
    """At least one term holds."""

    api_type: ClassVar = "V1NodeSelector"
    node_selector_terms: Annotated[tuple[NodeSelectorTerm, ...], NOT_EMPTY]


class PreferredSchedulingTerm(Value):
    api_type: ClassVar = "V1PreferredSchedulingTerm"
    weight: Annotated[Number, Field(ge=1, le=100)]
    preference: NodeSelectorTerm


class NodeAffinity(Value):
    api_type: ClassVar = "V1NodeAffinity"
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


class Affinity(Value):
    api_type: ClassVar = "V1Affinity"
    node_affinity: NodeAffinity = NodeAffinity()
    pod_affinity: PodAffinity = PodAffinity()
    pod_anti_affinity: PodAntiAffinity = PodAntiAffinity()


class Toleration(Value):
    """An empty key with Exists tolerates every taint, an empty effect every effect."""

    api_type: ClassVar = "V1Toleration"
    key: Annotated[Text, checked(lambda key: key_problem(key) if key else None)] = ""
    operator: Literal["Equal", "Exists"] = "Equal"
    value: LabelValue = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.key and self.operator != "Exists":
            raise ValueError("without a key the operator must be Exists")
        if self.operator == "Exists" and self.value:
            raise ValueError("operator Exists has no value")
        return self
