"""Requests and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from podctl.core.model import Resources
from podctl.core.quantity import cpu_millis, quantity, whole
from podctl.core.schema.base import DnsLabel, QualifiedName, QuantityText, Value, checked
from podctl.core.yamltext import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = ("cpu", "memory", "ephemeral-storage")
LEAST_MEMORY = 6 * 2**20  # container engines refuse a limit below it


def _name_problem(name: str) -> str | None:
    if name.startswith("hugepages-"):
        return "huge pages cannot be limited for a container here; use hostPath /dev/hugepages"
    if "/" not in name and name not in PLAIN:
        return f"is neither cpu, memory nor a name such as nvidia.com/gpu{did_you_mean(name, PLAIN)}"
    return None


Amounts = dict[Annotated[QualifiedName, checked(_name_problem)], QuantityText]


class ResourceRequirements(Value):
    """Quantities as written. A resource that has a limit and no request requests its limit."""

    api_type: ClassVar = "V1ResourceRequirements"
    limits: Amounts = Field(default_factory=dict)
    requests: Amounts = Field(default_factory=dict)

    @property
    def effective_requests(self) -> Mapping[str, str]:
        return {**self.limits, **self.requests}

    @property
    def requested(self) -> Resources:
        """What placement counts."""
        return _resources(self.effective_requests)

    @property
    def limited(self) -> Resources:
        """None where there is no limit; a limit of 0 is none."""
        return _resources({name: amount for name, amount in self.limits.items() if quantity(amount)})


def _resources(amounts: Mapping[str, str]) -> Resources:
    return Resources(
        cpu_millis=cpu_millis(amounts["cpu"]) if "cpu" in amounts else None,
        memory_bytes=whole(amounts["memory"]) if "memory" in amounts else None,
        extended={name: whole(amount) for name, amount in amounts.items() if "/" in name},
    )


class ResourceFieldSelector(Value):
    """A container's request or limit as a value, in units of `divisor`, rounded up."""

    api_type: ClassVar = "V1ResourceFieldSelector"
    resource: Literal[
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.ephemeral-storage",
    ]
    container_name: DnsLabel | None = None
    divisor: Annotated[QuantityText, AfterValidator(lambda text: text if quantity(text) else "1")] = "1"
