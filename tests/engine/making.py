"""A Making from a manifest, for tests that render commands."""

from __future__ import annotations

from podctl.core.environment import PodContext
from podctl.core.manifest import parse
from podctl.core.model import Minion, MinionFacts
from podctl.engine.docker.making import Making

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  {spec}
  containers:
  - {{name: app, image: "nginx:1.27", {container}}}
"""


def facts(**given) -> MinionFacts:
    return MinionFacts(**{
        "cpu_millis": 2000, "memory_bytes": 2**30, "engine_version": "20.10.24", "api_version": (1, 41),
        "os_image": "Debian", "kernel": "6.1", "architecture": "x86_64", "security_options": (), "address": "192.0.2.1",
        "resolv_conf": "nameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch example.org\noptions edns0\n",
        **given,
    })  # fmt: skip


def making(container: str = "", spec: str = "", *, more: str = "", api=(1, 41), users=None, **context) -> Making:
    """Of the Pod shop/web with one container `app`; `container` and `spec` are YAML for them, `more` other objects."""
    text = POD.format(container=container, spec=spec or "restartPolicy: Always") + more
    manifests = parse([("web.yaml", text)])
    manifest = manifests.pods[0]
    return Making(
        cluster="c",
        minion=Minion(name="alpha"),
        facts=facts(api_version=api),
        manifest=manifest,
        uid="u-1",
        placement_reason="it fits",
        context=PodContext(
            pod=manifest.pod,
            uid="u-1",
            minion="alpha",
            config_maps={each.metadata.name: each for each in manifests.config_maps},
            secrets={each.metadata.name: each for each in manifests.secrets},
            **context,
        ),
        now_seconds=0,
        mountpoints={f"podctl_c_u-1_{each.name}": f"/mp/{each.name}" for each in manifest.pod.spec.volumes},
        image_users=users or {},
    )
