"""`podctl delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import (
    caller,
    can_ask,
    confirm,
    duration,
    namespace_option,
    open_session,
    say_errors,
    where,
)
from podctl.commands.files import read_sources
from podctl.commands.reading import complete_types, ended, without_equals
from podctl.commands.writing import quorum_option
from podctl.core.deletion import check_kinds, doomed_by, doomed_of
from podctl.core.query import answer, parse_query
from podctl.errors import InputError, PodctlError, worst
from podctl.report import outcomes, removal
from podctl.report.answers import silence_text
from podctl.report.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.deletion import Doomed
    from podctl.core.document.model import Document
    from podctl.core.kinds import Kind
    from podctl.core.model import Cluster, Inventory
    from podctl.errors import ExitCode


@click.command()
@click.argument("words", nargs=-1, metavar="[TYPE NAME… | TYPE/NAME…]", shell_complete=complete_types)
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE|DIR|-", type=click.Path(),
              help="Delete what these name.")  # fmt: skip
@click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
@namespace_option
@click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals, help="By label: app=web.")
@click.option("--all", "every", is_flag=True, help="All of this TYPE in the namespace.")
@click.option("--grace-period", type=int, default=-1, metavar="SECONDS", help="Instead of each Pod's own.")
@click.option("--now", is_flag=True, help="A grace period of 1 s.")
@click.option("--force", is_flag=True, help="No grace at all.")
@click.option("--ignore-not-found", is_flag=True, help="What is nowhere is no error.")
@click.option("--yes", is_flag=True, help="Do not ask. A script needs it to delete a claim.")
@click.option("--wait", type=bool, default=True, is_flag=False, flag_value=True, hidden=True)
@click.option("--lock-timeout", default="60s", type=duration, show_default=True,
              help="How long to wait for another podctl to end.")  # fmt: skip
@quorum_option
@where
def delete(
    inventory: Inventory,
    words: tuple[str, ...],
    *,
    files: tuple[str, ...],
    recursive: bool,
    namespace: str | None,
    selector: str,
    every: bool,
    grace_period: int,
    now: bool,
    force: bool,
    ignore_not_found: bool,
    yes: bool,
    wait: bool,
    lock_timeout: float,
    without_quorum: bool,
) -> ExitCode:
    """Delete Pods, ConfigMaps, Secrets and claims. A claim's data goes with it, so it is asked for.

    For example: podctl delete pod web; podctl delete -f web.yaml; podctl delete pods -l app=web.
    """
    if not wait:
        raise InputError("delete always waits: there is no server that would finish the work later")
    choose = _choice(words, files, recursive=recursive, namespace=namespace, selector=selector, every=every)
    grace = removal.grace_seconds(grace_period, now=now, force=force)
    from podctl.engine import deleting  # noqa: PLC0415 - after what can be wrong without it

    wish = deleting.Deletion(
        choose=choose, allow=lambda doomed: _allow(doomed, yes=yes, sweeping=every or bool(selector)),
        caller=caller(files), grace_seconds=grace, lock_timeout_seconds=lock_timeout, without_quorum=without_quorum,
    )  # fmt: skip
    with open_session(inventory, wish.caller) as session, progress() as say:
        done = deleting.run(session, wish, say)
    say_errors(removal.nothing_lines(done.doomed, namespace or "default"))
    for line in removal.result_lines(done.doomed, done.outcomes, done.claims.removed):
        click.echo(line)
    say_errors(outcomes.trouble_lines(done.outcomes))
    say_errors(removal.claim_trouble_lines(done.claims.problems))
    say_errors(removal.later_lines(done.doomed.keys, done.document, done.cluster))
    say_errors(removal.kept_volume_lines(done.doomed.claim_keys, done.document, done.cluster))
    say_errors(outcomes.unremembered_lines(done.notes))
    click.echo(silence_text(done.cluster), nl=False, err=True)
    codes = [*outcomes.codes(done.outcomes, (), done.cluster), *done.codes]
    return _with_missing(codes, done.cluster, () if ignore_not_found else done.doomed.missing)


def _with_missing(codes: list[ExitCode], cluster: Cluster, missing: tuple[tuple[Kind, str], ...]) -> ExitCode:
    """The worst code; what is missing is said, but does not hide what is worse."""
    try:
        codes.append(ended(cluster, missing))
    except PodctlError as error:
        say_errors([*(f"error: {line}" for line in error.message.splitlines())])
        say_errors([f"Hint: {error.hint}"] if error.hint else [])
        codes.append(error.exit_code)
    return worst(codes)


def _choice(
    words: tuple[str, ...],
    files: tuple[str, ...],
    *,
    recursive: bool,
    namespace: str | None,
    selector: str,
    every: bool,
) -> Callable[[Cluster, Document], Doomed]:
    """How to pick what goes from what is seen and remembered. Raises InputError for a request that is none."""
    if files and (words or selector or every):
        raise InputError("-f names all that goes: leave out names, -l and --all")
    if files:
        from podctl.core.manifest import parse  # noqa: PLC0415 - pydantic only where manifests are read

        sources = read_sources(files, recursive=recursive)
        named = namespace or "default"
        manifests = parse(sources, namespace=named, enforce_namespace=bool(namespace), references=False)
        return lambda cluster, document: doomed_by(manifests, cluster, document)
    if not words:
        raise InputError("say what to delete", hint="podctl delete pod NAME, delete -f FILE, or delete pods -l LABELS.")
    query = parse_query(words, namespace=namespace or "default", selector=selector)
    if not query.named and not selector and not every:
        raise InputError(f"say which {words[0]} to delete", hint="Give names, -l LABELS or --all.")
    if query.named and every:
        raise InputError("give names or --all, not both")
    check_kinds(query)
    return lambda cluster, _document: doomed_of(answer(cluster, query, engine=""))


def _allow(doomed: Doomed, *, yes: bool, sweeping: bool) -> None:
    """Asks where data or many Pods go; raises when the answer is no, or when nobody can be asked about data."""
    question = removal.question(doomed, sweeping=sweeping)
    if yes or not question:
        return
    if not can_ask():
        if doomed.claims:
            raise InputError(
                f"nothing was deleted, as nobody can be asked here: this deletes {removal.loss(doomed)}, "
                "and its data for ever",
                hint="The same command with --yes, if that is meant; Pods alone are deleted by name.",
            )
    elif not confirm(question):
        raise InputError("nothing was deleted")
