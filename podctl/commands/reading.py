"""What the reading commands share: one look, a word about what it may have missed, and the exit code that follows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import open_session
from podctl.core.kinds import CONFIG_MAP, EVENT, KINDS, SECRET
from podctl.core.memory import remember
from podctl.errors import ExitCode, NotFoundError, UnreachableError
from podctl.report.answers import missing_text, silence_text, silent_names, warning_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.kinds import Kind
    from podctl.core.memory import Remembered
    from podctl.core.model import Cluster, Inventory


@contextmanager
def looked(inventory: Inventory) -> Iterator[Remembered]:
    """The cluster as one look saw it, with what it remembers.

    At the end, errors included, stderr names the Minions that were silent, and says what memory cannot be relied on.
    """
    with open_session(inventory) as session:
        seen = remember(session.look())
    try:
        yield seen
    finally:
        click.echo(silence_text(seen.cluster), nl=False, err=True)
        click.echo(warning_text(seen), nl=False, err=True)


def ended(cluster: Cluster, missing: tuple[tuple[Kind, str], ...]) -> ExitCode:
    """The exit code of a look. Raises for what is missing: it may be on a silent Minion, or it is nowhere."""
    if cluster.silent and any(_may_be_there(kind, cluster) for kind, _ in missing):
        raise UnreachableError(
            missing_text(missing, f" on the Minions that answered; {silent_names(cluster)} did not"),
            hint="It may be there: see why with `podctl get minions`, and ask again.",
        )
    if missing:
        raise NotFoundError(missing_text(missing))
    return ExitCode.UNREACHABLE if cluster.silent else ExitCode.DONE


def _may_be_there(kind: Kind, cluster: Cluster) -> bool:
    """On a Minion that is silent. What only the Document has is nowhere if it is in sight and not in doubt."""
    if kind not in (CONFIG_MAP, SECRET, EVENT):
        return kind.namespaced
    known = remember(cluster)
    return bool(known.doubt) or not known.recalled.found


def without_equals(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """`-o=json`, as kubectl takes it."""
    del ctx, param
    return value.removeprefix("=") if isinstance(value, str) else value


def complete_types(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Kinds for the first word; names are not asked for, since that takes a connection to every Minion."""
    if param.name and ctx.params.get(param.name):
        return []
    return [kind.plural for kind in KINDS if kind.plural.startswith(incomplete)]
