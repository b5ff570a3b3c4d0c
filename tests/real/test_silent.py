"""Minions that do not answer: off, cut off while podctl works, or another machine in their place; and their return."""

from __future__ import annotations

import shutil
import time

import pytest
from faults import Gate, lock_is_free, log_end, logins, small_pod, state_of, wait_for

CONNECT_TIMEOUT_SECONDS = 5  # in the sandbox's inventory
NAMES = ("alpha", "bravo", "charlie")


def apply(podctl, namespace, manifests, *flags):
    return podctl("apply", "-n", namespace, *flags, "-f", "-", input=manifests)


def applied(podctl, namespace, manifests, *flags):
    """The words on stdout of an apply that succeeds."""
    done = apply(podctl, namespace, manifests, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def pods_on(sandbox, namespace, *minions):
    """By Minion, the Pods whose every container runs; another state stands for itself."""
    found = {}
    for name in minions or NAMES:
        label = f"label=podctl.namespace={namespace}"
        lines = sandbox[name].docker("ps", "-a", "--filter", label, "--format", '{{.Label "podctl.pod"}} {{.State}}')
        found[name] = sorted({line.removesuffix(" running") for line in lines.stdout.splitlines()})
    return found


def test_with_a_minion_off_what_is_seen_is_changed_and_what_is_seen_nowhere_waits_for_a_word(
    podctl, sandbox, namespace
):
    applied(podctl, namespace, small_pod("kept", "alpha") + small_pod("changed", "bravo"))
    sandbox["charlie"].kill()
    wanted = small_pod("kept", "alpha") + small_pod("changed", "bravo", 2) + small_pod("new")

    done = apply(podctl, namespace, wanted)
    assert (done.returncode, done.stdout) == (4, "pod/kept unchanged\npod/changed configured\n")
    assert "error: pod/new is not created: it is on no Minion that answers" in done.stderr
    assert "  charlie: may have it, but is silent: " in done.stderr
    assert "--assume-empty charlie" in done.stderr
    assert pods_on(sandbox, namespace, "alpha", "bravo") == {"alpha": ["kept"], "bravo": ["changed"]}

    done = podctl("get", "pods", "-n", namespace, "-o", "name")
    assert (done.returncode, done.stdout) == (4, "pod/changed\npod/kept\n")
    assert "minion charlie did not answer: " in done.stderr

    done = apply(podctl, namespace, wanted, "--assume-empty", "charlie")
    assert (done.returncode, done.stdout) == (4, "pod/kept unchanged\npod/changed unchanged\npod/new created\n")
    seen = pods_on(sandbox, namespace, "alpha", "bravo")
    assert sorted(seen["alpha"] + seen["bravo"]) == ["changed", "kept", "new"]


def test_a_pod_that_comes_back_with_its_minion_is_not_there_twice_after_the_next_apply(podctl, sandbox, namespace):
    applied(podctl, namespace, small_pod("moved", "charlie"))
    sandbox["charlie"].kill()
    elsewhere = small_pod("moved")
    done = apply(podctl, namespace, elsewhere, "--assume-empty", "charlie")
    assert (done.returncode, done.stdout) == (4, "pod/moved created\n"), done.stderr
    sandbox.start("charlie")
    assert sum(map(len, pods_on(sandbox, namespace).values())) == 2, "docker has started the old copy again"

    done = apply(podctl, namespace, elsewhere)
    assert (done.returncode, done.stdout) == (0, "pod/moved unchanged\n"), done.stderr
    assert f"charlie: pod {namespace}/moved: stopping: a second copy; " in done.stderr
    left = pods_on(sandbox, namespace)
    assert left.pop("charlie") == []
    assert sorted(left.values()) == [[], ["moved"]]
    assert applied(podctl, namespace, elsewhere) == ["pod/moved unchanged"]


@pytest.mark.parametrize("point", [1, 4], ids=["before anything is made", "while its Pod is half made"])
@pytest.mark.parametrize("fault", ["kill", "cut"])
def test_a_minion_lost_during_an_apply_leaves_its_pods_unknown_and_holds_up_no_other(
    podctl, sandbox, namespace, fault, point
):
    charlie = sandbox["charlie"]
    wanted = "".join(small_pod(f"on-{name}", name) for name in NAMES)
    with Gate(charlie, point) as gate:
        process = podctl.start("apply", "-n", namespace, "-f", "-")
        process.stdin.write(wanted)
        process.stdin.close()
        process.stdin = None
        wait_for(lambda: gate.reached, "charlie stands at the gate")
        others = {"alpha": ["on-alpha"], "bravo": ["on-bravo"]}
        wait_for(lambda: pods_on(sandbox, namespace, *others) == others, "the others run")
        lost_at = time.monotonic()
        getattr(charlie, fault)()
        out, err = process.communicate(timeout=60)
        seconds = time.monotonic() - lost_at
    assert (process.returncode, out) == (4, "pod/on-alpha created\npod/on-bravo created\n"), err
    assert "error: pod/on-charlie on charlie: Minion charlie: " in err
    assert seconds < CONNECT_TIMEOUT_SECONDS + 5

    charlie.mend()
    sandbox.start("charlie")
    wait_for(lambda: lock_is_free(charlie), "what was cut off has noticed")
    words = applied(podctl, namespace, wanted)
    assert words[:2] == ["pod/on-alpha unchanged", "pod/on-bravo unchanged"]
    # Behind a cut link the shell ends what it was told to do: its Pod may be complete, and only has to be started.
    assert words[2:] in (["pod/on-charlie created"], ["pod/on-charlie started"])
    assert pods_on(sandbox, namespace) == {name: [f"on-{name}"] for name in NAMES}


def test_another_host_key_is_refused_with_both_fingerprints_and_nothing_is_touched(
    podctl, sandbox, namespace, tmp_path
):
    for file in (sandbox.inventory, sandbox.layout.key, sandbox.layout.known_hosts):
        shutil.copy(file, tmp_path)
    lines = (tmp_path / "known_hosts").read_text().splitlines()
    keys = {line.split(",")[0]: line.split(" ", 1) for line in lines}
    keys["charlie"][1] = keys["alpha"][1]
    (tmp_path / "known_hosts").write_text("".join(f"{names} {key}\n" for names, key in keys.values()))
    before = state_of(sandbox["charlie"], namespace)
    end = log_end(sandbox["charlie"])

    done = podctl(
        "apply", "-i", str(tmp_path / "inventory.yaml"), "-n", namespace, "-f", "-",
        input=small_pod("new", "charlie") + small_pod("known", "alpha"),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, "")
    lines = done.stderr.splitlines()
    told = next(line for line in lines if line.startswith("minion charlie did not answer: "))
    assert "ITS HOST KEY HAS CHANGED: another machine may answer in its place" in told
    prints = [sandbox[name].run(["ssh-keygen", "-lf", "/run/sandbox/ssh_host_ed25519_key.pub"]) for name in NAMES]
    alphas, _, charlies = (each.stdout.split()[1] for each in prints)
    behind = lines[lines.index(told) + 1 :]
    assert f"  known   ssh-ed25519 {alphas} ({tmp_path}/known_hosts:3)" in behind
    assert f"  shown   ssh-ed25519 {charlies}" in behind
    assert any(line.startswith("Hint: Ask whoever runs it. Only if it was set up anew: ") for line in behind)
    assert state_of(sandbox["charlie"], namespace) == before
    assert logins(sandbox["charlie"], end).connections == 0


_NAMESPACES = """\
for c in $(docker ps -q --filter label=podctl.namespace="$1"); do
    docker inspect -f '{{.State.Pid}} {{index .Config.Labels "podctl.pod"}}' $c
done | while read -r pid pod; do echo "$pod $(readlink /proc/$pid/ns/net)"; done | sort | uniq -c
"""


def test_after_a_reboot_the_same_files_start_what_docker_left_dead(podctl, sandbox, namespace):
    alpha = sandbox["alpha"]
    wanted = "".join(small_pod(f"pod-{number}", "alpha", containers=4) for number in range(4))
    applied(podctl, namespace, wanted)
    alpha.kill()
    sandbox.start("alpha")
    words = {line.split()[1] for line in applied(podctl, namespace, wanted)}
    assert words <= {"started", "unchanged"}
    found = [line.split() for line in alpha.run(["sh", "-c", _NAMESPACES, "sh", namespace]).stdout.splitlines()]
    # All five of each Pod run, and in one network.
    assert [(count, pod) for count, pod, _ in found] == [("5", f"pod-{number}") for number in range(4)]
    assert applied(podctl, namespace, wanted) == [f"pod/pod-{number} unchanged" for number in range(4)]
