"""First fit decreasing: every Pod goes to the first Minion of a fixed order that takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.floors import floors
from podctl.core.placement.packing.relations import NOWHERE
from podctl.core.placement.packing.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem

_RETIRE_EVERY = 64  # classes: how often Minions that hold nothing more are dropped


def first_fit(
    problem: Problem, minions: Sequence[int], classes: Sequence[PodClass], state: State | None = None
) -> State:
    """Places what it can of `classes`, in their order; what fits nowhere waits."""
    state = state or State(problem)
    open_minions = list(minions)
    least = floors(classes)
    for at, each in enumerate(classes):
        done = 0
        while done < len(each.pods):
            before = done
            done = _walk(state, each, open_minions, done)
            if done == before or not each.is_tied:
                break  # another walk helps only where a Pod may have opened a domain
        if at % _RETIRE_EVERY == _RETIRE_EVERY - 1:
            cpu, memory = least[at + 1]
            open_minions = [it for it in open_minions if state.cpu[it] >= cpu and state.memory[it] >= memory]
    return state


def _walk(state: State, each: PodClass, minions: Sequence[int], done: int) -> int:
    cpu, memory, allowed, checked = state.cpu, state.memory, each.allowed, each.is_checked
    many = len(each.pods)
    if each.is_tied and (seat := state.seat(each)) != NOWHERE:
        minions = [seat] if seat in minions else []
    for minion in minions:
        if cpu[minion] < each.cpu or memory[minion] < each.memory or (allowed and not allowed[minion]):
            continue
        while (
            done < many
            and cpu[minion] >= each.cpu
            and memory[minion] >= each.memory
            and not (checked and not state.permits(each, minion))
        ):
            state.put(each.pods[done], each, minion)
            done += 1
        if done == many:
            break
    return done
