"""`podctl describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import namespaced, where
from podctl.commands.reading import Probes, complete_types, ended, looked, without_equals
from podctl.core.kinds import MINION
from podctl.core.query import answer, parse_query
from podctl.report.answers import nothing_text
from podctl.report.describe import described
from podctl.report.text import ENGINE

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


@click.command()
@click.argument("words", nargs=-1, metavar="TYPE [NAME…] | TYPE/NAME…", shell_complete=complete_types)
@namespaced
@click.option("-A", "--all-namespaces", is_flag=True, help="Look in all namespaces.")
@click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals,
              help="For example app=web,tier in (front,back),!canary.")  # fmt: skip
@where
def describe(
    inventory: Inventory, words: tuple[str, ...], *, namespace: str, all_namespaces: bool, selector: str
) -> ExitCode:
    """Show all that is known of Pods, Minions, claims, ConfigMaps or Secrets.

    For example: podctl describe pod web; podctl describe minion alpha; podctl describe pods -l app=web.
    """
    query = parse_query(words, namespace=namespace, all_namespaces=all_namespaces, selector=selector)
    with looked(inventory, query, probes=Probes.ALL, history=True, usage=MINION in query.kinds) as seen:
        answered = answer(seen, query, engine=ENGINE)
        click.echo(described(answered.found), nl=False)
        nothing = not answered.found and not answered.missing
        click.echo(nothing_text(query, partial=bool(seen.cluster.silent)) if nothing else "", nl=False, err=True)
    return ended(seen.cluster, answered.missing)
