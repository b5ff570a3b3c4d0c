"""Documents are true: what the README says in tables is what the code has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from podctl.cli import COMMANDS
from podctl.core.fields import readme_table
from podctl.core.health.model import Ailment
from podctl.core.inventory import parse_inventory
from podctl.core.manifest import parse
from podctl.errors import ExitCode

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def section(name):
    return README.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_the_table_of_fields_is_the_list_that_the_parser_reads():
    between = README.split("checked by a test -->\n")[1].split("<!-- end of fields -->")[0]
    assert between.strip() == readme_table().strip()


def test_the_table_of_exit_codes_has_every_code():
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", section("Exit codes"), re.MULTILINE)]
    assert told == [int(code) for code in ExitCode]


def test_the_table_of_commands_is_the_table_of_commands():
    told = dict(re.findall(r"^\| `podctl ([\w-]+)` \| (.*) \|$", section("Commands"), re.MULTILINE))
    assert told == dict(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name):
    done = subprocess.run([sys.executable, "-m", "podctl", name, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Usage: podctl {name}")


def test_the_inventory_of_the_quick_start_is_one():
    text = re.search(r"```yaml\n(# inventory.yaml\n.*?)```", README, re.DOTALL).group(1)
    assert [each.name for each in parse_inventory(text, "inventory.yaml").minions] == ["alpha", "bravo"]


def told_simulations():
    """(command, output) of the section on placement."""
    block = re.search(r"```console\n(.*?)```", section("Placement"), re.DOTALL).group(1)
    return [part.partition("\n")[::2] for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("command, told", told_simulations(), ids=[command for command, _ in told_simulations()])
def test_the_simulations_of_the_readme_are_what_one_sees(command, told, tmp_path):
    for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", section("Placement"), re.DOTALL):
        (tmp_path / name).write_text(text)
    program, *words = command.split()
    assert program == "podctl"
    done = subprocess.run(
        [sys.executable, "-m", program, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (told.strip(), "")
    assert done.returncode == (ExitCode.UNPLACED if "wait" in told else ExitCode.DONE)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_read_without_a_warning(path):
    manifests = parse([(path.name, path.read_text())])
    assert manifests.pods
    assert manifests.warnings == ()
    assert list(yaml.safe_load_all(path.read_text()))


def test_a_look_around_imports_neither_paramiko_nor_pydantic():
    heavy = {"paramiko", "pydantic", "rich"}
    code = f"import sys, podctl.cli, podctl.commands.get; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_table_of_findings_has_every_word_that_health_has():
    told = re.findall(r"^\| (`.*?) \|", section("Health"), re.MULTILINE)
    assert {word for row in told for word in re.findall(r"`(\w+)`", row)} == {str(each) for each in Ailment}
