"""One batch: decided, checked, then explained."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.placement.checker.check import check
from podctl.core.placement.model import Arrangement, Policy
from podctl.core.placement.pack import pack
from podctl.core.placement.why.explain import explain
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand, Packing

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
    verify(demands, candidates, packing, bound_claims=bound_claims)
    return Arrangement(
        placements=explain(demands, candidates, packing, bound_claims=bound_claims, policy=policy),
        minions_used=packing.minions_used,
        lower_bound=packing.lower_bound,
    )


def verify(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    packing: Packing,
    *,
    bound_claims: Mapping[str, str] = _NONE,
) -> None:
    """Raises PodctlError when a packing breaks a rule: better nothing than a wrong Pod on a wrong Minion."""
    faults = check(demands, candidates, packing.minions, bound_claims=bound_claims)
    if faults:
        raise PodctlError(
            "the placement breaks its own rules: nothing was touched",
            evidence="\n".join(faults),
            hint="This is a fault of podctl: please report it with the inventory and the manifests.",
        )
