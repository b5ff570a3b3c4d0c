"""Why the shell of a login did not run what it was given, told by what it printed instead. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podctl.core.model import Minion

_SUDOERS = (
    "Allow it there by visudo: '{user} ALL=(ALL) NOPASSWD: ALL'. Or `sudo: false` in the inventory, and there: "
    "usermod -aG docker {user}"
)

# What is matched in lower case, what is said, what to do. First hit counts.
_REASONS = (
    (
        r"sudo: .*(password is required|a terminal is required|must have a tty|askpass)",
        "sudo asks for a password there",
        _SUDOERS,
    ),
    (
        r"(not in the sudoers file|is not allowed to (execute|run) |may not run sudo)",
        "sudo does not let this user in",
        _SUDOERS,
    ),
    (
        r"sudo: (command )?not found|sudo: no such file|unknown command:? '?sudo|find command 'sudo",
        "sudo is not installed there",
        "`sudo: false` in the inventory, with usermod -aG docker {user} there.",
    ),
    (
        r"account is (currently )?not available|nologin",
        "this account lets nobody in",
        "Give it a login shell there: chsh -s /bin/sh {user}; or name another `user`.",
    ),
)


def why_no_shell(minion: Minion, said: str) -> tuple[str, str] | None:
    """What is wrong and what to do, when `said` is a known way of a login to refuse a shell."""
    for pattern, what, hint in _REASONS:
        if re.search(pattern, said.lower()):
            return what, hint.format(user=minion.user or "USER")
    return None
