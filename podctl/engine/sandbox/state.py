"""The sandbox's memory, `DIR/sandbox.json` (subnet and names), and the right to change it."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from podctl.engine.sandbox.layout import Layout
from podctl.errors import InputError, PodctlError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE_FILE = "sandbox.json"


def write_atomically(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """The whole content under that name, or what was there before."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content.encode() if isinstance(content, str) else content)
    draft.chmod(mode)
    draft.replace(path)


def load(folder: Path) -> Layout | None:
    """The sandbox that lives in the folder; None when there is none."""
    try:
        state = json.loads((folder / STATE_FILE).read_text())
    except FileNotFoundError:
        return None
    return Layout(folder=folder, subnet=IPv4Network(state["subnet"]), names=tuple(state["minions"]))


def existing(folder: Path) -> Layout:
    layout = load(folder)
    if layout is None:
        raise PodctlError(f"There is no sandbox in {folder}", hint=f"podctl sandbox up --dir {folder}")
    return layout


def save(layout: Layout) -> None:
    state = {"subnet": str(layout.subnet), "minions": list(layout.names)}
    write_atomically(layout.folder / STATE_FILE, json.dumps(state, indent=1) + "\n")


def check_ours(folder: Path) -> None:
    """Raises InputError for a folder that holds something, but no sandbox."""
    if folder.exists() and not (folder.is_dir() and (load(folder) or not any(folder.iterdir()))):
        raise InputError(
            f"{folder} is in use for something else",
            evidence=f"it is not empty and has no {STATE_FILE}",
            hint="choose an empty or a new folder with --dir",
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer per sandbox. The folder must be there; it may be deleted inside, and whoever waited sees that."""
    while True:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _still_there(folder, descriptor):
                yield
                return
        finally:
            os.close(descriptor)
        folder.mkdir(parents=True, exist_ok=True)


def _still_there(folder: Path, descriptor: int) -> bool:
    try:
        return folder.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
