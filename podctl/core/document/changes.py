"""The next Document: what a writing command wants remembered before it acts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.actions import Create, Keep, Replace, Restart, Start
from podctl.core.document.adopting import entry_of
from podctl.core.document.claim_places import claim_places
from podctl.core.document.model import PodEntry
from podctl.core.model import PodKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from podctl.core.actions import Action, Held, Plan
    from podctl.core.document.model import Document, ObjectKey
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster


def after_plan(
    document: Document,
    plan: Plan,
    cluster: Cluster,
    *,
    objects: Mapping[ObjectKey, Mapping[str, Any]],
    uids: Mapping[PodKey, str],
) -> Document:
    """`objects` are those of the files; `uids` are those that the Pods to be made will have."""
    pods = dict(document.pods)
    for action in plan.actions:
        if entry := _entry(action, document, uids):
            pods[entry.key] = entry
    for held in plan.held:
        if entry := _waiting(held, document, cluster):
            pods[entry.key] = entry
    claims = {**document.claims, **claim_places(document.claims, cluster), **_claims_made(plan)}
    return replace(document, pods=pods, objects={**document.objects, **objects}, claims=claims)


def _entry(action: Action, document: Document, uids: Mapping[PodKey, str]) -> PodEntry | None:
    if isinstance(action, Create | Replace):
        return _of(action.pod, uid=uids[action.key], minion=action.minion)
    if isinstance(action, Keep | Start | Restart):
        known, seen = document.pods.get(action.key), action.observed
        if known and (known.uid, known.minion) == (seen.uid, seen.minion):
            return None
        return entry_of(seen)
    return None


def _of(pod: PodManifest, *, uid: str = "", minion: str = "", waiting: str = "") -> PodEntry:
    return PodEntry(
        key=pod.key, manifest=pod.raw, spec_hash=pod.spec_hash, config_hashes=pod.config_hashes,
        uid=uid, minion=minion, waiting=waiting,
    )  # fmt: skip


def _waiting(held: Held, document: Document, cluster: Cluster) -> PodEntry | None:
    """A Pod that is nowhere waits for room; one that is somewhere, or may be, stays as it was remembered."""
    known = document.pods.get(held.key)
    if held.observed:
        return None
    if known and known.minion in {each.minion.name for each in cluster.silent}:
        return replace(known, doomed=False) if known.doomed else None
    why = held.diagnosis or "; ".join(f"{minion} {reason}" for minion, reason in sorted(held.reasons.items()))
    return _of(held.pod, waiting=why)


def _claims_made(plan: Plan) -> dict[PodKey, str]:
    return {
        PodKey(action.key.namespace, name): action.minion
        for action in plan.actions
        if isinstance(action, Create | Replace)
        for name in action.pod.claims
    }


def without(
    document: Document,
    cluster: Cluster,
    *,
    pods: Collection[PodKey] = (),
    objects: Collection[ObjectKey] = (),
    claims: Collection[PodKey] = (),
) -> Document:
    """What is deleted is no longer named, so that whatever of it still runs anywhere is stale.

    A Pod on a silent Minion stays named as doomed: else one of its name could be made while it may still run there.
    One on a Minion that the inventory does not have is forgotten.
    """
    silent = {each.minion.name for each in cluster.silent if not each.unlisted}
    doomed = {
        key: replace(each, doomed=True) for key, each in document.pods.items() if key in pods and each.minion in silent
    }
    return replace(
        document,
        pods={key: each for key, each in document.pods.items() if key not in pods} | doomed,
        objects={key: each for key, each in document.objects.items() if key not in objects},
        claims={key: each for key, each in document.claims.items() if key not in claims},
    )


def settled(document: Document, cluster: Cluster, given_up: Collection[str] = ()) -> Document:
    """Without the doomed Pods whose Minion answers again, or is given up: what of them is there is stale now."""
    silent = {each.minion.name for each in cluster.silent} - set(given_up)
    pods = {key: each for key, each in document.pods.items() if not each.doomed or each.minion in silent}
    return replace(document, pods=pods)
