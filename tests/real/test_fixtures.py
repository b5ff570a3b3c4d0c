"""What tests on real Minions rely on: an emptied namespace, Minions that are well again, a command line."""

from __future__ import annotations

from conftest import remove_namespace

from podctl.engine.sandbox import IMAGE


def test_a_namespace_is_emptied_of_containers_and_volumes_and_nothing_else(sandbox, namespace):
    alpha = sandbox["alpha"]
    label = f"podctl.namespace={namespace}"
    alpha.docker("volume", "create", "--label", label, "ours")
    alpha.docker("run", "-d", "--label", label, "-v", "ours:/data", "--name", "ours", IMAGE, "sleep", "1000")
    alpha.docker(
        "run", "-d", "--label", f"{label}-not", "-v", "theirs:/data", "--name", "theirs", IMAGE, "sleep", "1000"
    )
    remove_namespace(alpha, namespace)
    remove_namespace(alpha, namespace)
    names = alpha.docker("ps", "-a", "--format", "{{.Names}}").stdout.split()
    volumes = alpha.docker("volume", "ls", "-q").stdout.split()
    assert [("ours" in found, "theirs" in found) for found in (names, volumes)] == [(False, True)] * 2
    alpha.docker("rm", "-f", "theirs")
    alpha.docker("volume", "rm", "theirs")


def test_a_minion_that_a_test_breaks(sandbox):
    sandbox["alpha"].kill()
    sandbox["bravo"].cut()
    sandbox["charlie"].skew(100)


def test_is_well_again_in_the_next(sandbox):
    seen = [(minion.ssh, minion.docker, minion.skew_seconds) for minion in sandbox.health()]
    assert seen == [(True, True, 0)] * 3


def test_the_command_line_runs_with_the_sandboxs_inventory_and_a_home_of_its_own(podctl, sandbox):
    environment = podctl.environment({"EXTRA": "1", "PATH": None})
    assert environment["PODCTL_INVENTORY"] == str(sandbox.inventory)
    assert environment["HOME"] != str(sandbox.folder.home())
    assert (environment["EXTRA"], "PATH" in environment, "SSH_AUTH_SOCK" in environment) == ("1", False, False)
    done = podctl("version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("podctl ")
