"""Waiting for container engines: after a boot cron may begin before they do."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.engine.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.model import Inventory

_PAUSE_SECONDS = 1.0
_MOST_PAUSE_SECONDS = 5.0


def await_engines(inventory: Inventory, timeout_seconds: float, say: Callable[[str], None]) -> None:
    """Returns when the engine of every Minion answers, or at the timeout. `say` gets a line for people.

    Each time all is asked anew, the connection included: of a machine that boots nothing need be there yet.
    """
    deadline = time.monotonic() + timeout_seconds
    pause, told = _PAUSE_SECONDS, ""
    waiting = inventory
    while True:
        with Session.open(waiting, None) as session:
            silent = [each.minion for each in session.look().silent]
        if not silent or time.monotonic() + pause > deadline:
            return
        waiting = replace(inventory, minions=tuple(silent))
        line = f"waiting for {', '.join(each.name for each in silent)} to answer"
        if line != told:
            say(line)
            told = line
        time.sleep(pause)
        pause = min(pause * 1.5, _MOST_PAUSE_SECONDS)
