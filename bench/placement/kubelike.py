"""What clusters are asked for: apps with replicas, round requests, cpu and memory that go together in a few ratios."""

from __future__ import annotations

from bench.placement.batch import Figures, Size
from bench.placement.draws import Draws

CPU = ((25, 100), (25, 250), (20, 500), (15, 1000), (10, 2000), (5, 4000))
MEBI_PER_CORE = ((20, 1024), (35, 2048), (30, 4096), (15, 8192))
REPLICAS = ((30, 1), (25, 2), (25, 3), (12, 5), (8, 10))
ALIKE: tuple[tuple[int, Size], ...] = ((1, (16000, 49152)),)
MIXED: tuple[tuple[int, Size], ...] = ((50, (8000, 32768)), (25, (16000, 32768)), (25, (32000, 262144)))


def kubelike(
    pods: int, hosts: int, seed: int, *, mixed: bool = False, jitter: bool = False, load: float = 0.0
) -> Figures:
    """KM, or KC with `jitter` (every app's sizes 75 to 125 %). A share `load` of the hosts is filled to 20 to 90 %."""
    draws = Draws(50000017 + 101 * pods + 7 * hosts + 31 * seed + 3 * mixed + 5 * jitter + int(load * 1000))
    sizes = [draws.pick(MIXED if mixed else ALIKE) for _ in range(hosts)]
    used = [_filled(draws, size) if draws.share() < load else (0, 0) for size in sizes]
    asked = apps(draws, pods, jitter=jitter)
    name = ("KC" if jitter else "KM") + ("-het" if mixed else "-hom") + (f"-load{int(load * 100)}" if load else "")
    return Figures(name=name, hosts=tuple(sizes), pods=tuple(asked), used=tuple(used))


def apps(draws: Draws, pods: int, *, jitter: bool = False) -> list[Size]:
    sizes: list[Size] = []
    while len(sizes) < pods:
        cpu, memory = app_size(draws)
        replicas = min(draws.pick(REPLICAS), pods - len(sizes))
        if jitter:
            cpu = cpu * draws.whole(75, 125) // 100
            memory = memory * draws.whole(75, 125) // 100
        sizes += [(cpu, memory)] * replicas
    draws.shuffle(sizes)
    return sizes


def app_size(draws: Draws) -> Size:
    cpu = draws.pick(CPU)
    return cpu, cpu * draws.pick(MEBI_PER_CORE) // 1000


def tight(hosts: int, demand: float, seed: int) -> Figures:
    """TIGHT: more is asked than there is, `demand` times the capacity of the scarcer resource."""
    draws = Draws(130000003 + hosts * 7 + seed * 31 + int(demand * 100))
    sizes = [draws.pick(MIXED) for _ in range(hosts)]
    cpu, memory = (sum(each) for each in zip(*sizes, strict=True))
    asked: list[Size] = []
    while max(sum(size[0] for size in asked) / cpu, sum(size[1] for size in asked) / memory) < demand:
        size = apps(draws, 1)[0]
        asked += [size] * draws.pick(REPLICAS)
    draws.shuffle(asked)
    return Figures(name=f"TIGHT{int(demand * 100)}", hosts=tuple(sizes), pods=tuple(asked))


def _filled(draws: Draws, size: Size) -> Size:
    """Pods of the same mix, until the next would be above the goal."""
    cpu = memory = 0
    goal = size[0] * draws.whole(20, 90) // 100
    for _ in range(200):
        more_cpu, more_memory = app_size(draws)
        if cpu + more_cpu > goal:
            break
        if memory + more_memory <= size[1]:
            cpu += more_cpu
            memory += more_memory
    return cpu, memory
