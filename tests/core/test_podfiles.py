"""Which files the volumes of a Pod hold."""

from __future__ import annotations

import pytest

from podctl.core.environment import PodContext
from podctl.core.manifest import parse
from podctl.core.podfiles import File, files_of

TEXT = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: m}}
data: {{b: two, a: one}}
binaryData: {{raw: AP8=}}
---
apiVersion: v1
kind: Secret
metadata: {{name: s}}
stringData: {{a: secret}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  volumes: [{{name: v, {volume}}}]
  containers: [{{name: app, image: i}}]
"""
DOWNWARD = (
    "downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name}, mode: 0440}, "
    "{path: c, resourceFieldRef: {containerName: app, resource: requests.cpu}}]}"
)
PROJECTED = (
    "projected: {defaultMode: 0444, sources: [{configMap: {name: m}}, {secret: {name: s}}, "
    "{downwardAPI: {items: [{path: b, fieldRef: {fieldPath: metadata.name}}]}}]}"
)


def files(volume: str) -> tuple[File, ...]:
    manifests = parse([("web.yaml", TEXT.format(volume=volume))])
    pod = manifests.pods[0].pod
    maps, secrets = {"m": manifests.config_maps[0]}, {"s": manifests.secrets[0]}
    context = PodContext(pod=pod, uid="u-1", minion="alpha", config_maps=maps, secrets=secrets)
    return files_of(pod.spec.volumes[0], context)


def file(path: str, data: bytes, mode: int = 0o644) -> File:
    return File(path=path, data=data, mode=mode)


@pytest.mark.parametrize(
    ("volume", "wanted"),
    [
        ("emptyDir: {}", ()),
        ("hostPath: {path: /x}", ()),
        ("configMap: {name: none, optional: true}", ()),
        ("secret: {secretName: s, optional: true, items: [{key: none, path: x}]}", ()),
        ("configMap: {name: m}", (file("a", b"one"), file("b", b"two"), file("raw", b"\0\xff"))),
        ("configMap: {name: m, defaultMode: 0400, items: [{key: b, path: z/b}, {key: a, path: x, mode: 0}]}",
         (file("x", b"one", 0), file("z/b", b"two", 0o400))),
        ("secret: {secretName: s, defaultMode: 0600}", (file("a", b"secret", 0o600),)),
        (DOWNWARD, (file("c", b"0"), file("p", b"web", 0o440))),
        (PROJECTED, (file("a", b"secret", 0o444), file("b", b"web", 0o444), file("raw", b"\0\xff", 0o444))),
    ],
)  # fmt: skip
def test_files(volume, wanted):
    assert files(volume) == wanted


def test_a_files_content_is_never_shown():
    assert "secret" not in repr(files("secret: {secretName: s}"))
