"""An instance: bare figures, as generators and greedy packers use them, or a batch, as placement takes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from podctl.core.model import PodKey, Resources
from podctl.core.placement import Candidate, Demand, UsedBy

Size = tuple[int, int]  # cpu, memory: in any unit
UNLIMITED_PODS = 10_000  # the literature's bins have no limit on the number of items


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Sizes alone. `used` has one entry a host; a host with something used is in use."""

    name: str
    hosts: tuple[Size, ...]
    pods: tuple[Size, ...]
    used: tuple[Size, ...] = ()

    def __post_init__(self) -> None:
        if not self.used:
            object.__setattr__(self, "used", ((0, 0),) * len(self.hosts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What placement is given."""

    name: str
    demands: tuple[Demand, ...]
    candidates: tuple[Candidate, ...]
    bound_claims: dict[str, str] = field(default_factory=dict)


def batch_of(figures: Figures) -> Batch:
    return Batch(
        name=figures.name,
        demands=tuple(demand(f"p{number:05}", size) for number, size in enumerate(figures.pods)),
        candidates=tuple(
            minion(f"m{number:04}", size, used)
            for number, (size, used) in enumerate(zip(figures.hosts, figures.used, strict=True))
        ),
    )


def demand(name: str, size: Size, **more: object) -> Demand:
    return Demand(key=PodKey("default", name), cpu_millis=size[0], memory_bytes=size[1], **more)  # type: ignore[arg-type]


def minion(name: str, size: Size, used: Size = (0, 0), **more: object) -> Candidate:
    return Candidate(
        name=name,
        capacity=Resources(cpu_millis=size[0], memory_bytes=size[1], pods=UNLIMITED_PODS),
        used=(UsedBy(owner="pod default/old", cpu_millis=used[0], memory_bytes=used[1]),) if any(used) else (),
        **more,  # type: ignore[arg-type]
    )
