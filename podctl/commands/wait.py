"""`podctl wait`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import duration, namespace_option, open_session, where
from podctl.commands.files import read_sources
from podctl.commands.reading import Probes, complete_types, without_equals
from podctl.commands.watching import looking
from podctl.core.memory import remember
from podctl.core.query import answer, parse_query
from podctl.core.waiting import Waiting, named_in, names_of, parse_wish
from podctl.errors import ExitCode, InputError
from podctl.report.outages import Outages
from podctl.report.text import ENGINE

if TYPE_CHECKING:
    from podctl.core.model import Inventory
    from podctl.core.query import Query
    from podctl.core.waiting import Name

_WEEK_SECONDS = 7 * 24 * 3600.0


def _timeout(ctx: click.Context, param: click.Parameter, value: Any) -> float:
    """As kubectl: 0 looks once, less than 0 waits a week."""
    return _WEEK_SECONDS if str(value).startswith("-") else duration.convert(value, param, ctx)


@click.command()
@click.argument("words", nargs=-1, metavar="[TYPE NAME… | TYPE/NAME…]", shell_complete=complete_types)
@click.option("--for", "wish", required=True, metavar="WHAT", callback=without_equals,
              help="condition=Ready (=Ready=False), delete, create, or jsonpath='{.status.phase}'=VALUE.")  # fmt: skip
@click.option("--timeout", default="30s", show_default=True, metavar="DURATION", callback=_timeout,
              help="How long at most; 0 looks once.")  # fmt: skip
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE|DIR|-", type=click.Path(),
              help="For what these name.")  # fmt: skip
@click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
@namespace_option
@click.option("-A", "--all-namespaces", is_flag=True, help="In all namespaces.")
@click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals, help="By label: app=web.")
@click.option("--field-selector", default="", metavar="FIELDS", help="For example status.phase!=Running.")
@click.option("--all", "every", is_flag=True, help="For all of this TYPE in the namespace.")
@where
def wait(
    inventory: Inventory,
    words: tuple[str, ...],
    *,
    wish: str,
    timeout: float,
    files: tuple[str, ...],
    recursive: bool,
    namespace: str | None,
    all_namespaces: bool,
    selector: str,
    field_selector: str,
    every: bool,
) -> ExitCode:
    """Wait until something holds of Pods, Minions or claims; all are waited for side by side.

    For example: podctl wait --for=condition=Ready pod/web; podctl wait --for=delete pod --all --timeout 2m;
    podctl wait --for=condition=Ready pod -l app=web; podctl wait --for=condition=Ready minion/alpha.
    """
    begin = time.monotonic()
    wanted = parse_wish(wish)
    names: frozenset[Name] | None
    if files:
        if words or selector or field_selector or every:
            raise InputError("-f names all that is waited for: leave out names, -l and --all")
        query, names = _of_files(files, recursive=recursive, namespace=namespace)
    else:
        if not words:
            raise InputError("say what to wait for", hint="podctl wait --for=condition=Ready pod/web, or -f FILE.")
        query = parse_query(
            words, namespace=namespace or "default", all_namespaces=all_namespaces, selector=selector,
            fields=field_selector,
        )  # fmt: skip
        names = names_of(query)
        if names is None and not (selector or field_selector or every):
            raise InputError(f"say which {words[0]} to wait for", hint="Give names, -l LABELS or --all.")
    return _wait(inventory, query, Waiting(wish=wanted, left=names), begin + timeout)


def _of_files(
    files: tuple[str, ...], *, recursive: bool, namespace: str | None
) -> tuple[Query, frozenset[Name] | None]:
    from podctl.core.manifest import parse  # noqa: PLC0415 - pydantic only where manifests are read

    sources = read_sources(files, recursive=recursive)
    return named_in(parse(sources, namespace=namespace or "default", enforce_namespace=bool(namespace),
                          references=False))  # fmt: skip


def _wait(inventory: Inventory, query: Query, waiting: Waiting, deadline: float) -> ExitCode:
    """Prints what has come true as it does. Raises when the rest has not by then; the first look may last longer."""
    from podctl.engine.watching import Watch  # noqa: PLC0415 - only where something is watched

    outages = Outages()
    with open_session(inventory) as session:
        look = looking(session, query, Probes.READINESS if waiting.reads else Probes.NONE)
        watch = Watch(session, look, pause=lambda seconds: _pause(seconds, deadline))
        for cluster in watch.clusters():
            known = remember(cluster)
            click.echo(outages.told(known), nl=False, err=True)
            waiting, met = waiting.step(answer(known, query, engine=ENGINE), known)
            for kind, _, name in met:
                click.echo(f"{kind}/{name} condition met")
            if waiting.left is not None:  # what was selected once is waited for, whatever becomes of it
                query = replace(query, selector=(), fields=())
            if waiting.done:
                return ExitCode.DONE
            if time.monotonic() >= deadline:
                raise waiting.timed_out(known)
    return ExitCode.DONE


def _pause(seconds: float, deadline: float) -> None:
    time.sleep(max(0.0, min(seconds, deadline - time.monotonic())))
