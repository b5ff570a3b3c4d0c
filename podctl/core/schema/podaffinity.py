"""Which Pods a Pod must or should be near to, or apart from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from podctl.core.schema.base import DnsLabel, Number, QualifiedName, Value
from podctl.core.schema.selector import LabelSelector, check_label_keys


class PodAffinityTerm(Value):
    """Pods, and the label of Minions whose equal values make one place.

    Without namespaces and namespaceSelector it means Pods of the same namespace.
    """

    api_type: ClassVar = "V1PodAffinityTerm"
    topology_key: QualifiedName
    label_selector: LabelSelector | None = None
    namespaces: tuple[DnsLabel, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[QualifiedName, ...] = ()
    mismatch_label_keys: tuple[QualifiedName, ...] = ()

    @model_validator(mode="after")
    def _label_keys(self) -> Self:
        check_label_keys("matchLabelKeys", self.match_label_keys, self.label_selector)
        check_label_keys("mismatchLabelKeys", self.mismatch_label_keys, self.label_selector)
        for key in self.match_label_keys:
            if key in self.mismatch_label_keys:
                raise ValueError(f'"{key}" is in matchLabelKeys and in mismatchLabelKeys; no Pod is both')
        return self


class WeightedPodAffinityTerm(Value):
    api_type: ClassVar = "V1WeightedPodAffinityTerm"
    weight: Annotated[Number, Field(ge=1, le=100)]
    pod_affinity_term: PodAffinityTerm


class PodAffinity(Value):
    api_type: ClassVar = "V1PodAffinity"
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class PodAntiAffinity(Value):
    api_type: ClassVar = "V1PodAntiAffinity"
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
