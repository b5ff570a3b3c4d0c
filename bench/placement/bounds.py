"""What no packer can do better than."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.placement.batch import Figures

_STEPS = 16
# Proven by column generation (Farley's bound), by class: 51 Pods and 102 Pods, seeds 0 to 4; 102 Pods, 100 to 102.
_PROVEN = {
    1: ((13, 14, 14, 14, 13), (27, 26, 26, 27, 27), (26, 26, 25)),
    2: ((37, 36, 31, 33, 34), (54, 64, 59, 66, 65), (59, 57, 61)),
    3: ((27, 33, 34, 32, 36), (63, 60, 60, 60, 61), (54, 63, 61)),
    6: ((22, 22, 21, 21, 24), (41, 44, 41, 43, 42), (43, 41, 42)),
    7: ((20, 22, 20, 19, 21), (40, 41, 39, 43, 38), (45, 42, 41)),
    8: ((26, 26, 26, 26, 26), (51, 51, 51, 51, 51), (51, 51, 51)),
    9: ((31, 30, 28, 29, 26), (57, 53, 55, 51, 52), (52, 55, 56)),
    10: ((17, 17, 17, 17, 17), (34, 34, 34, 34, 34), (34, 34, 34)),
}


def volume_bound(figures: Figures) -> int:
    """Minions in use at least: what loaded ones cannot take must fit on empty ones, in every mix of cpu and memory."""
    loaded = [any(used) for used in figures.used]
    demand = [sum(size[at] for size in figures.pods) for at in (0, 1)]
    for size, used, is_loaded in zip(figures.hosts, figures.used, loaded, strict=True):
        if is_loaded:
            demand = [demand[at] - (size[at] - used[at]) for at in (0, 1)]
    empty = [size for size, is_loaded in zip(figures.hosts, loaded, strict=True) if not is_loaded]
    totals = [sum(size[at] for size in figures.hosts) for at in (0, 1)]
    return sum(loaded) + max(_needed(demand, empty, totals, step) for step in range(_STEPS + 1))


def literature_bound(number: int, pods: int, seed: int, figures: Figures) -> int:
    """The proven bound where it is known, else that of the volumes: weaker, but enough for classes 4 and 5."""
    known = _PROVEN.get(number)
    if known and pods in (51, 102) and 0 <= seed < len(known[0]):
        return known[(51, 102).index(pods)][seed]
    if known and pods == 102 and 100 <= seed < 100 + len(known[2]):
        return known[2][seed - 100]
    return volume_bound(figures)


def _needed(demand: list[int], empty: list[tuple[int, int]], totals: list[int], step: int) -> int:
    """In whole numbers, so that nothing is rounded: cpu counts step/16, memory the rest, each by the other's total."""
    cpu, memory = step * totals[1], (_STEPS - step) * totals[0]
    left = demand[0] * cpu + demand[1] * memory
    count = 0
    for size in sorted((one * cpu + other * memory for one, other in empty), reverse=True):
        if left <= 0:
            break
        left -= size
        count += 1
    return count
