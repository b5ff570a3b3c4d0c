"""A batch in the packer's own terms: numbers by Minion, and Pods that are alike as one class.

Kubernetes' late "equivalence cache", made safe: it lives for one batch.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.placement.packing.relations import Ties
    from podctl.core.placement.packing.tying import Web

SCARCE = 4  # a class is scarce when less than one Minion in so many may take it


@dataclass(slots=True, eq=False, kw_only=True)
class PodClass:
    """Pods of the batch that are alike in everything that decides where they may go. Pods and Minions are indexes."""

    index: int
    priority: int
    cpu: int
    memory: int
    extras: tuple[tuple[int, int], ...] = ()  # (number of the resource, amount)
    ports: int = 0  # bits of the host ports that it takes
    clash: int = 0  # bits of the host ports that must not be taken
    allowed: bytes | None = None  # by Minion: 1 where standing rules let it go; None: everywhere
    eligible: Sequence[int] = ()  # the Minions of `allowed`
    ties: Ties | None = None
    pods: list[int] = field(default_factory=list)
    size: float = 0.0  # the larger of its shares of an average Minion's cpu and memory
    weight: float = 0.0  # its cpu and memory, each weighed by how scarce it is
    angle: float = 0.5  # memory's part of its two shares
    scarce: bool = False
    solo: bool = False  # no two of it on one Minion
    is_checked: bool = False  # more than cpu, memory and `allowed` decides
    is_tied: bool = False  # where it may go changes with other Pods in ways that free room does not tell
    hopeless: bool = False  # no Minion has the room, even before anything of the batch is placed

    def part(self, pods: list[int]) -> PodClass:
        """The same class with only these Pods."""
        found = copy(self)  # dataclasses.replace takes five times as long, and there may be thousands
        found.pods = pods
        return found


@dataclass(slots=True, eq=False, kw_only=True)
class Problem:
    """What is to be packed. Minions that do not answer are not in it. Nothing here changes once it is made."""

    minions: Sequence[str]  # names, sorted: the order in which Minions are opened
    loaded: Sequence[int]  # Minions with something on them already
    cpu: Sequence[int]  # free, thousandths; never below 0
    memory: Sequence[int]  # free, bytes
    extras: Sequence[Sequence[int]]  # free, by number of the resource and Minion
    taken: Sequence[int]  # bits of host ports
    total_cpu: Sequence[int]  # capacity without what is reserved
    total_memory: Sequence[int]
    unit_cpu: float  # an average Minion's capacity
    unit_memory: float
    weight_cpu: float  # of one thousandth of cpu: demand over room, over the average capacity
    weight_memory: float
    web: Web | None  # None: no Pod looks at another
    pods: int
    classes: Sequence[PodClass] = ()
    class_of: Sequence[PodClass] = ()  # by Pod
    order: Sequence[int] = ()  # the Pods, by priority and then as given: for admission
    kin: Sequence[int] = ()  # by class: the number of those that its Pods count for or need, itself among them
    kindred: Sequence[Sequence[int]] = ()  # the classes of each such number

    @property
    def empty(self) -> list[int]:
        loaded = set(self.loaded)
        return [at for at in range(len(self.minions)) if at not in loaded]

    @property
    def hopeless(self) -> int:
        return sum(len(each.pods) for each in self.classes if each.hopeless)

    def restricted(self, pods: Iterable[int]) -> list[PodClass]:
        """The classes with only these Pods."""
        by_class: dict[int, list[int]] = {}
        for pod in pods:
            by_class.setdefault(self.class_of[pod].index, []).append(pod)
        return [self.classes[index].part(members) for index, members in sorted(by_class.items())]


def in_order(classes: Iterable[PodClass], *, by_weight: bool) -> list[PodClass]:
    """The order in which fills take classes: the hard to place first, then the large.

    Classes that need others go after them whatever their priority; priority decides when not all fit, see admission.
    """

    def key(each: PodClass) -> tuple[float, ...]:
        needs = each.ties is not None and any(not need.own for need in each.ties.needs)
        special = each.solo or each.is_tied
        large = each.weight if by_weight else each.size
        return needs, -each.priority, not each.scarce, not special, -large, -each.cpu, -each.memory, each.index

    return sorted(classes, key=key)
