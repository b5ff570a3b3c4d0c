"""`podctl apply`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from podctl.commands.common import (
    complete_minions,
    dry_run_option,
    duration,
    namespace_option,
    open_session,
    placing,
    say_errors,
    where,
)
from podctl.commands.files import read_sources
from podctl.core.minion_names import check_minions
from podctl.errors import worst

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.core.placement import Policy
    from podctl.errors import ExitCode


@click.command()
@click.option("-f", "--filename", "files", multiple=True, required=True, metavar="FILE|DIR|-", type=click.Path(),
              help="Manifests to apply. Repeatable.")  # fmt: skip
@click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
@namespace_option
@click.option("--wait/--no-wait", default=True, show_default=True,
              help="Wait until every container has run for 3 s, or ended with 0 where it may.")  # fmt: skip
@click.option("--timeout", default="10m", type=duration, show_default=True, help="How long to wait, e.g. 90s.")
@dry_run_option
@click.option(
    "--pull", is_flag=True, help="Ask the registries for every image; a Pod whose image changed is made anew."
)
@click.option("--assume-empty", multiple=True, metavar="MINION", shell_complete=complete_minions,
              help="Your word that this silent Minion runs none of these Pods. Repeatable.")  # fmt: skip
@click.option("--lock-timeout", default="60s", type=duration, show_default=True,
              help="How long to wait for another podctl to end.")  # fmt: skip
@where
@placing
def apply(
    inventory: Inventory,
    policy: Policy,
    files: tuple[str, ...],
    *,
    recursive: bool,
    namespace: str | None,
    wait: bool,
    timeout: float,
    dry_run: bool,
    pull: bool,
    assume_empty: tuple[str, ...],
    lock_timeout: float,
) -> ExitCode:
    """Bring the cluster to what the manifests say; what is not named stays as it is.

    For example: podctl apply -f web.yaml; podctl apply -f manifests/ --dry-run; cat web.yaml | podctl apply -f -.
    """
    from podctl.core.manifest import parse  # noqa: PLC0415 - pydantic only where manifests are read
    from podctl.engine.applying import Wish, run  # noqa: PLC0415 - as above
    from podctl.report import outcomes  # noqa: PLC0415
    from podctl.report.answers import silence_text  # noqa: PLC0415
    from podctl.report.progress import progress  # noqa: PLC0415

    sources = read_sources(files, recursive=recursive)
    manifests = parse(sources, namespace=namespace or "default", enforce_namespace=bool(namespace))
    check_minions(assume_empty, inventory)
    say_errors(f"warning: {warning}" for warning in manifests.warnings)
    wish = Wish(
        manifests=manifests, wait=wait, timeout_seconds=timeout, dry_run=dry_run, pull=pull,
        assume_empty=frozenset(assume_empty), lock_timeout_seconds=lock_timeout, policy=policy,
        uids=lambda: str(uuid.uuid4()),
    )  # fmt: skip
    with open_session(inventory) as session, progress() as say:
        done = run(session, wish, say)
    if wish.dry_run:
        say_errors(outcomes.plan_lines(done.plan))
    words = outcomes.planned_words(done.plan) if wish.dry_run else outcomes.done_words(done.outcomes)
    ending = outcomes.DRY_RUN if wish.dry_run else ""
    for line in outcomes.result_lines(manifests, words, done.cluster, ending=ending):
        click.echo(line)
    say_errors(outcomes.unused_lines(manifests, done.cluster))
    say_errors(outcomes.trouble_lines(done.outcomes))
    say_errors(outcomes.held_lines(done.plan.held))
    if wish.dry_run or done.plan.held:
        say_errors(outcomes.used_lines(done.plan))
    click.echo(silence_text(done.cluster), nl=False, err=True)
    return worst([*outcomes.codes(done.outcomes, done.plan.held, done.cluster), *done.codes])
