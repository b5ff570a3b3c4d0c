"""Two-dimensional vector bin packing: the ten classes of Spieksma 1994, Caprara and Toth 2001, Panigrahy et al. 2011.

Identical empty hosts. Class 9 as in the generator of Mommessin et al. 2025 (Vectorpack), with two dimensions.
"""

from __future__ import annotations

from bench.placement.batch import Figures, Size
from bench.placement.draws import Draws

_UNIFORM = {
    1: (1000, 100, 400),
    2: (1000, 1, 1000),
    3: (1000, 200, 800),
    4: (1000, 50, 200),
    5: (1000, 25, 100),
    6: (150, 20, 100),
}
_CAPACITY = {7: 150, 8: 150, 9: 100, 10: 100}
CLASSES = tuple(range(1, 11))


def literature(number: int, pods: int, seed: int) -> Figures:
    """Class C`number`, as many hosts as Pods. The optimum of C10 is a third of them."""
    draws = Draws(1000003 * number + 7919 * pods + seed)
    if number in _UNIFORM:
        capacity, low, high = _UNIFORM[number]
        sizes = [(draws.whole(low, high), draws.whole(low, high)) for _ in range(pods)]
    else:
        capacity = _CAPACITY[number]
        sizes = {7: _correlated, 8: _opposed, 9: _balls, 10: _triplets}[number](draws, pods)
    return Figures(name=f"C{number}", hosts=((capacity, capacity),) * pods, pods=tuple(sizes))


def _correlated(draws: Draws, pods: int) -> list[Size]:
    firsts = []
    for _ in range(pods):
        first = draws.whole(20, 100)
        firsts.append((first, draws.whole(first - 10, first + 10)))
    return firsts


def _opposed(draws: Draws, pods: int) -> list[Size]:
    firsts = []
    for _ in range(pods):
        first = draws.whole(20, 100)
        firsts.append((first, draws.whole(110 - first, 130 - first)))
    return firsts


def _balls(draws: Draws, pods: int) -> list[Size]:
    """Four balls into two dimensions say which of them is large."""
    sizes: list[Size] = []
    while len(sizes) < pods:
        balls = [0, 0]
        for _ in range(4):
            balls[draws.whole(0, 1)] += 1
        unit = draws.whole(10, 40)
        size = (unit * balls[0] + draws.whole(0, 1), unit * balls[1] + draws.whole(0, 1))
        if 0 < max(size) <= _CAPACITY[9]:
            sizes.append(size)
    return sizes


def _triplets(draws: Draws, pods: int) -> list[Size]:
    """Three and three fill a host to the brim in both dimensions."""
    sizes: list[Size] = []
    for _ in range(pods // 3):
        parts = []
        for _dimension in range(2):
            one, two = draws.whole(25, 50), draws.whole(25, 50)
            parts.append((one, two, _CAPACITY[10] - one - two))
        sizes += zip(*parts, strict=True)
    draws.shuffle(sizes)
    return sizes
