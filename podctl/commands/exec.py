"""`podctl exec`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from podctl.commands.common import namespaced, open_session, say_errors, where
from podctl.core.model import PodKey
from podctl.core.reach import choose_container, find_pod, parse_pod, running_container

if TYPE_CHECKING:
    from podctl.core.model import Inventory

_COMMAND = "podctl.exec.command"


class _WithCommand(click.Command):
    """Everything behind `--` is the command's own, options and further `--` included; `-i` is --stdin, as in kubectl.

    The inventory is `--inventory` here, or `-i` before the word exec.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in self.params:
            if "--inventory" in each.opts:
                each.opts.remove("-i")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_COMMAND] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


@click.command(cls=_WithCommand, options_metavar="[OPTIONS] POD -- COMMAND [ARG...]")
@click.argument("pod", nargs=-1, required=True, metavar="")
@namespaced
@click.option("-c", "--container", default="", metavar="NAME", help="Which container; else the Pod's first.")
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin on to the command.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal; with -i, and when stdin is one.")
@click.option("-q", "--quiet", is_flag=True, help="Print what the command prints and nothing else.")
@where
@click.pass_context
def exec(  # noqa: A001 - the table of commands finds it by this name
    ctx: click.Context,
    inventory: Inventory,
    pod: tuple[str, ...],
    *,
    namespace: str,
    container: str,
    stdin: bool,
    tty: bool,
    quiet: bool,
) -> int:
    """Run a command in a container; its exit code is podctl's (125: podctl itself failed).

    For example: podctl exec web -- ls -l; podctl exec -it web -c app -- sh. When podctl ends before the command, the
    command is ended, too; where the Minion's user is not root, that needs sh and grep in the container.
    """
    command: list[str] = ctx.meta[_COMMAND]
    if len(pod) > 1:
        raise click.UsageError("exec POD COMMAND is not supported: use exec POD -- COMMAND")
    if not command:
        raise click.UsageError("you must specify at least one command for the container")
    from podctl.engine.attach import execute  # noqa: PLC0415 - only when there is something to run
    from podctl.engine.tty import is_terminal  # noqa: PLC0415 - no termios on every system

    descriptor = sys.stdin.fileno() if stdin else None
    terminal = tty and descriptor is not None and is_terminal(descriptor)
    if tty and stdin and not terminal and not quiet:
        say_errors(["Unable to use a TTY - input is not a terminal or the right kind of file"])
    key = PodKey(namespace, parse_pod(pod[0]))
    with open_session(inventory) as session:
        found = find_pod(session.look(), key)
        choice = choose_container(found, container)
        say_errors([choice.note] if choice.note and not quiet else [])
        status = execute(
            session.transport(found.minion), running_container(found, choice.container).id, command,
            stdin=descriptor, terminal=terminal, out=sys.stdout.buffer, err=sys.stderr.buffer,
        )  # fmt: skip
    say_errors([f"command terminated with exit code {status}"] if status and not quiet else [])
    return status
