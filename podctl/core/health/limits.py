"""What a repair does not dare by itself: to lose data, to do work twice, to do very much at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podctl.core.actions import Create, Keep, Remove, Replace, Restart, Start
from podctl.core.document.failover import Failover, bound_to
from podctl.core.health.model import Ailment
from podctl.core.parts import list_of, map_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from podctl.core.actions import Action
    from podctl.core.document.model import Document, PodEntry
    from podctl.core.model import PodKey

MOST_REPAIRS = 20  # in one run
_NEVER_RAN = (Ailment.IMAGE_PULL_FAILING, Ailment.UNSCHEDULABLE)
_BY_HAND = "if it is to be given up: podctl apply --failover --force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhealed:
    """Something that is not well and is left as it is. `key` is None for what is no Pod."""

    key: PodKey | None
    why: str
    minion: str = ""
    hint: str = ""


def dared(failover: Failover, document: Document) -> Failover:
    """Without those whose work would begin anew, or whose emptyDir may hold what nobody has elsewhere."""
    kept = {
        key: why
        for key in failover.lost
        if (entry := document.pods.get(key)) and (why := _too_much_to_lose(entry.manifest, entry.minion))
    }
    lost = {key: why for key, why in failover.lost.items() if key not in kept}
    return Failover(lost=lost, kept={**failover.kept, **kept})


def _too_much_to_lose(manifest: Mapping[str, Any], minion: str) -> str:
    spec = map_of(manifest, "spec")
    if is_job(manifest):
        return f"it may have done its work on {minion}, or do it still; {_BY_HAND}"
    names = [str(each.get("name")) for each in list_of(spec, "volumes") if _keeps_files(each)]
    return f"its emptyDir {', '.join(names)} is on {minion}; {_BY_HAND}" if names else ""


def _keeps_files(volume: Mapping[str, Any]) -> bool:
    """An emptyDir on a disk; one in memory is empty after every start of its Pod."""
    empty_dir = volume.get("emptyDir")
    return empty_dir is not None and empty_dir.get("medium") != "Memory"


def is_job(manifest: Mapping[str, Any]) -> bool:
    """A Pod whose containers are meant to end: made anew, it does its work again."""
    return (map_of(manifest, "spec").get("restartPolicy") or "Always") != "Always"


def why_not_anew(
    action: Create | Replace, entry: PodEntry | None, ailments: Collection[Ailment], *, given_up: bool
) -> str:
    """Why this Pod is not made anew; "" when it may be."""
    if given_up:
        return ""
    if is_job(action.pod.raw) and not any(each in _NEVER_RAN for each in ailments):
        return "made anew it would do its work again, which may be done; if it is to: delete it and apply its manifest"
    bound = bound_to(action.pod.raw)
    if bound and entry and entry.minion and entry.minion != action.minion:
        return f"its data is on {entry.minion}, where it does not fit any more: {', '.join(bound)}"
    return ""


def within_budget(
    actions: Sequence[Action], most: int, given_up: Collection[PodKey]
) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """The `most` least of these acts, in their order, and those that are left over.

    A Pod is never made before a copy of it that counts no more is gone, though that be one act more.
    """
    ranked = sorted(range(len(actions)), key=lambda at: _rank(actions[at], given_up))
    chosen = set(ranked[:most])
    made = {actions[at].key for at in chosen if isinstance(actions[at], Create | Replace)}
    chosen |= {at for at, each in enumerate(actions) if isinstance(each, Remove) and each.key in made}
    do = tuple(each for at, each in enumerate(actions) if at in chosen)
    return do, tuple(each for at, each in enumerate(actions) if at not in chosen)


def _rank(action: Action, given_up: Collection[PodKey]) -> int:
    match action:
        case Start() | Keep():
            return 0
        case Restart():
            return 1
        case Create() | Replace():
            return 3 if action.key in given_up else 2
    return 4
