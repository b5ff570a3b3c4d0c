"""simulate on real Minions: it touches nothing, and says what the next apply does."""

from __future__ import annotations

import json
import re

import pytest
import yaml

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: web}}}}
spec:
  terminationGracePeriodSeconds: 0
  nodeSelector: {{{selector}}}
  containers:
  - {{name: app, image: "sandbox/busybox:1", command: [sleep, "1000"], resources: {{requests: {{cpu: {cpu}}}}}}}
---"""


def pod(name, cpu="20m", selector=""):
    return POD.format(name=name, cpu=cpu, selector=selector)


def on(minion):
    return f"kubernetes.io/hostname: {minion}"


@pytest.fixture
def simulated(podctl, namespace):
    """Runs simulate for manifests on stdin; the answer, with the Pods of this test's namespace alone."""

    def simulate(text, *words, code=0, **settings):
        files = ("-n", namespace, "-f", "-") if text else ()
        done = podctl("simulate", *files, "-o", "json", *words, input=text, **settings)
        assert done.returncode == code, done.stderr
        answer = json.loads(done.stdout)
        return {
            name: (each["minion"], each["reasons"])
            for each in answer["placements"]
            for space, name in [each["pod"].split("/")]
            if space == namespace
        }

    return simulate


def everything(sandbox):
    """Containers with their states, volumes, images and networks of every Minion; docker lists equals in any order."""
    return {
        minion.name: [
            sorted(minion.docker(*words).stdout.splitlines())
            for words in (
                ("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"),
                ("volume", "ls", "-q"),
                ("images", "-aq"),
                ("network", "ls", "-q"),
            )
        ]
        for minion in sandbox.minions
    }


def places(sandbox, namespace):
    found = {}
    for minion in sandbox.minions:
        label = f"label=podctl.namespace={namespace}"
        pods = minion.docker("ps", "--filter", label, "--format", '{{.Label "podctl.pod"}}').stdout.split()
        found |= dict.fromkeys(pods, minion.name)
    return found


def test_it_touches_nothing_and_the_next_apply_does_what_it_says(sandbox, podctl, namespace, simulated):
    text = pod("one") + pod("two", selector=on("bravo")) + pod("three")
    before = everything(sandbox)
    told = simulated(text)
    assert everything(sandbox) == before
    assert podctl("apply", "-n", namespace, "-f", "-", input=text).returncode == 0
    assert places(sandbox, namespace) == {name: minion for name, (minion, _) in told.items()}
    for name, (minion, reasons) in told.items():
        shown = podctl("describe", "pod", name, "-n", namespace).stdout
        assert re.search(r"^Placed because: +(.*)$", shown, re.MULTILINE).group(1) == reasons[minion]
    assert simulated(text) == {name: (minion, {minion: "it is there, unchanged"}) for name, (minion, _) in told.items()}


def test_what_would_wait_has_a_reason_of_every_minion_as_in_apply(podctl, namespace, simulated):
    text = pod("huge", cpu="999")
    minion, reasons = simulated(text, code=3)["huge"]
    assert (minion, sorted(reasons)) == (None, ["alpha", "bravo", "charlie"])
    done = podctl("apply", "-n", namespace, "--dry-run", "-f", "-", input=text)
    assert done.returncode == 3
    assert all(f"  {name}: {reason}\n" in done.stderr for name, reason in reasons.items())


def test_without_a_minion_its_pods_go_elsewhere_and_what_only_it_can_take_waits(sandbox, podctl, namespace, simulated):
    text = pod("free") + pod("bound", selector=on("alpha"))
    # Applied with a selector each, so that both are on alpha; as it is asked for below, `free` may be anywhere.
    pinned = text.replace("nodeSelector: {}", f"nodeSelector: {{{on('alpha')}}}")
    assert podctl("apply", "-n", namespace, "-f", "-", input=pinned).returncode == 0
    told = simulated(text, "--without", "alpha", code=3)
    assert told["free"][0] in ("bravo", "charlie")
    assert next(iter(told["free"][1].values())).startswith("it was on alpha; ")
    assert (told["bound"][0], sorted(told["bound"][1])) == (None, ["bravo", "charlie"])
    alone = simulated("", "--without", "alpha", code=3)
    assert {name: minion for name, (minion, _) in alone.items()} == {"free": None, "bound": None}
    assert places(sandbox, namespace) == {"free": "alpha", "bound": "alpha"}


def test_a_minion_that_would_come_takes_what_the_others_cannot(simulated):
    text = pod("new", selector=on("alpha-new-1"))
    assert simulated(text, code=3)["new"][0] is None
    assert simulated(text, "--with", "1", "--like", "alpha")["new"][0] == "alpha-new-1"


def test_while_a_minion_is_silent_its_pods_wait_for_it_unless_it_is_thought_away(sandbox, podctl, namespace, simulated):
    there = podctl("apply", "-n", namespace, "-f", "-", input=pod("there", selector=on("bravo")))
    assert there.returncode == 0, there.stderr
    sandbox["bravo"].cut()
    told = simulated(pod("there") + pod("new"), code=4)
    assert (told["there"][0], told["new"][0] in ("alpha", "charlie")) == (None, True)
    for name, (minion, _) in simulated(pod("there") + pod("new"), "--without", "bravo").items():
        assert minion in ("alpha", "charlie"), name
    assert simulated(pod("new"), "--offline")["new"][0]  # which asks nobody


def test_the_inventorys_strategy_holds_for_apply_and_simulate_alike(sandbox, podctl, namespace, simulated):
    inventory = yaml.safe_load(sandbox.inventory.read_text())
    path = sandbox.inventory.with_name("spread.yaml")
    path.write_text(yaml.safe_dump({**inventory, "strategy": "spread"}))
    try:
        text = pod("one") + pod("two") + pod("three")
        told = simulated(text, "-i", str(path))
        assert len({minion for minion, _ in told.values()}) == 3
        assert len({minion for minion, _ in simulated(text, "-i", str(path), "--strategy", "binpack").values()}) == 1
        assert podctl("apply", "-i", str(path), "-n", namespace, "-f", "-", input=text).returncode == 0
        assert places(sandbox, namespace) == {name: minion for name, (minion, _) in told.items()}
    finally:
        path.unlink()
