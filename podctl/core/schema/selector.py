"""Which Pods, by their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from podctl.core.schema.base import Labels, LabelValue, QualifiedName, Value

if TYPE_CHECKING:
    from collections.abc import Iterable


class LabelSelectorRequirement(Value):
    """One condition. NotIn and DoesNotExist hold where the label is missing."""

    api_type: ClassVar = "V1LabelSelectorRequirement"
    key: QualifiedName
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[LabelValue, ...] = ()

    @model_validator(mode="after")
    def _values(self) -> Self:
        if self.operator in ("In", "NotIn") and not self.values:
            raise ValueError(f"operator {self.operator} needs values")
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise ValueError(f"operator {self.operator} has no values")
        return self


class LabelSelector(Value):
    """All conditions hold. The empty one matches everything; where there is none, nothing matches."""

    api_type: ClassVar = "V1LabelSelector"
    match_labels: Labels = Field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((*self.match_labels, *(each.key for each in self.match_expressions)))


def check_label_keys(field: str, keys: Iterable[str], selector: LabelSelector | None) -> None:
    """Keys whose values are taken from the Pod's own labels need a selector to be added to. Raises ValueError.

    Source: kube-apiserver `pkg/apis/core/validation` (validateLabelKeys, validateMatchLabelKeysInTopologySpread). A
    key of mismatchLabelKeys may be in the selector too, as there is something left to say about it.
    """
    for key in keys:
        if selector is None:
            raise ValueError(f"{field} needs a labelSelector, which it adds to (labelSelector: {{}} is every Pod)")
        if field == "matchLabelKeys" and key in selector.keys:
            raise ValueError(f'"{key}" is in matchLabelKeys and in labelSelector; leave one of them out')
