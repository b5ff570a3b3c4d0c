"""The packers to compare with: one Pod after the other to the host with the best score, nothing is reconsidered.

Formulas. kube-scheduler `noderesources/most_allocated.go` and `least_allocated.go`: for each resource 100 times what
would be used (would be free) over the capacity, whole numbers, the mean of both. Nomad `structs/funcs.go` ScoreFit:
20 - 10^(free share of cpu) - 10^(free share of memory), here over every node, where Nomad looks at a few. Dot product:
Panigrahy et al. 2011, host by host, weighted by the mean demand. These are the formulas, not the programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.placement.batch import Figures, Size

Answer: TypeAlias = "list[int | None]"  # the host of each Pod
Packer: TypeAlias = "Callable[[Figures], Answer]"


def first_fit(figures: Figures) -> Answer:
    return _first_fit(figures, range(len(figures.pods)))


def first_fit_decreasing(figures: Figures) -> Answer:
    """By the sum of both shares of the mean host."""
    cpu, memory = (sum(each) for each in zip(*figures.hosts, strict=True))
    pods = figures.pods
    order = sorted(range(len(pods)), key=lambda at: -(pods[at][0] / cpu + pods[at][1] / memory))
    return _first_fit(figures, order)


def dot_product(figures: Figures) -> Answer:
    """Host by host (those in use first): the Pod that has most in common with what is still free."""
    pods = figures.pods
    by_cpu, by_memory = (sum(size[at] for size in pods) / sum(size[at] for size in figures.hosts) ** 3 for at in (0, 1))
    left: dict[Size, list[int]] = {}
    for at, size in enumerate(pods):
        left.setdefault(size, []).append(at)
    answer: Answer = [None] * len(pods)
    for host in sorted(range(len(figures.hosts)), key=lambda host: figures.used[host] == (0, 0)):
        cpu, memory = _free(figures, host)
        while fitting := [size for size in left if size[0] <= cpu and size[1] <= memory]:
            size = max(fitting, key=lambda it: it[0] * cpu * by_cpu + it[1] * memory * by_memory)
            answer[left[size].pop()] = host
            if not left[size]:
                del left[size]
            cpu, memory = cpu - size[0], memory - size[1]
    return answer


def most_allocated(figures: Figures) -> Answer:
    """The plain filter-and-score loop: `for pod: for host: fits? score`. Times are told as shares of this one's."""
    free_cpu, free_memory = _all_free(figures)
    hosts = list(enumerate(figures.hosts))
    answer: Answer = []
    for cpu, memory in figures.pods:
        best, chosen = -1, None
        for host, (all_cpu, all_memory) in hosts:
            left_cpu = free_cpu[host] - cpu
            left_memory = free_memory[host] - memory
            if left_cpu >= 0 and left_memory >= 0:
                score = (all_cpu - left_cpu) * 100 // all_cpu + (all_memory - left_memory) * 100 // all_memory
                if score > best:
                    best, chosen = score, host
        _take(free_cpu, free_memory, chosen, (cpu, memory))
        answer.append(chosen)
    return answer


def least_allocated(figures: Figures) -> Answer:
    return _best(figures, lambda cpu, memory: int(cpu * 100) + int(memory * 100))


def nomad(figures: Figures) -> Answer:
    return _best(figures, lambda cpu, memory: 20 - 10**cpu - 10**memory)


PACKERS: dict[str, Packer] = {
    "first fit": first_fit,
    "FFD": first_fit_decreasing,
    "dot product": dot_product,
    "kube most": most_allocated,
    "kube least": least_allocated,
    "nomad": nomad,
}


def hosts_used(figures: Figures, answer: Answer) -> int:
    busy = {host for host, used in enumerate(figures.used) if any(used)}
    return len(busy | {host for host in answer if host is not None})


def _first_fit(figures: Figures, order: Sequence[int]) -> Answer:
    free_cpu, free_memory = _all_free(figures)
    hosts = range(len(figures.hosts))
    answer: Answer = [None] * len(figures.pods)
    for at in order:
        cpu, memory = figures.pods[at]
        chosen = next((host for host in hosts if free_cpu[host] >= cpu and free_memory[host] >= memory), None)
        _take(free_cpu, free_memory, chosen, (cpu, memory))
        answer[at] = chosen
    return answer


def _best(figures: Figures, score: Callable[[float, float], float]) -> Answer:
    """`score` of the shares of cpu and memory that would stay free; the highest wins, the first of equals."""
    free_cpu, free_memory = _all_free(figures)
    hosts = list(enumerate(figures.hosts))
    answer: Answer = []
    for cpu, memory in figures.pods:
        fitting = (
            (score((free_cpu[host] - cpu) / size[0], (free_memory[host] - memory) / size[1]), -host)
            for host, size in hosts
            if free_cpu[host] >= cpu and free_memory[host] >= memory
        )
        best = max(fitting, default=None)
        chosen = None if best is None else -best[1]
        _take(free_cpu, free_memory, chosen, (cpu, memory))
        answer.append(chosen)
    return answer


def _free(figures: Figures, host: int) -> Size:
    size, used = figures.hosts[host], figures.used[host]
    return size[0] - used[0], size[1] - used[1]


def _all_free(figures: Figures) -> tuple[list[int], list[int]]:
    free = [_free(figures, host) for host in range(len(figures.hosts))]
    return [cpu for cpu, _ in free], [memory for _, memory in free]


def _take(free_cpu: list[int], free_memory: list[int], host: int | None, size: Size) -> None:
    if host is not None:
        free_cpu[host] -= size[0]
        free_memory[host] -= size[1]
