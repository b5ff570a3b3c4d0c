"""`podctl apply`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from podctl.commands.common import (
    caller,
    dry_run_option,
    duration,
    namespace_option,
    open_session,
    placing,
    say_errors,
    where,
)
from podctl.commands.files import read_sources
from podctl.commands.reading import without_equals
from podctl.commands.writing import allow, failover_options, quorum_option
from podctl.errors import InputError, worst
from podctl.report import removal

if TYPE_CHECKING:
    from podctl.core.document.failover import FailoverWish
    from podctl.core.model import Inventory
    from podctl.core.placement import Policy
    from podctl.core.pruning import PruneWish
    from podctl.errors import ExitCode


@click.command()
@click.option("-f", "--filename", "files", multiple=True, required=True, metavar="FILE|DIR|-", type=click.Path(),
              help="Manifests to apply. Repeatable.")  # fmt: skip
@click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
@namespace_option
@click.option("--wait/--no-wait", default=True, show_default=True,
              help="Wait until every container has run for 3 s and its probes are answered well, or ended with 0 "
              "where it may.")  # fmt: skip
@click.option("--timeout", default="10m", type=duration, show_default=True, help="How long to wait, e.g. 90s.")
@dry_run_option
@click.option(
    "--pull", is_flag=True, help="Ask the registries for every image; a Pod whose image changed is made anew."
)
@click.option("--prune", is_flag=True, help="Remove what matches -l and is in none of these files any more.")
@click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals,
              help="With --prune: of what kind, by label: app=web.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask before much is pruned. A script needs it for that.")
@failover_options
@click.option("--lock-timeout", default="60s", type=duration, show_default=True,
              help="How long to wait for another podctl to end.")  # fmt: skip
@quorum_option
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
    prune: bool,
    selector: str,
    yes: bool,
    failover: FailoverWish | None,
    lock_timeout: float,
    without_quorum: bool,
) -> ExitCode:
    """Bring the cluster to what the manifests say; what is not named stays as it is.

    For example: podctl apply -f web.yaml; podctl apply -f manifests/ --dry-run; cat web.yaml | podctl apply -f -;
    podctl apply -f shop/ --prune -l app=shop.
    """
    from podctl.core.manifest import parse  # noqa: PLC0415 - pydantic only where manifests are read
    from podctl.engine.applying import Wish, run  # noqa: PLC0415 - as above
    from podctl.report import applied  # noqa: PLC0415
    from podctl.report.progress import progress  # noqa: PLC0415

    pruning = _prune_wish(selector, namespace, prune=prune)
    sources = read_sources(files, recursive=recursive)
    manifests = parse(sources, namespace=namespace or "default", enforce_namespace=bool(namespace))
    say_errors(f"warning: {warning}" for warning in manifests.warnings)
    wish = Wish(
        manifests=manifests, caller=caller(files), wait=wait, timeout_seconds=timeout, dry_run=dry_run, pull=pull,
        failover=failover, prune=pruning, lock_timeout_seconds=lock_timeout, without_quorum=without_quorum,
        policy=policy, uids=lambda: str(uuid.uuid4()),
    )  # fmt: skip
    with open_session(inventory, wish.caller) as session, progress() as say:
        done = run(session, wish, lambda pruned: allow(removal.pruned_loss(pruned), yes=yes), say)
    for line in applied.out_lines(done, dry_run=dry_run):
        click.echo(line)
    say_errors(applied.error_lines(done, dry_run=dry_run))
    return worst(applied.codes(done))


def _prune_wish(selector: str, namespace: str | None, *, prune: bool) -> PruneWish | None:
    """Raises InputError for one of the two options without the other."""
    from podctl.core.pruning import PruneWish  # noqa: PLC0415 - only where something is applied
    from podctl.core.selectors import parse_selector  # noqa: PLC0415 - as above

    if not prune and selector:
        raise InputError(
            "-l goes with --prune: apply itself takes all that is in the files",
            hint="Leave -l out; or add --prune, to remove what has these labels and is in none of the files.",
        )
    if prune and not selector:
        raise InputError(
            "--prune needs -l LABELS: without it all that is not in the files would go",
            hint="Give a label that all of these files carry, and nothing else: --prune -l app=shop.",
        )
    return PruneWish(selector=parse_selector(selector), namespace=namespace) if prune else None
