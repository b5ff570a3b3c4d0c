"""What the cluster remembers, from one apply to the next: objects by themselves, Pods that wait, Pods out of sight."""

from __future__ import annotations

import json

CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {MODE: MODE-VALUE}
---
"""
REST = """
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {PASSWORD: S3CRET-of-login}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
USER = """
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: app
    image: sandbox/busybox:1
    command: [sh, -c, 'env > /data/env; exec sleep 1000']
    envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: login}}]
    volumeMounts: [{name: d, mountPath: /data}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]
"""
WAITING = """
apiVersion: v1
kind: Pod
metadata: {name: waiting}
spec:
  terminationGracePeriodSeconds: 0
  nodeSelector: {kubernetes.io/hostname: charlie}
  containers:
  - {name: app, image: "sandbox/busybox:1", command: [sleep, "1000"], resources: {requests: {cpu: 1m}}}
"""


def rows(podctl, namespace, *words, code=0):
    """The rows of a table, by name."""
    done = podctl("get", "-n", namespace, "--no-headers", *words)
    assert done.returncode == code, done.stderr
    return {cells[0]: cells for cells in map(str.split, done.stdout.splitlines())}


def applied(podctl, namespace, text, code=0):
    done = podctl("apply", "-n", namespace, "-f", "-", input=text)
    assert done.returncode == code, done.stderr
    return done


def test_objects_are_applied_by_themselves_shown_and_used_by_a_later_apply(podctl, sandbox, namespace):
    applied(podctl, namespace, CONFIG.replace("MODE-VALUE", "fast") + REST)
    shown = [podctl(verb, "-n", namespace, *words) for verb, words in (
        ("get", ("secrets",)), ("get", ("secret", "login", "-o", "yaml")), ("describe", ("secret", "login")),
        ("get", ("events", "-o", "json")),
    )]  # fmt: skip
    assert [each.returncode for each in shown] == [0, 0, 0, 0]
    assert not any("S3CRET" in each.stdout + each.stderr for each in shown)
    assert "PASSWORD:  15 bytes" in shown[2].stdout
    assert rows(podctl, namespace, "pvc")["data"][1] == "Pending"
    assert {each["involvedObject"]["name"] for each in json.loads(shown[3].stdout)["items"]} == {
        "settings",
        "login",
        "data",
    }

    applied(podctl, namespace, USER)
    assert rows(podctl, namespace, "pvc")["data"][1] == "Bound"
    env = podctl("exec", "-n", namespace, "user", "--", "cat", "/data/env").stdout
    assert {"MODE=fast", "PASSWORD=S3CRET-of-login"} <= set(env.splitlines())

    assert applied(podctl, namespace, USER).stdout == "pod/user unchanged\n"
    applied(podctl, namespace, CONFIG.replace("MODE-VALUE", "slow"))
    assert applied(podctl, namespace, USER).stdout == "pod/user configured\n"
    assert "MODE=slow" in podctl("exec", "-n", namespace, "user", "--", "cat", "/data/env").stdout


def test_a_config_map_of_a_mebibyte_is_remembered_whole(podctl, sandbox, namespace):
    text = "0123456789abcdef" * 65_000
    applied(podctl, namespace, CONFIG.replace("MODE-VALUE", text))
    done = podctl("get", "-n", namespace, "cm", "settings", "-o", "jsonpath={.data.MODE}")
    assert (done.returncode, done.stdout) == (0, text)


def test_a_pod_is_unknown_while_its_minion_is_off_and_found_by_its_name(podctl, sandbox, namespace):
    applied(podctl, namespace, WAITING)
    sandbox["charlie"].kill()
    found = rows(podctl, namespace, "pods", "-o", "wide", code=4)["waiting"]
    assert (found[2], found[-1]) == ("Unknown", "charlie")
    done = podctl("get", "-n", namespace, "pod", "waiting", "-o", "jsonpath={.status.phase}")
    assert (done.returncode, done.stdout) == (4, "Unknown")
    assert "error:" not in done.stderr


def test_a_pod_that_is_gone_behind_podctls_back_is_pending_and_told_to_be_applied_again(podctl, sandbox, namespace):
    applied(podctl, namespace, WAITING)
    minion = sandbox["charlie"]
    minion.docker(
        "rm", "-f", *minion.docker("ps", "-aq", "--filter", f"label=podctl.namespace={namespace}").stdout.split()
    )
    assert rows(podctl, namespace, "pods")["waiting"][2] == "Pending"
    told = podctl("describe", "-n", namespace, "pod", "waiting").stdout
    assert "it is to be on charlie, and is not there: apply its manifest again" in told
    assert applied(podctl, namespace, WAITING).stdout == "pod/waiting created\n"
    assert rows(podctl, namespace, "pods")["waiting"][2] == "Running"


def test_a_pod_that_fits_nowhere_is_pending_with_its_reason_until_an_apply_has_room(podctl, sandbox, namespace):
    applied(podctl, namespace, WAITING.replace("cpu: 1m", "cpu: 640"), code=3)
    assert rows(podctl, namespace, "pods")["waiting"][2] == "Pending"
    told = podctl("describe", "-n", namespace, "pod", "waiting").stdout
    assert "every apply tries it again" in told
    assert "Reason:       Unschedulable" in told
    applied(podctl, namespace, WAITING)
    assert rows(podctl, namespace, "pods")["waiting"][2] == "Running"
