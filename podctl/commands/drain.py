"""`podctl drain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import complete_minions, dry_run_option, open_session, say_errors, where
from podctl.commands.moving import careful, terms, timeout_option
from podctl.commands.writing import allow
from podctl.core.minion_names import check_minions
from podctl.errors import worst

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="MINION…", shell_complete=complete_minions)
@click.option("--delete-emptydir-data", "emptydir", is_flag=True, help="Also Pods with an emptyDir, whose data goes.")
@click.option("--force", is_flag=True,
              help="Also Pods with claims and hostPaths, whose data is lost, jobs, which begin anew, and Pods of "
              "which a silent Minion may have a copy.")  # fmt: skip
@click.option("--ignore-daemonsets", is_flag=True, help="As kubectl has it; there are none here.")
@click.option("--max-moves", type=click.IntRange(min=1), metavar="N", help="Move no more than these now.")
@click.option("--yes", is_flag=True, help="Do not ask before data is lost. A script needs it for that.")
@timeout_option
@dry_run_option
@careful
@where
def drain(
    inventory: Inventory,
    names: tuple[str, ...],
    *,
    emptydir: bool,
    force: bool,
    ignore_daemonsets: bool,
    max_moves: int | None,
    yes: bool,
    timeout: float,
    dry_run: bool,
    lock_timeout: float,
    without_quorum: bool,
) -> ExitCode:
    """Cordon Minions and move their Pods elsewhere, each ready there before it stops here where that is possible.

    For example: podctl drain alpha; podctl drain alpha bravo --delete-emptydir-data --dry-run. Exits 0 when nothing is
    left to move, 3 when a Pod fits nowhere else, 1 when one is not to be moved.
    """
    from podctl.core.moving.draining import DrainWish  # noqa: PLC0415 - placement only where something is placed
    from podctl.core.moving.movers import Allowed  # noqa: PLC0415 - as above
    from podctl.engine import moving  # noqa: PLC0415 - as above
    from podctl.report import moves, outcomes  # noqa: PLC0415
    from podctl.report.progress import progress  # noqa: PLC0415

    del ignore_daemonsets
    check_minions(names, inventory)
    wish = DrainWish(names=names, allowed=Allowed(emptydir=emptydir, force=force), most=max_moves)
    agreed = terms(
        inventory, dry_run=dry_run, lock_timeout=lock_timeout, without_quorum=without_quorum, timeout=timeout
    )
    with open_session(inventory, agreed.caller) as session, progress() as say:
        done = moving.drain(session, agreed, wish, lambda plan: allow(moves.losses(plan), yes=yes or dry_run), say)
    if dry_run:
        say_errors(outcomes.plan_lines(done.plan.whole))
    for line in moves.drain_lines(done, names, dry_run=dry_run):
        click.echo(line)
    say_errors(moves.trouble_lines(done, dry_run=dry_run))
    return worst(moves.codes(done, dry_run=dry_run))
