"""Where claims live."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.placement.model import Candidate, Demand


def claim_homes(candidates: Iterable[Candidate], bound_claims: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Where each claim's volume is: one Minion, unless something left it on several."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for candidate in candidates:
        for claim in candidate.claims:
            found[claim].append(candidate.name)
    seen = {claim: tuple(sorted(names)) for claim, names in found.items()}
    return seen | {claim: (name,) for claim, name in bound_claims.items()}


def settled(
    homes: Mapping[str, tuple[str, ...]], placed: Iterable[tuple[Demand, str]]
) -> Mapping[str, tuple[str, ...]]:
    """The homes once these Pods are on their Minions: a claim that lived nowhere lives with those that ask for it."""
    fresh = {claim: (minion,) for demand, minion in placed for claim in demand.claims if claim not in homes}
    return {**homes, **fresh}
