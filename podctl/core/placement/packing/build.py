"""From Demands and Candidates to the packer's Problem."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from podctl.core.placement.claims import claim_homes
from podctl.core.placement.packing.classes import SCARCE, PodClass, Problem
from podctl.core.placement.packing.kinship import kinship
from podctl.core.placement.packing.standing import Standing, asks
from podctl.core.placement.packing.state import State
from podctl.core.placement.packing.supply import Supply
from podctl.core.placement.packing.tying import Weaver

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand

_LEAST = 1e-3  # of demand over room: what nobody asks for still weighs a little


def problem_of(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    bound_claims: Mapping[str, str],
    turns: Sequence[int],
) -> Problem:
    """The batch as numbers: the same for any order of `candidates`.

    `turns` are the places of `demands` in what was given, for admission; for the rest it is best to sort them.
    """
    minions = sorted((each for each in candidates if each.ready), key=lambda each: each.name)
    supply = Supply(minions, demands)
    homes = claim_homes(candidates, bound_claims)
    standing = Standing(minions, homes)
    weaver = Weaver(demands, minions, _shared(demands, homes), standing.counting)
    problem = _problem(demands, minions, supply, weaver)
    problem.order = sorted(range(len(demands)), key=lambda pod: (-demands[pod].priority, turns[pod]))
    problem.classes = _classes(demands, supply, standing, weaver)
    problem.class_of = _class_of(problem)
    problem.kin, problem.kindred = kinship(problem.classes)
    start = State(problem)
    everywhere: Sequence[int] = range(len(minions))
    eligible: dict[bytes | None, Sequence[int]] = {}
    for each in problem.classes:
        if each.allowed not in eligible:
            eligible[each.allowed] = _ones(each.allowed, everywhere)
        each.eligible = eligible[each.allowed]
        _measure(each, problem)
        each.hopeless = not any(start.fits_alone(each, at) for at in each.eligible)
    return problem


def _problem(demands: Sequence[Demand], minions: Sequence[Candidate], supply: Supply, weaver: Weaver) -> Problem:
    many = len(minions) or 1
    unit_cpu = sum(supply.total_cpu) / many or 1.0
    unit_memory = sum(supply.total_memory) / many or 1.0
    wanted_cpu = sum(each.cpu_millis for each in demands)
    wanted_memory = sum(each.memory_bytes for each in demands)
    return Problem(
        minions=[each.name for each in minions],
        loaded=[at for at, each in enumerate(minions) if each.used],
        cpu=supply.cpu, memory=supply.memory, extras=supply.extras, taken=supply.taken,
        total_cpu=supply.total_cpu,
        total_memory=supply.total_memory,
        unit_cpu=unit_cpu, unit_memory=unit_memory,
        weight_cpu=max(wanted_cpu / (sum(supply.cpu) or 1), _LEAST) / unit_cpu,
        weight_memory=max(wanted_memory / (sum(supply.memory) or 1), _LEAST) / unit_memory,
        web=weaver.web if weaver.is_needed else None,
        pods=len(demands),
    )  # fmt: skip


def _shared(demands: Sequence[Demand], homes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Claims without a home that several Pods of the batch use: these Pods go to one Minion."""
    users = Counter(claim for each in demands for claim in each.claims if claim not in homes)
    return [claim for claim, many in users.items() if many > 1]


def _classes(demands: Sequence[Demand], supply: Supply, standing: Standing, weaver: Weaver) -> list[PodClass]:
    alike: dict[Hashable, list[int]] = {}
    for pod, demand in enumerate(demands):
        alike.setdefault(_ask(demand, tied=weaver.is_needed), []).append(pod)
    firsts = [(demands[pods[0]], pods) for pods in alike.values()]
    for demand, _ in firsts:
        if demand.spreads:
            weaver.prepare(demand)
    found: dict[Hashable, PodClass] = {}
    for demand, pods in firsts:
        allowed, ties = standing.of(demand), weaver.ties(demand)
        extras, ports = supply.extras_of(demand), supply.ports_of(demand)
        key = (demand.priority, demand.cpu_millis, demand.memory_bytes, extras, ports, allowed, ties)
        if key not in found:
            found[key] = PodClass(
                index=len(found), priority=demand.priority, cpu=demand.cpu_millis, memory=demand.memory_bytes,
                extras=extras, ports=ports, clash=supply.clash_of(demand), allowed=allowed, ties=ties,
            )  # fmt: skip
        found[key].pods += pods
    for each in found.values():
        each.pods.sort()
    return list(found.values())


def _ask(demand: Demand, *, tied: bool) -> Hashable:
    """Equal for Pods that ask for the same; cheap, as it is made for every Pod. `tied`: Pods look at each other."""
    between: Hashable = None
    if tied:
        labels = tuple(demand.labels.items())
        between = (demand.key.namespace, labels, demand.near, demand.apart, demand.spreads)
    return (
        demand.priority, demand.cpu_millis, demand.memory_bytes, tuple(demand.extended.items()), demand.host_ports,
        demand.claims, demand.node_name, demand.home, *asks(demand), between,
    )  # fmt: skip


def _class_of(problem: Problem) -> list[PodClass]:
    by_pod = {pod: each for each in problem.classes for pod in each.pods}
    return [by_pod[pod] for pod in range(problem.pods)]


def _measure(each: PodClass, problem: Problem) -> None:
    """Its size and shape, and where it can go at all."""
    cpu, memory = each.cpu / problem.unit_cpu, each.memory / problem.unit_memory
    each.size = max(cpu, memory)
    each.weight = each.cpu * problem.weight_cpu + each.memory * problem.weight_memory
    each.angle = memory / (cpu + memory) if cpu + memory else 0.5
    if len(each.eligible) == len(problem.minions):
        each.allowed = None
    each.scarce = len(each.eligible) * SCARCE < len(problem.minions)
    each.is_checked = bool(each.extras or each.clash or each.ties)
    each.is_tied = each.ties is not None and bool(each.ties.needs or each.ties.spreads)
    each.solo = bool(each.clash) or _refuses_itself(each, problem)


def _ones(allowed: bytes | None, everywhere: Sequence[int]) -> Sequence[int]:
    if allowed is None or 0 not in allowed:
        return everywhere
    return [at for at in everywhere if allowed[at]]


def _refuses_itself(each: PodClass, problem: Problem) -> bool:
    """Whether two of it never share a Minion: every Minion is in a domain of the topology key that keeps them apart."""
    if not each.ties or not problem.web:
        return False
    both = set(each.ties.counted) & set(each.ties.refuses)
    return any(min(problem.web.domain[watch], default=0) >= 0 for watch in both)
