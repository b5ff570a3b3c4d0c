"""What changed between two looks at the same objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podctl.core.document.adopting import entry_of
from podctl.core.finding import Found
from podctl.core.kept_objects import absent_object
from podctl.core.kinds import CLAIM, CONFIG_MAP, EVENT, POD, SECRET
from podctl.core.memory import Absent, Why
from podctl.core.status import pod_created_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from podctl.core.memory import Remembered
    from podctl.core.model import ObservedMinion

Identity = tuple[str, str, str, str]  # kind, namespace, name, uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`found` is the object as it is now; `gone`: it is no more, and that was the last that was seen of it."""

    found: Found
    new: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What all looks so far have seen, by identity, each with the face that it showed."""

    objects: Mapping[Identity, tuple[Found, Hashable]] = field(default_factory=dict)


def identity(found: Found) -> Identity:
    """A Pod that was replaced is another one. One that waits has no uid yet, and is another one once it has come."""
    return found.kind.name, found.namespace, found.name, str(found.object["metadata"].get("uid", ""))


def changes(
    before: Seen, now: Iterable[Found], known: Remembered, face: Callable[[Found], Hashable]
) -> tuple[tuple[Change, ...], Seen]:
    """What differs by its `face`, in the order of `now`, behind what is gone; and what is seen from now on.

    What a Minion had that is silent now is not gone: nobody knows. A Pod of which the cluster remembers nothing is
    Unknown then, anything else stays as it was.
    """
    present = {identity(each): each for each in now}
    names = {key[:3] for key in present}
    lost = {key: found for key, (found, _) in before.objects.items() if key not in present}
    stay = {key: _unseen(found, known) for key, found in lost.items() if _may_be_there(found, known)}
    told = [
        Change(found=found, gone=True)
        for key, found in lost.items()
        # An event only grows too old, and the row of what came in the place of another tells enough.
        if key not in stay and key[:3] not in names and found.kind is not EVENT
    ]
    objects = {key: (found, face(found)) for key, found in {**stay, **present}.items()}
    told += [
        Change(found=found, new=key not in before.objects)
        for key, (found, shown) in objects.items()
        if key not in before.objects or before.objects[key][1] != shown
    ]
    return tuple(told), Seen(objects=objects)


def _may_be_there(found: Found, known: Remembered) -> bool:
    """Although it is not found any more: its Minion is silent, or the Document is, and no other word is to be had."""
    if not (known.doubt or not known.recalled.found):
        return False
    silent = {each.minion.name for each in known.cluster.silent}
    if found.kind in (CONFIG_MAP, SECRET, EVENT) or (found.kind in (POD, CLAIM) and not _place(found)):
        return bool(silent)
    return _place(found) in silent


def _place(found: Found) -> str:
    """The Minion that it is on; "" for none."""
    if found.pod:
        return found.pod.minion
    claim = found.claim or found.unseen_claim
    return found.absent.entry.minion if found.absent else claim.minion if claim else ""


def _unseen(found: Found, known: Remembered) -> Found:
    """The Pod as what was merely seen before; anything else as it is."""
    if not found.pod:
        return found
    minion = _minion(known, found.pod.minion)
    why = f"{found.pod.minion} had it, and does not answer: {minion.problem}"
    absent = Absent(entry=entry_of(found.pod), why=Why.SILENT, message=why)
    made = pod_created_at(found.pod)
    return Found(kind=POD, object=absent_object(absent, made), minion=minion, absent=absent)


def _minion(known: Remembered, name: str) -> ObservedMinion:
    return next(each for each in known.cluster.minions if each.minion.name == name)
