"""One batch: decided, then explained."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.placement.explain import explain
from podctl.core.placement.model import Arrangement, Policy
from podctl.core.placement.pack import pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand

_NONE: Mapping[str, str] = MappingProxyType({})
_DEFAULT = Policy()


def place(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    *,
    bound_claims: Mapping[str, str] = _NONE,
    policy: Policy = _DEFAULT,
) -> Arrangement:
    """A Placed or a Waiting for each demand, in the order of `demands`, and how few Minions it could be.

    The same values give the same answer, whatever the order of `candidates`. What already runs is a Candidate's `used`
    and stays where it is. `bound_claims` maps "namespace/name" to the Minion that a claim is known to live on although
    that Minion may be silent; it stands above the Candidates' `claims`. A claim that lives nowhere yet goes with the
    first Pod that asks for it, and the others follow. The reasons hold for the Minions as they are after the whole
    batch.
    """
    packing = pack(demands, candidates, bound_claims=bound_claims, policy=policy)
    return Arrangement(
        placements=explain(demands, candidates, packing, bound_claims=bound_claims, policy=policy),
        minions_used=packing.minions_used,
        lower_bound=packing.lower_bound,
    )
