"""Whether one Pod elsewhere would make room: only told, never done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from podctl.core.placement.model import PodTerm
from podctl.core.placement.room import room_of
from podctl.core.placement.rules import refusal
from podctl.core.placement.why.landscape import Resident, kind_of, means
from podctl.core.placement.why.shortfall import missing, taken_by
from podctl.core.placement.why.surroundings import surroundings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from podctl.core.placement.model import Demand
    from podctl.core.placement.room import Room
    from podctl.core.placement.why.landscape import Kind
    from podctl.core.placement.why.scene import Scene

_TRIED = 200  # moves, for each Pod that waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    pod: str
    source: str
    target: str

    def __str__(self) -> str:
        return f"pod {self.pod} moved from {self.source} to {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    pod: Demand
    index: int  # its place among its like on the Minion that it leaves
    is_new: bool  # of the batch
    source: int
    target: int


class Moves:
    """In the final state."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._takers: dict[Hashable, list[int]] = {}
        self._counting = dict.fromkeys(
            (term, kind.namespace) for kind in scene.landscape.residents for term in _counting(kind)
        )
        self._counted_on: dict[Kind, bool] = {}

    def that_makes_room(self, demand: Demand, sources: Iterable[int]) -> Move | None:
        """The first single move of a Pod, running or new, after which the Pod fits where that one was.

        `sources`: Minions that nothing but amounts closes to it, in the order to try. Pods that others count on by
        affinity or by a spread constraint stay, and so do those with a claim, as its data does not move.
        """
        for each in islice(self._tries(demand, sources), _TRIED):
            if self._is_valid(demand, each):
                source, target = self._scene.candidates[each.source], self._scene.candidates[each.target]
                return Move(pod=str(each.pod.key), source=source.name, target=target.name)
        return None

    def _tries(self, demand: Demand, sources: Iterable[int]) -> Iterator[_Try]:
        for source in sources:
            lacking = missing(demand, self._scene.rooms[source])
            for pod, index, is_new in self._pods(source):
                if _frees(pod, lacking):
                    for target in self._targets(pod, source):
                        yield _Try(pod=pod, index=index, is_new=is_new, source=source, target=target)

    def _pods(self, source: int) -> Iterator[tuple[Demand, int, bool]]:
        """The Pods there, each with its place among its like: those of the batch first, which are new there."""
        candidate = self._scene.candidates[source]
        for index, pod in enumerate(self._scene.pods.get(candidate.name, ())):
            yield pod, index, True
        for index, used in enumerate(candidate.used):
            if used.pod:
                yield used.pod, index, False

    def _targets(self, pod: Demand, source: int) -> list[int]:
        """Where it could go as all the others are."""
        asked = self._scene.ask_of(pod)
        if asked not in self._takers:
            self._takers[asked] = self._scene.takers(pod)
        found = [at for at in self._takers[asked] if at != source]
        if not found or not self._scene.landscape.residents:
            return found
        if self._is_counted_on(pod):
            return []
        return self._scene.around(pod).open_to(found, self._scene.landscape, self._scene.candidates[source])

    def _is_counted_on(self, pod: Demand) -> bool:
        """Whether another would miss it: by an affinity that means it, or by a spread constraint that counts it."""
        kind = kind_of(pod)
        if kind not in self._counted_on:
            labels = dict(kind.labels)
            self._counted_on[kind] = any(means(term, own, kind.namespace, labels) for term, own in self._counting)
        return self._counted_on[kind]

    def _is_valid(self, demand: Demand, move: _Try) -> bool:
        """Both where they would be then, by all rules."""
        room, landscape = self._room_without(move), self._scene.landscape
        if not landscape.residents:
            return refusal(demand, room) is None
        source, target = self._scene.candidates[move.source], self._scene.candidates[move.target]
        those = landscape.residents[kind_of(move.pod)]
        it = next(each for each in those if each.pod is move.pod and each.minion is source)
        left = landscape.without([it])
        around_it = surroundings(move.pod, left.joined(Resident(demand, source, runs=False)))
        if refusal(move.pod, self._scene.rooms[move.target], around_it):
            return False
        around = surroundings(demand, left.joined(Resident(it.pod, target, runs=it.runs)))
        return refusal(demand, room, around) is None

    def _room_without(self, move: _Try) -> Room:
        candidate, homes = self._scene.candidates[move.source], self._scene.rooms[move.source].claim_homes
        pods, used = list(self._scene.pods.get(candidate.name, ())), list(candidate.used)
        del (pods if move.is_new else used)[move.index]
        return room_of(replace(candidate, used=tuple(used)), homes, pods)


def _counting(kind: Kind) -> Iterator[PodTerm]:
    """What makes Pods of this kind count on others."""
    yield from kind.near
    for spread in kind.spreads:
        if spread.hard:
            yield PodTerm(topology_key=spread.topology_key, selector=spread.selector, namespaces=(kind.namespace,))


def _frees(pod: Demand, lacking: Mapping[str, int]) -> bool:
    """Whether its leaving is enough, and possible: data does not move, and a nodeName is not changed."""
    amounts = taken_by(pod)
    return not (pod.claims or pod.node_name) and all(amounts.get(it, 0) >= lacks for it, lacks in lacking.items())
