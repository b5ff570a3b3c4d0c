"""What cordon, uncordon, drain and rebalance share."""

from __future__ import annotations

import uuid
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import caller, duration, open_session, say_errors
from podctl.commands.writing import quorum_option
from podctl.core.minion_names import check_minions
from podctl.errors import ExitCode, worst

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.model import Inventory
    from podctl.engine.moving import Terms


def careful(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --lock-timeout and --without-quorum, handed on as `lock_timeout` and `without_quorum`."""

    @click.option("--lock-timeout", default="60s", type=duration, show_default=True,
                  help="How long to wait for another podctl to end.")  # fmt: skip
    @quorum_option
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        return command(*args, **kwargs)

    return run


def timeout_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--timeout", default="10m", type=duration, show_default=True,
        help="How long a Pod may take to be ready where it comes to; of one that is late the old one stays.",
    )(command)  # fmt: skip


def terms(
    inventory: Inventory, *, dry_run: bool, lock_timeout: float, without_quorum: bool, timeout: float = 600
) -> Terms:
    from podctl.core.placement import Policy  # noqa: PLC0415 - only where something is placed
    from podctl.engine.moving import Terms  # noqa: PLC0415 - as above

    return Terms(
        caller=caller(), uids=lambda: str(uuid.uuid4()), dry_run=dry_run, lock_timeout_seconds=lock_timeout,
        without_quorum=without_quorum, timeout_seconds=timeout, policy=Policy(strategy=inventory.strategy),
    )  # fmt: skip


def change_cordon(
    inventory: Inventory,
    names: tuple[str, ...],
    *,
    on: bool,
    dry_run: bool,
    lock_timeout: float,
    without_quorum: bool,
) -> ExitCode:
    """Both ways."""
    from podctl.engine.moving import cordon  # noqa: PLC0415 - paramiko only where a Minion is talked to
    from podctl.report import moves  # noqa: PLC0415 - as above
    from podctl.report.progress import progress  # noqa: PLC0415 - as above

    check_minions(names, inventory)
    agreed = terms(inventory, dry_run=dry_run, lock_timeout=lock_timeout, without_quorum=without_quorum)
    with open_session(inventory, agreed.caller) as session, progress() as say:
        done = cordon(session, agreed, names, say, on=on)
    for line in moves.cordon_lines(done, names, on=on, dry_run=dry_run):
        click.echo(line)
    fixed = [] if on else moves.inventory_lines(inventory, names)
    say_errors([*fixed, *moves.trouble_lines(done, dry_run=dry_run)])
    return worst([*moves.codes(done, dry_run=dry_run), *([ExitCode.FAILED] if fixed else [])])
