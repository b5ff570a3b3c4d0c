"""What the reading commands share: one look, the word about silent Minions, and the exit code that follows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import open_session
from podctl.core.kinds import KINDS
from podctl.errors import ExitCode, NotFoundError, UnreachableError
from podctl.report.answers import missing_text, silence_text, silent_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.kinds import Kind
    from podctl.core.model import Cluster, Inventory


@contextmanager
def looked(inventory: Inventory) -> Iterator[Cluster]:
    """The cluster as one look saw it; at the end, errors included, stderr names the Minions that were silent."""
    with open_session(inventory) as session:
        cluster = session.look()
    try:
        yield cluster
    finally:
        click.echo(silence_text(cluster), nl=False, err=True)


def ended(cluster: Cluster, missing: tuple[tuple[Kind, str], ...]) -> ExitCode:
    """The exit code of a look. Raises for what is missing: it may be on a silent Minion, or it is nowhere."""
    if missing and cluster.silent and any(kind.namespaced for kind, _ in missing):
        raise UnreachableError(
            missing_text(missing, f" on the Minions that answered; {silent_names(cluster)} did not"),
            hint="It may be there: see why with `podctl get minions`, and ask again.",
        )
    if missing:
        raise NotFoundError(missing_text(missing))
    return ExitCode.UNREACHABLE if cluster.silent else ExitCode.DONE


def without_equals(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """`-o=json`, as kubectl takes it."""
    del ctx, param
    return value.removeprefix("=") if isinstance(value, str) else value


def complete_types(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Kinds for the first word; names are not asked for, since that takes a connection to every Minion."""
    if param.name and ctx.params.get(param.name):
        return []
    return [kind.plural for kind in KINDS if kind.plural.startswith(incomplete)]
