"""Which of the Pods in sight may move, and what they would leave behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from podctl.core.demand import demand_of
from podctl.core.document.leaving import held_back
from podctl.core.document.stale import stale
from podctl.core.model import Mark
from podctl.core.moving.board import Board, Piece
from podctl.core.parts import list_of, map_of
from podctl.core.status import Phase, pod_status
from podctl.core.supply import candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from podctl.core.document.model import Document
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedMinion, ObservedPod, PodKey
    from podctl.core.placement import Demand

_DATA = ("persistentVolumeClaim", "hostPath")  # outlives the Pod, on one Minion
_SHARED = (*_DATA, "nfs")  # two of a Pod at once might write to it
_OVER = (Phase.SUCCEEDED, Phase.FAILED)


class Why(StrEnum):
    """Why a Pod stays."""

    ENDED = "ended"  # it runs no more, and is not to begin anew
    REFUSED = "refused"
    NOWHERE = "nowhere"  # it fits on no other Minion


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A Pod that does not leave. `reasons` by Minion and `diagnosis` are of one that fits nowhere."""

    pod: ObservedPod
    why: Why
    message: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    diagnosis: str = ""

    @property
    def key(self) -> PodKey:
        return self.pod.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the operator gives up for a move."""

    emptydir: bool = False  # the data of emptyDirs
    force: bool = False  # the data of claims and hostPaths, and the work that an unfinished Pod has done


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The Pods that count, on a Board; `manifests` are those that can be made anew, `broken` says why others cannot."""

    cluster: Cluster
    board: Board
    pods: Mapping[str, ObservedPod]  # by uid
    manifests: Mapping[PodKey, PodManifest]
    broken: Mapping[PodKey, str]
    elsewhere: Mapping[PodKey, str] = field(default_factory=dict)  # the silent Minion that may have a copy, too

    def minion_of(self, pod: ObservedPod) -> ObservedMinion:
        return next(each for each in self.cluster.minions if each.minion.name == pod.minion)

    def on(self, minion: str) -> list[ObservedPod]:
        return [self.pods[piece.name] for piece in self.board.on(minion)]


def sight(
    cluster: Cluster, document: Document, manifests: Iterable[PodManifest], broken: Mapping[PodKey, str]
) -> Sight:
    """What the Document does not want is as good as gone."""
    known = {each.key: each for each in manifests}
    going = {id(pod) for pod, _ in stale(document, cluster)}
    pods = [pod for pod in cluster.pods if pod.mark is Mark.COMMITTED and pod.manifest and pod.infra]
    seen = {each.minion.name: each for each in cluster.minions}
    elsewhere = held_back(document, cluster)
    pieces = {
        pod.uid: (_piece(pod, known, seen[pod.minion], held=pod.key in elsewhere), pod.minion)
        for pod in pods
        if id(pod) not in going
    }
    bare = tuple(candidates(cluster, without={id(pod) for pod in pods}))
    return Sight(
        cluster=cluster, board=Board(bare=bare, pieces=pieces), pods={pod.uid: pod for pod in pods},
        manifests=known, broken=broken, elsewhere=elsewhere,
    )  # fmt: skip


def _piece(pod: ObservedPod, manifests: Mapping[PodKey, PodManifest], minion: ObservedMinion, *, held: bool) -> Piece:
    stands = demand_of(pod.manifest)
    if pod.key not in manifests:
        return Piece(name=pod.uid, stands=stands, wants=stands, movable=False, overlaps=False)
    raw = manifests[pod.key].raw
    wants, ready = demand_of(raw), pod_status(pod, minion).is_ready
    return Piece(
        name=pod.uid, stands=stands, wants=wants, overlaps=ready and _may_overlap(raw, wants),
        movable=ready and not held and not any(_ties(raw, wants, Allowed())),
    )  # fmt: skip


def _may_overlap(manifest: Mapping[str, Any], demand: Demand) -> bool:
    """Whether two of it may run at once: neither has what only one can have, and neither is a job."""
    spec = map_of(manifest, "spec")
    shares = any(_kinds(spec, _SHARED)) or spec.get("hostNetwork") or demand.host_ports
    return not shares and _is_restarted(spec)


def _is_restarted(spec: Mapping[str, Any]) -> bool:
    return (spec.get("restartPolicy") or "Always") == "Always"


def _kinds(spec: Mapping[str, Any], kinds: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The volumes of these kinds, each with its source."""
    for volume in list_of(spec, "volumes"):
        yield from ((kind, {**volume, **volume[kind]}) for kind in kinds if volume.get(kind) is not None)


def why_it_stays(pod: ObservedPod, sight: Sight, allowed: Allowed) -> Stay | None:
    """Why this Pod does not leave its Minion, other than for want of room; None when it may."""
    if pod_status(pod, sight.minion_of(pod)).phase in _OVER:
        return Stay(pod=pod, why=Why.ENDED, message="it has ended, and is not to begin anew")
    if pod.key not in sight.manifests:
        problem = sight.broken.get(pod.key, "the cluster does not remember it")
        return Stay(pod=pod, why=Why.REFUSED, message=f"it cannot be made elsewhere: {problem}")
    raw = sight.manifests[pod.key].raw
    ties = [*_ties(raw, demand_of(raw), allowed), *_shared_claims(pod, sight)]
    if (minion := sight.elsewhere.get(pod.key)) and not allowed.force:
        ties.append(f"{minion}, which does not answer, may have a copy of a move before; --force moves it all the same")
    return Stay(pod=pod, why=Why.REFUSED, message="; ".join(ties)) if ties else None


def _ties(manifest: Mapping[str, Any], demand: Demand, allowed: Allowed) -> Iterator[str]:
    spec = map_of(manifest, "spec")
    if demand.node_name:
        yield f"its nodeName is {demand.node_name}: only another manifest can move it"
    if not allowed.force and (data := data_of(spec)):
        yield f"its data is on this Minion: {', '.join(data)}; --force gives it up"
    if not allowed.force and not _is_restarted(spec):
        yield f"its restartPolicy is {spec.get('restartPolicy')}: its work would begin anew; --force lets it"
    if not allowed.emptydir and (names := [str(each.get("name")) for _, each in _kinds(spec, ("emptyDir",))]):
        yield f"its emptyDir {', '.join(names)} would be lost; --delete-emptydir-data gives it up"


def data_of(spec: Mapping[str, Any]) -> list[str]:
    """`claim data`, `hostPath /srv`: what a Pod has on its Minion that outlives it."""
    return [
        f"claim {each.get('claimName')}" if kind == "persistentVolumeClaim" else f"hostPath {each.get('path')}"
        for kind, each in _kinds(spec, _DATA)
    ]


def _shared_claims(pod: ObservedPod, sight: Sight) -> Iterator[str]:
    """Pods move one by one, and would each find a claim of their own."""
    users = Counter(claim for each in sight.on(pod.minion) for claim in demand_of(each.manifest).claims)
    shared = [claim for claim in demand_of(pod.manifest).claims if users[claim] > 1]
    if shared:
        yield f"it shares claim {', '.join(shared)} with another Pod: delete both and apply them again"
