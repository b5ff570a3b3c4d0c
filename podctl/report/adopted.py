"""What `adopt` says: what it takes, what counts no more, and what no container could tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.report.outcomes import DRY_RUN
from podctl.report.removal import Loss

if TYPE_CHECKING:
    from podctl.core.document.adoption import Adoption
    from podctl.core.document.model import Document

_NEXT = "the next command that changes anything"


def out_lines(adoption: Adoption, *, dry_run: bool) -> list[str]:
    """For stdout: one line a Pod that was not remembered so."""
    ending = DRY_RUN if dry_run else ""
    places = [(each, f" on {each.minion}" if each.minion else "") for each in adoption.taken]
    return [f"pod/{each.key.name} of {each.key.namespace} adopted{place}{ending}" for each, place in places]


def loss(adoption: Adoption) -> Loss:
    """What is given up, to be named before it is."""
    lines = [
        f"the copy of pod/{pod.key.name} of {pod.key.namespace} on {pod.minion} counts no more: {why}"
        for pod, why in adoption.stale
    ]
    lines += [f"the Document on {name} is given up: {why}" for name, why in adoption.unreadable.items()]
    many = len(adoption.stale)
    parts = [f"{many} cop{'y' if many == 1 else 'ies'} of Pods (stopped by {_NEXT})"] if many else []
    parts += [f"what only the Document on {', '.join(adoption.unreadable)} tells"] if adoption.unreadable else []
    question = f"Adopt what is there, and give up {' and '.join(parts)}?" if parts else ""
    return Loss(lines=tuple(lines), question=question)


def note_lines(adoption: Adoption) -> list[str]:
    """What its user has to do about it."""
    lines = [
        f"note: pod/{each.key.name} of {each.key.namespace} is remembered on {each.minion}, but is not there: "
        "apply its file again, or delete it"
        for each in adoption.absent
    ]
    lines += [
        f"note: {key} of {key.namespace} is used by {', '.join(f'pod/{pod.name}' for pod in pods)}, "
        "but its content is not remembered: apply its file again"
        for key, pods in adoption.unknown.items()
    ]
    lines += [f"note: what is on {name} and is not remembered is no longer wanted: {_NEXT} stops it there once it is "
              "back" for name in adoption.missing]  # fmt: skip
    return lines


def end_line(adoption: Adoption, document: Document, *, dry_run: bool) -> str:
    """How it ended, in a sentence."""
    if not adoption.needed:
        pods = "names every Pod" if document.pods else "has no Pods to name"
        there = f"the Document (revision {document.revision}) is whole and {pods}"
        return f"nothing to adopt: {there if document.revision else 'there are no Pods, and there is no Document'}"
    keepers = f"on {', '.join(document.keepers)}"
    many = len(adoption.remembered)
    known = f"; {many} Pod{' is' if many == 1 else 's are'} remembered as before" if many else ""
    if dry_run:
        return f"a new Document would be written{f': {adoption.doubt}' if adoption.doubt else ''}{known}"
    return f"the Document is whole again: revision {document.revision}, {keepers}{known}"
