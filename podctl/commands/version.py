"""`podctl version`."""

from __future__ import annotations

import click

import podctl


@click.command()
def version() -> None:
    """Print the version of podctl."""
    click.echo(f"podctl {podctl.__version__}")
