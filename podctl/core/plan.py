"""The Plan: what has to be done, on which Minion, and why; built from what is wanted and what was observed.

Unchanged Pods are in it, too, as Keep; what is not done is in it as Held, with one reason a Minion.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.actions import Action, Create, Held, Plan, Replace
from podctl.core.arranging import arrange
from podctl.core.document.claim_places import with_claims_in_place
from podctl.core.placement import Placed, Policy
from podctl.core.removals import removal
from podctl.core.sifting import sift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.document.model import Document
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, PodKey
    from podctl.core.sifting import Wanted

_DEFAULT = Policy()
_NONE: Mapping[PodKey, str] = MappingProxyType({})


def make_plan(
    desired: Sequence[PodManifest],
    cluster: Cluster,
    *,
    document: Document | None = None,
    given_up: Mapping[PodKey, str] = _NONE,
    anew: Mapping[PodKey, str] = _NONE,
    policy: Policy = _DEFAULT,
) -> Plan:
    """What brings `cluster` to `desired`; Pods that are not in `desired` stay as they are.

    `document` says what counts; without one, all that is seen. `given_up` are Pods on silent Minions that are to be
    made elsewhere, each with why; `anew` those to make anew though their manifests did not change, each with why.
    """
    sifted = sift(desired, cluster, document=document, given_up=given_up, anew=anew)
    in_place = with_claims_in_place(cluster, document.claims) if document else cluster
    arranged = arrange(sifted, in_place, policy=policy)
    settled: dict[PodKey, Action] = dict(sifted.settled)
    held = list(sifted.held)
    for wanted in sifted.wanted:
        answer = arranged.placements[wanted.pod.key]
        if isinstance(answer, Placed):
            settled[wanted.pod.key] = _made(wanted, answer, cluster)
        else:
            held.append(
                Held(
                    pod=wanted.pod, reasons=answer.reasons, diagnosis=answer.diagnosis, unseen=False,
                    observed=wanted.observed,
                )
            )  # fmt: skip
    ordered = [settled[pod.key] for pod in desired if pod.key in settled]
    return Plan(
        actions=(*sifted.removals, *ordered),
        held=tuple(held),
        minions_used=arranged.minions_used,
        lower_bound=arranged.lower_bound,
    )


def _made(wanted: Wanted, placed: Placed, cluster: Cluster) -> Create | Replace:
    if wanted.observed is None:
        return Create(
            pod=wanted.pod, minion=placed.minion, reason=wanted.reason, placement_reason=placed.reason
        )  # fmt: skip
    return Replace(
        pod=wanted.pod, minion=placed.minion, reason=wanted.reason, placement_reason=placed.reason,
        remove=removal(cluster, wanted.observed, wanted.reason),
    )  # fmt: skip
