"""What `delete` takes away: Pods and claims that were seen, chosen by name, label or manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.claims import ObservedClaim, claims_on
from podctl.core.document.model import ObjectKey
from podctl.core.document.stale import stale
from podctl.core.kinds import CLAIM, CONFIG_MAP, POD, SECRET, Kind
from podctl.core.model import Mark, PodKey
from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.document.model import Document
    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster, ObservedContainer, ObservedPod
    from podctl.core.query import Answer, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """`pods` are those that are seen; `keys` has them, too, and those that are only remembered.

    `missing` are those that were asked for by name and are neither seen nor remembered.
    """

    pods: tuple[ObservedPod, ...] = ()
    keys: tuple[PodKey, ...] = ()
    objects: tuple[ObjectKey, ...] = ()
    claims: tuple[ObservedClaim, ...] = ()
    missing: tuple[tuple[Kind, str], ...] = ()

    @property
    def claim_keys(self) -> tuple[PodKey, ...]:
        remembered = (PodKey(each.namespace, each.name) for each in self.objects if each.kind == _OBJECTS[CLAIM])
        return tuple(dict.fromkeys([*(each.key for each in self.claims), *remembered]))


_OBJECTS = {CONFIG_MAP: "ConfigMap", SECRET: "Secret", CLAIM: "PersistentVolumeClaim"}


def check_kinds(query: Query) -> None:
    """Raises InputError for what is not podctl's to delete: Minions and events."""
    if any(kind not in (POD, *_OBJECTS) for kind in query.kinds):
        raise InputError(
            "only Pods, ConfigMaps, Secrets and claims can be deleted",
            hint="A Minion is taken out of the inventory; its Pods are deleted by name, or by -l.",
        )


def doomed_of(answer: Answer) -> Doomed:
    """From an answer to a query."""
    return Doomed(
        pods=tuple(found.pod for found in answer.found if found.pod),
        keys=tuple(dict.fromkeys(PodKey(each.namespace, each.name) for each in answer.found if each.kind is POD)),
        objects=tuple(
            ObjectKey(_OBJECTS[each.kind], each.namespace, each.name) for each in answer.found if each.kind in _OBJECTS
        ),
        claims=tuple(found.claim for found in answer.found if found.claim),
        missing=answer.missing,
    )


def doomed_by(manifests: Manifests, cluster: Cluster, document: Document) -> Doomed:
    """What the manifests name; where several Minions have a Pod of that key, all of them."""
    wanted = [pod.key for pod in manifests.pods]
    pods = tuple(pod for pod in cluster.pods if pod.key in wanted and pod.mark is not Mark.NEW)
    every = [claim for minion in cluster.minions for claim in claims_on(minion)]
    claims = tuple(each for each in every if _claim(each.key) in manifests.raws)
    there = {*(pod.key for pod in pods), *document.pods}
    known = {*document.objects, *(_claim(each.key) for each in claims)}
    missing = [(POD, key.name) for key in wanted if key not in there]
    missing += [(KIND_OF[key.kind], key.name) for key in manifests.raws if key not in known]
    return Doomed(
        pods=pods,
        keys=tuple(key for key in wanted if key in there),
        objects=tuple(key for key in manifests.raws if key in known),
        claims=claims,
        missing=tuple(missing),
    )


KIND_OF = {name: kind for kind, name in _OBJECTS.items()}


def _claim(key: PodKey) -> ObjectKey:
    return ObjectKey("PersistentVolumeClaim", key.namespace, key.name)


def check_unused(doomed: Doomed, cluster: Cluster, document: Document | None = None) -> None:
    """Raises InputError for a claim that something keeps in use that is not going with it.

    What `document` does not want goes before all else, and so is no user.
    """
    old = (pod for pod, _ in stale(document, cluster)) if document else ()
    going = {id(pod) for pod in (*doomed.pods, *old)}
    for claim in doomed.claims:
        users = sorted(_users(claim, cluster, going))
        if users:
            raise InputError(
                f"persistentvolumeclaim {claim.key.name} is in use by {', '.join(users)}; nothing was deleted",
                hint="Delete what uses it first, or in the same command.",
            )


def _users(claim: ObservedClaim, cluster: Cluster, going: set[int]) -> Iterable[str]:
    seen = next(each for each in cluster.minions if each.minion.name == claim.minion)
    kept = [pod for pod in seen.pods if pod.mark is Mark.COMMITTED]  # what is half made goes in passing
    for pod in (*kept, *seen.foreign_pods):
        if id(pod) not in going and _mounts(claim, [pod.infra, *pod.containers.values()]):
            yield f"pod {pod.key}"
    for container in seen.others:
        if _mounts(claim, [container]):
            yield f"container {container.name}"


def _mounts(claim: ObservedClaim, containers: Sequence[ObservedContainer | None]) -> bool:
    return any(container is not None and claim.volume in container.volumes for container in containers)
