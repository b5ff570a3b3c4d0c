"""How few Minions could be in use, proven; and the order in which empty ones are best opened."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from podctl.core.placement.packing.relations import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

_STEPS = 16  # of the mix between cpu and memory
_DUAL_STEPS = 8
_ROUNDINGS = (1, 2, 3, 4, 5)
_NOTHING = 1e-9


def lower_bound(problem: Problem, classes: Sequence[PodClass]) -> int:
    """No packing of these classes has fewer Minions in use. Minions that carry something already always are."""
    if not any(each.pods for each in classes):
        return len(problem.loaded)
    covering = [_mix(problem, classes)[0], *(_scarce(problem, classes, at) for at in range(len(problem.extras)))]
    opened = max(*covering, _apart(problem, classes), 0 if problem.loaded else 1)
    found = len(problem.loaded) + min(opened, len(problem.empty))
    return found if problem.loaded else max(found, min(_dual(problem, classes), len(problem.minions)))


def exceeds(problem: Problem, classes: Sequence[PodClass]) -> bool:
    """Whether the classes ask for more of anything than all Minions together have free: then some Pod must wait."""
    cpu = sum(each.cpu * len(each.pods) for each in classes)
    memory = sum(each.memory * len(each.pods) for each in classes)
    wanted = [0] * len(problem.extras)
    for each in classes:
        for resource, amount in each.extras:
            wanted[resource] += amount * len(each.pods)
    short = any(want > sum(free) for want, free in zip(wanted, problem.extras, strict=True))
    return short or cpu > sum(problem.cpu) or memory > sum(problem.memory)


def opening_order(problem: Problem, classes: Sequence[PodClass]) -> list[int]:
    """The Minions in the order in which to use them: the loaded ones, then those that cover the demand fastest."""
    empty = problem.empty
    if len({(problem.cpu[at], problem.memory[at]) for at in empty}) > 1:
        _, cpu, memory = _mix(problem, classes)
        empty.sort(key=lambda at: (-(problem.cpu[at] * cpu + problem.memory[at] * memory), at))
    return [*problem.loaded, *empty]


def _mix(problem: Problem, classes: Sequence[PodClass]) -> tuple[int, float, float]:
    """The surrogate bound: for a mix of cpu and memory, how many empty Minions cover what the loaded ones cannot hold.

    Any mix is a valid relaxation; the answer is the largest over all of them, and the mix that gave it.
    """
    cpu = sum(each.cpu * len(each.pods) for each in classes) - sum(problem.cpu[at] for at in problem.loaded)
    memory = sum(each.memory * len(each.pods) for each in classes) - sum(problem.memory[at] for at in problem.loaded)
    empty = problem.empty
    if (cpu <= 0 and memory <= 0) or not empty:
        return 0, 1 / max(1, abs(cpu)), 1 / max(1, abs(memory))
    found = []
    for step in range(_STEPS + 1):
        by_cpu, by_memory = step / _STEPS / max(1, abs(cpu)), (1 - step / _STEPS) / max(1, abs(memory))
        sizes = sorted((problem.cpu[at] * by_cpu + problem.memory[at] * by_memory for at in empty), reverse=True)
        found.append((_covering(sizes, by_cpu * cpu + by_memory * memory), by_cpu, by_memory))
    most = max(each[0] for each in found)
    best = [each for each in found if each[0] == most]
    return best[len(best) // 2]


def _covering(sizes: Sequence[float], need: float) -> int:
    many = 0
    for size in sizes:
        if need <= _NOTHING:
            break
        need -= size
        many += 1
    return many


def _scarce(problem: Problem, classes: Sequence[PodClass], resource: int) -> int:
    """How many empty Minions cover the demand of one extended resource."""
    free = problem.extras[resource]
    wanted = sum(amount * len(each.pods) for each in classes for number, amount in each.extras if number == resource)
    need = wanted - sum(free[at] for at in problem.loaded)
    return _covering(sorted((free[at] for at in problem.empty), reverse=True), need)


def _apart(problem: Problem, classes: Sequence[PodClass]) -> int:
    """How many empty Minions Pods take that exclude each other: each has one of its own.

    They share a host port, or each keeps away from all of them in a domain that every Minion is in.
    """
    groups: dict[tuple[str, int], list[PodClass]] = {}
    for each in classes:
        for watch in set(each.ties.counted).intersection(each.ties.refuses) if each.ties else ():
            if problem.web and min(problem.web.domain[watch]) != NOWHERE:
                groups.setdefault(("watch", watch), []).append(each)
        for bit in range(each.ports.bit_length()):
            if each.ports >> bit & 1:
                groups.setdefault(("port", bit), []).append(each)
    return max((_more_than_loaded(problem, members) for members in groups.values()), default=0)


def _more_than_loaded(problem: Problem, members: Sequence[PodClass]) -> int:
    """How many of these Pods are left when every loaded Minion that may take one has one."""
    left = sum(len(each.pods) for each in members)
    for minion in problem.loaded:
        if left <= 0:
            break
        left -= any(each.allowed is None or each.allowed[minion] for each in members)
    return left


def _dual(problem: Problem, classes: Sequence[PodClass]) -> int:
    """Fekete and Schepers' dual feasible functions u(k), on mixes of cpu and memory, against the largest Minion.

    u(k) maps x to x where (k+1)x is whole, else to floor((k+1)x)/k; what fills a Minion is never more than 1.
    """
    most_cpu, most_memory = max(problem.cpu), max(problem.memory)
    if not most_cpu or not most_memory:
        return 0
    shapes = Counter[tuple[int, int]]()
    for each in classes:
        shapes[each.cpu, each.memory] += len(each.pods)
    whole = _DUAL_STEPS * most_cpu * most_memory
    best = 0
    for step in range(_DUAL_STEPS + 1):
        mixed = [
            (step * cpu * most_memory + (_DUAL_STEPS - step) * memory * most_cpu, many)
            for (cpu, memory), many in shapes.items()
        ]
        best = max(best, *(_rounded(mixed, whole, k) for k in _ROUNDINGS))
    return best


def _rounded(mixed: Sequence[tuple[int, int]], whole: int, k: int) -> int:
    total = 0
    for size, many in mixed:
        times, rest = divmod((k + 1) * size, whole)
        total += many * (times * whole if rest else size * k)
    return -(-total // (k * whole))
