"""`podctl sandbox`: throw-away Minions on this Linux machine."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from podctl.core.quantity import bytes_text, whole
from podctl.engine import sandbox as engine
from podctl.engine.sandbox.layout import DEFAULT_FOLDER
from podctl.engine.sandbox.life import DEFAULT_DISK_BYTES, DEFAULT_MINIONS

folder_option = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="The sandbox's folder; several sandboxes live side by side.",
)
name_argument = click.argument("name")


@click.group()
def sandbox() -> None:
    """Throw-away Minions on this Linux machine, for trying and for tests.

    Each is a real sshd and a real dockerd in namespaces of their own. Needs root.
    """


@sandbox.command()
@click.option("--minions", type=click.IntRange(min=1), help=f"At least that many.  [default: {DEFAULT_MINIONS}]")
@click.option("--disk", default=bytes_text(DEFAULT_DISK_BYTES), show_default=True, help="Size of a new Minion's disk.")
@folder_option
def up(minions: int | None, disk: str, folder: Path) -> None:
    """Start the sandbox, or what is missing of it; what runs is left alone."""
    try:
        disk_bytes = whole(disk)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--disk") from error
    started = engine.up(folder, minions, disk_bytes=disk_bytes)
    inventory = shlex.quote(str(started.inventory))
    click.echo(_table(started))
    click.echo(f"""
Use it:        podctl -i {inventory} get minions
for good:      export PODCTL_INVENTORY={inventory}
log in:        ssh -F {shlex.quote(str(started.layout.ssh_config))} {started.layout.names[0]}
an image:      {engine.IMAGE}
take it down:  podctl sandbox down --dir {shlex.quote(str(started.folder))}""")


@sandbox.command()
@folder_option
def status(folder: Path) -> None:
    """Show each Minion: on or off, its link, sshd, dockerd and clock."""
    click.echo(_table(engine.find(folder)))


@sandbox.command()
@folder_option
def down(folder: Path) -> None:
    """Remove the sandbox and everything that it made."""
    engine.down(folder)
    click.echo("The sandbox is gone.")


@sandbox.command()
@name_argument
@folder_option
def kill(name: str, folder: Path) -> None:
    """Cut a Minion's power."""
    engine.find(folder)[name].kill()
    click.echo(f"{name} is off")


@sandbox.command()
@name_argument
@folder_option
def start(name: str, folder: Path) -> None:
    """Boot a Minion that is off, from its disk."""
    click.echo(f"{name} is on" if engine.find(folder).start(name) else f"{name} was on")


@sandbox.command()
@name_argument
@folder_option
def cut(name: str, folder: Path) -> None:
    """Cut a Minion's link: packets vanish, nobody is told."""
    engine.find(folder)[name].cut()
    click.echo(f"{name} is cut off")


@sandbox.command()
@name_argument
@folder_option
def mend(name: str, folder: Path) -> None:
    """Mend a Minion's link."""
    engine.find(folder)[name].mend()
    click.echo(f"{name} is linked")


@sandbox.command()
@name_argument
@folder_option
def restart_docker(name: str, folder: Path) -> None:
    """Stop a Minion's dockerd in order, and start it."""
    engine.find(folder)[name].restart_docker()
    click.echo(f"{name}: dockerd restarted")


@sandbox.command(context_settings={"ignore_unknown_options": True})
@name_argument
@click.argument("seconds", type=int)
@folder_option
def skew(name: str, seconds: int, folder: Path) -> None:
    """Put a Minion's `date` SECONDS ahead (negative: behind); 0 undoes it."""
    engine.find(folder)[name].skew(seconds)
    click.echo(f"{name}: date is off by {seconds:+d} s" if seconds else f"{name}: date is right")


@sandbox.command()
@click.argument("archive", metavar="IMAGE.tar", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "everywhere", is_flag=True, help="On every Minion.")
@folder_option
def load(archive: Path, names: tuple[str, ...], everywhere: bool, folder: Path) -> None:
    """Load an image from a tar (`docker save`) on Minions."""
    if everywhere == bool(names):
        raise click.UsageError("Name the Minions, or say --all.")
    for name, word in engine.find(folder).load(archive, names).items():
        click.echo(f"{name}: {word}")


def _table(shown: engine.Sandbox) -> str:
    from tabulate import tabulate  # noqa: PLC0415 - 80 ms that only these two commands need

    rows = [
        (
            minion.name,
            minion.address,
            "on" if minion.running else "off",
            "up" if minion.connected else "cut",
            "answers" if minion.ssh else "silent",
            "answers" if minion.docker else "silent",
            f"{minion.skew_seconds:+d}s",
        )
        for minion in shown.health()
    ]
    return tabulate(rows, headers=("NAME", "ADDRESS", "POWER", "LINK", "SSHD", "DOCKERD", "CLOCK"), tablefmt="plain")
