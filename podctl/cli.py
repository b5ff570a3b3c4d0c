"""The click group, the table of commands, and the only place where an error meets the terminal."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from podctl import __version__
from podctl.commands import WORDS
from podctl.errors import ExitCode, InputError, PodctlError

if TYPE_CHECKING:
    from collections.abc import Mapping

# name -> what it does; the command is the object of that name (`-` as `_`) in the module of that name.
COMMANDS: Mapping[str, str] = {
    "apply": "Bring the cluster to what the manifests say.",
    "diff": "Show what apply would change, changing nothing.",
    "simulate": "Show what apply would place where, and why, on the cluster as it is or might be.",
    "delete": "Delete Pods and claims, by manifest, name or label.",
    "adopt": "Make the cluster remember the Pods that run, where it does not.",
    "cordon": "Let no new Pods come to Minions.",
    "uncordon": "Let Pods come again to Minions that were cordoned or drained.",
    "drain": "Move all Pods of Minions elsewhere.",
    "rebalance": "Move the fewest Pods that free a Minion or let a waiting Pod in.",
    "get": "List Pods, Minions, claims, ConfigMaps, Secrets or events.",
    "describe": "Show all that is known of a Pod, Minion, claim, ConfigMap or Secret.",
    "top": "Show what Pods or Minions use of CPU and memory.",
    "health": "Find what is wrong with Minions and Pods, for people, cron and monitoring.",
    "wait": "Wait until Pods are ready or gone, or something else holds of them.",
    "logs": "Print the logs of a Pod's containers.",
    "exec": "Run a command in a container.",
    "cp": "Copy files into and out of containers.",
    "port-forward": "Reach a Pod's ports from this machine.",
    "version": "Print the version of podctl.",
    "completion": "Print the completion script for a shell.",
    "sandbox": "Make throw-away Minions on this machine, for trying and for tests.",
}

# What a failure of podctl itself means where the exit code belongs to something else (design section 11).
_OWN_FAILURE: Mapping[str, ExitCode] = {"exec": ExitCode.EXEC_FAILED, "diff": ExitCode.WRONG_INPUT}


class _Commands(click.Group):
    """Imports a command's module when that command is run, so that none pays for another's libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"podctl.commands.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only where somebody mistyped

            near = get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"no such command '{args[0]}'" + (f": did you mean '{near[0]}'?" if near else ""))
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="podctl", message="%(prog)s %(version)s")
@click.option(
    "-i",
    "--inventory",
    metavar="FILE",
    type=click.Path(),
    help="The inventory; else $PODCTL_INVENTORY, else ./inventory.yaml.",
)
@click.option("--debug", is_flag=True, help="Show every command that runs on a Minion, and tracebacks.")
@click.pass_context
def podctl(ctx: click.Context, inventory: str | None, debug: bool) -> None:
    """Kubernetes Pods on plain machines: over SSH, with nothing installed there."""
    ctx.obj = {"inventory": inventory, "debug": debug}


def _say(error: PodctlError, *, debug: bool) -> None:
    """What (first line), evidence (indented), hint; the traceback only when asked for."""
    lines = error.message.splitlines() or [type(error).__name__]
    print(*(f"error: {line}" for line in lines), sep="\n", file=sys.stderr)  # noqa: T201 - the one door for errors
    for line in error.evidence.splitlines():
        print(f"  {line}", file=sys.stderr)  # noqa: T201
    if error.hint:
        print(f"Hint: {error.hint}", file=sys.stderr)  # noqa: T201
    if debug:
        traceback.print_exception(error)


def run(argv: list[str]) -> int:  # noqa: PLR0911 - one return an ending, in one place
    """One whole command; its exit code. An error that podctl did not raise on purpose keeps its traceback."""
    context: dict[str, Any] = {}
    own_failure = None
    try:
        with podctl.make_context("podctl", list(argv)) as ctx:
            ctx.meta[WORDS] = tuple(argv)
            context = ctx.obj or {"debug": ctx.params.get("debug", False)}
            own_failure = _OWN_FAILURE.get(next((word for word in argv if word in COMMANDS), ""))
            code = podctl.invoke(ctx)
            return int(code) if isinstance(code, int) else ExitCode.DONE
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return ExitCode.WRONG_INPUT
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx else "podctl"
        usage = InputError(error.format_message(), hint=f"'{name} --help' shows how it is used.")
        _say(usage, debug=False)
        return own_failure or ExitCode.WRONG_INPUT
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except PodctlError as error:
        _say(error, debug=bool(context.get("debug") or "--debug" in argv))
        return own_failure or error.exit_code
    except BrokenPipeError:
        # Whoever read us has gone (`| head`): nobody is left to tell, and the shutdown must not try to flush.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED


def main() -> None:
    # Nothing that a command reads is garbage. To look for some as often as by default (700, 10) takes 1.5 s of 3.7 s
    # with 10,000 Pods; little at a time, and seldom again, takes 0.1 s and keeps commands small that run for hours.
    gc.set_threshold(50_000, 100)
    if "_PODCTL_COMPLETE" in os.environ:
        podctl.main(prog_name="podctl")  # a shell asks for completions: click answers and ends
    sys.exit(run(sys.argv[1:]))
