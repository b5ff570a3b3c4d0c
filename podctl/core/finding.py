"""The objects of a cluster by kind: what was seen, and what the Document remembers besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from podctl.core.claims import ObservedClaim, claims_on, unseen_claims
from podctl.core.kept_objects import absent_object, config_map_object, event_object, secret_object
from podctl.core.kinds import CLAIM, CONFIG_MAP, EVENT, MINION, POD, SECRET, Kind
from podctl.core.model import Minion, ObservedMinion
from podctl.core.objects import Object, claim_object, minion_object, pod_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from podctl.core.events import Event, Events
    from podctl.core.memory import Absent, Remembered
    from podctl.core.model import ObservedPod

NOWHERE = ObservedMinion(minion=Minion(name=""))  # of what is on no Minion


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object that answers. `pod` and `claim` were seen; what is merely remembered stands in the fields below.

    `events` are those about it, the oldest first; `made` is the one that made it, as far as that is remembered.
    """

    kind: Kind
    object: Object
    minion: ObservedMinion = NOWHERE
    pod: ObservedPod | None = None
    claim: ObservedClaim | None = None
    absent: Absent | None = None  # a Pod that was not seen
    unseen_claim: ObservedClaim | None = None
    raw: Mapping[str, Any] | None = field(default=None, repr=False)  # a ConfigMap or a Secret, with its values
    event: Event | None = None
    events: tuple[Event, ...] = ()
    made: Event | None = None

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.object["metadata"].get("namespace", ""))

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.object["metadata"].get("labels") or {})


def _minions(known: Remembered, told: Events, engine: str) -> Iterable[Found]:
    found = (
        Found(
            kind=MINION,
            object=minion_object(each, engine=engine),
            minion=each,
            events=told.about_minion(each.minion.name),
        )
        for each in known.cluster.minions
    )
    return sorted(found, key=lambda each: each.name)


def _pods(known: Remembered, told: Events, engine: str) -> Iterable[Found]:
    seen = [
        Found(
            kind=POD,
            object=pod_object(pod, minion, engine=engine),
            minion=minion,
            pod=pod,
            events=told.about(POD.name, pod.key.name, pod.key.namespace),
        )
        for minion in known.cluster.minions
        for pod in minion.pods
    ]
    return sorted([*seen, *_absent(known, told)], key=_place)


def _absent(known: Remembered, told: Events) -> Iterable[Found]:
    minions = {each.minion.name: each for each in known.cluster.minions}
    for each in known.absent:
        made = told.made(POD.name, each.key.name, each.key.namespace) if each.entry.minion else told.waits(each.key)
        yield Found(
            kind=POD,
            object=absent_object(each, made.at if made else None),
            minion=minions.get(each.entry.minion, NOWHERE),
            absent=each,
            events=told.about(POD.name, each.key.name, each.key.namespace),
            made=made,
        )


def _claims(known: Remembered, told: Events, engine: str) -> Iterable[Found]:
    del engine
    seen = [_claim(each, minion, told) for minion in known.cluster.minions for each in claims_on(minion)]
    minions = {each.minion.name: each for each in known.cluster.minions}
    unseen = unseen_claims(known.document, known.cluster)
    return sorted([*seen, *(_claim(each, minions.get(each.minion, NOWHERE), told) for each in unseen)], key=_place)


def _claim(claim: ObservedClaim, minion: ObservedMinion, told: Events) -> Found:
    return Found(
        kind=CLAIM,
        object=claim_object(claim),
        minion=minion,
        claim=claim if claim.volume else None,
        unseen_claim=None if claim.volume else claim,
        events=told.about(CLAIM.name, claim.key.name, claim.key.namespace),
    )


def _kept(kind: Kind, api_kind: str, as_object: Callable[..., Object]) -> Callable[..., Iterable[Found]]:
    """ConfigMaps or Secrets, which are in the Document alone."""

    def all_of(known: Remembered, told: Events, engine: str) -> Iterable[Found]:
        del engine
        for key, raw in sorted(known.document.objects.items(), key=lambda item: item[0]):
            if key.kind == api_kind:
                made = told.made(kind.name, key.name, key.namespace)
                yield Found(
                    kind=kind,
                    object=as_object(key, raw, made.at if made else None),
                    raw={**raw, "kind": api_kind},
                    events=told.about(kind.name, key.name, key.namespace),
                    made=made,
                )

    return all_of


def _events(known: Remembered, told: Events, engine: str) -> Iterable[Found]:
    """The oldest first. The event of a Pod has its labels, so that -l finds both."""
    pods = {pod.key: pod.manifest for minion in known.cluster.minions for pod in minion.pods}
    manifests = {key: entry.manifest for key, entry in known.document.pods.items()} | pods
    labels = {
        (f"{POD.name}/{key.name}", key.namespace): (manifest.get("metadata") or {}).get("labels") or {}
        for key, manifest in manifests.items()
    }
    for each in told.every:
        as_object = event_object(each, labels.get((each.object, each.namespace), {}), engine=engine)
        yield Found(kind=EVENT, object=as_object, event=each)


def _place(found: Found) -> tuple[str, str]:
    return found.namespace, found.name


FINDERS: Mapping[Kind, Callable[[Remembered, Events, str], Iterable[Found]]] = {
    POD: _pods,
    MINION: _minions,
    CLAIM: _claims,
    CONFIG_MAP: _kept(CONFIG_MAP, "ConfigMap", config_map_object),
    SECRET: _kept(SECRET, "Secret", secret_object),
    EVENT: _events,
}
