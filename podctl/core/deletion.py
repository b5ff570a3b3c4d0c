"""What `delete` takes away: Pods and claims that were seen, chosen by name, label or manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.claims import ObservedClaim, claims_on
from podctl.core.kinds import CLAIM, POD, Kind
from podctl.core.model import Mark
from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster, ObservedContainer, ObservedPod
    from podctl.core.query import Answer, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """`missing` are those that were asked for by name and not seen."""

    pods: tuple[ObservedPod, ...] = ()
    claims: tuple[ObservedClaim, ...] = ()
    missing: tuple[tuple[Kind, str], ...] = ()


def check_kinds(query: Query) -> None:
    """Raises InputError for Minions, which are not podctl's to delete."""
    if any(kind not in (POD, CLAIM) for kind in query.kinds):
        raise InputError(
            "a Minion cannot be deleted", hint="Take it out of the inventory; its Pods are deleted by name, or by -l."
        )


def doomed_of(answer: Answer) -> Doomed:
    """From an answer to a query."""
    return Doomed(
        pods=tuple(found.pod for found in answer.found if found.pod),
        claims=tuple(found.claim for found in answer.found if found.claim),
        missing=answer.missing,
    )


def doomed_by(manifests: Manifests, cluster: Cluster) -> Doomed:
    """What the manifests name; where several Minions have a Pod of that key, all of them."""
    wanted = [pod.key for pod in manifests.pods]
    wanted_claims = [(each.metadata.namespace, each.metadata.name) for each in manifests.claims]
    pods = tuple(pod for pod in cluster.pods if pod.key in wanted and pod.mark is not Mark.NEW)
    every = [claim for minion in cluster.minions for claim in claims_on(minion)]
    claims = tuple(each for each in every if (each.key.namespace, each.key.name) in wanted_claims)
    seen = {pod.key for pod in pods}
    seen_claims = {(each.key.namespace, each.key.name) for each in claims}
    missing = [(POD, key.name) for key in wanted if key not in seen]
    missing += [(CLAIM, name) for namespace, name in wanted_claims if (namespace, name) not in seen_claims]
    return Doomed(pods=pods, claims=claims, missing=tuple(missing))


def check_unused(doomed: Doomed, cluster: Cluster) -> None:
    """Raises InputError for a claim that something keeps in use that is not going with it."""
    going = {id(pod) for pod in doomed.pods}
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
