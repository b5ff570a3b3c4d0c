"""How evenly Pods are spread over places."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from podctl.core.schema.base import Positive, QualifiedName, Value
from podctl.core.schema.selector import LabelSelector, check_label_keys


class TopologySpreadConstraint(Value):
    """In no place more than `max_skew` Pods above the place that has the fewest of them."""

    api_type: ClassVar = "V1TopologySpreadConstraint"
    max_skew: Positive
    topology_key: QualifiedName
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    label_selector: LabelSelector | None = None
    min_domains: Positive | None = None
    node_affinity_policy: Literal["Honor", "Ignore"] = "Honor"
    node_taints_policy: Literal["Honor", "Ignore"] = "Ignore"
    match_label_keys: tuple[QualifiedName, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_domains is not None and self.when_unsatisfiable != "DoNotSchedule":
            raise ValueError("minDomains goes with whenUnsatisfiable: DoNotSchedule only")
        check_label_keys("matchLabelKeys", self.match_label_keys, self.label_selector)
        return self
