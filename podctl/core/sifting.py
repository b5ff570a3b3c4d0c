"""What is there as wanted, what has to be made, what is in doubt: all that is known before anything is placed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from podctl.core.actions import NOWHERE, Held, Keep, Remove, Start
from podctl.core.document.adopting import adopted
from podctl.core.document.leaving import held_back
from podctl.core.document.stale import current
from podctl.core.lifecycle import Need, is_job_lost, lost, next_need
from podctl.core.model import Mark, PodKey
from podctl.core.removals import tidying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.document.model import Document, PodEntry
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedMinion, ObservedPod

_NONE: Mapping[PodKey, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A Pod that is to be made, anew where it is observed."""

    pod: PodManifest
    observed: ObservedPod | None
    reason: str
    home: str = ""  # the Minion that it is on, or is to come back to, as long as it fits there


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Every desired Pod stands in one of settled, wanted and held."""

    removals: tuple[Remove, ...]  # what the Document does not name, and leftovers
    settled: Mapping[PodKey, Keep | Start]
    wanted: tuple[Wanted, ...]  # in the order in which they were desired
    held: tuple[Held, ...]


def sift(
    desired: Sequence[PodManifest],
    cluster: Cluster,
    *,
    document: Document | None = None,
    given_up: Mapping[PodKey, str] = _NONE,
    anew: Mapping[PodKey, str] = _NONE,
) -> Sifted:
    """`desired` against `cluster`; the parameters are those of `make_plan`."""
    known = document or adopted(cluster)
    existing = _committed(cluster)
    minions = {each.minion.name: each for each in cluster.minions}
    settled: dict[PodKey, Keep | Start] = {}
    wanted: list[Wanted] = []
    held: list[Held] = []
    for pod in desired:
        mine = current(known.pods.get(pod.key), existing.get(pod.key, []), cluster)
        reason = given_up.get(pod.key) or _why_anew(pod, mine, anew)
        if mine and not reason:
            settled[pod.key] = _keep_or_start(pod, mine, minions[mine.minion])
        elif doubts := _doubts(pod, mine, known, cluster, sure=pod.key in given_up):
            held.append(Held(pod=pod, reasons=doubts, unseen=True, observed=mine))
        else:
            home = "" if pod.key in given_up else _home(mine, known.pods.get(pod.key))
            wanted.append(Wanted(pod=pod, observed=mine, reason=reason, home=home))
    return Sifted(removals=tidying(cluster, known), settled=settled, wanted=tuple(wanted), held=tuple(held))


def _committed(cluster: Cluster) -> Mapping[PodKey, list[ObservedPod]]:
    found: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED:
            found[pod.key].append(pod)
    return found


def _doubts(
    pod: PodManifest, observed: ObservedPod | None, document: Document, cluster: Cluster, *, sure: bool
) -> Mapping[str, str]:
    """By silent Minion: why this Pod cannot be made now without risking that it, or its data, is there twice."""
    silent = {each.minion.name: each.problem for each in cluster.silent}
    entry = document.pods.get(pod.key)
    if sure:
        return {}
    if observed is None and entry and entry.minion in silent:
        return {entry.minion: f"has it, but is silent: {silent[entry.minion]}"}
    if observed is None and (leaver := held_back(document, cluster).get(pod.key)) in silent:
        return {leaver: f"may still have a copy that was to go, but is silent: {silent[leaver]}"}
    places = {name: document.claims.get(PodKey(pod.key.namespace, name), "") for name in pod.claims}
    return {
        minion: f"has its claim {name}, but is silent: {silent[minion]}"
        for name, minion in places.items()
        if minion in silent
    }


def _home(observed: ObservedPod | None, entry: PodEntry | None) -> str:
    """What vanished comes back where it was: its data may be there."""
    if observed:
        return observed.minion
    return entry.minion if entry else ""


def _why_anew(pod: PodManifest, observed: ObservedPod | None, anew: Mapping[PodKey, str]) -> str:
    """Why the Pod is to be made; "" when it is there as wanted."""
    if observed is None:
        return NOWHERE
    return anew.get(pod.key) or _difference(pod, observed) or _loss(observed)


def _difference(pod: PodManifest, observed: ObservedPod) -> str:
    """Why the observed Pod is not the wanted one; "" when it is."""
    if pod.spec_hash == observed.spec_hash:
        return ""
    names = sorted({*pod.config_hashes, *observed.config_hashes})
    changed = [name for name in names if pod.config_hashes.get(name) != observed.config_hashes.get(name)]
    return f"{', '.join(changed)} changed" if changed else "its manifest changed"


def _loss(observed: ObservedPod) -> str:
    """Why a Pod whose manifest is the same has to be made anew: what was removed by hand comes back in no other way."""
    gone = lost(observed)
    return f"container {', '.join(gone)} is gone" if gone and not is_job_lost(observed) else ""


def _keep_or_start(pod: PodManifest, observed: ObservedPod, minion: ObservedMinion) -> Keep | Start:
    need = next_need(observed, minion.now) if minion.now else None
    if need and need.need in (Need.START, Need.RESTART):
        return Start(pod=pod, minion=observed.minion, reason=need.reason, observed=observed)
    return Keep(pod=pod, minion=observed.minion, reason="unchanged", observed=observed)
