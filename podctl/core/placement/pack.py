"""Which Minion each demand of one batch gets."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.placement.model import Packing, Policy
from podctl.core.placement.packing.admission import admit_in_order, admit_most
from podctl.core.placement.packing.bounds import exceeds, lower_bound
from podctl.core.placement.packing.build import problem_of
from podctl.core.placement.packing.portfolio import Portfolio
from podctl.core.placement.packing.prefer import preferred
from podctl.core.placement.packing.settle import settle, with_settled
from podctl.core.placement.packing.state import State
from podctl.core.placement.packing.together import narrowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from podctl.core.placement.model import Admit, Candidate, Demand
    from podctl.core.placement.packing.classes import Problem

_NONE: Mapping[str, str] = MappingProxyType({})
_DEFAULT = Policy()


def pack(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    *,
    bound_claims: Mapping[str, str] = _NONE,
    policy: Policy = _DEFAULT,
) -> Packing:
    """A Minion, or none, for each demand, in the order of `demands`; nothing is explained here.

    The same for any order of `candidates`. The order of `demands` tells only who goes when not all fit.
    """
    settled = settle(demands, candidates, bound_claims)
    pool = with_settled(demands, candidates, settled) if settled else candidates
    rest = sorted((at for at in range(len(demands)) if at not in settled), key=lambda at: (demands[at].key, at))
    batch = [replace(demands[at], home="") if demands[at].home else demands[at] for at in rest]
    problem = problem_of(batch, pool, bound_claims, turns=rest)
    state, bound = _solve(problem, policy.admit)
    found = preferred(State.of(problem, state.where), batch, pool, policy)
    if found.waiting != state.waiting:
        bound = max(lower_bound(problem, problem.restricted(found.placed)), len(problem.loaded))
    state = found
    names = settled | {rest[pod]: problem.minions[minion] for pod, minion in enumerate(state.where) if minion >= 0}
    return Packing(
        minions=tuple(names.get(at) for at in range(len(demands))), minions_used=len(state.used()), lower_bound=bound
    )


def _solve(problem: Problem, admit: Admit) -> tuple[State, int]:
    """The packing, and how few Minions it could be for what is placed."""
    tries = []
    possible = [each for each in problem.classes if not each.hopeless]
    is_lost = admit == "order" and exceeds(problem, possible)  # some wait for sure: who, is told by the order alone
    for version in _versions(problem) if not is_lost else ():
        portfolio = Portfolio(version, [each for each in version.classes if not each.hopeless])
        state = portfolio.best()
        if len(state.waiting) == problem.hopeless:
            return state, portfolio.bound
        tries.append(state)
    admitted = admit_in_order(problem) if admit == "order" else admit_most(problem, tries)
    inside = [pod for pod, minion in enumerate(admitted.where) if minion >= 0]
    portfolio = Portfolio(problem, problem.restricted(inside), known=admitted)
    return portfolio.best(), portfolio.bound


def _versions(problem: Problem) -> Iterator[Problem]:
    """The problem with Pods that must go together bound to one domain, then as it is."""
    if problem.web:
        for all_needs in (False, True):
            version = narrowed(problem, all_needs=all_needs)
            if version is not problem:
                yield version
    yield problem
