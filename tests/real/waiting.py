"""Waiting for what is to come, without keeping a busy machine busier."""

from __future__ import annotations

import time

PATIENCE_SECONDS = 30
_LEAST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS = 0.02, 0.5


def eventually(ask, wanted=bool, what: str = "", seconds: float = PATIENCE_SECONDS):
    """The first answer of `ask` that `wanted` accepts.

    Between two questions it pauses twice as long as one takes: a file is looked at all the time, and podctl, a second
    of computing, leaves the machine to what is waited for.
    """
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if wanted(answer := ask()):
            return answer
        now = time.monotonic()
        assert now < deadline, f"not within {seconds:g} s: {what or 'the answer that is wanted'}; the last: {answer!r}"
        time.sleep(min(max(_LEAST_PAUSE_SECONDS, 2 * (now - began)), _MOST_PAUSE_SECONDS))


def wait_for(condition, what: str = "", seconds: float = PATIENCE_SECONDS) -> None:
    """Returns as soon as the condition holds; fails with `what` when it never does."""
    eventually(condition, bool, what, seconds)
