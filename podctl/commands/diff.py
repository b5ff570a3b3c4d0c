"""`podctl diff`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from podctl.commands.common import namespace_option, open_session, placing, say_errors, where
from podctl.commands.files import read_sources
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.core.placement import Policy


@click.command()
@click.option("-f", "--filename", "files", multiple=True, required=True, metavar="FILE|DIR|-", type=click.Path(),
              help="Manifests to compare with the cluster. Repeatable.")  # fmt: skip
@click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
@namespace_option
@where
@placing
def diff(
    inventory: Inventory, policy: Policy, files: tuple[str, ...], *, recursive: bool, namespace: str | None
) -> int:
    """Show what apply would change, changing nothing. Exits 0 when nothing would, 1 when something would."""
    from podctl.core.manifest import parse  # noqa: PLC0415 - pydantic only where manifests are read
    from podctl.engine.applying import Wish, run  # noqa: PLC0415 - as above
    from podctl.report import outcomes  # noqa: PLC0415
    from podctl.report.answers import silence_text  # noqa: PLC0415
    from podctl.report.difference import diff_text  # noqa: PLC0415

    sources = read_sources(files, recursive=recursive)
    manifests = parse(sources, namespace=namespace or "default", enforce_namespace=bool(namespace))
    wish = Wish(manifests=manifests, dry_run=True, policy=policy, uids=lambda: str(uuid.uuid4()))
    with open_session(inventory) as session:
        done = run(session, wish, lambda _pruned: None, lambda _progress: None)
    click.echo(diff_text(done.plan), nl=False)
    say_errors(outcomes.held_lines(done.plan.held))
    if done.plan.held:
        say_errors(outcomes.used_lines(done.plan))
    click.echo(silence_text(done.cluster), nl=False, err=True)
    if done.cluster.silent:
        return ExitCode.UNREACHABLE
    return 1 if done.plan.changes or done.plan.held else 0
