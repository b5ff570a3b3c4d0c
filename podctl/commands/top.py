"""`podctl top`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import namespaced, where
from podctl.commands.reading import Probes, ended, looked, without_equals
from podctl.core.kinds import POD
from podctl.core.metrics.top import parse_top, rows, without_usage
from podctl.core.query import answer
from podctl.errors import NotFoundError
from podctl.report.answers import nothing_text
from podctl.report.text import ENGINE
from podctl.report.top import TopOptions, top_printer

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    del param
    return [] if ctx.params.get("words") else [each for each in ("pods", "minions") if each.startswith(incomplete)]


@click.command()
@click.argument("words", nargs=-1, metavar="pods|minions [NAME…]", shell_complete=_complete)
@namespaced
@click.option("-A", "--all-namespaces", is_flag=True, help="Look in all namespaces.")
@click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals,
              help="For example app=web,tier in (front,back),!canary.")  # fmt: skip
@click.option("--containers", is_flag=True, help="A line for each container of a Pod.")
@click.option("--sort-by", type=click.Choice(["cpu", "memory"]), help="The largest first.")
@click.option("--sum", "summed", is_flag=True, help="A last line with the sum.")
@click.option("--no-headers", is_flag=True, help="Print the rows alone.")
@click.option("-o", "--output", default="", metavar="FORMAT", callback=without_equals,
              help="json, yaml or prometheus; nothing for a table.")  # fmt: skip
@where
def top(
    inventory: Inventory,
    words: tuple[str, ...],
    *,
    namespace: str,
    all_namespaces: bool,
    selector: str,
    containers: bool,
    sort_by: str | None,
    summed: bool,
    no_headers: bool,
    output: str,
) -> ExitCode:
    """Show what Pods or Minions use of CPU and memory now; every Minion is asked at once, and measured for a second.

    For example: podctl top pods -A --sort-by cpu; podctl top pod web --containers; podctl top minions; podctl top pods
    -A -o prometheus.
    """
    query = parse_top(words, namespace=namespace, all_namespaces=all_namespaces, selector=selector)
    if containers and POD not in query.kinds:
        raise click.UsageError("--containers is for pods")
    printed = top_printer(output, TopOptions(
        headings=not no_headers, namespaces=all_namespaces, containers=containers, sort_by=sort_by, summed=summed,
    ))  # fmt: skip
    with looked(inventory, query, probes=Probes.NONE, usage=True) as seen:
        answered = answer(seen, query, engine=ENGINE)
        measured = rows(answered.found, sort_by)
        click.echo(printed(measured, query), nl=False)
        nothing = not measured and not query.named and not output
        click.echo(nothing_text(query, partial=bool(seen.cluster.silent)) if nothing else "", nl=False, err=True)
    if query.named and (lacking := without_usage(answered.found)):
        raise NotFoundError("\n".join(lacking), hint="Only what runs uses anything: see podctl get pods.")
    return ended(seen.cluster, answered.missing)
