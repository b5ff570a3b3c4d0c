"""Whom a Pod would have to push out to get a place: the cheapest one or two, on one of some Minions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.placement.packing.board import Board
    from podctl.core.placement.packing.classes import PodClass

_PODS = 20  # of one Minion that are looked at


@dataclass(slots=True)
class Push:
    """`minion` is -1 when nobody can be pushed out for it."""

    cost: float = float("inf")
    minion: int = -1
    pods: tuple[int, ...] = ()


def cheapest_push(board: Board, each: PodClass, minions: Iterable[int]) -> Push:
    """Those that were moved just now stay; those of a higher priority cost so much that they go last."""
    best = Push()
    state = board.state
    for minion in minions:
        cpu, memory = each.cpu - state.cpu[minion], each.memory - state.memory[minion]
        if each.is_checked and not state.permits(each, minion):
            _push_blockers(board, each, minion, best)
        elif cpu <= 0 and memory <= 0:
            return Push(cost=0, minion=minion)
        else:
            _push_one_or_two(board, each, minion, best)
    return best


def _may_go(board: Board, minion: int) -> list[int]:
    pods = [pod for pod in board.on[minion] if board.tabu[pod] < board.step]
    if len(pods) > _PODS:
        start = board.step % len(pods)
        pods = (pods + pods)[start : start + _PODS]
    return pods


def _push_one_or_two(board: Board, each: PodClass, minion: int, best: Push) -> None:
    """Where only cpu or memory is missing."""
    weight, class_of = board.weight, board.class_of
    cpu, memory = each.cpu - board.state.cpu[minion], each.memory - board.state.memory[minion]
    pods = _may_go(board, minion)
    board.checks += 1 + len(pods) * (len(pods) + 1) // 2
    sizes = [(pod, weight[pod], class_of[pod].cpu, class_of[pod].memory) for pod in pods]
    for pod, cost, its_cpu, its_memory in sizes:
        if cost < best.cost and its_cpu >= cpu and its_memory >= memory:
            best.cost, best.minion, best.pods = cost, minion, (pod,)
    for at, (pod, cost, its_cpu, its_memory) in enumerate(sizes):
        if cost >= best.cost:
            continue
        limit, more_cpu, more_memory = best.cost - cost, cpu - its_cpu, memory - its_memory
        for other, other_cost, other_cpu, other_memory in sizes[at + 1 :]:
            if other_cost < limit and other_cpu >= more_cpu and other_memory >= more_memory:
                limit = other_cost
                best.cost, best.minion, best.pods = cost + other_cost, minion, (pod, other)


def _push_blockers(board: Board, each: PodClass, minion: int, best: Push) -> None:
    """A port, a resource or another Pod stands in the way: tries who has to go, one at a time."""
    state = board.state
    if each.allowed is not None and not each.allowed[minion]:
        return
    for pod in _may_go(board, minion):
        board.checks += 2
        if board.weight[pod] >= best.cost:
            continue
        other = board.class_of[pod]
        if not other.is_checked:
            continue
        state.take(pod, other)
        if state.fits(each, minion):
            best.cost, best.minion, best.pods = board.weight[pod], minion, (pod,)
        state.put(pod, other, minion)
