"""`health --notify`: whoever is to be told of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.commands.common import caller, open_session, say_errors
from podctl.core.health.notice import listener, news, was_told
from podctl.report.health import health_object
from podctl.report.structured import json_text

if TYPE_CHECKING:
    from podctl.core.health.model import Checkup
    from podctl.core.health.summary import Summary
    from podctl.core.model import Inventory


def notify(inventory: Inventory, command: str, checkup: Checkup, summary: Summary) -> None:
    """Runs the command where something else is wrong than what was told last. Says on stderr what went wrong."""
    from podctl.engine.notifying import tell  # noqa: PLC0415 - only where something changed

    who, what = listener(command, checkup.scope), news(summary.counting)
    if was_told(checkup.remembered.document, who) == what:
        return
    me = caller()
    with open_session(inventory, me, quiet=True) as session:
        say_errors(tell(session, me, command, json_text(health_object(summary)), who=who, what=what))
