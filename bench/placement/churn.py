"""A cluster that lives for a while: apps come and go, nothing is ever moved.

After every step the Minions in use are held against an ideal repack of all that runs (at least its proven lower bound).
A packer that fills gaps well and keeps to few Minions needs fewer in the long run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.placement.batch import Batch, Figures, Size, demand, minion
from bench.placement.bounds import volume_bound
from bench.placement.draws import Draws
from bench.placement.greedy import PACKERS
from bench.placement.kubelike import REPLICAS, app_size
from bench.placement.measure import packed

if TYPE_CHECKING:
    from collections.abc import Callable

_HOSTS = 120
_WARM_UP = 20  # steps that are not counted, while the cluster fills


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    size: Size
    steps: int
    lives: tuple[int, int]  # steps that an app stays
    jitter: bool = False


SETTINGS = (
    Setting(name="16 cores", size=(16000, 49152), steps=100, lives=(5, 35)),
    Setting(name="32 cores", size=(32000, 98304), steps=100, lives=(5, 35)),
    Setting(name="long-lived", size=(16000, 49152), steps=120, lives=(20, 100)),
    Setting(name="jittered", size=(16000, 49152), steps=100, lives=(5, 35), jitter=True),
)


@dataclass(slots=True)
class Cluster:
    """Who is where: for each host the sizes of its Pods, each with the step at which it leaves."""

    size: Size
    on: list[list[tuple[Size, int]]] = field(default_factory=lambda: [[] for _ in range(_HOSTS)])

    def leave(self, step: int) -> None:
        self.on = [[pod for pod in pods if pod[1] > step] for pods in self.on]

    def used(self) -> list[Size]:
        return [(sum(size[0] for size, _ in pods), sum(size[1] for size, _ in pods)) for pods in self.on]

    def in_use(self) -> int:
        return sum(1 for pods in self.on if pods)

    def ideal(self) -> int:
        """At least so many Minions for what runs, were it placed anew."""
        everything = tuple(size for pods in self.on for size, _ in pods)
        return volume_bound(Figures(name="", hosts=(self.size,) * _HOSTS, pods=everything)) if everything else 0


def lived(setting: Setting, seed: int, packer: str) -> float:
    """Minions in use above an ideal repack, as a mean share over the steps, in percent."""
    draws = Draws(150000001 + 31 * seed + len(setting.name))
    place = _podctl if packer == "podctl" else _greedy(packer)
    cluster = Cluster(setting.size)
    used = ideal = 0
    for step in range(setting.steps):
        cluster.leave(step)
        arriving = [app for _ in range(draws.whole(4, 12)) for app in _app(draws, setting, step)]
        for pod, host in zip(arriving, place(cluster, [size for size, _ in arriving]), strict=True):
            if host is not None:
                cluster.on[host].append(pod)
        if step >= _WARM_UP:
            used += cluster.in_use()
            ideal += cluster.ideal()
    return 100 * (used / ideal - 1)


def _app(draws: Draws, setting: Setting, step: int) -> list[tuple[Size, int]]:
    cpu, memory = app_size(draws)
    if setting.jitter:
        cpu, memory = cpu * draws.whole(75, 125) // 100, memory * draws.whole(75, 125) // 100
    leaves = step + draws.whole(*setting.lives)
    return [((cpu, memory), leaves)] * draws.pick(REPLICAS)


def _greedy(name: str) -> Callable[[Cluster, list[Size]], list[int | None]]:
    packer = PACKERS[name]

    def place(cluster: Cluster, pods: list[Size]) -> list[int | None]:
        hosts = (cluster.size,) * _HOSTS
        return packer(Figures(name="churn", hosts=hosts, pods=tuple(pods), used=tuple(cluster.used())))

    return place


def _podctl(cluster: Cluster, pods: list[Size]) -> list[int | None]:
    batch = Batch(
        name="churn",
        demands=tuple(demand(f"p{at:04}", size) for at, size in enumerate(pods)),
        candidates=tuple(minion(f"m{at:04}", cluster.size, used) for at, used in enumerate(cluster.used())),
    )
    return [None if name is None else int(name[1:]) for name in packed(batch).packing.minions]
