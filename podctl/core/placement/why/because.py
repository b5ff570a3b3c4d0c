"""Why a placed Pod is where it is: one short line, told from the final state and not from the path to it.

The line becomes a label of the Pod's infra container, so it is kept short.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.placement.figures import asked_text, free_text
from podctl.core.placement.why.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from podctl.core.placement.model import Demand, Policy
    from podctl.core.placement.why.scene import Scene

_FIGURES = 120  # characters; further resources are left out of what is longer


class Because:
    """Knows the final state, and what many Pods of the batch have in common."""

    def __init__(
        self,
        scene: Scene,
        homes: Mapping[str, tuple[str, ...]],
        placed: Iterable[tuple[Demand, str]],
        policy: Policy,
    ) -> None:
        """`homes`: where claims lived before the batch."""
        self._scene = scene
        self._homes = homes
        self._policy = policy
        self._numbers = {each.name: at for at, each in enumerate(scene.candidates)}
        self._sharers = Counter(claim for demand, _ in placed for claim in demand.claims)
        self._wishes = Wishes(scene)
        self._pods_on = [len(each.used) + len(scene.pods.get(each.name, ())) for each in scene.candidates]
        self._takers: dict[Hashable, tuple[list[int], list[int]]] = {}

    def line(self, demand: Demand, minion: str) -> str:
        at = self._numbers[minion]
        takers, in_use = self._others(demand, at)
        others = len(takers) - _holds(takers, at)
        figures = f"{self._why(demand, at, takers, in_use)}: {self._taking(demand, at)}"
        if not others:
            return figures
        return f"{figures}; {others} other {'Minion has' if others == 1 else 'Minions have'} room too"

    def _why(self, demand: Demand, at: int, takers: Sequence[int], in_use: Sequence[int]) -> str:
        if demand.node_name:
            return "nodeName"
        if demand.home == self._scene.candidates[at].name:
            return "it was there already"
        for claim in demand.claims:
            if claim in self._homes:
                return f"its claim {_name(claim)} lives there"
        for claim in demand.claims:
            if self._sharers[claim] > 1:
                return f"with the Pods that share its claim {_name(claim)}"
        if not _without(takers, at):
            return "only fit"
        return self._choice(demand, at, takers, in_use)

    def _choice(self, demand: Demand, at: int, takers: Sequence[int], in_use: Sequence[int]) -> str:
        if self._policy.strategy == "spread":
            return self._wishes.deciding(demand, at, _without(takers, at)) or "spread evenly"
        rivals = _without(in_use, at)
        if not rivals and self._pods_on[at] > 1:
            return "opens no further Minion"
        return self._wishes.deciding(demand, at, rivals or _without(takers, at)) or "fewest Minions in use"

    def _others(self, demand: Demand, at: int) -> tuple[list[int], list[int]]:
        """The Minions that would take it too, and those of them that are in use; `at` may be among them."""
        asked = self._as_asked(demand)
        key = self._scene.ask_of(asked)
        if key not in self._takers:
            takers = self._scene.takers(asked)
            self._takers[key] = takers, [it for it in takers if self._pods_on[it]]
        takers, in_use = self._takers[key]
        if around := self._scene.around(demand):
            takers = around.open_to(takers, self._scene.landscape, self._scene.candidates[at])
            in_use = [it for it in takers if self._pods_on[it]]
        return takers, in_use

    def _as_asked(self, demand: Demand) -> Demand:
        """Without the claims that nothing but the Pod itself settled where it is."""
        if not demand.claims:
            return demand
        held = (claim for claim in demand.claims if claim in self._homes or self._sharers[claim] > 1)
        return replace(demand, claims=tuple(held))

    def _taking(self, demand: Demand, at: int) -> str:
        """Of what was free before it came."""
        free = self._scene.rooms[at].free
        asked = [("cpu", demand.cpu_millis, free.cpu_millis), ("memory", demand.memory_bytes, free.memory_bytes)]
        asked += [(name, amount, free.extended[name]) for name, amount in demand.extended.items()]
        taking = [
            f"{asked_text(name, amount)} of {free_text(name, left + amount)} free {name}"
            for name, amount, left in asked
            if amount
        ]
        while len(taking) > 1 and len(" and ".join(taking)) > _FIGURES:
            taking.pop()
        return " and ".join(taking) or "asks for no cpu and no memory"


def _holds(numbers: Sequence[int], at: int) -> bool:
    """`numbers` are sorted, and may be a thousand."""
    index = bisect_left(numbers, at)
    return index < len(numbers) and numbers[index] == at


def _without(numbers: Sequence[int], at: int) -> Sequence[int]:
    return [it for it in numbers if it != at] if _holds(numbers, at) else numbers


def _name(claim: str) -> str:
    return claim.partition("/")[2]
