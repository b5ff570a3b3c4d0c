"""Order, restarts, hooks and ends, and the words that `get pods` has for them."""

from __future__ import annotations

import json
import time

import pytest
from proof import applied, proves
from waiting import eventually

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: ordered}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 4
  volumes: [{name: notes, hostPath: {path: /srv/lifecycle}}]
  initContainers:
  - name: one
    image: sandbox/busybox:1
    command: [sh, -c, "sleep 0.5; echo one >> /notes/order"]
    volumeMounts: [{name: notes, mountPath: /notes}]
  - name: sidecar
    image: sandbox/busybox:1
    restartPolicy: Always
    command: [sh, -c, "echo sidecar >> /notes/order; exec httpd -f -p 8081 -h /www"]
    ports: [{name: side, containerPort: 8081}]
    volumeMounts: [{name: notes, mountPath: /notes}]
    lifecycle:
      postStart: {exec: {command: [sh, -c, "echo hook of sidecar >> /notes/order"]}}
      preStop: {httpGet: {port: side, path: /index.html}}
  - name: two
    image: sandbox/busybox:1
    command: [sh, -c, "[ -e /notes/tried ] || { touch /notes/tried; exit 3; }; echo two >> /notes/order"]
    volumeMounts: [{name: notes, mountPath: /notes}]
  containers:
  - name: app
    image: sandbox/busybox:1
    command:
    - sh
    - -c
    - echo app >> /notes/order; trap 'echo USR1 >> /notes/end; exit' USR1; while :; do sleep 0.1; done
    volumeMounts: [{name: notes, mountPath: /notes}]
    lifecycle:
      stopSignal: SIGUSR1
      postStart: {sleep: {seconds: 1}}
      preStop: {exec: {command: [sh, -c, "sleep 0.3; echo preStop >> /notes/end"]}}
  - name: web
    image: sandbox/busybox:1
    command: [sh, -c, sleep 1; exec nc -ll -p 8080 -e /notes/serve]
    ports: [{name: http, containerPort: 8080, hostPort: 18090}]
    volumeMounts: [{name: notes, mountPath: /notes}]
    lifecycle:
      postStart:
        httpGet: {port: http, path: "/started?a=1", scheme: HTTP, httpHeaders: [{name: X-Ours, value: yes and no}]}
      preStop: {httpGet: {port: 18090, path: /stopping, host: 127.0.0.1}}
  - name: slow
    image: sandbox/busybox:1
    command: [sleep, "1000"]
    lifecycle: {preStop: {sleep: {seconds: 1}}}
"""
ENDS = """
apiVersion: v1
kind: Pod
metadata: {name: done}
spec:
  nodeName: alpha
  restartPolicy: Never
  containers: [{name: app, image: "sandbox/busybox:1", command: ["true"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: tried-again}
spec:
  nodeName: alpha
  restartPolicy: OnFailure
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sh, -c, "[ -e /tmp/tried ] || { touch /tmp/tried; exit 1; }"]
---
apiVersion: v1
kind: Pod
metadata: {name: runs}
spec:
  nodeName: alpha
  restartPolicy: Always
  containers: [{name: app, image: "sandbox/busybox:1", command: [sleep, "1000"]}]
"""


def failing(name: str, policy: str, init: str, app: str) -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  nodeName: alpha
  restartPolicy: {policy}
  terminationGracePeriodSeconds: 0
  initContainers: [{{name: first, image: "sandbox/busybox:1", command: [sh, -c, "{init}"]}}]
  containers:
  - {{name: app, image: "sandbox/busybox:1", command: [sh, -c, "{app}"], resources: {{limits: {{memory: 8Mi}}}}}}
"""


SERVE = """#!/bin/sh
while read -r line; do
    line=$(printf %s "$line" | tr -d '\\r')
    [ -n "$line" ] || break
    echo "$line" >> /notes/http
done
printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'
"""


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    minion = sandbox["alpha"]
    minion.run(
        ["sh", "-c", "cd /srv; rm -rf lifecycle; mkdir lifecycle; cat > $0; chmod +x $0", "lifecycle/serve"], SERVE
    )
    with applied(sandbox, tmp_path_factory.mktemp("home"), MANIFEST + "---" + ENDS, "--timeout", "60s") as made:
        yield made
    minion.run(["rm", "-rf", "/srv/lifecycle"])


def statuses(podctl, namespace) -> dict[str, str]:
    """The STATUS of each Pod, as `get pods` shows it."""
    rows = podctl("get", "pods", "-n", namespace, "--no-headers").stdout.splitlines()
    return {row.split()[0]: row.split()[2] for row in rows}


def notes(pods, name) -> list[str]:
    return pods.minion.run(["cat", f"/srv/lifecycle/{name}"], check=False).stdout.splitlines()


@proves("PodSpec.initContainers", "PodSpec.containers", "Container.image", "Container.restartPolicy")
@proves("Container.lifecycle", "Lifecycle.postStart", "LifecycleHandler.exec", "ExecAction.command")
def test_init_containers_run_one_after_the_other_to_success_and_a_sidecar_runs_on(pods):
    assert notes(pods, "order") == ["one", "sidecar", "hook of sidecar", "two", "app"]
    running = [pods.inspect("ordered", name)["State"]["Running"] for name in ("one", "sidecar", "two", "app", "web")]
    assert running == [False, True, False, True, True]


@proves("LifecycleHandler.httpGet", "HTTPGetAction.port", "HTTPGetAction.path", "HTTPGetAction.scheme")
@proves("HTTPGetAction.httpHeaders", "HTTPHeader.name", "HTTPHeader.value")
def test_a_hook_by_http_is_asked_at_the_port_of_that_name(pods):
    asked = notes(pods, "http")
    assert asked[0] == "GET /started?a=1 HTTP/1.1"
    assert "X-Ours: yes and no" in asked


@proves("PodSpec.restartPolicy")
def test_restart_policies(pods):
    policies = {pod: pods.host(pod, "app")["RestartPolicy"]["Name"] for pod in ("done", "tried-again", "runs")}
    assert policies == {"done": "no", "tried-again": "on-failure", "runs": "unless-stopped"}
    words = statuses(pods.podctl, pods.namespace)
    assert [words[pod] for pod in policies] == ["Completed", "Completed", "Running"]
    phases = pods.podctl(
        "get", "pods", "-n", pods.namespace, "-o", "jsonpath={range .items[*]}{.metadata.name}={.status.phase} {end}"
    )
    assert phases.stdout.split() == ["done=Succeeded", "ordered=Running", "runs=Running", "tried-again=Succeeded"]


def test_a_container_that_dies_starts_again_alone_in_the_same_network(pods):
    infra, before = pods.inspect("runs")["State"]["StartedAt"], pods.inspect("runs", "app")["State"]
    pods.minion.run(["kill", "-9", str(before["Pid"])])
    eventually(
        lambda: pods.inspect("runs", "app"), lambda now: (now["RestartCount"], now["State"]["Status"]) == (1, "running")
    )
    assert pods.inspect("runs")["State"]["StartedAt"] == infra
    assert pods.run("runs", "app", "hostname") == "runs\n"


FAILING = {
    "app": (("Never", "true", "exit 2"), "Error", "app: ended with exit code 2"),
    "init": (("Never", "exit 7", "true"), "Init:Error", "init container first: ended with exit code 7"),
    "init-loop": (
        ("Always", "exit 7", "true"),
        "Init:CrashLoopBackOff",
        "init container first: ended with exit code 7",
    ),
    "app-loop": (("Always", "true", "exit 2"), "CrashLoopBackOff", "app: ended with exit code 2"),
    "memory": (
        ("Never", "true", "tail /dev/zero"),
        "OOMKilled",
        "",
    ),  # on a busy machine it counts as running before it has filled its memory
}


def test_what_becomes_of_pods_that_fail(podctl, namespace):
    text = "---".join(failing(name, *pod) for name, (pod, _, _) in FAILING.items())
    done = podctl("apply", "-n", namespace, "--timeout", "10s", "-f", "-", input=text)
    assert done.returncode == 5, done.stderr
    assert [said for _, _, said in FAILING.values() if said not in done.stderr] == [], done.stderr
    wanted = {name: status for name, (_, status, _) in FAILING.items()}
    assert eventually(lambda: statuses(podctl, namespace), lambda seen: seen == wanted) == wanted


@proves("Lifecycle.preStop", "Lifecycle.stopSignal", "LifecycleHandler.sleep", "SleepAction.seconds")
@proves("HTTPGetAction.host")
def test_hooks_run_before_the_stop_and_the_containers_signal_ends_it(pods):
    """The last of this module: it deletes the Pod."""
    began = time.monotonic()
    gone = pods.podctl("delete", "pod", "ordered", "-n", pods.namespace)
    took = time.monotonic() - began
    assert gone.returncode == 0, gone.stderr
    assert notes(pods, "end") == ["preStop", "USR1"]
    assert "GET /stopping HTTP/1.1" in notes(pods, "http")
    assert took >= 1, "the sleep of `slow` was not waited for"


def test_nothing_of_a_failed_pull_stays_and_the_word_is_kubernetes_own(podctl, namespace, sandbox):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"nodeName": "alpha", "containers": [
        {"name": "app", "image": "no.example/nothing:1", "imagePullPolicy": "Never"}]}}  # fmt: skip
    done = podctl("apply", "-n", namespace, "-f", "-", input=json.dumps(pod))
    assert done.returncode == 1
    assert "ErrImageNeverPull: no.example/nothing:1 is not on this Minion" in done.stderr
    assert sandbox["alpha"].docker("ps", "-aq", "--filter", f"label=podctl.namespace={namespace}").stdout == ""
