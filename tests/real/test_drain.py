"""cordon, uncordon and drain on real Minions."""

from __future__ import annotations

import json
import subprocess

import pytest
from faults import wait_until_gone
from moving import RUNS, Watch, inventory, leftovers, named, places, pod
from waiting import wait_for

CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
"""


def applied(podctl, namespace, manifests):
    done = podctl("apply", "-n", namespace, "-f", "-", input=manifests)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def told(done):
    """The exit code, and stdout without what is said of Minions."""
    return done.returncode, [line for line in done.stdout.splitlines() if not line.startswith("minion/")]


def test_a_cordon_is_remembered_and_keeps_new_pods_away_until_it_is_taken_back(podctl, sandbox, namespace):
    done = podctl("cordon", "alpha", "bravo")
    assert (done.returncode, done.stdout) == (0, "minion/alpha cordoned\nminion/bravo cordoned\n"), done.stderr
    assert podctl("cordon", "alpha").stdout == "minion/alpha already cordoned\n"
    applied(podctl, namespace, pod("new"))
    assert places(sandbox, namespace) == {"new": ["charlie"]}
    shown = podctl("get", "minions", "--no-headers").stdout.splitlines()
    assert [line.split()[1] for line in shown] == ["Ready,SchedulingDisabled"] * 2 + ["Ready"]
    assert podctl("uncordon", "alpha", "bravo").stdout == "minion/alpha uncordoned\nminion/bravo uncordoned\n"
    assert podctl("uncordon", "bravo", "--dry-run").stdout == "minion/bravo already uncordoned (dry run)\n"
    events = podctl("get", "events", "-A", "--no-headers").stdout
    assert {"Cordoned", "Uncordoned"} <= set(events.split())


def test_what_the_inventory_says_is_unschedulable_no_uncordon_opens(podctl, sandbox, namespace, tmp_path):
    changed = inventory(sandbox, tmp_path, "  bravo:\n", "  bravo:\n    unschedulable: true\n")
    done = podctl("uncordon", "bravo", env={"PODCTL_INVENTORY": str(changed)})
    assert (done.returncode, done.stdout) == (1, "minion/bravo already uncordoned\n")
    assert f"error: minion/bravo stays unschedulable: {changed} says so" in done.stderr


def test_a_drained_pod_is_ready_elsewhere_before_it_stops_and_never_are_there_two_of_its_name(
    podctl, sandbox, namespace
):
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, pod("web"))
    podctl("uncordon", "bravo")
    with Watch(sandbox, namespace, "web", ["alpha", "bravo"]) as watch:
        done = podctl("drain", "alpha")
    assert (done.returncode, done.stdout) == (
        0, "minion/alpha cordoned\npod/web moved from alpha to bravo\nminion/alpha drained\n",
    ), done.stderr  # fmt: skip
    assert places(sandbox, namespace) == {"web": ["bravo"]}
    assert leftovers(sandbox, namespace) == []
    assert min(watch.running) >= 1, "at each look one runs"
    assert max(watch.running) == 2, "for a while both"
    assert max(watch.named) == 1
    assert applied(podctl, namespace, pod("web")) == ["pod/web unchanged"]
    again = podctl("drain", "alpha")
    assert (again.returncode, again.stdout) == (0, "minion/alpha already cordoned\nminion/alpha drained\n")


def test_a_pod_with_a_port_of_its_minion_stops_before_it_starts_elsewhere(podctl, sandbox, namespace):
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, pod("port", container="ports: [{containerPort: 80, hostPort: 8123}]"))
    podctl("uncordon", "charlie")
    with Watch(sandbox, namespace, "port", ["charlie", "alpha"]) as watch:
        done = podctl("drain", "alpha")
    assert told(done) == (0, ["pod/port moved from alpha to charlie"]), done.stderr
    assert max(watch.running) == 1


def test_pods_that_would_lose_something_stay_until_their_owner_gives_it_up(podctl, sandbox, namespace):
    mount = "volumeMounts: [{name: v, mountPath: /v}]"
    keeps = f"echo here >>/v/file; {RUNS}"
    manifests = (
        CLAIM
        + pod("plain")
        + pod("pinned", spec="nodeName: alpha")
        + pod("cache", spec="volumes: [{name: v, emptyDir: {}}]", container=mount, command=keeps)
        + pod("db", spec="volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]", container=mount)
        + pod("over", spec="restartPolicy: Never", command="exit 0")
    )
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, manifests)
    podctl("uncordon", "charlie")
    done = podctl("drain", "alpha")
    assert told(done) == (1, ["pod/plain moved from alpha to charlie"])
    assert "minion/alpha drained" not in done.stdout
    stays = [line for line in done.stderr.splitlines() if " stays on alpha: " in line]
    assert stays == [
        "error: pod/cache stays on alpha: its emptyDir v would be lost; --delete-emptydir-data gives it up",
        "error: pod/db stays on alpha: its data is on this Minion: claim data; --force gives it up",
        "note: pod/over stays on alpha: it has ended, and is not to begin anew",
        "error: pod/pinned stays on alpha: its nodeName is alpha: only another manifest can move it",
    ]
    everything = ("drain", "alpha", "--delete-emptydir-data", "--force", "--ignore-daemonsets")
    refused = podctl(*everything)
    volume = f"podctl_sandbox_{namespace}_claim_data"
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"giving up: pod {namespace}/db loses volume {volume} (1Gi) on alpha" in refused.stderr
    assert places(sandbox, namespace)["cache"] == ["alpha"]
    done = podctl(*everything, "--yes")
    assert told(done) == (1, ["pod/cache moved from alpha to charlie", "pod/db moved from alpha to charlie"])
    assert places(sandbox, namespace) == {
        "plain": ["charlie"], "cache": ["charlie"], "db": ["charlie"], "pinned": ["alpha"],
    }  # fmt: skip
    assert volume not in sandbox["alpha"].docker("volume", "ls", "-q").stdout
    assert volume in sandbox["charlie"].docker("volume", "ls", "-q").stdout


def test_what_fits_nowhere_else_runs_on_and_what_is_to_be_apart_stays_apart(podctl, sandbox, namespace):
    apart = (
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
        "[{topologyKey: kubernetes.io/hostname, labelSelector: {matchExpressions: "
        "[{key: app, operator: In, values: [one, two, three]}]}}]}}"
    )
    applied(podctl, namespace, pod("one", spec=apart) + pod("two", spec=apart))
    first, second = (places(sandbox, namespace)[name][0] for name in ("one", "two"))
    (third,) = {"alpha", "bravo", "charlie"} - {first, second}
    assert told(podctl("drain", first, "--dry-run")) == (0, [f"pod/one moved from {first} to {third} (dry run)"])
    assert told(podctl("drain", first)) == (0, [f"pod/one moved from {first} to {third}"])
    podctl("uncordon", first)
    applied(podctl, namespace, pod("one", spec=apart) + pod("two", spec=apart) + pod("three", spec=apart))
    done = podctl("drain", second)
    assert told(done) == (3, [])
    assert f"error: pod/two stays on {second}: it fits on no other Minion" in done.stderr
    assert f"  {second}: is being drained" in done.stderr
    assert places(sandbox, namespace)["two"] == [second]


def test_a_pod_that_is_not_ready_elsewhere_stays_where_it_is(podctl, sandbox, namespace):
    minion = "env: [{name: MINION, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]"
    only_here = pod("fussy", container=minion, command=f"[ $MINION = alpha ] || exit 1; {RUNS}")
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, only_here)
    podctl("uncordon", "bravo")
    with Watch(sandbox, namespace, "fussy", ["bravo", "alpha"]) as watch:
        done = podctl("drain", "alpha", "--timeout", "6s")
    assert told(done) == (1, [])
    assert "; the old one stays as it is on alpha" in done.stderr
    assert (places(sandbox, namespace), leftovers(sandbox, namespace)) == ({"fussy": ["alpha"]}, [])
    assert min(watch.running) >= 1
    sandbox["bravo"].kill()  # where the Document must not look for it now
    assert podctl("get", "pods", "-n", namespace, "-o", "name").stdout == "pod/fussy\n"
    done = podctl("apply", "-n", namespace, "-f", "-", input=only_here)
    assert (done.returncode, done.stdout) == (4, "pod/fussy unchanged\n"), done.stderr


@pytest.mark.parametrize(
    ("minion", "mark"),
    [
        pytest.param("bravo", ".new.", id="while the new one is started", marks=pytest.mark.long),
        pytest.param("alpha", ".old.", id="while the old one stops"),
    ],
)
def test_a_drain_that_is_killed_half_way_is_finished_by_the_next(podctl, sandbox, namespace, minion, mark):
    manifest = pod("web", command="trap : TERM; while :; do sleep 0.1; done")  # it takes its whole grace
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, manifest)
    podctl("uncordon", "bravo")
    process = podctl.start("drain", "alpha", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def half_way():  # past the moment between two renames on two Minions, in which neither has the name
        marked = mark in sandbox[minion].docker("ps", "--format", "{{.Names}}").stdout
        return marked and named(sandbox, namespace, "web")

    wait_for(half_way, "half way", 60)
    process.kill()
    process.communicate()
    wait_until_gone(sandbox.minions)
    assert len(named(sandbox, namespace, "web")) == 1, "it is there once, whatever else runs"
    done = podctl("drain", "alpha")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "minion/alpha drained"), done.stderr
    assert applied(podctl, namespace, manifest) == ["pod/web unchanged"]
    assert places(sandbox, namespace) == {"web": ["bravo"]}
    assert leftovers(sandbox, namespace) == []


@pytest.mark.long
def test_a_drain_of_a_few_at_a_time_says_what_is_left_and_ends_when_nothing_is(podctl, sandbox, namespace):
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, pod("a") + pod("b"))
    podctl("uncordon", "bravo", "charlie")
    done = podctl("drain", "alpha", "--max-moves", "1")
    code, (moved,) = told(done)
    assert (code, moved.partition(" moved")[0]) == (1, "pod/a")
    assert "error: pod/b is still to move from alpha to " in done.stderr
    done = podctl("drain", "alpha", "--max-moves", "1")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "minion/alpha drained")


def test_a_drained_minion_can_be_switched_off_and_nobody_misses_it(podctl, sandbox, namespace):
    podctl("cordon", "bravo", "charlie")
    applied(podctl, namespace, pod("web"))
    podctl("uncordon", "bravo", "charlie")
    assert podctl("drain", "alpha").returncode == 0
    sandbox["alpha"].kill()
    done = podctl("apply", "-n", namespace, "-f", "-", input=pod("web", cpu="20m"))
    assert (done.returncode, done.stdout) == (4, "pod/web configured\n"), done.stderr
    found = json.loads(podctl("get", "pod", "web", "-n", namespace, "-o", "json").stdout)
    assert found["status"]["phase"] == "Running"
