"""The Plan: what has to be done, on which Minion, and why; built from what is wanted and what was observed.

Unchanged Pods are in it, too, as Keep; what is not done is in it as Held, with one reason a Minion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.actions import ASKED_FOR, Action, Create, Held, Keep, Plan, Remove, Replace, Start
from podctl.core.arranging import arrange
from podctl.core.model import Mark
from podctl.core.placement import Placed, Policy
from podctl.core.removals import leftover_removals, removal
from podctl.core.sifting import sift

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedPod, PodKey
    from podctl.core.sifting import Wanted

__all__ = [
    "Action", "Create", "Held", "Keep", "Plan", "Remove", "Replace", "Start",
    "leftover_removals", "make_plan", "plan_removal",
]  # fmt: skip
_DEFAULT = Policy()


def make_plan(
    desired: Sequence[PodManifest],
    cluster: Cluster,
    *,
    assume_empty: frozenset[str] = frozenset(),
    replace_all: frozenset[PodKey] = frozenset(),
    policy: Policy = _DEFAULT,
) -> Plan:
    """What brings `cluster` to `desired`; Pods that are not in `desired` stay as they are.

    `assume_empty` names silent Minions that the operator vouches for; Pods in `replace_all` are made anew even though
    their manifests did not change (their images did).
    """
    sifted = sift(desired, cluster, assume_empty=assume_empty, replace_all=replace_all)
    arranged = arrange(sifted, cluster, policy=policy)
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


def plan_removal(pods: Iterable[ObservedPod], cluster: Cluster) -> Plan:
    """For `delete`: these Pods go, leftovers with them."""
    wanted = [removal(cluster, pod, ASKED_FOR) for pod in pods if pod.mark is Mark.COMMITTED]
    return Plan(actions=(*leftover_removals(cluster), *wanted))
