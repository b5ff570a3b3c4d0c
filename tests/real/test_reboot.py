"""After a reboot docker starts containers in no order, and leaves dead what came before its infra container.

12 Pods of 4 containers on one Minion whose power is cut, round after round: after one repair all run, each in the
network namespace of its Pod's infra container, and each answers.
"""

from __future__ import annotations

import json
from collections import Counter

from faults import LONG

from podctl.engine.sandbox import IMAGE

PODS, CONTAINERS = 12, 4
ROUNDS = ("power cut",) * 10 + ("orderly restart",) * 2 if LONG else ("power cut",) * 2
_POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 2
  containers:
{containers}---
"""
_SERVER = """\
  - name: c{port}
    image: {image}
    command: [sh, -c, "mkdir -p /www && echo {name}-{port} >/www/index.html && exec httpd -f -p {port} -h /www"]
"""
PORTS = range(8001, 8001 + CONTAINERS)
_ASK = 'while read url; do busybox wget -q -O - "$url" || echo "silence of $url"; done'
_NAMESPACES = 'for pid; do readlink "/proc/$pid/ns/net" || echo none; done'


def manifests():
    return "".join(
        _POD.format(name=name, containers="".join(_SERVER.format(port=p, name=name, image=IMAGE) for p in PORTS))
        for name in (f"web-{number}" for number in range(PODS))
    )


def containers(minion, namespace):
    """By Pod: what docker has of it, by the container's name, "" for the infra container."""
    ids = minion.docker("ps", "-aq", "--filter", f"label=podctl.namespace={namespace}").stdout.split()
    found = {}
    for each in json.loads(minion.docker("inspect", *ids).stdout):
        labels = each["Config"]["Labels"]
        found.setdefault(labels["podctl.pod"], {})[labels.get("podctl.container", "")] = each
    return found


def address(infra):
    return next(each["IPAddress"] for each in infra["NetworkSettings"]["Networks"].values())


def counts(minion, namespace):
    """Of the Pods' own containers: how many run, how many in their infra container's network, how many answer."""
    found = Counter()
    pods = containers(minion, namespace)
    for name, members in pods.items():
        pids = [str(each["State"]["Pid"]) for each in members.values()]
        own = dict(zip(members, minion.run(["sh", "-c", _NAMESPACES, "sh", *pids]).stdout.split(), strict=True))
        infra = members.pop("")
        found["run"] += sum(each["State"]["Running"] for each in members.values())
        found["share"] += sum(own[each] == own[""] != "none" for each in members)
        urls = "".join(f"http://{address(infra)}:{port}/\n" for port in PORTS)
        answers = minion.run(["sh", "-c", _ASK], urls).stdout.splitlines()
        found["answer"] += sum(answer == f"{name}-{port}" for answer, port in zip(answers, PORTS, strict=True))
    return dict(found)


def test_one_repair_after_a_reboot_brings_every_container_back(podctl, sandbox, namespace):
    applied = podctl("apply", "-n", namespace, "-f", "-", input=manifests(), timeout=400)
    assert applied.returncode == 0, applied.stderr
    alpha = sandbox["alpha"]
    every = dict.fromkeys(("run", "share", "answer"), PODS * CONTAINERS)
    assert counts(alpha, namespace) == every
    ids = {each["Id"] for members in containers(alpha, namespace).values() for each in members.values()}
    for number, trouble in enumerate(ROUNDS, 1):
        if trouble == "power cut":
            alpha.kill()
            sandbox.start("alpha")
        else:
            alpha.restart_docker()  # even more stay dead then
        dead = {what: every[what] - amount for what, amount in counts(alpha, namespace).items()}
        repaired = podctl("health", "--repair", timeout=400)
        assert repaired.returncode == 0, repaired.stdout + repaired.stderr
        after = counts(alpha, namespace)
        print(f"round {number}, {trouble}: lost {dead}, after one repair {after}")
        assert after == every
        assert podctl("health").returncode == 0
    now = {each["Id"] for members in containers(alpha, namespace).values() for each in members.values()}
    assert now == ids, "started again, and none made anew"
