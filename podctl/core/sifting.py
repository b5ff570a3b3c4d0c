"""What is there as wanted, what has to be made, what is in doubt: all that is known before anything is placed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.actions import Held, Keep, Remove, Start
from podctl.core.lifecycle import Need, is_job_lost, lost, next_need
from podctl.core.model import Mark, ObservedPod, PodKey
from podctl.core.removals import leftover_removals, removal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedMinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A Pod that is to be made, anew where it is observed."""

    pod: PodManifest
    observed: ObservedPod | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Every desired Pod stands in one of settled, wanted and held."""

    removals: tuple[Remove, ...]  # leftovers, and second copies of Pods
    settled: Mapping[PodKey, Keep | Start]
    wanted: tuple[Wanted, ...]  # in the order in which they were desired
    held: tuple[Held, ...]


def sift(
    desired: Sequence[PodManifest],
    cluster: Cluster,
    *,
    assume_empty: frozenset[str] = frozenset(),
    replace_all: frozenset[PodKey] = frozenset(),
) -> Sifted:
    """`desired` against `cluster`; the parameters are those of `make_plan`."""
    existing = _committed(cluster)
    doubtful = [each for each in cluster.silent if each.minion.name not in assume_empty]
    minions = {each.minion.name: each for each in cluster.minions}
    removals = list(leftover_removals(cluster))
    settled: dict[PodKey, Keep | Start] = {}
    wanted: list[Wanted] = []
    held: list[Held] = []
    for pod in desired:
        mine, doubles = _first_and_doubles(pod, existing.get(pod.key, ()))
        removals += [removal(cluster, each, f"a second copy; {mine.minion} has the first") for each in doubles if mine]
        reason = _why_anew(pod, mine, replace_all)
        if mine and not reason:
            settled[pod.key] = _keep_or_start(pod, mine, minions[mine.minion])
        elif doubts := _doubts(pod, mine, cluster, doubtful):
            held.append(Held(pod=pod, reasons=doubts, unseen=True, observed=mine))
        else:
            wanted.append(Wanted(pod=pod, observed=mine, reason=reason))
    return Sifted(removals=tuple(removals), settled=settled, wanted=tuple(wanted), held=tuple(held))


def _first_and_doubles(
    pod: PodManifest, copies: Sequence[ObservedPod]
) -> tuple[ObservedPod | None, Sequence[ObservedPod]]:
    """The copy that stays, one as wanted if there is one; and those that are too many."""
    ordered = sorted(copies, key=lambda each: (each.spec_hash != pod.spec_hash, each.minion))
    return (ordered[0] if ordered else None), ordered[1:]


def _committed(cluster: Cluster) -> Mapping[PodKey, list[ObservedPod]]:
    found: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED:
            found[pod.key].append(pod)
    return found


def _doubts(
    pod: PodManifest, observed: ObservedPod | None, cluster: Cluster, doubtful: Sequence[ObservedMinion]
) -> Mapping[str, str]:
    """By Minion: why this Pod cannot be made now without risking that it, or its data, is there twice."""
    if observed is None:
        return {each.minion.name: f"may have it, but is silent: {each.problem}" for each in doubtful}
    seen = {volume.claim for minion in cluster.minions for volume in minion.volumes}
    unseen = [name for name in pod.claims if PodKey(pod.key.namespace, name) not in seen]
    if not unseen:
        return {}
    return {
        each.minion.name: f"may have its claim {', '.join(unseen)}, but is silent: {each.problem}" for each in doubtful
    }


def _why_anew(pod: PodManifest, observed: ObservedPod | None, replace_all: frozenset[PodKey]) -> str:
    """Why the Pod is to be made; "" when it is there as wanted."""
    if observed is None:
        return "it is nowhere"
    if pod.key in replace_all:
        return "its image is another one now"
    return _difference(pod, observed) or _loss(observed)


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
