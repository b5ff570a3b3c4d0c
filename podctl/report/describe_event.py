"""Events: the part of every description, and `describe event`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.age import age_text
from podctl.report.describe_container import time_text
from podctl.report.text import NONE, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.events import Event
    from podctl.core.finding import Found

_HEADINGS = ("Type", "Reason", "Age", "From", "Message")


def event_lines(found: Found) -> Iterator[str]:
    """kubectl's table of the events about this object, the oldest first; From is who ran podctl, and from where."""
    if not found.events:
        yield f"Events:\t{NONE}"
        return
    yield "Events:"
    for row in (_HEADINGS, ["-" * len(heading) for heading in _HEADINGS], *map(_row, found.events)):
        yield "  " + "\t".join(row)


def _row(event: Event) -> tuple[str, ...]:
    message = " ".join(event.message.split())
    return (event.type, event.deed.reason, age_text(event.at, event.now), event.act.who or NONE, message or NONE)


def event_text(found: Found) -> str:
    event = found.event
    assert event  # noqa: S101 - a Found of this kind has one
    act = event.act
    return columns(
        [
            f"Name:\t{found.name}",
            f"Namespace:\t{found.namespace}",
            f"Type:\t{event.type}",
            f"Reason:\t{event.deed.reason}",
            f"Object:\t{event.deed.object}",
            f"Message:\t{' '.join(event.message.split()) or NONE}",
            f"Time:\t{time_text(event.at)}",
            f"Who:\t{act.who or NONE}",
            f"Command:\t{' '.join(act.command.split()) or NONE}",
            f"Git Revision:\t{act.git or NONE}",
            f"Result:\t{act.result or NONE}",
            f"Document Revision:\t{act.revision}",
        ]
    )
