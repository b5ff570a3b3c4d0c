from __future__ import annotations

import pytest
from observed import container, manifest, minion, pod

from podctl.core.model import Cluster, Mark
from podctl.core.query import answer, parse_query
from podctl.report.describe import described
from podctl.report.describe_container import probe_text
from podctl.report.describe_pod import toleration_text

FIGURES = "delay=0s timeout=1s period=10s #success=1 #failure=3"
PROBES = {
    "http": ({"httpGet": {"port": 80}}, f"http-get http://:80/ {FIGURES}"),
    "https on a host": (
        {"httpGet": {"port": "web", "scheme": "HTTPS", "host": "x", "path": "ok"}},
        f"http-get https://x:web/ok {FIGURES}",
    ),
    "tcp": ({"tcpSocket": {"port": 5432, "host": "db"}}, f"tcp-socket db:5432 {FIGURES}"),
    "exec": ({"exec": {"command": ["sh", "-c", "a\tb\nc"]}}, f"exec [sh -c a b c] {FIGURES}"),
    "grpc": ({"grpc": {"port": 9000, "service": "live"}}, f"grpc <pod>:9000 live {FIGURES}"),
    "all figures": (
        {
            "tcpSocket": {"port": 1}, "initialDelaySeconds": 2, "timeoutSeconds": 3, "periodSeconds": 4,
            "successThreshold": 5, "failureThreshold": 6,
        },
        "tcp-socket :1 delay=2s timeout=3s period=4s #success=5 #failure=6",
    ),
    "nothing": ({}, f"unknown {FIGURES}"),
}  # fmt: skip


@pytest.mark.parametrize("probe, text", PROBES.values(), ids=PROBES)
def test_a_probe_reads_as_in_kubectl(probe, text):
    assert probe_text(probe) == text


TOLERATIONS = [
    ({"operator": "Exists"}, "op=Exists"),
    ({"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, "gpu:NoSchedule op=Exists"),
    ({"key": "gpu", "value": "yes"}, "gpu=yes"),
    ({"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}, "a:NoExecute op=Exists for 0s"),
]


@pytest.mark.parametrize("toleration, text", TOLERATIONS)
def test_a_toleration_reads_as_in_kubectl(toleration, text):
    assert toleration_text(toleration) == text


def lines_of(seen):
    """Without the blanks that align them."""
    cluster = Cluster(name="shop", minions=(minion(seen),))
    text = described(answer(cluster, parse_query(["pods"]), engine="e").found)
    return [" ".join(line.split()) for line in text.splitlines()]


def app(**given):
    return manifest(containers=[{"name": "app", "image": "shop/web:1", **given}])


def test_a_pod_that_is_half_made_says_what_becomes_of_it():
    lines = lines_of(pod(containers={}, mark=Mark.NEW))
    assert "Message: being made; if nobody is at it, the next apply or delete removes it" in lines
    assert "Reason: ContainerCreating" in lines


def test_a_sidecar_says_that_it_is_one():
    sidecar = manifest(initContainers=[{"name": "proxy", "image": "p", "restartPolicy": "Always"}])
    assert "Restart Policy: Always" in lines_of(pod(container("proxy"), container("app"), manifest=sidecar))


def test_devices_are_listed_behind_the_mounts():
    lines = lines_of(pod(manifest=app(volumeDevices=[{"name": "disk", "devicePath": "/dev/xvda"}])))
    assert lines[lines.index("Devices:") + 1] == "/dev/xvda from disk"


def test_an_env_field_that_cannot_be_resolved_shows_its_path_alone():
    field = {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['x"}}}
    assert "A: (v1:metadata.labels['x)" in lines_of(pod(manifest=app(env=[field])))


def test_text_from_a_container_cannot_move_the_cursor():
    lines = lines_of(pod(manifest=app(env=[{"name": "A", "value": "\x1b[2Jgone"}, {"name": "B", "value": "a\tb"}])))
    assert [line for line in lines if line.startswith(("A:", "B:"))] == ["A: \\x1b[2Jgone", "B: a b"]


def test_what_is_left_of_a_pod_without_its_infra_container_is_described():
    left = pod(container("app", "exited", exit_code=137), manifest={}, infra=None, mark=Mark.OLD)
    lines = lines_of(left)
    assert "Status: Terminating" in lines
    assert "Image: shop/web:1" in lines


def test_the_reason_of_a_placement_is_shown_whole():
    why = "; ".join(f"{n} of {n + 1} free example.com/thing-{n}" for n in range(40))
    assert f"Placed because: {why}" in lines_of(pod(placement_reason=why))
