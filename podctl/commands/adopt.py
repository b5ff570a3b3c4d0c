"""`podctl adopt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import caller, dry_run_option, duration, open_session, say_errors, where
from podctl.commands.writing import allow, quorum_option
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from podctl.core.model import Inventory


@click.command()
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask before copies of Pods are given up. A script needs it for that.")
@click.option("--lock-timeout", default="60s", type=duration, show_default=True,
              help="How long to wait for another podctl to end.")  # fmt: skip
@quorum_option
@where
def adopt(inventory: Inventory, *, dry_run: bool, yes: bool, lock_timeout: float, without_quorum: bool) -> ExitCode:
    """Make the cluster remember the Pods that run: where its Document was lost, or an older podctl made them.

    No Pod is touched. Of ConfigMaps and Secrets only their files tell the content: apply them again.
    """
    from podctl.engine.adopting import AdoptWish, run  # noqa: PLC0415 - only where something is adopted
    from podctl.report import adopted, outcomes  # noqa: PLC0415 - as above
    from podctl.report.answers import silence_text  # noqa: PLC0415 - as above

    wish = AdoptWish(
        caller=caller(), allow=lambda adoption: allow(adopted.loss(adoption), yes=yes),
        lock_timeout_seconds=lock_timeout, dry_run=dry_run, without_quorum=without_quorum,
    )  # fmt: skip
    with open_session(inventory, wish.caller) as session:
        done = run(session, wish)
    if done.adoption.needed:
        if dry_run:
            say_errors(adopted.loss(done.adoption).lines)
        for line in adopted.out_lines(done.adoption, dry_run=dry_run):
            click.echo(line)
        say_errors(adopted.note_lines(done.adoption))
    say_errors([adopted.end_line(done.adoption, done.document, dry_run=dry_run)])
    say_errors(outcomes.unremembered_lines(done.notes))
    say_errors(silence_text(done.cluster).splitlines())
    return ExitCode.UNREACHABLE if done.cluster.silent else ExitCode.DONE
