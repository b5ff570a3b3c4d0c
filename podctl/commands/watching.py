"""What `get -w` and `wait` share: the cluster, looked at again and again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from podctl.commands.common import open_session
from podctl.commands.reading import Probes, ended
from podctl.core.memory import remember
from podctl.core.model import Cluster
from podctl.core.query import answer, shown_pods
from podctl.errors import ExitCode, PodctlError
from podctl.report.text import ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.model import Inventory, ObservedMinion
    from podctl.core.query import Query
    from podctl.engine.session import Session
    from podctl.report.watched import WatchReport


def looking(session: Session, query: Query, probes: Probes) -> Callable[[str], ObservedMinion]:
    """What looks at one Minion, again and again, as the query needs it: with the engine's log and the probes due."""
    from podctl.engine.readiness import Readiness  # noqa: PLC0415 - only where something is watched

    def shown(seen: ObservedMinion) -> frozenset[str]:
        return shown_pods(remember(Cluster(name=session.inventory.cluster, minions=(seen,))), query)

    readiness = Readiness(session, shown) if probes is not Probes.NONE else None

    def look(name: str) -> ObservedMinion:
        seen = session.look_at(name, history=query.history)
        try:
            return readiness.of(seen) if readiness and not seen.silent else seen
        except PodctlError as error:  # it has gone away since
            return session.as_seen(seen.minion, error)

    return look


def watch_changes(
    inventory: Inventory, query: Query, report: WatchReport, *, probes: Probes, ignore_not_found: bool
) -> ExitCode:
    """Prints what is there, then what changes, until it is interrupted. Raises for a named object that is nowhere."""
    from podctl.engine.watching import Watch  # noqa: PLC0415 - only where something is watched

    with open_session(inventory) as session:
        for number, cluster in enumerate(Watch(session, looking(session, query, probes)).clusters()):
            known = remember(cluster)
            answered = answer(known, query, engine=ENGINE)
            text = report.round(answered, known)
            click.echo(text.note, nl=False, err=True)
            click.echo(text.out, nl=False)
            if number == 0 and answered.missing and not ignore_not_found:
                ended(known.cluster, answered.missing)
            query = replace(query, sort_by=None)  # what comes later comes as it happens
    return ExitCode.DONE
