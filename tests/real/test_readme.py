"""The README's session and the examples, as a newcomer would type them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def session():
    """(command, output) of each `$` line of the README's first console block."""
    block = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.splitlines()[0], part.splitlines()[1:]) for part in parts]


def shape(line):
    """A line without what changes from run to run: ages, addresses and which Minion."""
    return re.sub(r"\d+s\b|\d+\.\d+\.\d+\.\d+|:\d+|alpha|bravo|charlie|\s+", " ", line).strip()


@pytest.fixture
def emptied(podctl):
    yield
    podctl("delete", "-f", "examples", "--force", "--yes", "--ignore-not-found", cwd=ROOT)


@pytest.mark.usefixtures("emptied")
def test_the_readmes_session_is_what_one_sees(podctl):
    for command, told in session():
        program, *arguments = shlex.split(command)
        assert program == "podctl"
        done = podctl(*arguments, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert [shape(line) for line in done.stdout.splitlines()] == [shape(line) for line in told if line]


@pytest.mark.usefixtures("emptied")
def test_every_example_is_applied_and_then_unchanged(podctl):
    first = podctl("apply", "-f", "examples", cwd=ROOT)
    assert first.returncode == 0, first.stderr
    again = podctl("apply", "-f", "examples", cwd=ROOT)
    assert {line.split()[1] for line in again.stdout.splitlines()} == {"unchanged"}
    assert (again.returncode, again.stderr) == (0, "")
    assert podctl("health", "--quiet").stdout == "", "nothing is wrong with an example"
