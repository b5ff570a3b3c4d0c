"""`podctl get`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import namespaced, where
from podctl.commands.reading import Probes, complete_types, ended, looked, without_equals
from podctl.commands.watching import watch_changes
from podctl.core.query import answer, parse_query
from podctl.report.answers import shown
from podctl.report.structured import printer
from podctl.report.tables import TableOptions
from podctl.report.text import ENGINE

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


@click.command()
@click.argument("words", nargs=-1, metavar="TYPE [NAME…] | TYPE/NAME…", shell_complete=complete_types)
@namespaced
@click.option("-A", "--all-namespaces", is_flag=True, help="Look in all namespaces.")
@click.option("-o", "--output", default="", metavar="FORMAT", callback=without_equals,
              help="json, yaml, name, wide or jsonpath=TEMPLATE.")  # fmt: skip
@click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals,
              help="For example app=web,tier in (front,back),!canary.")  # fmt: skip
@click.option("--field-selector", default="", metavar="FIELDS", help="For example status.phase!=Running.")
@click.option("--for", "about", default="", metavar="TYPE/NAME", callback=without_equals,
              help="With events: those about this object alone.")  # fmt: skip
@click.option("--sort-by", default="", metavar="PATH", help="A jsonpath, for example .metadata.creationTimestamp.")
@click.option("-L", "--label-columns", multiple=True, metavar="KEY", help="Add a column for this label. Repeatable.")
@click.option("--show-labels", is_flag=True, help="Add a column with all labels.")
@click.option("--no-headers", is_flag=True, help="Print the rows alone.")
@click.option("--ignore-not-found", is_flag=True, help="A named object that is nowhere is no error.")
@click.option("-w", "--watch", is_flag=True, help="Go on with a row for each change, until Ctrl-C.")
@click.option("--watch-only", is_flag=True, help="As -w, without what is there at first.")
@click.option("--output-watch-events", is_flag=True, help="With -w: say ADDED, MODIFIED or DELETED of each.")
@where
def get(
    inventory: Inventory,
    words: tuple[str, ...],
    *,
    namespace: str,
    all_namespaces: bool,
    output: str,
    selector: str,
    field_selector: str,
    about: str,
    sort_by: str,
    label_columns: tuple[str, ...],
    show_labels: bool,
    no_headers: bool,
    ignore_not_found: bool,
    watch: bool,
    watch_only: bool,
    output_watch_events: bool,
) -> ExitCode:
    """List Pods, Minions, claims, ConfigMaps, Secrets or events as they are now; every Minion is asked at once.

    For example: podctl get pods -o wide; podctl get pod web -o yaml; podctl get minions; podctl get pods,pvc -A;
    podctl get events. The values of Secrets are never shown.
    """
    query = parse_query(
        words, namespace=namespace, all_namespaces=all_namespaces,
        selector=selector, fields=field_selector, sort_by=sort_by, about=about,
    )  # fmt: skip
    options = TableOptions(
        wide=output == "wide", headings=not no_headers, namespaces=all_namespaces,
        label_columns=tuple(key for each in label_columns for key in each.split(",")), show_labels=show_labels,
    )  # fmt: skip
    probes = Probes.NONE if output == "name" else Probes.READINESS
    if watch or watch_only:
        from podctl.report.watched import WatchReport  # noqa: PLC0415 - only where something is watched

        report = WatchReport(query, output, options, present=not watch_only, events=output_watch_events)
        return watch_changes(inventory, query, report, probes=probes, ignore_not_found=ignore_not_found)
    output_printer = printer(output)
    with looked(inventory, query, probes=probes, history=query.history) as seen:
        answered = answer(seen, query, engine=ENGINE)
        text = shown(query, answered, output_printer, options,
                     partial=bool(seen.cluster.silent), ignore_not_found=ignore_not_found)  # fmt: skip
        click.echo(text.out, nl=False)
        click.echo(text.note, nl=False, err=True)
    return ended(seen.cluster, () if ignore_not_found else answered.missing)
