"""What git says of the folder that manifests lie in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 2
_DIGITS = 10  # of a commit


def git_revision(files: Sequence[str]) -> str:
    """The commit checked out in the folder of the first of `files`, `+changes` behind it when what is there differs.

    "" where there is no commit, no git, or none that answers in time: that holds nobody up.
    """
    first = next((Path(each) for each in files if each != "-"), None)
    if first is None:
        return ""
    folder = first if first.is_dir() else first.parent
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--", "."],
            capture_output=True, check=True, text=True, errors="replace", timeout=_SECONDS,
            stdin=subprocess.DEVNULL, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    lines = done.stdout.splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if commit == "(initial)":
        return ""
    changed = any(not line.startswith("#") for line in lines)
    return commit[:_DIGITS] + ("+changes" if changed else "")
