"""`podctl completion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

_PROGRAM, _VARIABLE = "podctl", "_PODCTL_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    bash: source <(podctl completion bash). zsh: the same with zsh, after compinit.
    fish: podctl completion fish | source.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only where a script is wanted

    kind: type[ShellComplete] | None = get_completion_class(shell)
    assert kind  # noqa: S101 - click knows these three
    script = kind(ctx.find_root().command, {}, _PROGRAM, _VARIABLE)
    # Not source(): that runs bash to see its version, though the script may be meant for another machine.
    click.echo(script.source_template % script.source_vars())
