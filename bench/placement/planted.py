"""Feasible by construction: full hosts, cut into Pods."""

from __future__ import annotations

import itertools

from bench.placement.batch import Figures, Size
from bench.placement.draws import Draws
from bench.placement.kubelike import ALIKE, MIXED


def planted(
    hosts: int, seed: int, *, least: int = 2, most: int = 6, fill: float = 1.0, mixed: bool = False, load: float = 0.0
) -> Figures:
    """PL: what is free on each host, times `fill`, is cut into `least` to `most` Pods, cpu and memory on their own.

    A share `load` of the hosts has 10 to 60 % of each resource in use before.
    """
    draws = Draws(
        90000049
        + 1009 * hosts
        + 31 * seed
        + 17 * least
        + 13 * most
        + int(fill * 1000)
        + 3 * mixed
        + 7 * int(load * 100)
    )
    sizes = [draws.pick(MIXED if mixed else ALIKE) for _ in range(hosts)]
    used: list[Size] = []
    pods: list[Size] = []
    for cpu, memory in sizes:
        taken = (0, 0)
        if draws.share() < load:
            taken = (cpu * draws.whole(10, 60) // 100, memory * draws.whole(10, 60) // 100)
        used.append(taken)
        free = int((cpu - taken[0]) * fill), int((memory - taken[1]) * fill)
        count = draws.whole(least, most)
        pieces = zip(_cut(draws, free[0], count), _cut(draws, free[1], count), strict=True)
        pods += [size for size in pieces if min(size) > 0]
    draws.shuffle(pods)
    load_name = f"-load{int(load * 100)}" if load else ""
    name = f"PL{int(fill * 100)}{'-het' if mixed else '-hom'}{load_name}-k{least}-{most}"
    return Figures(name=name, hosts=tuple(sizes), pods=tuple(pods), used=tuple(used))


def gabay(hosts: int, seed: int, *, fill: float = 0.8, most: float = 0.8) -> Figures:
    """GZ: Gabay and Zaourar 2013, "unif_bin": Pods of 0 to `most` of what is left, until a host is `fill` full."""
    draws = Draws(70000027 + 1013 * hosts + seed + int(fill * 100) * 11)
    sizes: list[Size] = []
    pods: list[Size] = []
    for _ in range(hosts):
        size = draws.whole(10, 1000), draws.whole(10, 1000)
        sizes.append(size)
        left, full = list(size), 0.0
        while full < fill:
            piece = draws.whole(0, int(most * left[0])), draws.whole(0, int(most * left[1]))
            if max(piece) <= 0:
                break
            left = [left[0] - piece[0], left[1] - piece[1]]
            pods.append(piece)
            full += (piece[0] / size[0] + piece[1] / size[1]) / 2
    draws.shuffle(pods)
    draws.shuffle(sizes)
    return Figures(name=f"GZ{int(fill * 100)}", hosts=tuple(sizes), pods=tuple(pods))


def _cut(draws: Draws, total: int, count: int) -> list[int]:
    cuts = [0, *sorted(draws.whole(0, total) for _ in range(count - 1)), total]
    return [after - before for before, after in itertools.pairwise(cuts)]
