"""No secret is seen where it need not be: in no argv on either side, in nothing that podctl prints.

The Document has them, on purpose: in labels of a container, which whoever may use docker there can read. It is packed,
so that no secret is found in it as text; therefore the name of its labels is looked for, too.

The Minions' processes are processes of this machine, too, so one watcher sees both sides.
"""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path

import pytest
from proof import Pods
from waiting import eventually

SECRETS = {
    "env": "S3CRET-of-env",
    "lines": "S3CRET-of\nseveral\nlines",
    "long": "S3CRET-long" * 7000,
    "file": "S3CRET-of-file",
    "all": "S3CRET-of-envFrom",
    "pull": "S3CRET-password",
    "plain": "S3CRET-stringData",
}
NEEDLES = tuple({f"{value[:14].splitlines()[0]}" for value in SECRETS.values()})
ENCODED = tuple(base64.b64encode(each.encode())[:12].decode() for each in ("S3CRET-of-env", "user:S3CRET-password"))
LOGIN = {"auths": {"registry.example": {"username": "user", "password": SECRETS["pull"]}}}


DOCUMENT = "podctl.document."


def data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def manifest(image: str = "sandbox/busybox:1", args: str = "[]", extra: str = "") -> str:
    return f"""
apiVersion: v1
kind: Secret
metadata: {{name: keys}}
data: {{env: {data(SECRETS["env"])}, lines: {data(SECRETS["lines"])}, long: {data(SECRETS["long"])},
  file: {data(SECRETS["file"])}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: all}}
data: {{all: {data(SECRETS["all"])}}}
stringData: {{plain: {SECRETS["plain"]}, extra: "S3CRET-{extra}"}}
---
apiVersion: v1
kind: Secret
metadata: {{name: pull}}
type: kubernetes.io/dockerconfigjson
data: {{.dockerconfigjson: {data(json.dumps(LOGIN))}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 0
  imagePullSecrets: [{{name: pull}}]
  volumes:
  - {{name: files, secret: {{secretName: keys}}}}
  - {{name: more, projected: {{sources: [{{secret: {{name: all}}}}]}}}}
  containers:
  - name: app
    image: {image}
    command: [sh, -c, "sleep 1000; :"]
    args: {args}
    env:
    - {{name: ONE, valueFrom: {{secretKeyRef: {{name: keys, key: env}}}}}}
    - {{name: LINES, valueFrom: {{secretKeyRef: {{name: keys, key: lines}}}}}}
    - {{name: LONG, valueFrom: {{secretKeyRef: {{name: keys, key: long}}}}}}
    - {{name: INSIDE, value: "before $(ONE) after"}}
    envFrom: [{{secretRef: {{name: all}}}}]
    volumeMounts: [{{name: files, mountPath: /files}}, {{name: more, mountPath: /more}}]
"""


def found_in(text: str) -> list[str]:
    return [each for each in (*NEEDLES, *ENCODED, DOCUMENT) if each in text]


class Watcher:
    """Reads the argv of every process, over and over, until it is left; `seen` are those with a secret in them."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.rounds = 0
        self.processes: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        secrets = [each.encode() for each in (*NEEDLES, *ENCODED, DOCUMENT)]
        while not self._over.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    argv = (process / "cmdline").read_bytes()
                except OSError:
                    continue
                if argv.startswith((b"docker\0create\0", b"docker\0exec\0")):
                    self.processes.add(argv.split(b"\0")[1].decode())
                if any(each in argv for each in secrets):
                    self.seen.add(argv[:300].decode(errors="replace"))
            self.rounds += 1


@pytest.fixture
def pods(sandbox, podctl, namespace) -> Pods:
    return Pods(sandbox=sandbox, podctl=podctl, namespace=namespace, text="")


def test_secrets_are_in_no_argv_and_in_nothing_that_is_printed(pods):
    text = manifest()
    of_pod = ("pod", "p", "-n", pods.namespace)
    with Watcher() as watcher:
        runs = [
            pods.podctl("--debug", "apply", "-n", pods.namespace, "--dry-run", "-f", "-", input=text),
            pods.podctl("--debug", "apply", "-n", pods.namespace, "--no-wait", "-f", "-", input=text),
            pods.apply(text, "--no-wait"),
            pods.apply(manifest(extra="changed"), "--no-wait"),
            pods.podctl("get", *of_pod, "-o", "yaml"),
            pods.podctl("describe", *of_pod),
            pods.podctl("--debug", "get", "secrets", "-n", pods.namespace, "-o", "yaml"),
            pods.podctl("describe", "secrets", "-n", pods.namespace),
            pods.podctl("get", "events", "-n", pods.namespace),
            pods.podctl("--debug", "diff", "-n", pods.namespace, "-f", "-", input=manifest(extra="again")),
        ]
    assert [run.returncode for run in runs] == [0] * 9 + [1], [run.stderr[-600:] for run in runs]
    assert [found_in(run.stdout + run.stderr) for run in runs] == [[]] * len(runs)
    assert (watcher.seen, watcher.rounds > 20) == (set(), True)
    assert watcher.processes, "the watcher is too slow to see what it should judge"
    inside = pods.sh("p", "app", 'echo "$ONE-$all-$plain-$INSIDE"; cat /files/file /more/all')
    assert inside.count("S3CRET") == 6, "they did arrive"
    assert pods.sh("p", "app", 'printf %s "$LONG$LINES"') == SECRETS["long"] + SECRETS["lines"]


def test_failing_commands_print_no_secret_either(pods):
    wrong = [
        manifest(image="registry.example/private:1"),  # a pull that fails, with a password
        manifest(args='["$(ONE"]').replace("key: long", "key: lnog"),
        manifest().replace(data(SECRETS["file"]), "S3CRET-of-file that is no base64"),
        manifest().replace(f"plain: {SECRETS['plain']}", f"plain: [{SECRETS['plain']}]"),
        manifest().replace("mountPath: /files", "mountPath: /bin/sh"),  # its start fails
    ]
    with Watcher() as watcher:
        runs = [
            pods.podctl("--debug", "apply", "-n", pods.namespace, "--timeout", "5s", "-f", "-", input=text)
            for text in wrong
        ]
    assert [run.returncode for run in runs] == [1, 2, 2, 2, 1], [run.stderr[-600:] for run in runs]
    assert [found_in(run.stdout + run.stderr) for run in runs] == [[]] * len(runs)
    assert watcher.seen == set()


def test_a_secret_in_an_argument_is_warned_about_and_not_printed(pods):
    text = manifest(args='["--password=$(INSIDE)"]')
    with Watcher() as watcher:
        done = pods.podctl("--debug", "apply", "-n", pods.namespace, "--no-wait", "-f", "-", input=text)
        eventually(lambda: watcher.seen, what="the watcher has seen no argument")
    assert done.returncode == 0, done.stderr
    assert "$(INSIDE) has a Secret's value, and all who may list the Minion's processes see it here" in done.stderr
    assert found_in(done.stdout + done.stderr) == []
    assert "--password=before S3CRET-of-env after" in pods.sh("p", "app", "cat /proc/1/cmdline")
