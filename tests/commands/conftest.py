"""Minions without docker: this machine's own shell, with a `docker` that gives canned answers."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from observed import manifest

from podctl.cli import run
from podctl.core.document.codec import encode
from podctl.engine.docker import labels

DOCKER = """#!/bin/sh
[ "$3" = "{{{{.SystemTime}}}}" ] && exec date +%Y-%m-%dT%H:%M:%SZ
case "$1 $2" in
  "ps -aq") cat {here}/ids ;;
  "ps -q") ;;
  "container inspect") cat {here}/containers ;;
  "volume ls") cat {here}/volume-names ;;
  "volume inspect") cat {here}/volumes ;;
  "version --format") echo '{{"version":"20.10.24","api":"1.41"}}' ;;
  "events --since") cat {here}/events ;;
  "info --format")
    echo '{{"cpus":4,"memory":8589934592,"os":"Debian","kernel":"6.1","architecture":"x86_64","security":[]}}' ;;
  *) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""


def inspected(pod, role, name, **given):
    """A line of what the engine asks of a container: the Pod's manifest lies in its infra container's labels."""
    wanted = pod["metadata"]
    key = f"{wanted['namespace']}_{wanted['name']}"
    own = {
        labels.CLUSTER: "shop", labels.NAMESPACE: wanted["namespace"], labels.POD: wanted["name"],
        labels.UID: f"uid-{key}", labels.CONTAINER: name, labels.ROLE: role, labels.REASON: "the only Minion",
    }  # fmt: skip
    raw = {
        "id": f"{key}-{name}", "name": f"/podctl_shop_{key}" + ("" if role == "infra" else f"_{name}"),
        "image": "shop/web:1", "image_id": "sha256:feed", "status": "running", "exit_code": 0, "error": "",
        "oom_killed": False,
        "restart_count": 0, "created": "2026-01-01T00:00:00Z", "started": "2026-01-01T00:00:01.5Z",
        "finished": "0001-01-01T00:00:00Z", "networks": {"n": {"IPAddress": "172.18.0.2" if role == "infra" else ""}},
        "labels": {**own, **(labels.pack_manifest(pod) if role == "infra" else {})}, "ports": {}, "mounts": [],
        "nano_cpus": 0, "quota": 0, "period": 0, "memory": 0, "network_mode": "podctl_shop",
    }  # fmt: skip
    return {**raw, **given}


def remembering(document):
    """The container that carries a copy of this Document."""
    own = {labels.CLUSTER: "shop", labels.ROLE: labels.DOCUMENT, labels.REVISION: str(document.revision)}
    carried = {**own, **labels.pack_document(encode(document))}
    name = f"/podctl_shop_state_{document.revision}"
    return {**inspected(manifest("state"), labels.DOCUMENT, ""), "id": "document", "name": name, "labels": carried}


def lines_of(values):
    return "".join(json.dumps(each) + "\n" for each in values)


class Shop:
    """An inventory in the making; `podctl` runs one whole command over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.minions = {}

    def minion(self, name, *pods, containers=(), claims=(), document=None, events=()):
        """Whatever `claims` it has, each container of `pods` mounts."""
        here = self.folder / name
        here.mkdir()
        used = [{"Type": "volume", "Name": f"podctl_shop_default_claim_{each}"} for each in claims]
        every = [
            *(
                inspected(pod, role, own, mounts=mounts)
                for pod in pods
                for role, own, mounts in (("infra", "infra", []), ("app", "app", used))
            ),
            *containers,
            *([remembering(document)] if document else []),
        ]
        volumes = [
            {
                "Name": f"podctl_shop_default_claim_{claim}", "Mountpoint": f"/v/{claim}",
                "Labels": {labels.CLUSTER: "shop", labels.NAMESPACE: "default", labels.CLAIM: claim,
                           labels.CLAIM_SIZE: "1Gi", labels.CLAIM_MODES: "ReadWriteOnce"},
            }
            for claim in claims
        ]  # fmt: skip
        (here / "ids").write_text("".join(f"{each['id']}\n" for each in every))
        (here / "containers").write_text(lines_of(every))
        (here / "volume-names").write_text("".join(f"{each['Name']}\n" for each in volumes))
        (here / "volumes").write_text(lines_of(volumes))
        (here / "events").write_text(lines_of(events))
        docker = here / "docker"
        docker.write_text(DOCKER.format(here=here))
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
        self.minions[name] = {"transport": "local", "docker": str(docker)}
        return self

    def silent(self, name):
        self.minions[name] = {"transport": "local", "docker": str(self.folder / f"no-such-docker-of-{name}")}
        return self

    def podctl(self, *words):
        inventory = self.folder / "inventory.yaml"
        inventory.write_text(yaml.safe_dump({"cluster": "shop", "minions": self.minions}))
        return run([*words, "-i", str(inventory)])


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def web():
    return manifest("web", labels={"app": "web"})


@pytest.fixture
def job():
    return manifest("job", "batch", labels={"app": "job"})
