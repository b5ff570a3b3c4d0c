"""What delete says and asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.model import PodKey
from podctl.core.outcome import Word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from podctl.core.deletion import Doomed
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster
    from podctl.core.outcome import Outcome
    from podctl.core.pruning import Pruned

_FEW_PRUNED = 3  # so many go without a question
_NAMED = 5  # of many Pods so many are named
_MANY = 2  # from so many Pods on, chosen by label or --all, somebody is asked


def loss(doomed: Doomed) -> str:
    """Each claim's volume that would go, with its size and Minion; "" when no data is lost."""
    return " and ".join(
        f"volume {claim.volume} ({claim.size or 'unknown size'}) of claim {claim.key} on {claim.minion}"
        for claim in doomed.claims
    )


def question(doomed: Doomed, *, sweeping: bool) -> str:
    """What to ask before this goes; "" when nothing is to be asked."""
    parts = [loss(doomed)] if doomed.claims else []
    if sweeping and len(doomed.pods) >= _MANY:
        some = ", ".join(pod.key.name for pod in doomed.pods[:_NAMED])
        parts.append(f"{len(doomed.pods)} Pods ({some}{', …' if len(doomed.pods) > _NAMED else ''})")
    ending = " Its data is lost for ever." if doomed.claims else ""
    return f"Delete {' and '.join(parts)}?{ending}" if parts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What goes, named before it does; `question` is empty where nobody needs to be asked."""

    lines: tuple[str, ...] = ()
    question: str = ""


def pruned_loss(pruned: Pruned) -> Loss:
    named = [*(f"pod/{key.name} of {key.namespace}" for key in pruned.pods),
             *(f"{key} of {key.namespace}" for key in pruned.objects)]  # fmt: skip
    data = [f"volume {each.volume} ({each.size or 'unknown size'}) on {each.minion}" for each in pruned.claims]
    ending = f" The data of {', '.join(data)} is lost for ever." if data else ""
    much = len(named) > _FEW_PRUNED or data
    question = f"Prune {len(named)} objects?{ending}" if much else ""
    return Loss(lines=tuple(f"pruning {each}: it is in none of these files" for each in named), question=question)


def grace_seconds(period: int, *, now: bool, force: bool) -> int | None:
    """None: each Pod's own."""
    if force:
        return 0
    if period >= 0:
        return period
    return 1 if now else None


def result_lines(doomed: Doomed, outcomes: Iterable[Outcome], removed_volumes: Collection[str]) -> list[str]:
    gone = {*(each.key for each in outcomes if each.word is Word.DELETED), *_unseen(doomed)}
    lines = [f'pod "{key.name}" deleted' for key in doomed.keys if key in gone]
    lines += [
        f'persistentvolumeclaim "{claim.key.name}" deleted'
        for claim in doomed.claims
        if claim.volume in removed_volumes
    ]
    there = {claim.key for claim in doomed.claims}
    return lines + [
        f'{key.kind.lower()} "{key.name}" deleted'
        for key in doomed.objects
        if key.kind != "PersistentVolumeClaim" or PodKey(key.namespace, key.name) not in there
    ]


def _unseen(doomed: Doomed) -> set[PodKey]:
    """The Pods that are only remembered."""
    return set(doomed.keys) - {pod.key for pod in doomed.pods}


def later_lines(keys: Iterable[PodKey], document: Document, cluster: Cluster) -> list[str]:
    """Pods on Minions that do not answer: no longer wanted, and stopped when their Minion is back."""
    silent = {each.minion.name for each in cluster.silent}
    places = {key: document.pods[key].minion for key in keys if key in document.pods}
    return [
        f"note: pod/{key.name} may still run on {minion}, which does not answer: "
        f"the next command that changes anything stops it there once {minion} is back"
        for key, minion in places.items()
        if minion in silent
    ]


def kept_volume_lines(claims: Iterable[PodKey], document: Document, cluster: Cluster) -> list[str]:
    """Claims that are forgotten while their volume is on a Minion that does not answer: nobody removes it there."""
    silent = {each.minion.name for each in cluster.silent}
    places = {key: document.claims[key] for key in claims if key in document.claims}
    return [
        f"note: the volume of claim {key.name} is on {minion}, which does not answer, and stays there with its "
        f"data: `podctl delete pvc {key.name} -n {key.namespace}` again once {minion} is back and its Pods are gone"
        for key, minion in places.items()
        if minion in silent
    ]


def nothing_lines(doomed: Doomed, namespace: str) -> list[str]:
    """Where nothing was named and nothing matched: the same words that `get` has for it."""
    nothing = not (doomed.keys or doomed.objects or doomed.claims or doomed.missing)
    return [f"No resources found in {namespace} namespace."] if nothing else []


def claim_trouble_lines(problems: Mapping[str, str]) -> list[str]:
    lines = []
    for volume, why in problems.items():
        lines += [f"error: volume {volume} could not be removed", *(f"  {line}" for line in why.splitlines())]
    return lines
