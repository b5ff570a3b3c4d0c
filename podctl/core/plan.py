"""The Plan: what has to be done, on which Minion, and why; built from what is wanted and what was observed.

Unchanged Pods are in it, too, as Keep; what is not done is in it as Held, with one reason a Minion.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.demand import demand_of
from podctl.core.lifecycle import Need, is_job_lost, lost, next_need
from podctl.core.model import Mark, ObservedPod, PodKey
from podctl.core.placement import Placed, Placement, place, used_by
from podctl.core.supply import candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedMinion, ObservedVolume


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A Pod's containers and volumes go. `key` is None for volumes that an interrupted delete left behind."""

    minion: str
    uid: str
    reason: str
    pod: ObservedPod | None = None
    volumes: tuple[str, ...] = ()
    leftover: bool = False  # half made or half removed: nobody asked for it by name

    @property
    def key(self) -> PodKey | None:
        return self.pod.key if self.pod else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    pod: PodManifest
    minion: str
    reason: str
    placement_reason: str

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """The old containers go, the new ones come; `remove.minion` may be another one than `minion`."""

    pod: PodManifest
    minion: str
    reason: str
    placement_reason: str
    remove: Remove

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Nothing is made anew: what is there is started, in order."""

    pod: PodManifest
    minion: str
    reason: str
    observed: ObservedPod

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    pod: PodManifest
    minion: str
    reason: str
    observed: ObservedPod

    @property
    def key(self) -> PodKey:
        return self.pod.key


Action = Create | Replace | Start | Remove | Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A Pod that is not created. Unseen: it may be running on a Minion that is silent; else it fits nowhere."""

    pod: PodManifest
    reasons: Mapping[str, str]  # by Minion
    unseen: bool

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`actions` stand in the order of the manifests, leftovers before them."""

    actions: tuple[Action, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def changes(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if not isinstance(action, Keep))


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
    leftovers = leftover_removals(cluster)
    existing = _committed(cluster)
    known, new, held = _sort_out(desired, existing, cluster, assume_empty)
    settled: dict[PodKey, Action] = {}
    extra: list[Action] = list(leftovers)
    changed: list[tuple[PodManifest, ObservedPod, str]] = []
    for pod in known:
        mine, *doubles = sorted(existing[pod.key], key=lambda each: (each.spec_hash != pod.spec_hash, each.minion))
        extra += [_removal(cluster, double, f"a second copy; {mine.minion} has the first") for double in doubles]
        reason = "its image is another one now" if pod.key in replace_all else _difference(pod, mine) or _loss(mine)
        if reason:
            changed.append((pod, mine, reason))
        else:
            settled[pod.key] = _keep_or_start(pod, mine, cluster)
    gone = {id(each.pod) for each in extra if isinstance(each, Remove)}
    placed = _place(changed, new, cluster, gone)
    waiting: list[Held] = []
    for pod, mine, reason in changed:
        answer = placed[pod.key]
        if isinstance(answer, Placed):
            settled[pod.key] = Replace(
                pod=pod, minion=answer.minion, reason=reason, placement_reason=answer.reason,
                remove=_removal(cluster, mine, reason),
            )  # fmt: skip
        else:
            waiting.append(Held(pod=pod, reasons=answer.reasons, unseen=False))
    for pod in new:
        answer = placed[pod.key]
        if isinstance(answer, Placed):
            settled[pod.key] = Create(
                pod=pod, minion=answer.minion, reason="it is nowhere", placement_reason=answer.reason
            )
        else:
            waiting.append(Held(pod=pod, reasons=answer.reasons, unseen=False))
    ordered = [settled[pod.key] for pod in desired if pod.key in settled]
    return Plan(actions=(*extra, *ordered), held=(*held, *waiting))


def _committed(cluster: Cluster) -> Mapping[PodKey, list[ObservedPod]]:
    found: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.mark is Mark.COMMITTED:
            found[pod.key].append(pod)
    return found


def _sort_out(
    desired: Iterable[PodManifest],
    existing: Mapping[PodKey, Sequence[ObservedPod]],
    cluster: Cluster,
    assume_empty: frozenset[str],
) -> tuple[list[PodManifest], list[PodManifest], list[Held]]:
    """The Pods that are there, those to be made, and those that a silent Minion might have."""
    doubtful = [each for each in cluster.silent if each.minion.name not in assume_empty]
    known, new, held = [], [], []
    for pod in desired:
        if pod.key in existing:
            known.append(pod)
        elif doubtful:
            reasons = {each.minion.name: f"may have it, but is silent: {each.problem}" for each in doubtful}
            held.append(Held(pod=pod, reasons=reasons, unseen=True))
        else:
            new.append(pod)
    return known, new, held


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


def _place(
    changed: Sequence[tuple[PodManifest, ObservedPod, str]],
    new: Sequence[PodManifest],
    cluster: Cluster,
    gone: set[int],
) -> Mapping[PodKey, Placement]:
    """A Minion for every Pod that is to be made. A changed one stays where it is as long as it fits there."""
    pool = candidates(cluster, without={id(observed) for _, observed, _ in changed} | gone)
    answers: dict[PodKey, Placement] = {}
    homeless: list[PodManifest] = []
    for pod, observed, _ in changed:
        demand = demand_of(pod.raw)
        home = [each for each in pool if each.name == observed.minion]
        # A cordon keeps new Pods away; it does not drive out the one that is there.
        answer = place([demand], [replace(each, unschedulable=False) for each in home])[0]
        if isinstance(answer, Placed):
            answers[pod.key] = replace(answer, reason=f"it was there already; {answer.reason}")
            taken = used_by(demand)
            pool = [replace(each, used=(*each.used, taken)) if each.name == answer.minion else each for each in pool]
        else:
            homeless.append(pod)
    rest = [*homeless, *new]
    for pod, answer in zip(rest, place([demand_of(each.raw) for each in rest], pool), strict=True):
        answers[pod.key] = answer
    return answers


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
    wanted = [_removal(cluster, pod, "deleted") for pod in pods if pod.mark is Mark.COMMITTED]
    return Plan(actions=(*leftover_removals(cluster), *wanted))


def _removal(cluster: Cluster, pod: ObservedPod, reason: str) -> Remove:
    volumes = tuple(sorted(each.name for each in _minion(cluster, pod.minion).volumes if each.uid == pod.uid))
    return Remove(minion=pod.minion, uid=pod.uid, pod=pod, reason=reason, volumes=volumes)


def _minion(cluster: Cluster, name: str) -> ObservedMinion:
    return next(each for each in cluster.minions if each.minion.name == name)
