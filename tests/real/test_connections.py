"""One SSH connection per Minion and command, counted in each sshd's log; through a bastion one to the bastion."""

from __future__ import annotations

import pytest
import yaml
from faults import Logins, log_end, logins, small_pod

PODS = small_pod("left", "alpha", 2) + small_pod("right", "bravo", 2)
ONE_OF_EACH = Logins(connections=1, commands=1)


@pytest.fixture
def running(podctl, namespace):
    """Two Pods on two Minions; the third has nothing to do."""
    done = podctl("apply", "-n", namespace, "-f", "-", input=PODS)
    assert done.returncode == 0, done.stderr
    return namespace


def counted(podctl, sandbox, *arguments, codes=(0,), **given):
    """What each sshd has logged for this one command."""
    ends = {minion.name: log_end(minion) for minion in sandbox.minions}
    done = podctl(*arguments, **given)
    assert done.returncode in codes, done.stderr
    return {minion.name: logins(minion, ends[minion.name]) for minion in sandbox.minions}


def test_whatever_the_command_each_minion_sees_one_connection_and_one_shell(podctl, sandbox, running):
    namespace = ("-n", running)
    other = PODS.replace("name: c0", "name: d0")
    seen = {
        "get": counted(podctl, sandbox, "get", "pods", "-o", "wide", *namespace),
        "get minions": counted(podctl, sandbox, "get", "minions"),
        "describe": counted(podctl, sandbox, "describe", "pods", *namespace),
        "unchanged": counted(podctl, sandbox, "apply", "-f", "-", *namespace, input=PODS),
        "dry run": counted(podctl, sandbox, "apply", "--dry-run", "-f", "-", *namespace, input=other),
        "diff": counted(podctl, sandbox, "diff", "-f", "-", *namespace, input=other, codes=(1,)),
        "replace": counted(podctl, sandbox, "apply", "-f", "-", *namespace, input=other),
        "delete": counted(podctl, sandbox, "delete", "pods", "--all", *namespace),
        "create": counted(podctl, sandbox, "apply", "-f", "-", *namespace, input=PODS),
    }
    assert seen == {command: dict.fromkeys(("alpha", "bravo", "charlie"), ONE_OF_EACH) for command in seen}


@pytest.mark.parametrize(
    "command",
    [("logs", "left", "-c", "c0"), ("logs", "left", "--all-containers"), ("exec", "left", "-c", "c0", "--", "true")],
    ids=" ".join,
)
def test_what_streams_from_one_pod_looks_and_streams_over_one_connection_a_minion(podctl, sandbox, running, command):
    pytest.importorskip(f"podctl.commands.{command[0]}")
    words = command.index("--") if "--" in command else len(command)
    seen = counted(podctl, sandbox, *command[:words], "-n", running, *command[words:])
    assert {name: each.connections for name, each in seen.items()} == {"alpha": 1, "bravo": 1, "charlie": 1}
    assert seen["charlie"] == ONE_OF_EACH


def test_a_minion_that_has_nothing_to_do_is_asked_once_too(podctl, sandbox, namespace):
    seen = counted(podctl, sandbox, "delete", "pods", "--all", "-n", namespace, codes=(0, 1))
    assert seen == dict.fromkeys(("alpha", "bravo", "charlie"), ONE_OF_EACH)


@pytest.fixture
def behind_alpha(sandbox, tmp_path):
    """An inventory in which bravo and charlie are reached through alpha."""
    settings = yaml.safe_load(sandbox.inventory.read_text())
    for key in ("identity_file", "known_hosts"):
        settings["defaults"][key] = str(sandbox.folder / settings["defaults"][key])
    for name in ("bravo", "charlie"):
        settings["minions"][name]["proxy_jump"] = "alpha"  # how to get there stands in the sandbox's ssh_config
    del settings["minions"]["alpha"]
    settings["defaults"]["ssh_config"] = str(sandbox.layout.ssh_config)
    config = tmp_path / "inventory.yaml"
    config.write_text(yaml.safe_dump(settings))
    return config


def test_through_a_bastion_there_is_one_connection_to_it_and_one_to_each_minion(
    podctl, sandbox, namespace, behind_alpha
):
    pods = small_pod("left", "charlie") + small_pod("right", "bravo")
    here = ("-i", str(behind_alpha), "-n", namespace)
    seen = [
        counted(podctl, sandbox, "apply", "-f", "-", *here, input=pods),
        counted(podctl, sandbox, "get", "pods", *here),
        counted(podctl, sandbox, "delete", "pods", "--all", *here),
    ]
    # The bastion itself runs nothing: its connection only forwards.
    through = {"alpha": Logins(connections=1, commands=0), "bravo": ONE_OF_EACH, "charlie": ONE_OF_EACH}
    assert seen == [through] * 3
