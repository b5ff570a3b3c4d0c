"""`health --repair`: its options, and the straight line from them to what is said."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import caller, dry_run_option, duration, open_session, say_errors
from podctl.commands.writing import failover_options
from podctl.core.health.limits import MOST_REPAIRS
from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from podctl.core.document.failover import FailoverWish
    from podctl.core.health.model import Checkup
    from podctl.core.health.scope import Scope
    from podctl.core.model import Inventory
    from podctl.errors import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was asked for on the command line."""

    dry_run: bool
    most: int
    failover: FailoverWish | None
    lock_timeout_seconds: float
    timeout_seconds: float


def repairing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --repair and what goes with it, handed on as `repair`: None without it. And --wait-for-docker, done here."""

    @click.option("--repair", "heal", is_flag=True, help="Heal what can be healed, each by the smallest act.")
    @dry_run_option
    @click.option("--max-repairs", "most", type=click.IntRange(min=1), default=MOST_REPAIRS, show_default=True,
                  metavar="N", help="With --repair: no more acts than these in this run.")  # fmt: skip
    @failover_options
    @click.option("--lock-timeout", default="30s", type=duration, show_default=True,
                  help="With --repair: how long to wait for another podctl to end.")  # fmt: skip
    @click.option("--repair-timeout", default="60s", type=duration, show_default=True,
                  help="With --repair: how long a Pod may take to be ready again.")  # fmt: skip
    @click.option("--wait-for-docker", "patience", is_flag=False, flag_value="5m", type=duration, metavar="[TIME]",
                  help="Before all else wait until docker answers on every Minion, at most so long: for @reboot. "
                  "Without TIME 5m.")  # fmt: skip
    @wraps(command)
    def run(
        *args: Any, inventory: Inventory, heal: bool, dry_run: bool, most: int, failover: FailoverWish | None,
        lock_timeout: float, repair_timeout: float, patience: float | None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        _check(heal=heal, dry_run=dry_run, failover=failover, files=bool(kwargs.get("files")))
        repair = Repair(
            dry_run=dry_run, most=most, failover=failover, lock_timeout_seconds=lock_timeout,
            timeout_seconds=repair_timeout,
        )  # fmt: skip
        if patience is not None:
            _await(inventory, patience, quiet=bool(kwargs.get("quiet")))
        return command(*args, inventory=inventory, repair=repair if heal else None, **kwargs)

    return run


def _check(*, heal: bool, dry_run: bool, failover: FailoverWish | None, files: bool) -> None:
    """Raises InputError for options that do not go together."""
    if not heal and (dry_run or failover):
        raise InputError("--dry-run and --failover go with --repair", hint="Add --repair.")
    if heal and files:
        raise InputError(
            "--repair heals what the cluster remembers, not what files say",
            hint="podctl apply -f brings the cluster to the files; leave -f out to repair.",
        )
    if failover and failover.after_seconds is None:
        raise InputError(
            "--repair --failover needs --failover-after TIME: a Minion that boots is silent for minutes, and not dead",
            hint="For example --failover-after 10m.",
        )


def _await(inventory: Inventory, timeout_seconds: float, *, quiet: bool) -> None:
    from podctl.engine.awaiting import await_engines  # noqa: PLC0415 - only after a boot

    await_engines(inventory, timeout_seconds, lambda line: None if quiet else say_errors([line]))


def repaired(
    inventory: Inventory, scope: Scope, repair: Repair, *, output: str, quiet: bool
) -> tuple[Checkup, tuple[ExitCode, ...]]:
    """Repairs, and says what was done; how it is then, and what else the exit code is to tell.

    Acts are told on stdout, beside the table; with any other form on stderr, as stdout is for programs then. Progress
    goes to stderr, unless `quiet`.
    """
    from podctl.core.placement import Policy  # noqa: PLC0415 - only where something is placed
    from podctl.engine.repairing import RepairWish, run  # noqa: PLC0415 - as above
    from podctl.report.progress import progress, silence  # noqa: PLC0415 - as above
    from podctl.report.repaired import act_lines, left_lines  # noqa: PLC0415 - as above

    wish = RepairWish(
        scope=scope, caller=caller(), uids=lambda: str(uuid.uuid4()), policy=Policy(strategy=inventory.strategy),
        dry_run=repair.dry_run, most=repair.most, failover=repair.failover,
        lock_timeout_seconds=repair.lock_timeout_seconds, timeout_seconds=repair.timeout_seconds,
    )  # fmt: skip
    with open_session(inventory, wish.caller, ahead=True) as session, silence() if quiet else progress() as say:
        done = run(session, wish, say)
    for line in act_lines(done, dry_run=repair.dry_run):
        click.echo(line, err=output not in ("table", "wide"))
    say_errors(left_lines(done))
    return done.checkup, done.codes
