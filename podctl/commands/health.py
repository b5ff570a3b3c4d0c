"""`podctl health`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.checking import as_plugin, scoped
from podctl.commands.common import duration, open_session, where
from podctl.commands.notifying import notify
from podctl.commands.repairing import repaired, repairing
from podctl.core.health.summary import summarize
from podctl.core.patience import impatient
from podctl.engine.checkup import check_up
from podctl.errors import ExitCode, worst
from podctl.report.health_output import OUTPUTS, health_output

if TYPE_CHECKING:
    from podctl.commands.repairing import Repair
    from podctl.core.health.scope import Scope
    from podctl.core.manifest import Manifests
    from podctl.core.model import Inventory


@click.command()
@click.option("-o", "--output", default="table", show_default=True,
              type=click.Choice(OUTPUTS), help="In which form.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print nothing when all is well, so that cron sends no mail.")
@click.option("--strict", is_flag=True, help="What nobody could see counts as not healthy, too.")
@click.option("--notify", "notify_command", default="", metavar="CMD",
              help="When the findings changed: run CMD by /bin/sh, with them as JSON on stdin.")  # fmt: skip
@click.option("--timeout", type=duration, metavar="TIME",
              help="How long to wait for a Minion; else as the inventory says.")  # fmt: skip
@as_plugin
@where
@scoped
@repairing
def health(
    inventory: Inventory,
    scope: Scope,
    files: Manifests | None,
    *,
    output: str,
    quiet: bool,
    strict: bool,
    notify_command: str,
    timeout: float | None,
    repair: Repair | None,
) -> int:
    """Find what is wrong, in one pass over all Minions, and change nothing; with --repair heal what can be healed.

    For example: podctl health; podctl health --repair --dry-run; podctl health --repair --quiet in a crontab.
    Exits 0 when all is well, 5 when not, 4 when only a Minion is out of reach; with -o nagios 0 to 3.
    """
    within = impatient(inventory, timeout)
    codes: tuple[ExitCode, ...] = ()
    if repair:
        checkup, codes = repaired(within, scope, repair, output=output, quiet=quiet)
    else:
        with open_session(within, ahead=True) as session:
            checkup = check_up(session, scope, files)
    summary = summarize(checkup, strict=strict)
    shown = health_output(summary, output, quiet=quiet)
    click.echo(shown.text, nl=False)
    if notify_command:
        notify(inventory, notify_command, checkup, summary)
    return shown.exit_code if output == "nagios" else worst([ExitCode(shown.exit_code), *codes])
