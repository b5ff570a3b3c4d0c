"""The Plan: what has to be done, on which Minion, and why; built from what is wanted and what was observed.

Unchanged Pods are in it, too, as Keep; what is not done is in it as Held, with one reason a Minion.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.actions import ASKED_FOR, Action, Create, Held, Keep, Plan, Remove, Replace, Start
from podctl.core.demand import demand_of
from podctl.core.lifecycle import Need, is_job_lost, lost, next_need
from podctl.core.model import Mark, ObservedPod, PodKey
from podctl.core.placement import Placed, Placement, place, used_by
from podctl.core.supply import candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedMinion, ObservedVolume
    from podctl.core.placement import Candidate, Demand


__all__ = [
    "Action", "Create", "Held", "Keep", "Plan", "Remove", "Replace", "Start",
    "leftover_removals", "make_plan", "plan_removal",
]  # fmt: skip


def make_plan(
    desired: Sequence[PodManifest],
    cluster: Cluster,
    *,
    assume_empty: frozenset[str] = frozenset(),
    replace_all: frozenset[PodKey] = frozenset(),
) -> Plan:
    """What brings `cluster` to `desired`; Pods that are not in `desired` stay as they are.

    `assume_empty` names silent Minions that the operator vouches for; Pods in `replace_all` are made anew even though
    their manifests did not change (their images did).
    """
    existing = _committed(cluster)
    doubtful = [each for each in cluster.silent if each.minion.name not in assume_empty]
    extra: list[Action] = list(leftover_removals(cluster))
    settled: dict[PodKey, Action] = {}
    wanted: list[_Wanted] = []
    held: list[Held] = []
    for pod in desired:
        mine, doubles = _first_and_doubles(pod, existing.get(pod.key, ()))
        extra += [_removal(cluster, each, f"a second copy; {mine.minion} has the first") for each in doubles if mine]
        reason = _why_anew(pod, mine, replace_all)
        if mine and not reason:
            settled[pod.key] = _keep_or_start(pod, mine, cluster)
        elif doubts := _doubts(pod, mine, cluster, doubtful):
            held.append(Held(pod=pod, reasons=doubts, unseen=True, observed=mine))
        else:
            wanted.append(_Wanted(pod=pod, observed=mine, reason=reason))
    gone = {id(each.pod) for each in extra if isinstance(each, Remove)}
    placed = _place(wanted, cluster, gone)
    for each in wanted:
        answer = placed[each.pod.key]
        if isinstance(answer, Placed):
            settled[each.pod.key] = _made(each, answer, cluster)
        else:
            held.append(Held(pod=each.pod, reasons=answer.reasons, unseen=False, observed=each.observed))
    ordered = [settled[pod.key] for pod in desired if pod.key in settled]
    return Plan(actions=(*extra, *ordered), held=tuple(held))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A Pod that is to be made, anew where it is observed."""

    pod: PodManifest
    observed: ObservedPod | None
    reason: str


def _made(wanted: _Wanted, placed: Placed, cluster: Cluster) -> Create | Replace:
    if wanted.observed is None:
        return Create(
            pod=wanted.pod, minion=placed.minion, reason=wanted.reason, placement_reason=placed.reason
        )  # fmt: skip
    return Replace(
        pod=wanted.pod, minion=placed.minion, reason=wanted.reason, placement_reason=placed.reason,
        remove=_removal(cluster, wanted.observed, wanted.reason),
    )  # fmt: skip


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


def _keep_or_start(pod: PodManifest, observed: ObservedPod, cluster: Cluster) -> Action:
    minion = _minion(cluster, observed.minion)
    need = next_need(observed, minion.now) if minion.now else None
    if need and need.need in (Need.START, Need.RESTART):
        return Start(pod=pod, minion=observed.minion, reason=need.reason, observed=observed)
    return Keep(pod=pod, minion=observed.minion, reason="unchanged", observed=observed)


def _place(wanted: Sequence[_Wanted], cluster: Cluster, gone: set[int]) -> Mapping[PodKey, Placement]:
    """A Minion for every Pod that is to be made. A changed one stays where it is as long as it fits there."""
    pool = candidates(cluster, without={id(each.observed) for each in wanted if each.observed} | gone)
    answers: dict[PodKey, Placement] = {}
    for each in wanted:
        if each.observed is None:
            continue
        demand = demand_of(each.pod.raw)
        home = [candidate for candidate in pool if candidate.name == each.observed.minion]
        # The home alone is asked, but a claim may live on another Minion.
        bound = {claim: candidate.name for candidate in (*pool, *home) for claim in candidate.claims}
        # A cordon keeps new Pods away; it does not drive out the one that is there.
        answer = place([demand], [replace(it, unschedulable=False) for it in home], bound_claims=bound).placements[0]
        if isinstance(answer, Placed):
            answers[each.pod.key] = replace(answer, reason=f"it was there already; {answer.reason}")
            pool = [_with(it, demand) if it.name == answer.minion else it for it in pool]
    homeless_first = sorted(wanted, key=lambda each: each.observed is None)
    rest = [each.pod for each in homeless_first if each.pod.key not in answers]
    for pod, answer in zip(rest, place([demand_of(each.raw) for each in rest], pool).placements, strict=True):
        answers[pod.key] = answer
    return answers


def _with(candidate: Candidate, demand: Demand) -> Candidate:
    """The Candidate with the Pod on it, and with its claims, which are made there if they are nowhere."""
    return replace(candidate, used=(*candidate.used, used_by(demand)), claims=candidate.claims.union(demand.claims))


def leftover_removals(cluster: Cluster) -> tuple[Remove, ...]:
    """What interrupted commands left half made or half removed, and volumes whose Pod is gone."""
    found: list[Remove] = []
    for minion in cluster.minions:
        for pod in minion.pods:
            if pod.mark is not Mark.COMMITTED:
                why = "half made" if pod.mark is Mark.NEW else "half removed"
                reason = f"left {why} by a command that was interrupted"
                found.append(replace(_removal(cluster, pod, reason), leftover=True))
        uids = {pod.uid for pod in minion.pods}
        orphans: defaultdict[str, list[ObservedVolume]] = defaultdict(list)
        for volume in minion.volumes:
            if volume.uid and volume.uid not in uids:
                orphans[volume.uid].append(volume)
        found += [
            Remove(
                minion=minion.minion.name, uid=uid, reason="volumes of a Pod that is gone",
                volumes=tuple(sorted(each.name for each in volumes)), leftover=True,
            )
            for uid, volumes in sorted(orphans.items())
        ]  # fmt: skip
    return tuple(found)


def plan_removal(pods: Iterable[ObservedPod], cluster: Cluster) -> Plan:
    """For `delete`: these Pods go, leftovers with them."""
    wanted = [_removal(cluster, pod, ASKED_FOR) for pod in pods if pod.mark is Mark.COMMITTED]
    return Plan(actions=(*leftover_removals(cluster), *wanted))


def _removal(cluster: Cluster, pod: ObservedPod, reason: str) -> Remove:
    volumes = tuple(sorted(each.name for each in _minion(cluster, pod.minion).volumes if each.uid == pod.uid))
    return Remove(minion=pod.minion, uid=pod.uid, pod=pod, reason=reason, volumes=volumes)


def _minion(cluster: Cluster, name: str) -> ObservedMinion:
    return next(each for each in cluster.minions if each.minion.name == name)
