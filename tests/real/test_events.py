"""What happened to Pods on real Minions, told by get and describe: who died, and why."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from waiting import eventually

_KEPT = 256  # events, by docker's daemon


def pod(name, command, minion="alpha", *, policy="Always", limit="64Mi"):
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  nodeName: {minion}
  restartPolicy: {policy}
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: sandbox/busybox:1
    command: {json.dumps(command)}
    resources: {{limits: {{memory: {limit}}}}}
---
"""


# Ends the hard way: the shell itself, and no child of it, is what the kernel kills.
HUNGRY = ["sh", "-c", "x=0123456789abcdef; while :; do x=$x$x; done"]
PODS = (
    pod("looper", ["sh", "-c", "exit 3"])
    + pod("hungry", HUNGRY, policy="Never", limit="16Mi")
    + pod("broken", ["no-such-program"])
    + pod("done", ["true"], policy="Never")
    + pod("gone", ["sleep", "1000"])
    + pod("torn", ["sleep", "1000"])
)


@pytest.fixture
def get(podctl, namespace):
    """The events that `get` shows, as values."""

    def ask(*words, code=0):
        done = podctl("get", "events", "-n", namespace, "-o", "json", *words)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)["items"]

    return ask


def by_docker(items):
    """{(Pod, reason): message} of what docker tells."""
    return {
        (each["involvedObject"]["name"], each["reason"]): each["message"]
        for each in items
        if each["source"]["component"] == "docker"
    }


def awaited(ask, *wanted):
    return eventually(lambda: by_docker(ask()), lambda found: {*wanted} <= {*found}, f"{wanted}")


def test_who_died_and_why_is_told_also_of_what_is_gone(podctl, sandbox, namespace, get):
    assert podctl("apply", "-n", namespace, "-f", "-", "--no-wait", input=PODS).returncode in (0, 1)
    assert podctl("delete", "pod", "gone", "-n", namespace, "--yes").returncode == 0
    sandbox["alpha"].docker("rm", "-f", f"podctl_sandbox_{namespace}_torn_main")
    found = awaited(get, ("looper", "BackOff"), ("hungry", "OOMKilled"), ("done", "Completed"), ("torn", "Removed"))

    assert found["looper", "Failed"] == "Container main ended with exit code 3"
    assert found["looper", "BackOff"] == "Back-off restarting failed container main in pod looper"
    assert found["hungry", "OOMKilled"].startswith("Container main ran out of memory and ended with exit code 137")
    assert found["broken", "Failed"].startswith("Error: failed to start container main: ")
    assert "no-such-program" in found["broken", "Failed"]
    assert found["done", "Completed"] == "Container main ended with exit code 0"
    assert found["gone", "Killing"].startswith("Stopped container main")
    assert found["torn", "Removed"] == "Container main was removed, and podctl remembers no act that did it"
    assert ("gone", "Removed") not in found, "an act tells of it"
    assert ("hungry", "Failed") not in found, "it is told once"

    events = get("--field-selector", "involvedObject.name=looper,type=Warning", "--sort-by", ".lastTimestamp")
    assert {each["reason"] for each in events} >= {"Failed", "BackOff"}
    for each in events:
        valid(each, namespace, sandbox["alpha"].name)
    assert max(each["count"] for each in events) > 1
    assert {each["involvedObject"]["name"] for each in get("-l", "app=hungry")} == {"hungry"}
    assert {each["involvedObject"]["name"] for each in get("--for", "pod/done")} == {"done"}

    table = podctl("get", "events", "-n", namespace, "--for", "pod/looper").stdout
    assert table.split("\n")[0].split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert re.search(
        r"^\d+s \(x\d+ over \d+s\) +Warning +BackOff +pod/looper +Back-off restarting", table, re.MULTILINE
    )
    described = podctl("describe", "pod", "hungry", "-n", namespace).stdout.split("Events:\n")[1]
    assert described.split("\n")[0].split() == ["Type", "Reason", "Age", "From", "Message"]
    assert re.search(r"Warning +OOMKilled +\d+s +docker, alpha +Container main ran out of memory", described)


def valid(event, namespace, minion):
    """As the API reference has an Event."""
    assert (event["apiVersion"], event["kind"]) == ("v1", "Event")
    assert event["metadata"]["namespace"] == event["involvedObject"]["namespace"] == namespace
    assert event["involvedObject"]["kind"] == "Pod"
    first, last = (datetime.fromisoformat(event[f"{which}Timestamp"]) for which in ("first", "last"))
    assert first <= last
    assert (first == last) or event["count"] > 1
    if event["source"]["component"] == "docker":
        assert event["source"]["host"] == minion
        assert event["involvedObject"]["fieldPath"] == "spec.containers{main}"


def test_what_the_log_has_forgotten_the_state_still_tells_and_a_silent_minion_tells_nothing(
    podctl, sandbox, namespace, get
):  # fmt: skip
    pods = pod("looper", ["sh", "-c", "exit 3"]) + pod("hungry", HUNGRY, policy="Never", limit="16Mi")
    far = pod("far", ["true"], "charlie", policy="Never")
    assert podctl("apply", "-n", namespace, "-f", "-", "--no-wait", input=pods + far).returncode in (0, 1)
    before = awaited(get, ("looper", "BackOff"), ("hungry", "OOMKilled"), ("hungry", "Started"), ("far", "Completed"))

    infra = f"podctl_sandbox_{namespace}_hungry"
    sandbox["alpha"].docker("stop", f"{infra.removesuffix('hungry')}looper_main")
    sandbox["alpha"].docker("update", "--cpu-shares", "2", *[infra] * _KEPT)
    sandbox["charlie"].kill()
    items = get(code=4)
    after = by_docker(items)
    assert {*before} - {*after} <= {("looper", "Failed"), ("looper", "Started"), ("far", "Started"),
                                    ("far", "Completed")}  # fmt: skip
    assert after["hungry", "OOMKilled"] == before["hungry", "OOMKilled"]
    assert after["looper", "BackOff"] == before["looper", "BackOff"]
    assert [each["reason"] for each in items if each["involvedObject"]["name"] == "far"] == ["Created"]
