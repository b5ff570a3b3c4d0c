"""`podctl uncordon`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import complete_minions, dry_run_option, where
from podctl.commands.moving import careful, change_cordon

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="MINION…", shell_complete=complete_minions)
@dry_run_option
@careful
@where
def uncordon(
    inventory: Inventory, names: tuple[str, ...], *, dry_run: bool, lock_timeout: float, without_quorum: bool
) -> ExitCode:
    """Let Pods come again to Minions that were cordoned or drained.

    For example: podctl uncordon alpha; podctl uncordon alpha bravo.
    """
    return change_cordon(
        inventory, names, on=False, dry_run=dry_run, lock_timeout=lock_timeout, without_quorum=without_quorum
    )
