"""`podctl cordon`."""

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
def cordon(
    inventory: Inventory, names: tuple[str, ...], *, dry_run: bool, lock_timeout: float, without_quorum: bool
) -> ExitCode:
    """Let no new Pods come to Minions; those that are there stay. The cluster remembers it.

    For example: podctl cordon alpha; podctl cordon alpha bravo.
    """
    return change_cordon(
        inventory, names, on=True, dry_run=dry_run, lock_timeout=lock_timeout, without_quorum=without_quorum
    )
