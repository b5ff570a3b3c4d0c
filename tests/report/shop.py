"""A small cluster with something of everything, for whole outputs."""

from __future__ import annotations

from observed import GIB, ago, claim_volume, container, facts, infra, manifest, minion, names, pod, silent

from podctl.core.model import Cluster, Mark, PodKey, Resources, Taint

WEB = pod(
    container("app", image="shop/web:1", restart_count=3, finished_at=ago(minutes=5), started_at=ago(minutes=5)),
    container("log", image="shop/log:1"),
    container("setup", "exited", image="shop/setup:1"),
    manifest=manifest(
        "web",
        labels={"app": "web", "tier": "front"},
        annotations={"note": "shown"},
        priority=10,
        nodeSelector={"disk": "ssd"},
        tolerations=[
            {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"operator": "Exists"},
            {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 30},
        ],
        initContainers=[{"name": "setup", "image": "shop/setup:1", "command": ["sh", "-c", "echo one\necho two"]}],
        containers=[
            {
                "name": "app",
                "image": "shop/web:1",
                "args": ["--port", "8080"],
                "ports": [{"containerPort": 8080, "hostPort": 80}, {"containerPort": 53, "protocol": "UDP"}],
                "resources": {"limits": {"memory": "1Gi", "cpu": "500m"}, "requests": {"cpu": "250m"}},
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5},
                "readinessProbe": {"exec": {"command": ["test", "-e", "/ready"]}},
                "startupProbe": {"tcpSocket": {"port": "http"}, "failureThreshold": 30},
                "envFrom": [
                    {"configMapRef": {"name": "settings"}},
                    {"prefix": "DB_", "secretRef": {"name": "db", "optional": True}},
                ],
                "env": [
                    {"name": "MODE", "value": "fast"},
                    {"name": "TEXT", "value": "one\ntwo"},
                    {"name": "EMPTY"},
                    {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                    {"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}},
                    {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "TIER", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['tier']"}}},
                    {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                ],
                "volumeMounts": [
                    {"name": "data", "mountPath": "/data", "subPath": "web"},
                    {"name": "conf", "mountPath": "/conf", "readOnly": True},
                ],
            },
            {"name": "log", "image": "shop/log:1", "resources": {"requests": {"memory": "64Mi"}}},
        ],
        volumes=[
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "conf", "configMap": {"name": "settings"}},
            {"name": "keys", "secret": {"secretName": "db", "optional": True}},
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
            {"name": "host", "hostPath": {"path": "/srv", "type": "Directory"}},
            {"name": "share", "nfs": {"server": "192.0.2.50", "path": "/exp"}},
            {"name": "info", "downwardAPI": {"items": [{"path": "me", "fieldRef": {"fieldPath": "metadata.name"}}]}},
            {
                "name": "all",
                "projected": {
                    "sources": [
                        {"secret": {"name": "db"}},
                        {"configMap": {"name": "settings", "optional": True}},
                        {"downwardAPI": {"items": []}},
                    ]
                },
            },
        ],
    ),
)
LOOP = pod(
    container("app", "restarting", exit_code=1, restart_count=12, finished_at=ago(seconds=42)),
    manifest=manifest("loop", labels={"app": "loop"}),
    minion="beta",
    uid="100b",
    infra=infra(created_at=ago(days=2, hours=5), ip="172.18.0.3"),
)
JOB = pod(
    container("app", "exited"),
    manifest=manifest("job", "batch", labels={"app": "job"}, restartPolicy="Never"),
    uid="0b",
    infra=infra(created_at=ago(seconds=90), ip="172.18.0.4"),
)
GOING = pod(container("app", "exited"), manifest=manifest("going"), mark=Mark.OLD, uid="90", infra=infra(ip=""))
BROKEN = pod(
    container("app", "created", exit_code=127, error='exec: "nope": executable file not found in $PATH'),
    manifest=manifest("broken", containers=names("app")),
    uid="b0",
    placement_reason="",
    infra=infra(started_at=ago(minutes=2), created_at=ago(minutes=2)),
)
STALE = pod(manifest=manifest("stale"), uid="57", infra=infra(started_at=ago(minutes=1)))

ALPHA = minion(
    BROKEN,
    GOING,
    JOB,
    STALE,
    WEB,
    labels={"disk": "ssd"},
    taints=(Taint(key="gpu", value="yes"), Taint(key="slow", effect="NoExecute")),
    reserved=Resources(cpu_millis=200),
    volumes=(claim_volume("data"),),
    others=(container("watchtower", cpu_limit_millis=500, memory_limit_bytes=GIB), container("old", "exited")),
    foreign_pods=(
        pod(
            manifest=manifest(
                "x",
                containers=[{"name": "app", "image": "x", "resources": {"requests": {"cpu": "1", "memory": "1Mi"}}}],
            ),
            cluster="other",
        ),
    ),
)
BETA = minion(LOOP, name="beta", unschedulable=True, facts=facts(address="192.0.2.12", engine_version="26.1.5"))
GAMMA = silent(hint="See that sshd runs there.")
DELTA = silent("delta", "permission denied on /run/docker.sock", reached=True)

CALM = Cluster(name="shop", minions=(ALPHA, BETA))
STORMY = Cluster(name="shop", minions=(DELTA, GAMMA, ALPHA, BETA))
EMPTY = Cluster(name="shop", minions=(minion(),))

__all__ = ["ALPHA", "BETA", "CALM", "EMPTY", "STORMY", "PodKey"]
