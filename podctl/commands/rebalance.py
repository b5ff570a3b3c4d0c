"""`podctl rebalance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import open_session, say_errors, where
from podctl.commands.moving import careful, terms, timeout_option
from podctl.errors import worst

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


@click.command()
@click.option("--plan", is_flag=True, help="Show the moves and what they gain, and do nothing.")
@click.option("--max-moves", type=click.IntRange(min=1), default=5, show_default=True, metavar="N",
              help="Move no more Pods than these.")  # fmt: skip
@timeout_option
@careful
@where
def rebalance(
    inventory: Inventory, *, plan: bool, max_moves: int, timeout: float, lock_timeout: float, without_quorum: bool
) -> ExitCode:
    """Move the fewest Pods that let a waiting Pod in, or free a Minion. Pods with data on their Minion stay.

    For example: podctl rebalance --plan; podctl rebalance --max-moves 10.
    """
    from podctl.engine import moving  # noqa: PLC0415 - paramiko only where a Minion is talked to
    from podctl.report import moves  # noqa: PLC0415 - as above
    from podctl.report.progress import progress  # noqa: PLC0415 - as above

    agreed = terms(inventory, dry_run=plan, lock_timeout=lock_timeout, without_quorum=without_quorum, timeout=timeout)
    with open_session(inventory, agreed.caller) as session, progress() as say:
        done = moving.rebalance(session, agreed, max_moves, say)
    for line in moves.rebalance_lines(done, plan=plan):
        click.echo(line)
    say_errors([*moves.gain_lines(done), *moves.trouble_lines(done, dry_run=plan)])
    return worst(moves.codes(done, dry_run=plan))
