"""What goes wrong on a real Minion is healed by one repair; then all is well, and the next changes nothing."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from faults import KEEPS_RUNNING, Gate, small_pod, wait_until_gone
from waiting import eventually, wait_for

from podctl.engine.sandbox import IMAGE

NAMES = ("alpha", "bravo", "charlie")
PROBED = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: probed}}
spec:
  nodeName: bravo
  terminationGracePeriodSeconds: 5
  containers:
  - name: ill
    image: {IMAGE}
    command: [sh, -c, "touch /ok; {KEEPS_RUNNING}"]
    lifecycle: {{preStop: {{exec: {{command: [touch, /was-told]}}}}}}
    livenessProbe: {{exec: {{command: [test, -e, /ok]}}, periodSeconds: 1, failureThreshold: 2}}
  - name: well
    image: {IMAGE}
    command: [sh, -c, "{KEEPS_RUNNING}"]
    readinessProbe: {{exec: {{command: [test, "!", -e, /not-ready]}}, periodSeconds: 1, failureThreshold: 2}}
---
"""
ONCE = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: once}}
spec:
  nodeName: charlie
  restartPolicy: Never
  containers: [{{name: work, image: "{IMAGE}", command: [sh, -c, "{KEEPS_RUNNING}"]}}]
---
"""


def apply(podctl, namespace, manifests):
    done = podctl("apply", "--timeout", "60s", "-n", namespace, "-f", "-", input=manifests)
    assert done.returncode == 0, done.stderr


def cluster_of(podctl):
    return yaml.safe_load(podctl.inventory.read_text())["cluster"]


def name_of(podctl, namespace, pod, container=""):
    return f"podctl_{cluster_of(podctl)}_{namespace}_{pod}" + (f"_{container}" if container else "")


def ids(sandbox, namespace):
    """Every container of the namespace, with when it was started."""
    found = {}
    for minion in sandbox.minions:
        label = f"label=podctl.namespace={namespace}"
        every = minion.docker("ps", "-aq", "--no-trunc", "--filter", label).stdout.split()
        raw = json.loads(minion.docker("inspect", *every).stdout) if every else []
        found |= {each["Name"].lstrip("/"): (each["Id"], each["State"]["StartedAt"]) for each in raw}
    return found


def findings(podctl, *arguments):
    """(word, Pod) of each, sorted; and the exit code."""
    done = podctl("health", "-o", "json", *arguments)
    return sorted((each["finding"], each["pod"]) for each in json.loads(done.stdout)["findings"]), done.returncode


def changed(before, after):
    """Names of containers that were made anew, and of those that were only started again."""
    anew = {name for name in after if name not in before or before[name][0] != after[name][0]}
    return anew, {name for name, seen in after.items() if name not in anew and before[name] != seen}


def test_what_goes_wrong_is_healed_by_the_smallest_act_and_the_next_repair_changes_nothing(podctl, sandbox, namespace):
    pods = "".join(small_pod(name, "alpha", 2) for name in ("down", "cut", "halted", "drifted", "gone"))
    apply(podctl, namespace, pods + PROBED)
    before = ids(sandbox, namespace)
    alpha, bravo, charlie = sandbox.minions

    def name(*of):
        return name_of(podctl, namespace, *of)

    alpha.docker("stop", "-t", "0", name("down", "c1"))
    alpha.docker("restart", "-t", "0", name("cut"))
    alpha.docker("stop", "-t", "0", name("halted"))
    alpha.docker("rm", "-f", name("drifted", "c0"))
    alpha.docker("rm", "-f", name("gone"), name("gone", "c0"), name("gone", "c1"))
    bravo.docker("exec", name("probed", "ill"), "rm", "/ok")
    orphan = ("--label", f"podctl.namespace={namespace}", "--label", f"podctl.cluster={cluster_of(podctl)}")
    charlie.docker("run", "-d", "--label", "podctl.uid=nobody", "--label", "podctl.pod=nobody", *orphan, IMAGE,
                   "sleep", "100000")  # fmt: skip
    copy = bravo.docker("ps", "-q", "--filter", "label=podctl.role=document").stdout.split()
    bravo.docker("rm", "-f", *copy)
    told, code = findings(podctl)
    assert (told, code) == ([
        ("ContainerDown", "down"), ("ContainerDown", "halted"), ("KeepersShort", ""),
        ("LivenessProbeFailing", "probed"), ("Orphan", "nobody"),
        ("PodMissing", "gone"), ("StaleNetwork", "cut"), ("WrongSpec", "drifted"),
    ], 5)  # fmt: skip

    rehearsed = podctl("health", "--repair", "--dry-run")
    assert rehearsed.returncode == 5
    repaired = podctl("health", "--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    acts = [line for line in repaired.stdout.splitlines() if f"pod {namespace}/" in line]
    assert [line.split(" (")[0].split(":")[0] for line in acts] == [
        f"removed pod {namespace}/nobody on charlie",
        f"started pod {namespace}/cut on alpha",
        f"started pod {namespace}/down on alpha",
        f"recreated pod {namespace}/drifted on alpha",
        f"created pod {namespace}/gone on alpha",
        f"started pod {namespace}/halted on alpha",
        f"restarted pod {namespace}/probed on bravo",
    ]
    assert {line.split(":")[0] for line in rehearsed.stdout.splitlines() if "(dry run)" in line} == {
        *(line.split(":")[0] for line in acts), "wrote the Document to its keepers anew"
    }  # fmt: skip
    after = ids(sandbox, namespace)
    anew, again = changed(before, after)
    assert anew == {name(pod, *part) for pod in ("drifted", "gone") for part in ((), ("c0",), ("c1",))}
    whole = {name(pod, *part) for pod in ("cut", "halted") for part in ((), ("c0",), ("c1",))}
    assert again == {name("down", "c1"), *whole, name("probed", "ill")}
    assert bravo.docker("exec", name("probed", "ill"), "ls", "/was-told").returncode == 0, "its preStop hook was run"
    assert findings(podctl) == ([], 0)
    events = podctl("get", "events", "-n", namespace).stdout
    assert all(word in events for word in ("Started", "Restarted", "Replaced", "Created", "Removed"))

    copies = [minion.docker("ps", "-q", "--filter", "label=podctl.role=document").stdout for minion in sandbox.minions]
    again = podctl("health", "--repair", "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert ids(sandbox, namespace) == after
    assert copies == [
        minion.docker("ps", "-q", "--filter", "label=podctl.role=document").stdout for minion in sandbox.minions
    ]


def test_what_is_not_dared_is_told_with_why(podctl, sandbox, namespace):
    apply(podctl, namespace, PROBED + ONCE + small_pod("far", "alpha") + small_pod("free"))

    def name(*of):
        return name_of(podctl, namespace, *of)

    sandbox["charlie"].docker("rm", "-f", name("once"), name("once", "work"))
    sandbox["bravo"].docker("exec", name("probed", "well"), "touch", "/not-ready")
    sandbox["alpha"].kill()
    before = ids_of(sandbox, namespace, ("bravo", "charlie"))
    done = podctl("health", "--repair")
    assert done.returncode == 5, done.stdout + done.stderr
    assert "ReadinessProbeFailing" in done.stdout
    assert "MinionUnreachable" in done.stdout
    assert f"not repaired: pod {namespace}/once on charlie: made anew it would do its work again" in done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith(("started", "created", "restarted"))]
    assert ids_of(sandbox, namespace, ("bravo", "charlie")) == before

    wrong = podctl("health", "--repair", "--failover")
    assert (wrong.returncode, "needs --failover-after TIME" in wrong.stderr) == (2, True)
    podctl("health", "--repair", "--failover", "--failover-after", "1s")  # remembers since when alpha is silent
    time.sleep(1.1)  # what is to go by is time itself
    moved = podctl("health", "--repair", "--failover", "--failover-after", "1s")
    assert f"created pod {namespace}/far on " not in moved.stdout, "its nodeName is alpha: it fits nowhere else"
    assert f"not repaired: pod {namespace}/far" in moved.stderr
    assert f"created pod {namespace}/free on bravo: alpha is silent" in moved.stdout, (
        "first by name, as it was on alpha"
    )
    sandbox.start("alpha")
    sandbox["bravo"].docker("exec", name("probed", "well"), "rm", "/not-ready")
    assert podctl("delete", "pod", "once", "-n", namespace).returncode == 0
    back = podctl("health", "--repair")
    assert back.returncode == 0, back.stdout + back.stderr
    assert len(ids_of(sandbox, namespace, ("alpha",))["alpha"].split()) == 2, "far, and no second copy of free"


def crontab():
    """The lines of the README's crontab, each without its time."""
    text = (Path(__file__).parents[2] / "README.md").read_text()
    block = re.search(r"```crontab\n(.*?)```", text, re.DOTALL).group(1)
    return re.findall(r"^(?:@reboot|\* \* \* \* \*) (podctl .*)$", block, re.MULTILINE)


def test_the_crontab_of_the_readme_heals_after_a_boot_and_is_silent_when_all_is_well(podctl, sandbox, namespace):
    apply(podctl, namespace, small_pod("web", "bravo", 2))
    cron = {"PATH": "/usr/bin:/bin", "HOME": None, "PODCTL_INVENTORY": None}
    minutely, at_boot = (
        [*shlex.split(line)[1:-1], str(podctl.inventory)] for line in crontab() if line.split()[-2] == "-i"
    )
    sandbox["bravo"].kill()
    process = podctl.start(*(each for each in at_boot if each != "--quiet"), env=cron, stdin=subprocess.DEVNULL)
    assert process.stderr.readline() == "waiting for bravo to answer\n"
    sandbox.start("bravo")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert podctl(*minutely, env=cron).stdout == ""
    assert podctl("get", "pods", "-n", namespace, "--no-headers").stdout.split()[:3] == ["web", "2/2", "Running"]


def ids_of(sandbox, namespace, names):
    return {
        name: sandbox[name].docker("ps", "-aq", "--filter", f"label=podctl.namespace={namespace}").stdout
        for name in names
    }


def repaired_in_time(podctl):
    """A back-off holds up the next one."""
    eventually(lambda: podctl("health", "--repair"), lambda done: done.returncode == 0, "all is well", 60)


def test_an_image_that_can_be_had_by_now_is_tried_again_after_the_back_off(podctl, sandbox, namespace):
    later = small_pod("web", "alpha").replace(IMAGE, "later:1\n    imagePullPolicy: Never")
    assert podctl("apply", "-n", namespace, "-f", "-", input=later).returncode == 1
    assert findings(podctl) == ([("ImagePullFailing", "web")], 5)
    tried = podctl("health", "--repair")
    assert (tried.returncode, "ErrImageNeverPull" in tried.stderr) == (5, True), tried.stderr
    assert "it was repaired once lately: again in " in podctl("health", "--repair").stderr
    sandbox["alpha"].docker("tag", IMAGE, "later:1")
    repaired_in_time(podctl)
    sandbox["alpha"].docker("rmi", "later:1")


def test_two_repairs_at_the_same_minute_heal_once(podctl, sandbox, namespace):
    apply(podctl, namespace, small_pod("web", "bravo", 2))
    sandbox["bravo"].docker("stop", "-t", "0", name_of(podctl, namespace, "web", "c0"))
    both = [podctl.start("health", "--repair", "--lock-timeout", "100s", stdin=subprocess.DEVNULL) for _ in range(2)]
    ended = [(each.communicate(timeout=120), each.returncode) for each in both]
    assert [code for _, code in ended] == [0, 0], ended
    acts = [line for (out, _), _ in ended for line in out.splitlines() if line.startswith("started pod ")]
    assert len(acts) == 1, ended


@pytest.mark.parametrize("at", [1, pytest.param(6, marks=pytest.mark.long)])
def test_a_repair_that_is_killed_is_finished_by_the_next(podctl, sandbox, namespace, at):
    apply(podctl, namespace, small_pod("web", "bravo", 2) + small_pod("db", "bravo"))
    bravo = sandbox["bravo"]
    bravo.docker("rm", "-f", name_of(podctl, namespace, "web", "c0"))
    bravo.docker("stop", "-t", "0", name_of(podctl, namespace, "db", "c0"))
    with Gate(bravo, at) as gate:
        process = podctl.start("health", "--repair", **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL))
        wait_for(lambda: gate.reached or process.poll() is not None, f"step {at}")
        process.kill()
        process.wait()
        wait_until_gone(sandbox.minions)
    repaired_in_time(podctl)
    assert len(ids(sandbox, namespace)) == 5
