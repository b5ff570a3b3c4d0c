"""What an apply would place where, on the cluster as it is or as it might be; nothing is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.actions import Start
from podctl.core.arranging import arrange
from podctl.core.demand import demand_of
from podctl.core.model import Mark
from podctl.core.placement import Placed
from podctl.core.sifting import sift
from podctl.core.whatif import changed, displaced, remembered_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from podctl.core.actions import Held, Keep
    from podctl.core.document.model import Document, PodEntry
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Cluster, ObservedPod, PodKey
    from podctl.core.placement import Placement, Policy
    from podctl.core.whatif import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where a Pod would be, and by Minion why there; or that it would wait, and by Minion why not there."""

    key: PodKey
    minion: str | None
    reasons: Mapping[str, str]
    diagnosis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """`notes` are sentences on what the placements alone do not tell.

    All is sorted: files and inventories that differ in their order alone give the same, unless it says who waits.
    """

    cluster: Cluster  # as it was thought of, before anything is placed
    placements: tuple[Told, ...]  # by the Pods' keys
    minions_used: int
    lower_bound: int
    notes: tuple[str, ...] = ()
    retried: frozenset[PodKey] = frozenset()  # in no file: they wait already, and every apply tries them again

    @property
    def waiting(self) -> tuple[Told, ...]:
        return tuple(each for each in self.placements if each.minion is None)


def simulate(
    desired: Sequence[PodManifest],
    cluster: Cluster,
    *,
    change: Change,
    policy: Policy,
    document: Document | None = None,
    retried: frozenset[PodKey] = frozenset(),
) -> Simulation:
    """The same placement as `make_plan`'s for `desired` on `cluster` with `change` made.

    Without a Document all that is seen counts. Pods of Minions that go are placed anew with the others, before them,
    as they were there before them; of a Minion that does not answer, those that the Document has on it. Raises
    InputError where nobody knows what a further Minion would have.
    """
    homeless = tuple(displaced(cluster, change, {pod.key for pod in desired}, document))
    after = changed(cluster, change)
    sifted = sift(desired, after, document=document)
    arranged = arrange(sifted, after, policy=policy, displaced=homeless)
    answers = {key: _told(answer) for key, answer in arranged.placements.items()}
    answers |= {key: _settled(action) for key, action in sifted.settled.items()}
    answers |= {each.key: _held(each) for each in sifted.held}
    was = _gone_from(cluster, change, document)
    return Simulation(
        cluster=after,
        placements=tuple(_moved(answers[key], was.get(key, "")) for key in sorted(answers)),
        minions_used=arranged.minions_used,
        lower_bound=arranged.lower_bound,
        notes=(
            *sorted(_unknown(cluster, change, document)),
            *sorted(_lost_claims(desired, homeless, _places(cluster, document), after)),
        ),
        retried=retried,
    )


def _told(answer: Placement) -> Told:
    if isinstance(answer, Placed):
        return Told(key=answer.key, minion=answer.minion, reasons={answer.minion: answer.reason})
    return Told(key=answer.key, minion=None, reasons=answer.reasons, diagnosis=answer.diagnosis)


def _settled(action: Keep | Start) -> Told:
    why = f"it is there; to be started: {action.reason}" if isinstance(action, Start) else "it is there, unchanged"
    return Told(key=action.key, minion=action.minion, reasons={action.minion: why})


def _held(held: Held) -> Told:
    missed = "a claim of it" if held.observed else "it"
    return Told(
        key=held.key,
        minion=None,
        reasons=dict(sorted(held.reasons.items())),
        diagnosis=f"{missed} is on no Minion that answers",
    )


def _gone_from(cluster: Cluster, change: Change, document: Document | None) -> Mapping[PodKey, str]:
    seen = {
        pod.key: each.minion.name
        for each in sorted(cluster.minions, key=lambda each: each.minion.name)
        if each.minion.name in change.without
        for pod in each.pods
        if pod.mark is Mark.COMMITTED
    }
    return {**{each.key: each.minion for each in remembered_on(cluster, change, document)}, **seen}


def _moved(told: Told, was_on: str) -> Told:
    """With the Minion that it would have to leave, where it does."""
    if not (was_on and told.minion):
        return told
    why = told.reasons[told.minion]
    return Told(key=told.key, minion=told.minion, reasons={told.minion: f"it was on {was_on}; {why}"})


def _unknown(cluster: Cluster, change: Change, document: Document | None) -> Iterator[str]:
    for each in cluster.silent:
        if each.minion.name in change.without:
            known = "nobody knows what it has: only Pods in the files are placed"
            if document:
                known = "what it has is taken from what the cluster remembers"
            yield f"{each.minion.name} does not answer, so {known}"


def _places(cluster: Cluster, document: Document | None) -> Mapping[str, set[str]]:
    """The claims with a volume, by Minion; those of a Minion that does not answer as the Document has them."""
    found = {
        each.minion.name: {str(volume.claim) for volume in each.volumes if volume.claim} for each in cluster.minions
    }
    silent = {each.minion.name for each in cluster.silent}
    for claim, minion in document.claims.items() if document else ():
        if minion in silent:
            found[minion].add(str(claim))
    return found


def _lost_claims(
    desired: Sequence[PodManifest],
    homeless: Sequence[ObservedPod | PodEntry],
    places: Mapping[str, set[str]],
    after: Cluster,
) -> Iterator[str]:
    """Claims in use whose volume is on a Minion that goes, and on no other."""
    stay = {each.minion.name for each in after.minions}
    left = {claim for minion, claims in places.items() if minion in stay for claim in claims}
    used = {f"{pod.key.namespace}/{name}" for pod in desired for name in pod.claims}
    used |= {claim for pod in homeless for claim in demand_of(pod.manifest).claims}
    for minion, claims in places.items():
        for claim in sorted(claims):
            if claim in used and claim not in left:
                yield f"claim {claim} is on {minion} and would be lost with it: its Pods would find it empty"
