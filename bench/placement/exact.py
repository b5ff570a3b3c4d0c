"""The optimum of small instances, by ortools' CP-SAT: for development only, as it takes 240 MB and seconds to hours.

One whole number for each kind of Pod and Minion: so many of that kind go there. Pods that differ in nothing but their
name are one kind, Minions that differ in nothing but their name are opened in order. Whatever it finds is held against
podctl's checker; what the checker refuses (an affinity that only one order of arrival could meet) counts as undecided.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

from bench.placement.exactpods import add_affinity, add_anti_affinity, add_spreads
from podctl.core.model import PodKey
from podctl.core.placement.checker.check import broken_alone, check

if TYPE_CHECKING:
    from bench.placement.batch import Batch
    from podctl.core.placement import Candidate, Demand

Expr = Any  # a linear expression of ortools


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    pod: Demand
    ats: tuple[int, ...]  # where its Pods stand among the demands, who goes first at first


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    minions: tuple[str | None, ...]
    minions_used: int

    def waiting(self) -> int:
        return self.minions.count(None)


class UndecidedError(Exception):
    """Not solved in the time given."""


class InfeasibleError(Exception):
    """Not all of the Pods can be placed."""


def fewest_minions(batch: Batch, seconds: float = 6.0, workers: int = 1) -> Optimum:
    """All placed, on the fewest Minions. Raises InfeasibleError, UndecidedError."""
    model = Model(batch, seconds, workers)
    for number, kind in enumerate(model.kinds):
        model.cp.add(model.placed(number) == len(kind.ats))
    model.best(-model.used())
    return model.answer()


def most_pods(batch: Batch, seconds: float = 6.0, workers: int = 1) -> Optimum:
    """As many as possible of the highest priority, then of the next, and so on; then on the fewest Minions."""
    model = Model(batch, seconds, workers)
    for priority in sorted({each.priority for each in batch.demands}, reverse=True):
        band = [model.placed(number) for number, kind in enumerate(model.kinds) if kind.pod.priority == priority]
        model.best(sum(band))
    model.best(-model.used())
    return model.answer()


def first_come(batch: Batch, seconds: float = 6.0, workers: int = 1) -> Optimum:
    """Who is first by priority and then in order is placed if at all possible, then the next; at most 40 Pods."""
    model = Model(batch, seconds, workers)
    total = len(batch.demands)
    rank = {at: place for place, at in enumerate(_queue(batch))}
    terms = []
    for number, kind in enumerate(model.kinds):
        bits = [model.cp.new_bool_var("") for _ in kind.ats]
        for one, other in itertools.pairwise(bits):
            model.cp.add(one >= other)
        model.cp.add(sum(bits) == model.placed(number))
        terms += [bit * 2 ** (total - 1 - rank[at]) for bit, at in zip(bits, kind.ats, strict=True)]
    model.best(sum(terms))
    model.best(-model.used())
    return model.answer()


class Model:
    """The hard rules as linear constraints, to be asked for one best value after the other."""

    def __init__(self, batch: Batch, seconds: float, workers: int) -> None:
        self.cp = cp_model.CpModel()
        self.batch = batch
        self.minions = batch.candidates
        self.kinds = _kinds(batch)
        self._seconds, self._workers = seconds, workers
        self._solver: cp_model.CpSolver | None = None
        self._there: dict[tuple[int, int], Expr] = {}
        self._open = [1 if each.used else self.cp.new_bool_var(f"open {each.name}") for each in self.minions]
        self.count: dict[tuple[int, int], Expr] = {}
        for number, kind in enumerate(self.kinds):
            for at, minion in enumerate(self.minions):
                if not any(broken_alone(kind.pod, minion)) and self._claims_allow(kind.pod, minion):
                    self.count[number, at] = self.cp.new_int_var(0, len(kind.ats), f"{number} on {at}")
            self.cp.add(self.placed(number) <= len(kind.ats))
        for at, minion in enumerate(self.minions):
            self._add_amounts(at, minion)
            self._add_ports(at, minion)
        self._add_claims()
        add_anti_affinity(self)
        add_affinity(self)
        add_spreads(self)
        self._add_symmetry()

    def placed(self, number: int) -> Expr:
        return sum(self.count[number, at] for at in range(len(self.minions)) if (number, at) in self.count)

    def used(self) -> Expr:
        return sum(self._open)

    def there(self, number: int, at: int) -> Expr:
        """Whether any Pod of the kind is on the Minion."""
        if (number, at) not in self.count:
            return 0
        if (number, at) not in self._there:
            count, most = self.count[number, at], len(self.kinds[number].ats)
            if most == 1:
                self._there[number, at] = count
            else:
                yes = self._there[number, at] = self.cp.new_bool_var("")
                self.cp.add(count <= most * yes)
                self.cp.add(count >= yes)
        return self._there[number, at]

    def forbid(self, number: int, at: int) -> None:
        if (number, at) in self.count:
            self.cp.add(self.count[number, at] == 0)

    def best(self, value: Expr) -> None:
        """Makes the value as large as can be, and keeps it there."""
        self.cp.maximize(value)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = self._seconds
        solver.parameters.num_workers = self._workers
        solver.parameters.random_seed = 1
        status = solver.solve(self.cp)
        if status == cp_model.INFEASIBLE:
            raise InfeasibleError(self.batch.name)
        if status != cp_model.OPTIMAL:
            raise UndecidedError(self.batch.name)
        self.cp.add(value >= round(solver.objective_value))
        self._solver = solver

    def answer(self) -> Optimum:
        """The Pods of a kind that are placed are its first ones."""
        if self._solver is None:
            raise UndecidedError(self.batch.name)
        minions: list[str | None] = [None] * len(self.batch.demands)
        for number, kind in enumerate(self.kinds):
            names = [
                minion.name
                for at, minion in enumerate(self.minions)
                if (number, at) in self.count
                for _ in range(self._solver.value(self.count[number, at]))
            ]
            for at, name in zip(kind.ats, names, strict=False):
                minions[at] = name
        batch = self.batch
        if check(batch.demands, batch.candidates, minions, bound_claims=batch.bound_claims):
            raise UndecidedError(batch.name)
        return Optimum(minions=tuple(minions), minions_used=minions_used(batch, minions))

    def _add_amounts(self, at: int, minion: Candidate) -> None:
        for resource in ("cpu", "memory", "pods", *sorted({name for it in self.kinds for name in it.pod.extended})):
            free = max(free_of(minion, resource), 0)
            asked = [
                (asks, self.count[number, at])
                for number, kind in enumerate(self.kinds)
                if (number, at) in self.count and (asks := asked_of(kind.pod, resource))
            ]
            if asked:
                self.cp.add(sum(asks * count for asks, count in asked) <= free * self._open[at])

    def _add_ports(self, at: int, minion: Candidate) -> None:
        """Ports clash with a Pod's own kind, so there is at most one of it."""
        with_ports = [number for number, kind in enumerate(self.kinds) if kind.pod.host_ports]
        taken = [port for used in minion.used for port in used.host_ports]
        for number in with_ports:
            ports = self.kinds[number].pod.host_ports
            if (number, at) in self.count:
                self.cp.add(self.count[number, at] <= 1)
            if any(mine.clashes(other) for mine in ports for other in taken):
                self.forbid(number, at)
            for other in with_ports:
                theirs = self.kinds[other].pod.host_ports
                if other > number and any(mine.clashes(port) for mine in ports for port in theirs):
                    self.cp.add(self.there(number, at) + self.there(other, at) <= 1)

    def _homes(self, claim: str) -> set[str]:
        if claim in self.batch.bound_claims:
            return {self.batch.bound_claims[claim]}
        return {each.name for each in self.minions if claim in each.claims}

    def _claims_allow(self, pod: Demand, minion: Candidate) -> bool:
        return all(not (homes := self._homes(claim)) or minion.name in homes for claim in pod.claims)

    def _add_claims(self) -> None:
        """Pods that share a claim which lives nowhere go to one Minion."""
        for claim in sorted({claim for kind in self.kinds for claim in kind.pod.claims}):
            if not self._homes(claim):
                lives = [self.cp.new_bool_var(f"{claim} on {at}") for at in range(len(self.minions))]
                self.cp.add(sum(lives) <= 1)
                for number, kind in enumerate(self.kinds):
                    for at, here in enumerate(lives) if claim in kind.pod.claims else ():
                        self.cp.add(self.there(number, at) <= here)

    def _add_symmetry(self) -> None:
        """Among Minions that are alike the first ones are opened first."""
        keys = {key for kind in self.kinds for key in _topology_keys(kind.pod)}
        shared = {key for key in keys if len({it.labels.get(key) for it in self.minions}) < len(self.minions)}
        alike: defaultdict[object, list[int]] = defaultdict(list)
        for at, each in enumerate(self.minions):
            fits = tuple((number, at) in self.count for number in range(len(self.kinds)))
            labels = tuple((key, each.labels.get(key) if key in shared else key in each.labels) for key in sorted(keys))
            if not each.used:
                alike[fits, labels, repr((each.capacity, each.reserved, sorted(each.claims)))].append(at)
        for ats in alike.values():
            for one, other in itertools.pairwise(ats):
                self.cp.add(self._open[one] >= self._open[other])


def free_of(minion: Candidate, resource: str) -> int:
    """What is left of it; an undeclared number of Pods is 110, whatever else is undeclared 0."""
    capacity, reserved = minion.capacity, minion.reserved
    if resource == "cpu":
        return (capacity.cpu_millis or 0) - (reserved.cpu_millis or 0) - sum(it.cpu_millis for it in minion.used)
    if resource == "memory":
        return (capacity.memory_bytes or 0) - (reserved.memory_bytes or 0) - sum(it.memory_bytes for it in minion.used)
    if resource == "pods":
        declared = 110 if capacity.pods is None else capacity.pods
        return declared - (reserved.pods or 0) - sum(it.pods for it in minion.used)
    if resource not in capacity.extended:
        return 0
    taken = sum(it.extended.get(resource, 0) for it in minion.used)
    return capacity.extended[resource] - reserved.extended.get(resource, 0) - taken


def asked_of(pod: Demand, resource: str) -> int:
    fixed = {"cpu": pod.cpu_millis, "memory": pod.memory_bytes, "pods": 1}
    return fixed[resource] if resource in fixed else pod.extended.get(resource, 0)


def minions_used(batch: Batch, minions: list[str | None] | tuple[str | None, ...]) -> int:
    return len({each.name for each in batch.candidates if each.used} | {name for name in minions if name})


def _queue(batch: Batch) -> list[int]:
    return sorted(range(len(batch.demands)), key=lambda at: -batch.demands[at].priority)


def _kinds(batch: Batch) -> list[Kind]:
    found: dict[str, list[int]] = {}
    for at in _queue(batch):
        pod = batch.demands[at]
        nameless = replace(pod, key=PodKey(pod.key.namespace, ""), group="", preferred_terms=())
        found.setdefault(repr(nameless), []).append(at)
    return [Kind(pod=batch.demands[ats[0]], ats=tuple(ats)) for ats in found.values()]


def _topology_keys(pod: Demand) -> set[str]:
    return {each.topology_key for each in (*pod.near, *pod.apart)} | {each.topology_key for each in pod.spreads}
