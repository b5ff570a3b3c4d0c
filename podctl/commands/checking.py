"""What a checkup is about, as options: files, labels, a namespace, Minions; and plugins' manners."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.files import read_sources
from podctl.commands.reading import without_equals
from podctl.core.health.scope import Scope
from podctl.core.selectors import parse_selector
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podctl.core.manifest import Manifests
    from podctl.core.model import Inventory

_NAGIOS_UNKNOWN = 3


def scoped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds -f, -R, -n, -A, -l and --minion, handed on as `scope` and `files`. Stands below `where`."""

    @click.option("-f", "--filename", "names", multiple=True, metavar="FILE|DIR|-", type=click.Path(),
                  help="Only the Pods of these manifests, each of which is to be there. Repeatable.")  # fmt: skip
    @click.option("-R", "--recursive", is_flag=True, help="Look into the folders below each DIR, too.")
    @click.option("-l", "--selector", default="", metavar="LABELS", callback=without_equals,
                  help="Only Pods with these labels.")  # fmt: skip
    @click.option("-n", "--namespace", metavar="NAME", help="Only this namespace; else all.")
    @click.option("-A", "--all-namespaces", is_flag=True, help="All namespaces, which is the default.")
    @click.option("--minion", "minions", multiple=True, metavar="NAME",
                  help="Only this Minion, and what is there. Repeatable.")  # fmt: skip
    @wraps(command)
    def run(
        *args: Any, inventory: Inventory, names: tuple[str, ...], recursive: bool, selector: str,
        namespace: str | None, all_namespaces: bool, minions: tuple[str, ...], **kwargs: Any,
    ) -> Any:  # fmt: skip
        from podctl.core.minion_names import check_minions  # noqa: PLC0415 - only where one is named

        check_minions(minions, inventory)
        scope = Scope(
            namespace=None if all_namespaces or names else namespace, selector=parse_selector(selector), minions=minions
        )
        files = _manifests(names, namespace, recursive=recursive) if names else None
        return command(*args, inventory=inventory, scope=scope, files=files, **kwargs)

    return run


def _manifests(names: Sequence[str], namespace: str | None, *, recursive: bool) -> Manifests:
    """Without their warnings: apply says those."""
    from podctl.core.manifest import parse  # noqa: PLC0415 - pydantic only where manifests are read

    sources = read_sources(names, recursive=recursive)
    return parse(sources, namespace=namespace or "default", enforce_namespace=bool(namespace))


def as_plugin(command: Callable[..., Any]) -> Callable[..., Any]:
    """With -o nagios a failure of podctl itself is a line on stdout and 3, UNKNOWN. Stands above `where`."""

    @wraps(command)
    def run(*args: Any, output: str, **kwargs: Any) -> Any:
        try:
            return command(*args, output=output, **kwargs)
        except PodctlError as error:
            if output != "nagios":
                raise
            click.echo(f"PODCTL UNKNOWN - {'; '.join(error.message.splitlines())}")
            return _NAGIOS_UNKNOWN

    return run
