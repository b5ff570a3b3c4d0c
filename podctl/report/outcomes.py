"""What apply and delete say of what they did: results on stdout, in kubectl's words; troubles on stderr."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from podctl.core.actions import NOWHERE, Create, Keep, Remove, Replace, Restart, Start
from podctl.core.model import PodKey
from podctl.core.outcome import Word
from podctl.errors import ExitCode
from podctl.report.reasons import alike, reason_lines, used_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from podctl.core.actions import Action, Held, Plan
    from podctl.core.document.model import Document, ObjectKey
    from podctl.core.manifest import Manifests
    from podctl.core.model import Cluster
    from podctl.core.outcome import Outcome

DRY_RUN = " (dry run)"
_WORDS: Mapping[type, Word] = {
    Create: Word.CREATED, Replace: Word.CONFIGURED, Start: Word.STARTED, Keep: Word.UNCHANGED, Remove: Word.DELETED,
    Restart: Word.RESTARTED,
}  # fmt: skip
_KEPT = "It goes on when that Minion answers again. Why --failover left it there is said below."
_DONE = (Word.CREATED, Word.CONFIGURED, Word.STARTED, Word.UNCHANGED)


def planned_words(plan: Plan) -> dict[PodKey, Word]:
    """What would become of each Pod."""
    return {
        action.key: _WORDS[type(action)] for action in plan.actions if action.key and not isinstance(action, Remove)
    }


def done_words(outcomes: Iterable[Outcome]) -> dict[PodKey, Word]:
    return {each.key: each.word for each in outcomes if each.key and each.word in _DONE}


def result_lines(
    manifests: Manifests, words: Mapping[PodKey, Word], document: Document, *, ending: str = ""
) -> list[str]:
    """One line an object, in kubectl's form; `document` is what was remembered before."""
    lines = [f"{key} {_object_word(key, raw, document)}{ending}" for key, raw in manifests.raws.items()]
    return lines + [f"pod/{pod.key.name} {words[pod.key]}{ending}" for pod in manifests.pods if pod.key in words]


def _object_word(key: ObjectKey, raw: Mapping[str, Any], document: Document) -> Word:
    """A claim that was there before the cluster remembered objects counts as known."""
    known = document.objects.get(key)
    if known is None:
        there = key.kind == "PersistentVolumeClaim" and PodKey(key.namespace, key.name) in document.claims
        return Word.UNCHANGED if there else Word.CREATED
    return Word.UNCHANGED if known == raw else Word.CONFIGURED


def plan_lines(plan: Plan) -> list[str]:
    """The changes with their reasons, for people."""
    return [_plan_line(action) for action in plan.changes]


def _plan_line(action: Action) -> str:
    match action:
        case Create():
            why = "" if action.reason == NOWHERE else f"{action.reason}; "
            return f"+ pod {action.key} on {action.minion}: {why}{action.placement_reason}"
        case Replace():
            if action.remove.minion == action.minion:
                return f"~ pod {action.key} on {action.minion}: {action.reason}"
            move = f"{action.remove.minion} to {action.minion}"
            return f"~ pod {action.key} on {move}: {action.reason}; {action.placement_reason}"
        case Start() | Restart():
            return f"> pod {action.key} on {action.minion}: {action.reason}"
        case Remove():
            return f"- {f'pod {action.key}' if action.key else 'volumes'} on {action.minion}: {action.reason}"
        case Keep():
            return f"= pod {action.key} on {action.minion}"


def trouble_lines(outcomes: Iterable[Outcome]) -> list[str]:
    """What went wrong: what, evidence, hint; and what is well as far as anybody knows, as a note."""
    every = [each for each in outcomes if each.message]
    well = [each for each in every if each.code is ExitCode.DONE and each.word is not Word.FAILED]
    lines = _note_lines(well)
    for each in (each for each in every if each not in well):
        who = f"pod/{each.key.name}" if each.key else "a leftover"
        lines.append(f"error: {who} on {each.minion}: {each.message}")
        lines += [f"  {line}" for line in each.evidence.splitlines()[-10:]]
        if each.hint:
            lines.append(f"Hint: {each.hint}")
    return lines


def _note_lines(outcomes: Iterable[Outcome]) -> list[str]:
    """What holds for many Pods of a Minion is said once."""
    names: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in outcomes:
        names[each.minion, each.message, each.hint].append(f"pod/{each.key.name}" if each.key else "a leftover")
    lines: list[str] = []
    for (minion, message, hint), who in names.items():
        lines.append(f"note: {', '.join(who)} on {minion}: {message}")
        lines += [f"Hint: {hint}"] if hint else []
    return lines


def unremembered_lines(notes: Iterable[str]) -> list[str]:
    """Where the end of a command could not be written down."""
    return [f"note: all was done, but what came of it could not be remembered: {each}" for each in notes]


def held_lines(held: Iterable[Held], kept: Collection[PodKey] = ()) -> list[str]:
    """A line a Pod that was not made; below those of one reason what they lack as a whole, then one reason a Minion.

    A hint that many share is said once, after the last of them. `kept`: those that --failover was not to move, which
    a note is to say of each.
    """
    by_hint: defaultdict[str, list[Held]] = defaultdict(list)
    for each in held:
        by_hint[_KEPT if each.unseen and each.key in kept else _held(each)[1]].append(each)
    lines: list[str] = []
    for hint, those in by_hint.items():
        for members in alike(those):
            first = members[0]
            lines += [f"error: pod/{each.key.name} {_held(each)[0]}" for each in members]
            lines += [f"  {line}" for line in (first.diagnosis, *reason_lines(first.reasons)) if line]
        lines.append(f"Hint: {hint}")
    return lines


def used_lines(plan: Plan) -> list[str]:
    """How many Minions are in use once the plan is done, and how few it could be."""
    return [used_text(plan.minions_used, plan.lower_bound, "in use")] if plan.minions_used else []


def _held(held: Held) -> tuple[str, str]:
    """What became of the Pod, and the way out."""
    stays = f"stays as it is on {held.observed.minion}" if held.observed else "is not created"
    if held.unseen:
        return (
            f"{stays}: {' and '.join(held.reasons)} may have {'a claim of it' if held.observed else 'it'}",
            "It goes on when that Minion answers again. If that is dead for good: the same apply with --failover.",
        )
    wanted = "as it is wanted now it" if held.observed else "it"
    return (
        f"{stays}: {wanted} fits on no Minion",
        "Change what the reasons name, make room, or add a Minion; the next apply tries it again.",
    )


def codes(outcomes: Iterable[Outcome], held: Iterable[Held], cluster: Cluster) -> list[ExitCode]:
    """All that the exit code is to tell."""
    found = [each.code for each in outcomes]
    found += [ExitCode.UNREACHABLE if each.unseen else ExitCode.UNPLACED for each in held]
    return found + ([ExitCode.UNREACHABLE] if cluster.silent else [])
