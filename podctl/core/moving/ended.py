"""What the cluster is to remember of moves once they have ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.actions import Replace
from podctl.core.document.leaving import leaving
from podctl.core.model import ObservedMinion
from podctl.core.outcome import Word
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from podctl.core.actions import Action
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, PodKey
    from podctl.core.moving.plans import MovePlan
    from podctl.core.outcome import Outcome


def corrected(
    written: Document, before: Document, after: Cluster, actions: Iterable[Action], outcomes: Collection[Outcome]
) -> Document:
    """Pods that did not move, or were not to be moved any more, are where they were; no other is waited for to leave.

    Else one whose new Minion falls silent would count as being there, and the one that runs as stale. `after` is what
    was seen before. A Minion that broke off meanwhile may still have what was made there: that is to leave.
    """
    by_key: Mapping[PodKey | None, Outcome] = {each.key: each for each in outcomes if each.word is not Word.DELETED}
    pods, claims = dict(written.pods), dict(written.claims)
    for action in actions:
        ended = by_key.get(action.key)
        if not isinstance(action, Replace) or action.remove.minion == action.minion or (ended and not ended.stays):
            continue
        pods.pop(action.key, None)
        names = [replace(action.key, name=name) for name in action.pod.claims]
        claims |= {claim: before.claims[claim] for claim in names if claim in before.claims}
        if action.key in before.pods:
            pods[action.key] = before.pods[action.key]
    wanted = replace(written, pods=pods, claims=claims)
    broken_off = {each.minion for each in outcomes if each.code is ExitCode.UNREACHABLE}
    return replace(wanted, leaving=leaving(written, wanted, _without(broken_off, after)))


def _without(names: Collection[str], cluster: Cluster) -> Cluster:
    """`cluster` where these Minions do not answer any more."""
    minions = (
        ObservedMinion(minion=each.minion, problem="it broke off") if each.minion.name in names else each
        for each in cluster.minions
    )
    return replace(cluster, minions=tuple(minions))


def seen_after(cluster: Cluster, plan: MovePlan, outcomes: Iterable[Outcome]) -> Cluster:
    """`cluster` without the Pods that are known to be gone: a drained Minion may be switched off at once."""
    done = {each.key for each in outcomes if each.word is Word.MOVED and each.code is ExitCode.DONE}
    gone = {each.remove.uid for each in plan.moves if each.key in done}
    minions = (replace(each, pods=tuple(pod for pod in each.pods if pod.uid not in gone)) for each in cluster.minions)
    return replace(cluster, minions=tuple(minions))
