"""Images: pull policies, and a registry that asks for a password, on the loopback address of a Minion."""

from __future__ import annotations

import base64
import json
import subprocess

import bcrypt
import pytest
from proof import Pods, applied, proves
from waiting import eventually

PASSWORD = "p\"ss $word'"
PORT = 15000
IMAGE = f"127.0.0.1:{PORT}/private/busybox"
CONFIG = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: ours, path: {folder}/htpasswd}}}}
log: {{level: error}}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  nodeName: alpha
  terminationGracePeriodSeconds: 0
  {more}
  containers: [{{name: app, image: "{image}", {policy} command: [sleep, "1000"]}}]
---"""


def secret(name: str, password: str) -> str:
    login = {"auths": {f"127.0.0.1:{PORT}": {"username": "user", "password": password}}}
    data = base64.b64encode(json.dumps(login).encode()).decode()
    return f"""
apiVersion: v1
kind: Secret
metadata: {{name: {name}}}
type: kubernetes.io/dockerconfigjson
data: {{.dockerconfigjson: {data}}}
---"""


def pod(name, image=f"{IMAGE}:1", policy="", secrets="") -> str:
    more = f"imagePullSecrets: [{{name: {secrets}}}]" if secrets else ""
    return POD.format(name=name, image=image, more=more, policy=f"imagePullPolicy: {policy}," if policy else "")


@pytest.fixture(scope="module")
def registry(sandbox, tmp_path_factory):
    """Holds one image under two tags; it runs in the network of alpha alone."""
    alpha, folder = sandbox["alpha"], tmp_path_factory.mktemp("registry")
    (folder / "config.yml").write_text(CONFIG.format(folder=folder, port=PORT))
    (folder / "htpasswd").write_bytes(b"user:" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)) + b"\n")
    enter = ["nsenter", "--target", str(alpha.pid), "--net", "--"]
    with subprocess.Popen([*enter, "docker-registry", "serve", str(folder / "config.yml")]) as running:
        try:
            login = ["login", "-u", "user", "--password-stdin", f"127.0.0.1:{PORT}"]
            eventually(lambda: alpha.docker(*login, input=PASSWORD, check=False).returncode == 0, what="registry")
            for tag in ("1", "latest"):
                alpha.docker("tag", "sandbox/busybox:1", f"{IMAGE}:{tag}")
                alpha.docker("push", "-q", f"{IMAGE}:{tag}")
            alpha.docker("logout", f"127.0.0.1:{PORT}")
            forget(alpha)
            yield alpha
        finally:
            running.terminate()
            forget(alpha)


def forget(minion) -> None:
    minion.docker("rmi", f"{IMAGE}:1", f"{IMAGE}:latest", check=False)


@pytest.fixture
def pods(registry, sandbox, podctl, namespace):
    forget(registry)
    return Pods(sandbox=sandbox, podctl=podctl, namespace=namespace, text="")


@proves("PodSpec.imagePullSecrets", "LocalObjectReference.name")
def test_a_private_image_is_pulled_with_the_pods_secret_and_the_login_does_not_stay(registry, sandbox, tmp_path):
    with applied(sandbox, tmp_path, secret("login", PASSWORD) + pod("private", secrets="login")) as made:
        assert made.inspect("private", "app")["Config"]["Image"] == f"{IMAGE}:1"
        assert made.run("private", "app", "hostname") == "private\n"
    found = registry.run(["sh", "-c", "ls -d /tmp/tmp.* 2>/dev/null; cat ~/.docker/config.json"], check=False).stdout
    assert (PASSWORD in found, "config.json" in found, "/tmp/tmp." in found) == (False, False, False)


def test_without_a_secret_or_with_a_wrong_one_the_registrys_answer_is_shown(pods):
    for manifest, said in (
        (pod("private"), "no basic auth credentials"),
        (secret("login", "wrong") + pod("private", secrets="login"), "unauthorized: authentication required"),
    ):
        done = pods.apply(manifest)
        assert done.returncode == 1
        assert f"ErrImagePull: cannot pull {IMAGE}:1" in done.stderr
        assert said in done.stderr
        assert "wrong" not in done.stdout + done.stderr


@proves("Container.imagePullPolicy")
def test_pull_policies(pods):
    login = secret("login", PASSWORD)

    def apply(*arguments, **more):
        done = pods.apply(login + pod(*arguments, **more), "--no-wait")
        return done.returncode, "ErrImageNeverPull" in done.stderr

    assert apply("never", policy="Never", secrets="login") == (1, True)
    assert apply("absent", policy="IfNotPresent", secrets="login") == (0, False)
    assert apply("never", policy="Never") == (0, False)
    assert apply("present", policy="IfNotPresent") == (0, False), "an image that is there needs no login"
    assert apply("always", policy="Always") == (1, False), "an image that is there is asked for all the same"
    assert apply("tagged-latest", image=f"{IMAGE}:latest", secrets="login") == (0, False)
    assert apply("latest", image=IMAGE) == (1, False), "the tag latest is always asked for"
