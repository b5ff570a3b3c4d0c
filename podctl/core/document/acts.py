"""What an Act remembers of a Plan: a Deed for each change, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.actions import ASKED_FOR, NOWHERE, Create, Remove, Replace, Restart, Start
from podctl.core.document.model import DONE, Deed
from podctl.core.outcome import Word
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from podctl.core.actions import Action, Held, Plan
    from podctl.core.document.model import Document, ObjectKey
    from podctl.core.model import PodKey
    from podctl.core.outcome import Outcome

_ENDED = {Word.FAILED: "Failed", Word.UNKNOWN: "Unknown", Word.PENDING: "Pending"}


def deeds_of(plan: Plan) -> tuple[Deed, ...]:
    """What the plan means to do."""
    waiting = [_held(each) for each in plan.held]
    return (*(_planned(action) for action in plan.changes if action.key), *waiting)


def object_deeds(objects: Mapping[ObjectKey, Mapping[str, Any]], document: Document) -> tuple[Deed, ...]:
    """Of the ConfigMaps, Secrets and claims that the Document has not, or has otherwise. Never with a value."""
    return tuple(
        Deed(reason="Configured" if key in document.objects else "Created", object=str(key), namespace=key.namespace)
        for key, raw in objects.items()
        if document.objects.get(key) != raw
    )


def _held(held: Held) -> Deed:
    if held.unseen:
        why = "; ".join(f"{minion} {reason}" for minion, reason in sorted(held.reasons.items()))
        return _deed("Unknown", held.key, why)
    return _deed("Pending", held.key, held.diagnosis or "it is not created yet")


def _planned(action: Action) -> Deed:
    match action:
        case Create():
            why = "" if action.reason == NOWHERE else f"{action.reason}; "
            return _deed("Created", action.key, f"on {action.minion}: {why}{action.placement_reason}")
        case Replace() if action.remove.minion != action.minion:
            return _deed("Moved", action.key, f"from {action.remove.minion} to {action.minion}: {action.reason}")
        case Replace():
            return _deed("Replaced", action.key, f"on {action.minion}: {action.reason}")
        case Start() | Restart():
            word = "Started" if isinstance(action, Start) else "Restarted"
            return _deed(word, action.key, f"on {action.minion}: {action.reason}")
        case Remove():
            by_wish = action.reason == ASKED_FOR
            return _deed("Deleted" if by_wish else "Removed", action.key, f"on {action.minion}: {action.reason}")
    return _deed("Kept", action.key, action.reason)


def _deed(reason: str, key: PodKey | None, message: str, *, failed: bool = False) -> Deed:
    return Deed(
        reason=reason, object=f"pod/{key.name}" if key else "volumes", namespace=key.namespace if key else "",
        message=message, failed=failed,
    )  # fmt: skip


def deeds_done(planned: Iterable[Deed], outcomes: Iterable[Outcome]) -> tuple[Deed, ...]:
    """What was planned, and behind it what went wrong."""
    troubles = [
        _deed(_ENDED.get(each.word, "Failed"), each.key, f"on {each.minion}: {each.message}", failed=True)
        for each in outcomes
        if each.code is not ExitCode.DONE
    ]
    return (*planned, *troubles)


def result_of(outcomes: Iterable[Outcome], codes: Iterable[ExitCode] = ()) -> str:
    """How the Act ended, in a word or two."""
    every = list(outcomes)
    wrong = [each for each in every if each.code is not ExitCode.DONE]
    if ExitCode.INTERRUPTED in (*codes, *(each.code for each in wrong)):
        return "interrupted"
    return f"{len(wrong)} of {len(every)} failed" if wrong else DONE
