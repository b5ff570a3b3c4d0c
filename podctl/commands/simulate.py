"""`podctl simulate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import complete_minions, namespace_option, open_session, placing, say_errors, where
from podctl.commands.files import read_sources
from podctl.core.minion_names import check_minions
from podctl.errors import ExitCode, InputError, worst

if TYPE_CHECKING:
    from podctl.core.document.model import Document
    from podctl.core.manifest import Manifests, PodManifest
    from podctl.core.model import Cluster, Inventory, PodKey
    from podctl.core.placement import Policy

_MOST = 10_000  # Minions to think of
_NOTHING = "-f is missing: the manifests to place; only --without and --with, and not with --offline, can go without it"


def _output(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """`-o=json`, as kubectl takes it."""
    del ctx, param
    if (wanted := value.removeprefix("=")) not in ("", "json"):
        raise InputError(f"there is no output format {wanted!r}", hint="There is json; without -o it is a table.")
    return wanted


class _Number(click.ParamType):  # type: ignore[type-arg]  # generic for type checkers only
    """How many Minions; whoever adds their kind to the number is told of --like."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not str(value).isdecimal() or not 1 <= int(value) <= _MOST:
            self.fail(f"{value!r} is no number from 1 to {_MOST}; say as --with 3 --like alpha", param, ctx)
        return int(value)


@click.command()
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE|DIR|-", type=click.Path(),
              help="Manifests to place. Repeatable; with --without or --with they may be left out.")  # fmt: skip
@click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
@namespace_option
@click.option("--offline", is_flag=True,
              help="Connect to nothing: the Minions are empty, and have what the inventory declares.")  # fmt: skip
@click.option("--without", multiple=True, metavar="MINION", shell_complete=complete_minions,
              help="As if this Minion were gone: its Pods are placed anew. Repeatable.")  # fmt: skip
@click.option("--with", "more", multiple=True, metavar="N", type=_Number(),
              help="As if there were N more Minions, of the kind that --like says. Repeatable.")  # fmt: skip
@click.option("--like", multiple=True, metavar="MINION", shell_complete=complete_minions,
              help="The Minion that those of --with have labels, taints and capacity of.")  # fmt: skip
@click.option("-o", "--output", default="", metavar="FORMAT", callback=_output, help="json, or nothing for a table.")
@where
@placing
def simulate(
    inventory: Inventory,
    policy: Policy,
    files: tuple[str, ...],
    *,
    recursive: bool,
    namespace: str | None,
    offline: bool,
    without: tuple[str, ...],
    more: tuple[int, ...],
    like: tuple[str, ...],
    output: str,
) -> ExitCode:
    """Show what apply would place where, and why, touching nothing. Exits 3 when some Pod would wait.

    For example: podctl simulate -f shop/; podctl simulate --without alpha; podctl simulate -f shop/ --offline
    --with 3 --like alpha -o json.
    """
    from podctl.core.simulation import simulate as simulated  # noqa: PLC0415 - placement only where something is placed
    from podctl.core.whatif import Change, declared  # noqa: PLC0415 - as above
    from podctl.report.answers import silence_text  # noqa: PLC0415
    from podctl.report.simulation import codes, simulation_json, simulation_text  # noqa: PLC0415

    if not files and (offline or not (without or more)):
        raise click.UsageError(_NOTHING)
    if len(more) != len(like):
        raise click.UsageError("each --with N needs its --like MINION, as in --with 3 --like alpha")
    check_minions((*without, *like), inventory)
    change = Change(without=without, more=tuple(zip(more, like, strict=True)))
    manifests = _manifests(files, recursive=recursive, namespace=namespace)
    looked = (
        _Looked(cluster=declared(inventory, without), pods=manifests.pods) if offline else _look(inventory, manifests)
    )
    done = simulated(
        looked.pods, looked.cluster, change=change, policy=policy, document=looked.document, retried=looked.retried
    )
    click.echo(simulation_json(done) if output else simulation_text(done), nl=False)
    say_errors(f"warning: {each}" for each in (*manifests.warnings, *looked.notes, *done.notes))
    click.echo(silence_text(done.cluster), nl=False, err=True)
    return worst(codes(done))


def _manifests(files: tuple[str, ...], *, recursive: bool, namespace: str | None) -> Manifests:
    from podctl.core.manifest import Manifests, parse  # noqa: PLC0415 - pydantic only where manifests are read

    if not files:
        return Manifests()
    sources = read_sources(files, recursive=recursive)
    return parse(sources, namespace=namespace or "default", enforce_namespace=bool(namespace))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What is to be placed, and on what. `retried` of the Pods are in no file: they wait already."""

    cluster: Cluster
    pods: tuple[PodManifest, ...]
    document: Document | None = None
    retried: frozenset[PodKey] = frozenset()
    notes: tuple[str, ...] = ()


def _look(inventory: Inventory, manifests: Manifests) -> _Looked:
    """One look, without a lock; with what the cluster remembers, as apply takes it.

    Raises ManifestError for a claim, a ConfigMap or a Secret that is nowhere, as apply would.
    """
    from podctl.core.memory import remember  # noqa: PLC0415 - only where Minions are asked
    from podctl.core.references import resolve  # noqa: PLC0415 - pydantic only where manifests are read
    from podctl.core.remembered import completed, known_objects  # noqa: PLC0415 - as above
    from podctl.engine.applying import check_claims  # noqa: PLC0415 - paramiko only where a Minion is talked to

    with open_session(inventory) as session:
        seen = remember(session.look())
    files = resolve(manifests, known_objects(seen.document, manifests))
    check_claims(files, seen.cluster, seen.document)
    every, broken = completed(seen.document, seen.waiting, files)
    return _Looked(
        cluster=seen.cluster,
        pods=every.pods,
        document=seen.standing,
        retried=frozenset(seen.waiting) - {pod.key for pod in files.pods},
        notes=(
            *filter(None, [seen.warning]),
            *(f"pod {key} waits, and cannot be made: {why}" for key, why in broken.items()),
        ),
    )
