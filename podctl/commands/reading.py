"""What the reading commands share: one look, a word about what it may have missed, and the exit code that follows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import open_session
from podctl.core.kinds import CONFIG_MAP, EVENT, KINDS, SECRET
from podctl.core.memory import remember
from podctl.core.query import shown_pods
from podctl.errors import ExitCode, NotFoundError, UnreachableError
from podctl.report.answers import (
    history_text,
    missing_text,
    silence_text,
    silent_names,
    unknown_text,
    warning_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.kinds import Kind
    from podctl.core.memory import Remembered
    from podctl.core.model import Cluster, Inventory
    from podctl.core.query import Query
    from podctl.engine.session import Session


class Probes(Enum):
    """Which probes of what is shown are asked, once each."""

    NONE = "none"
    READINESS = "readiness"  # what makes ready: with the startup probes
    ALL = "all"


@contextmanager
def looked(
    inventory: Inventory,
    query: Query,
    *,
    probes: Probes = Probes.READINESS,
    history: bool = False,
    usage: bool = False,
) -> Iterator[Remembered]:
    """The cluster as one look saw it, with what it remembers; the probes of the Pods that `query` finds are asked.

    With `history` the Minions' engines are asked what they remember; `usage` takes a good second more, and measures.

    At the end, errors included, stderr names the Minions that were silent or where probes could not be asked, and says
    what memory cannot be relied on.
    """
    with open_session(inventory) as session:
        seen = remember(session.look(history=history, usage=usage))
        seen = _probed(session, seen, query, probes)
    try:
        yield seen
    finally:
        click.echo(silence_text(seen.cluster), nl=False, err=True)
        click.echo(unknown_text(seen.cluster), nl=False, err=True)
        click.echo(history_text(seen.cluster), nl=False, err=True)
        click.echo(warning_text(seen), nl=False, err=True)


def _probed(session: Session, seen: Remembered, query: Query, probes: Probes) -> Remembered:
    shown = frozenset() if probes is Probes.NONE else shown_pods(seen, query)
    if not shown:
        return seen
    from podctl.engine import probing  # noqa: PLC0415 - only where there is something to ask

    ask = probing.ask_readiness if probes is Probes.READINESS else probing.ask_once
    return replace(seen, cluster=ask(session, seen.cluster, lambda pod: pod.uid in shown))


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
