"""`podctl cp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podctl.commands.common import namespaced, open_session, say_errors, where
from podctl.core.copyspec import PodSide, parse_sides
from podctl.core.reach import choose_container, find_pod, seen_container
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from podctl.core.model import Inventory


@click.command()
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@namespaced
@click.option("-c", "--container", default="", metavar="NAME", help="Which container; else the Pod's first.")
@click.option("--no-preserve", is_flag=True, hidden=True)
@where
def cp(
    inventory: Inventory, source: str, target: str, *, namespace: str, container: str, no_preserve: bool
) -> ExitCode:
    """Copy a file or folder into a container, or out of it; one side is [NAMESPACE/]POD:PATH.

    For example: podctl cp ./site web:/www; podctl cp shop/web:/var/log/app.log app.log. No tool is needed in the
    container, and it may be stopped. A folder that is there already takes the copy in; out of a container its content
    is merged. Modes are kept; in the container the files belong to the user of its main process. What leads out of the
    target (links, mostly) is left out, and the exit code is then 1.
    """
    del no_preserve  # accepted for kubectl's sake: owners are never copied
    one, other = parse_sides(source, target, namespace)
    side = one if isinstance(one, PodSide) else other
    assert isinstance(side, PodSide)  # noqa: S101 - exactly one of them is
    from podctl.engine.copy import Container  # noqa: PLC0415 - only when there is something to copy

    with open_session(inventory) as session:
        pod = find_pod(session.look(), side.key)
        choice = choose_container(pod, container)
        say_errors([choice.note] if choice.note else [])
        place = Container(session, pod.minion, seen_container(pod, choice.container).id, side.key.name)
        left_out = place.copy_out(side.path, target) if side is one else place.copy_in(source, side.path)
    say_errors(f"warning: {each}" for each in left_out)
    return ExitCode.FAILED if left_out else ExitCode.DONE
