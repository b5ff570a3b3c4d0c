"""What the writing commands share: options for the bad day, and the question before much goes."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import can_ask, confirm, duration, say_errors
from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.report.removal import Loss


def quorum_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --without-quorum."""
    return click.option(
        "--without-quorum", is_flag=True,
        help="Your word that the Minions which do not answer are gone for ever, and what only they remember with them.",
    )(command)  # fmt: skip


def failover_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --failover, --failover-after and --force, handed on as `failover`: a FailoverWish, or None."""

    @click.option("--failover", "wanted", is_flag=True,
                  help="Your word that Minions which do not answer are dead: place their Pods elsewhere.")  # fmt: skip
    @click.option("--failover-after", "after", type=duration, metavar="TIME",
                  help="With --failover: only those silent for so long, e.g. 10m.")  # fmt: skip
    @click.option("--force", is_flag=True,
                  help="With --failover: also Pods with claims and hostPaths, whose data is given up.")  # fmt: skip
    @wraps(command)
    def run(*args: Any, wanted: bool, after: float | None, force: bool, **kwargs: Any) -> Any:
        from podctl.core.document.failover import FailoverWish  # noqa: PLC0415 - only where something is applied

        if not wanted and (after is not None or force):
            raise InputError(
                "--failover-after and --force go with --failover",
                hint="Add --failover, if it is your word that Minions which do not answer are dead.",
            )
        wish = FailoverWish(after_seconds=after, force=force) if wanted else None
        return command(*args, failover=wish, **kwargs)

    return run


def allow(loss: Loss, *, yes: bool) -> None:
    """Names what goes before it does; asks where it is much. Raises when the answer is no, or nobody can be asked."""
    say_errors(loss.lines)
    if yes or not loss.question:
        return
    if not can_ask():
        raise InputError(
            f"nothing was changed, as nobody can be asked here: {loss.question}",
            hint="The same command with --yes, if that is meant.",
        )
    if not confirm(loss.question):
        raise InputError("nothing was changed")
