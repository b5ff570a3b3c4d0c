"""Minions that do not answer: off, cut off while podctl works, or another machine in their place; and their return."""

from __future__ import annotations

import shutil
import time

import pytest
from faults import Gate, lock_is_free, log_end, logins, small_pod, state_of
from waiting import wait_for

CONNECT_TIMEOUT_SECONDS = 5  # in the sandbox's inventory
NAMES = ("alpha", "bravo", "charlie")
ONE_OF_THREE = "only 1 of the 3 keepers of the Document answer and hold it"
WAY_OUT = (
    "Bring them back and run the same command again; if they are gone for ever, --without-quorum is your word for it."
)


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


def test_with_a_minion_off_what_it_is_known_to_have_waits_for_it_and_all_else_is_done(podctl, sandbox, namespace):
    applied(
        podctl, namespace, small_pod("kept", "alpha") + small_pod("changed", "bravo") + small_pod("away", "charlie")
    )
    sandbox["charlie"].kill()
    wanted = small_pod("kept", "alpha") + small_pod("changed", "bravo", 2) + small_pod("away", "", 2) + small_pod("new")

    done = apply(podctl, namespace, wanted)
    assert (done.returncode, done.stdout) == (
        4,
        "pod/kept unchanged\npod/changed configured\npod/new created\n",
    ), done.stderr
    assert "error: pod/away is not created: charlie may have it\n  charlie: has it, but is silent: " in done.stderr
    assert "Hint: It goes on when that Minion answers again. If that is dead for good: " in done.stderr
    assert "minion charlie did not answer: " in done.stderr
    seen = pods_on(sandbox, namespace, "alpha", "bravo")
    assert sorted(seen["alpha"] + seen["bravo"]) == ["changed", "kept", "new"]

    sandbox.start("charlie")
    done = apply(podctl, namespace, wanted)
    assert (done.returncode, done.stdout.splitlines()[2]) == (0, "pod/away configured"), done.stderr
    assert sorted(name for names in pods_on(sandbox, namespace).values() for name in names) == [
        "away", "changed", "kept", "new",
    ]  # fmt: skip


def test_where_nothing_is_remembered_and_one_is_silent_nothing_is_made_without_a_word(podctl, sandbox, namespace):
    sandbox["charlie"].kill()
    done = apply(podctl, namespace, small_pod("first"))
    assert (done.returncode, done.stdout) == (4, "")
    first, evidence, *_, last = done.stderr.splitlines()
    assert first == "error: nothing was changed: no Document is in sight, and charlie may hold it"
    assert evidence.startswith("  charlie: ")
    assert last == f"Hint: {WAY_OUT}"
    assert pods_on(sandbox, namespace, "alpha", "bravo") == {"alpha": [], "bravo": []}
    done = apply(podctl, namespace, small_pod("first"), "--without-quorum")
    assert (done.returncode, done.stdout) == (4, "pod/first created\n"), done.stderr


def test_without_a_majority_of_the_keepers_nothing_is_changed(podctl, sandbox, namespace):
    applied(podctl, namespace, small_pod("kept", "alpha"))
    for name in ("bravo", "charlie"):
        sandbox[name].kill()
    done = apply(podctl, namespace, small_pod("kept", "alpha", 2))
    assert (done.returncode, done.stdout) == (4, "")
    first, *evidence, last = done.stderr.splitlines()
    assert first == f"error: nothing was changed: {ONE_OF_THREE}; missing: bravo, charlie"
    named = [line.split(": ")[0] for line in evidence if not line.startswith("    ")]  # what lies deeper is the fix
    assert named == ["  bravo", "  charlie"]
    assert last == f"Hint: {WAY_OUT}"
    done = podctl("delete", "-n", namespace, "-f", "-", input=small_pod("kept"))
    assert (done.returncode, done.stdout) == (4, "")
    assert pods_on(sandbox, namespace, "alpha") == {"alpha": ["kept"]}
    for name in ("bravo", "charlie"):
        sandbox.start(name)
    assert applied(podctl, namespace, small_pod("kept", "alpha")) == ["pod/kept unchanged"]


def test_a_pod_that_is_deleted_while_its_minion_is_off_goes_when_that_is_back(podctl, sandbox, namespace):
    other = small_pod("other", "alpha")
    applied(podctl, namespace, other + small_pod("gone", "charlie"))
    sandbox["charlie"].kill()
    done = podctl("delete", "-n", namespace, "-f", "-", input=small_pod("gone"))
    assert (done.returncode, done.stdout) == (4, 'pod "gone" deleted\n'), done.stderr
    assert "note: pod/gone may still run on charlie, which does not answer: " in done.stderr

    sandbox.start("charlie")
    assert pods_on(sandbox, namespace, "charlie") == {"charlie": ["gone"]}, "docker has started it again"
    done = apply(podctl, namespace, other)
    assert (done.returncode, done.stdout) == (0, "pod/other unchanged\n"), done.stderr
    assert "note: stopped the copy of pod/gone on charlie: stale: nothing names it any more\n" in done.stderr
    assert pods_on(sandbox, namespace, "charlie") == {"charlie": []}


@pytest.mark.long
def test_a_pod_that_is_wanted_again_before_its_minion_is_back_is_not_there_twice(podctl, sandbox, namespace):
    applied(podctl, namespace, small_pod("web", "charlie"))
    sandbox["charlie"].kill()
    assert podctl("delete", "-n", namespace, "-f", "-", input=small_pod("web")).returncode == 4
    done = apply(podctl, namespace, small_pod("web"))
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert pods_on(sandbox, namespace, "alpha", "bravo") == {"alpha": [], "bravo": []}

    sandbox.start("charlie")
    assert applied(podctl, namespace, small_pod("web")) == ["pod/web configured"], "it is the old one, made anew"
    assert sum(map(len, pods_on(sandbox, namespace).values())) == 1


@pytest.mark.long  # test_failover.py tells its half of it
def test_a_pod_that_was_failed_over_and_comes_back_with_its_minion_is_stopped_there_first(podctl, sandbox, namespace):
    applied(podctl, namespace, small_pod("moved", "charlie"))
    sandbox["charlie"].kill()
    elsewhere = small_pod("moved")
    done = apply(podctl, namespace, elsewhere, "--failover")
    assert (done.returncode, done.stdout) == (4, "pod/moved created\n"), done.stderr
    sandbox.start("charlie")
    back = pods_on(sandbox, namespace)["charlie"]  # docker starts containers in no order, and may leave one dead
    assert "moved" in back, "docker has started the old copy again"

    done = apply(podctl, namespace, elsewhere)
    assert (done.returncode, done.stdout) == (0, "pod/moved unchanged\n"), done.stderr
    assert f"charlie: pod {namespace}/moved: stopping: stale: " in done.stderr
    assert "note: stopped the copy of pod/moved on charlie: stale: " in done.stderr
    left = pods_on(sandbox, namespace)
    assert left.pop("charlie") == []
    assert sorted(left.values()) == [[], ["moved"]]
    assert applied(podctl, namespace, elsewhere) == ["pod/moved unchanged"]


BOUND = small_pod("bound", "charlie").replace(
    "spec:\n", "spec:\n  volumes: [{name: logs, hostPath: {path: /var/tmp}}]\n"
)


def test_data_that_is_on_the_silent_minion_alone_is_given_up_by_force_alone_and_silence_counts_from_the_first_word(
    podctl, sandbox, namespace
):
    applied(podctl, namespace, BOUND + small_pod("free", "charlie"))
    wanted = BOUND.replace("nodeName: charlie", "") + small_pod("free")
    sandbox["charlie"].kill()
    done = apply(podctl, namespace, wanted, "--failover", "--failover-after", "1h")
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "note: pod/free is not failed over: charlie is silent for the first time; " in done.stderr
    for minion in sandbox.minions[:2]:
        minion.skew(3601)
    done = apply(podctl, namespace, wanted, "--failover", "--failover-after", "1h")
    assert (done.returncode, done.stdout) == (4, "pod/free created\n"), done.stderr
    assert "note: pod/bound is not failed over: its data is on charlie: hostPath /var/tmp; " in done.stderr
    done = apply(podctl, namespace, wanted, "--failover", "--force")
    assert (done.returncode, done.stdout) == (4, "pod/bound created\npod/free unchanged\n"), done.stderr


# Two commands make charlie's copy of the Document stand; before that nobody does anything.
@pytest.mark.parametrize(
    ("fault", "point"),
    [
        pytest.param("cut", 3, id="cut off before anything is made"),
        pytest.param("kill", 6, id="killed while its Pod is half made"),
        pytest.param("kill", 3, id="killed before anything is made", marks=pytest.mark.long),
        pytest.param("cut", 6, id="cut off while its Pod is half made", marks=pytest.mark.long),
    ],
)
def test_a_minion_lost_during_an_apply_leaves_its_pods_unknown_and_holds_up_no_other(
    podctl, sandbox, namespace, fault, point
):
    charlie = sandbox["charlie"]
    applied(podctl, namespace, "{apiVersion: v1, kind: ConfigMap, metadata: {name: something}}")
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
    ends = ("created", "started", "unchanged")  # the last where its engine was through with it before the cut came
    assert words[2:] in [[f"pod/on-charlie {end}"] for end in ends]
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
    known = small_pod("known", "alpha")
    applied(podctl, namespace, known)
    before = state_of(sandbox["charlie"], namespace)
    end = log_end(sandbox["charlie"])

    done = podctl(
        "apply", "-i", str(tmp_path / "inventory.yaml"), "-n", namespace, "-f", "-",
        input=small_pod("new", "charlie") + known,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, "pod/known unchanged\n")
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


@pytest.mark.long  # test_reboot.py has more Pods, and a repair in the place of the apply
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
