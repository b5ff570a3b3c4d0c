"""What Pods and Minions use, against what is known of it: a loop with a limit, an allocation, a stranger."""

from __future__ import annotations

import json

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from waiting import eventually

IMAGE = "sandbox/busybox:1"
HELD_MIB = 40
LOOP = ["sh", "-c", "while :; do :; done"]
STRANGER = "stranger-of-top"


def a_pod(name, minion, containers, **spec):
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"nodeName": minion, "terminationGracePeriodSeconds": 0,
                 "containers": [{"image": IMAGE, **each} for each in containers], **spec},
    }  # fmt: skip


PODS = [
    a_pod("loop", "alpha", [
        {"name": "turn", "command": LOOP, "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "500m"}}},
        {"name": "idle", "command": ["sleep", "1000"]},
    ]),
    a_pod("hold", "bravo", [
        {"name": "app", "command": ["sh", "-c", f"dd if=/dev/zero of=/dev/shm/x bs=1M count={HELD_MIB}; sleep 1000"]},
    ]),
    a_pod("ended", "alpha", [{"name": "app", "command": ["true"]}], restartPolicy="Never"),
]  # fmt: skip


@pytest.fixture
def used(podctl, sandbox, namespace):
    """Runs `podctl top` or another command in the namespace of those Pods; a stranger turns beside them."""
    sandbox["alpha"].docker("run", "-d", "--name", STRANGER, "--cpus", "0.2", IMAGE, *LOOP)
    done = podctl("apply", "-n", namespace, "-f", "-", input=yaml.safe_dump_all(PODS))
    assert done.returncode == 0, done.stderr
    yield lambda *words, code=0: _said(podctl(*words, "-n", namespace), code)
    sandbox.start("alpha")
    sandbox["alpha"].docker("rm", "-f", STRANGER, check=False)


def _said(done, code):
    assert done.returncode == code, done.stderr
    return done


def rows(done):
    return [line.split() for line in done.stdout.splitlines()]


def millis(cell):
    return int(cell.removesuffix("m"))


def loop_turns(seen):
    """The loop comes first. How much of its half core it gets is the machine's: others may keep that busy."""
    return seen[0][0] == "loop" and seen[0][1] not in ("<unknown>", "0m")


def seconds_turned(minion, namespace):
    """The loop's CPU time by its own entry in /proc, where nothing of podctl's looks."""
    name = f"podctl_sandbox_{namespace}_loop_turn"
    ticks = minion.docker("exec", name, "cat", "/proc/1/stat").stdout.rpartition(")")[2].split()[11:13]
    return sum(int(each) for each in ticks) / 100


def test_what_is_used_is_what_was_let_loose_in_every_form(used, sandbox, namespace):
    seen = eventually(lambda: rows(used("top", "pods", "--sort-by", "cpu", "--no-headers", "--sum")), loop_turns)
    loop, hold, _rule, total = seen
    assert millis(loop[1]) <= 650  # a period of the quota more than in the window may fall into it
    assert hold[0] == "hold"
    assert HELD_MIB <= int(hold[2].removesuffix("Mi")) <= HELD_MIB + 8
    assert millis(total[0]) == pytest.approx(millis(loop[1]) + millis(hold[1]), abs=1)

    heading, largest, *others = rows(used("top", "po", "--containers", "--sort-by=memory"))
    assert heading == ["POD", "NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert largest[:2] == ["hold", "app"]
    assert sorted(each[1] for each in others) == ["idle", "turn"]
    assert next(millis(each[2]) for each in others if each[1] == "idle") <= 5

    (item,) = json.loads(used("top", "pods", "-l", "app=hold", "-o", "json").stdout)["items"]
    assert float(item["window"].removesuffix("s")) >= 1
    assert int(item["containers"][0]["usage"]["memory"].removesuffix("Ki")) >= HELD_MIB * 1024

    before = seconds_turned(sandbox["alpha"], namespace)
    read = counters(used("top", "pods", "-o", "prometheus").stdout)
    after = seconds_turned(sandbox["alpha"], namespace)
    turn = (("container", "turn"), ("minion", "alpha"), ("namespace", namespace), ("pod", "loop"))
    # The cgroup counts in nanoseconds, and what started the container and looks into it, too.
    assert before - 0.05 <= read["container_cpu_usage_seconds_total", turn] <= after + 1
    assert 0 < read["container_memory_working_set_bytes", turn] < 4 * 2**20

    told = used("top", "pod", "ended", code=1).stderr
    assert told.startswith(f"error: metrics not available for pod {namespace}/ended: it is Completed\n")

    lines = rows(used("describe", "minion", "alpha"))
    stranger = next(each for each in lines if each[:2] == ["container", STRANGER])
    assert stranger[2:4] == ["<none>", "200m"]
    assert 0 < millis(stranger[4]) <= 300
    described = next(each for each in lines if each[:2] == [namespace, "loop"])
    assert 0 < millis(described[6]) <= 650
    assert [namespace, "ended"] not in [each[:2] for each in lines]


def counters(text):
    families = text_string_to_metric_families(text)
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def test_of_a_minion_that_is_off_nothing_is_known_and_the_others_are_measured(used, sandbox):
    sandbox["alpha"].kill()
    done = used("top", "minions", code=4)
    seen = {name: cells for name, *cells in rows(done)}
    assert seen["alpha"] == ["<unknown>"] * 4
    assert millis(seen["bravo"][0]) > 0
    assert done.stderr.startswith("minion alpha did not answer: ")
    assert ["loop", "<unknown>", "<unknown>"] in rows(used("top", "pods", code=4))
    up = counters(used("top", "no", "-o", "prometheus", code=4).stdout)
    assert [up["podctl_minion_up", (("minion", name),)] for name in ("alpha", "bravo", "charlie")] == [0, 1, 1]
