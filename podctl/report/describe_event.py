"""Events: the part of every description, and `describe event`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.age import age_text
from podctl.report.describe_container import time_text
from podctl.report.text import ENGINE, NONE, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.document.model import Act
    from podctl.core.events import Event
    from podctl.core.finding import Found

_HEADINGS = ("Type", "Reason", "Age", "From", "Message")


def event_lines(found: Found) -> Iterator[str]:
    """kubectl's table of the events about this object, the oldest first.

    From is who ran podctl and from where; of what nobody did by podctl, the engine and its Minion.
    """
    if not found.events:
        yield f"Events:\t{NONE}"
        return
    yield "Events:"
    for row in (
        _HEADINGS,
        ["-" * len(heading) for heading in _HEADINGS],
        *(_row(each, found) for each in found.events),
    ):
        yield "  " + "\t".join(row)


def when_text(event: Event) -> str:
    """`3m`; of what happened again and again `3m (x4 over 10m)`, as kubectl has it."""
    last = age_text(event.at, event.now)
    return f"{last} (x{event.count} over {age_text(event.first, event.now)})" if event.count > 1 else last


def from_text(event: Event) -> str:
    if event.act:
        return event.act.who or NONE
    return f"{ENGINE}, {event.minion}" if event.minion else "podctl"


def _row(event: Event, found: Found) -> tuple[str, ...]:
    """What is told of another object than the one that is described names it: a Minion's Pods."""
    message = " ".join(event.message.split())
    if not event.object.startswith(f"{found.kind.name}/"):
        message = f"{event.object} in {event.namespace}: {message}"
    return (event.type, event.reason, when_text(event), from_text(event), message or NONE)


def event_text(found: Found) -> str:
    event = found.event
    assert event  # noqa: S101 - a Found of this kind has one
    return columns(
        [
            f"Name:\t{found.name}",
            f"Namespace:\t{found.namespace}",
            f"Type:\t{event.type}",
            f"Reason:\t{event.reason}",
            f"Object:\t{event.object}",
            f"Message:\t{' '.join(event.message.split()) or NONE}",
            *(_of_act(event, event.act) if event.act else _of_container(event)),
        ]
    )


def _of_act(event: Event, act: Act) -> Iterator[str]:
    yield f"Time:\t{time_text(event.at)}"
    yield f"Who:\t{act.who or NONE}"
    yield f"Command:\t{' '.join(act.command.split()) or NONE}"
    yield f"Git Revision:\t{act.git or NONE}"
    yield f"Result:\t{act.result or NONE}"
    yield f"Document Revision:\t{act.revision}"


def _of_container(event: Event) -> Iterator[str]:
    yield f"Container:\t{event.container or NONE}"
    yield f"From:\t{from_text(event)}"
    yield f"Count:\t{event.count}"
    yield f"First Seen:\t{time_text(event.first)}"
    yield f"Last Seen:\t{time_text(event.at)}"
