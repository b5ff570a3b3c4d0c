"""What delete says and asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.outcome import Word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from podctl.core.deletion import Doomed
    from podctl.core.outcome import Outcome

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


def grace_seconds(period: int, *, now: bool, force: bool) -> int | None:
    """None: each Pod's own."""
    if force:
        return 0
    if period >= 0:
        return period
    return 1 if now else None


def result_lines(doomed: Doomed, outcomes: Iterable[Outcome], removed_volumes: Collection[str]) -> list[str]:
    gone = {each.key for each in outcomes if each.word is Word.DELETED}
    lines = [f'pod "{key.name}" deleted' for key in dict.fromkeys(pod.key for pod in doomed.pods) if key in gone]
    lines += [
        f'persistentvolumeclaim "{claim.key.name}" deleted'
        for claim in doomed.claims
        if claim.volume in removed_volumes
    ]
    return lines


def nothing_lines(doomed: Doomed, namespace: str) -> list[str]:
    """Where nothing was named and nothing matched: the same words that `get` has for it."""
    nothing = not (doomed.pods or doomed.claims or doomed.missing)
    return [f"No resources found in {namespace} namespace."] if nothing else []


def claim_trouble_lines(problems: Mapping[str, str]) -> list[str]:
    lines = []
    for volume, why in problems.items():
        lines += [f"error: volume {volume} could not be removed", *(f"  {line}" for line in why.splitlines())]
    return lines
