"""Whole commands by accounts that operators have: other login shells, a member of docker's group, sudo, no rights."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
import yaml
from waiting import wait_for

POD = """
apiVersion: v1
kind: Pod
metadata: {name: small}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: main, image: "sandbox/busybox:1", command: [sleep, "1000"], env: [{name: A, value: "it's $HOME\\n!"}]}
"""
SHELLS = {
    "fish": "/usr/bin/fish",
    "csh": "/usr/bin/csh",
    "ash": "/bin/busybox-sh",
    "noisy": "/bin/bash",
}
GROUPS = {"plain": "", "docker": "docker", "admin": ""}


@pytest.fixture(scope="module")
def alpha(sandbox):
    """alpha with an account for each login shell (uid 0, as root is in the sandbox), and three that are not root."""
    minion = sandbox["alpha"]
    files = {name: minion.folder / "etc" / name for name in ("passwd", "group", "shadow")}
    before = {name: path.read_text() for name, path in files.items()}
    minion.run(["sh", "-c", "mkdir -p /srv/sh && ln -sf /bin/busybox /srv/sh/sh && ln -sf /bin/bash /srv/sh/bash"])
    accounts = [f"{name}:x:0:0::/srv/{name}:{shell}" for name, shell in SHELLS.items()]
    accounts += [f"{name}:x:{62_000 + n}:{62_000 + n}::/srv/{name}:/bin/sh" for n, name in enumerate(GROUPS)]
    text = "\n".join(accounts).replace("/bin/busybox-sh", "/srv/sh/sh")
    files["passwd"].write_text(f"{before['passwd']}{text}\n")
    files["shadow"].write_text(before["shadow"] + "".join(f"{name}:*:1::::::\n" for name in (*SHELLS, *GROUPS)))
    with files["group"].open("a") as group:
        group.write("podctl-test-docker:x:62500:docker\n")
    minion.run(["sh", "-c", "for u in fish csh ash noisy plain docker admin; do mkdir -p /srv/$u; done"])
    minion.run(["sh", "-c", "cat >/srv/noisy/.bashrc"], "echo good morning\necho mind the gap >&2\n")
    minion.run(["chgrp", "62500", "/run/docker.sock"])
    minion.run(["chmod", "660", "/run/docker.sock"])
    minion.run(["sh", "-c", "umask 337; cat >/srv/sudoers"], "root ALL=(ALL) ALL\nadmin ALL=(ALL) NOPASSWD: ALL\n")
    minion.run(["mount", "--bind", "/srv/sudoers", "/etc/sudoers"])
    yield minion
    minion.run(["umount", "/etc/sudoers"])
    for name, path in files.items():
        path.write_text(before[name])


@pytest.fixture
def as_user(sandbox, alpha, tmp_path, podctl):
    """Runs podctl as an account of alpha, with alpha as the only Minion."""

    def run(user, *arguments, minion=None, **options):
        inventory = yaml.safe_load(sandbox.inventory.read_text())
        inventory["minions"] = {"alpha": {**inventory["minions"]["alpha"], "user": user, **(minion or {})}}
        for key in ("identity_file", "known_hosts"):
            inventory["defaults"][key] = str(sandbox.folder / inventory["defaults"][key])
        path = tmp_path / f"{user}.yaml"
        path.write_text(yaml.safe_dump(inventory))
        return podctl("-i", str(path), *arguments, **options)

    return run


def check_the_whole_of_it(as_user, user, namespace, minion=None):
    """apply, get, exec, logs and delete by one account."""

    def run(*arguments, **options):
        done = as_user(user, *arguments, minion=minion, **options)
        assert done.returncode == 0, (user, arguments, done.stderr)
        return done.stdout

    assert run("apply", "-n", namespace, "-f", "-", "--no-wait", input=POD) == "pod/small created\n"
    seen = json.loads(run("get", "pod", "small", "-n", namespace, "-o", "json"))
    assert seen["status"]["phase"] == "Running"
    said = run("exec", "small", "-n", namespace, "--", "sh", "-c", 'printf "%s|%s" "$A" \'a!b $c\'')
    assert said == "it's $HOME\n!|a!b $c"
    assert run("logs", "small", "-n", namespace) == ""
    assert run("delete", "pod", "small", "-n", namespace) == 'pod "small" deleted\n'


@pytest.mark.parametrize(
    "user", ["fish", "csh", *(pytest.param(name, marks=pytest.mark.long) for name in ("ash", "noisy"))]
)
def test_any_login_shell_will_do(as_user, alpha, namespace, user):
    check_the_whole_of_it(as_user, user, namespace)


def test_a_member_of_dockers_group_needs_no_root(as_user, alpha, namespace):
    check_the_whole_of_it(as_user, "docker", namespace)


def test_sudo_stands_in_for_the_group(as_user, alpha, namespace):
    check_the_whole_of_it(as_user, "admin", namespace, minion={"sudo": True})


def test_without_rights_the_fix_is_named_and_nothing_is_made(as_user, alpha, namespace):
    done = as_user("plain", "apply", "-n", namespace, "-f", "-", input=POD)
    assert done.returncode == 4
    assert "permission denied" in done.stderr.lower()
    assert "usermod -aG docker plain" in done.stderr


def test_sudo_that_asks_for_a_password_is_named(as_user, alpha, namespace):
    done = as_user("plain", "get", "pods", "-n", namespace, minion={"sudo": True})
    assert done.returncode == 4
    assert "NOPASSWD" in done.stderr


def test_below_sudo_too_the_holder_of_a_lock_is_told(as_user, alpha, namespace, podctl, tmp_path):
    as_user("admin", "get", "pods", minion={"sudo": True})  # writes the inventory
    slow = POD.replace('[sleep, "1000"],', '[sleep, "1000"], lifecycle: {postStart: {sleep: {seconds: 777}}},')
    holding = ("-i", str(tmp_path / "admin.yaml"), "apply", "-n", namespace, "-f", "/dev/stdin")
    with podctl.start(*holding, env={"LOGNAME": "alice"}) as client:
        client.stdin.write(slow)
        client.stdin.close()
        wait_for(lambda: processes_of(alpha, "sleep 777"))
        for user, minion in (("admin", {"sudo": True}), ("docker", {})):
            done = as_user(user, "apply", "-n", namespace, "--lock-timeout", "0s", "-f", "-", input=POD, minion=minion)
            assert done.returncode == 6, done.stderr
            assert re.search(
                r"^  alpha: alice@\S+: -i \S+ apply -n \S+ -f /dev/stdin \(for \d+s\)$", done.stderr, re.MULTILINE
            )
        client.kill()
        client.wait()
        wait_for(lambda: not processes_of(alpha, "sleep 777"), seconds=5)
        with contextlib.suppress(OSError):
            client.stdin = None


def processes_of(minion, word):
    return [
        line
        for line in minion.run(["ps", "-eo", "pid,args"]).stdout.splitlines()
        if word in line and "ps -eo" not in line
    ]


def test_with_sudo_too_nothing_stays_when_podctl_is_killed(as_user, alpha, namespace, podctl, tmp_path):
    """The command runs as root below sudo; its watcher must notice that sshd's session is gone."""
    pod = POD.replace(
        'command: [sleep, "1000"]', 'command: [sleep, "1000"], lifecycle: {postStart: {sleep: {seconds: 777}}}'
    )
    as_user("admin", "get", "pods", minion={"sudo": True})  # writes the inventory
    with podctl.start("-i", str(tmp_path / "admin.yaml"), "apply", "-n", namespace, "-f", "/dev/stdin") as client:
        client.stdin.write(pod)
        client.stdin.close()
        wait_for(lambda: processes_of(alpha, "sleep 777"))
        client.kill()
        client.wait()
        wait_for(lambda: not processes_of(alpha, "sleep 777") and not processes_of(alpha, "sudo -n"), seconds=5)
        with contextlib.suppress(OSError):
            client.stdin = None
