"""Observed values in few words, for tests of what is made of them. Everything happens around noon of one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from podctl.core.model import (
    Mark,
    Minion,
    MinionFacts,
    ObservedContainer,
    ObservedMinion,
    ObservedPod,
    ObservedVolume,
    PodKey,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
GIB = 2**30


def ago(**of: float) -> datetime:
    """`ago(minutes=5)`: five minutes before noon."""
    return NOON - timedelta(**of)


def container(name: str = "app", status: str = "running", **given: Any) -> ObservedContainer:
    """One that was made an hour ago and, unless it was never started, started a minute later."""
    started = None if status == "created" else ago(minutes=59)
    ended = ago(minutes=5) if status in ("exited", "restarting") else None
    fields = {
        "id": f"id-of-{name}", "name": name, "image": "shop/web:1", "image_id": "sha256:feed", "status": status,
        "exit_code": 0, "error": "", "oom_killed": False, "restart_count": 0, "created_at": ago(hours=1),
        "started_at": started, "finished_at": ended, "labels": {}, "ip": "", "ports": (), "volumes": (),
        "cpu_limit_millis": 0, "memory_limit_bytes": 0, "host_network": False,
    }  # fmt: skip
    return ObservedContainer(**{**fields, **given})


def infra(**given: Any) -> ObservedContainer:
    return container(**{"name": "infra", "ip": "172.18.0.2", "started_at": ago(minutes=60), **given})


def manifest(name: str = "web", namespace: str = "default", **given: Any) -> dict[str, Any]:
    """`labels` and `annotations` go to metadata, the rest to spec; one container `app` unless others are given."""
    metadata = {key: given.pop(key) for key in ("labels", "annotations") if key in given}
    spec = {"containers": [{"name": "app", "image": "shop/web:1"}], **given}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }


def names(*of: str) -> list[dict[str, Any]]:
    return [{"name": name, "image": "shop/web:1"} for name in of]


def pod(*seen: ObservedContainer, **given: Any) -> ObservedPod:
    """The Pod of `manifest`, by default with `app` running."""
    wanted = given.pop("manifest", None)
    if wanted is None:
        wanted = manifest()
    metadata = wanted.get("metadata", {})
    fields = {
        "key": PodKey(metadata.get("namespace", "default"), metadata.get("name", "web")), "uid": "5eed",
        "minion": "alpha", "mark": Mark.COMMITTED, "manifest": wanted, "spec_hash": "v1:0", "config_hashes": {},
        "placement_reason": "most free memory of 3 Minions", "infra": infra(),
        "containers": {each.name: each for each in (seen or (container(),))},
    }  # fmt: skip
    return ObservedPod(**{**fields, **given})


def facts(**given: Any) -> MinionFacts:
    fields = {
        "cpu_millis": 4000, "memory_bytes": 8 * GIB, "engine_version": "20.10.24", "api_version": (1, 41),
        "os_image": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.1.0-18-amd64", "architecture": "x86_64",
        "security_options": (), "resolv_conf": "", "address": "192.0.2.11",
    }  # fmt: skip
    return MinionFacts(**{**fields, **given})


def minion(*pods: ObservedPod, name: str = "alpha", **given: Any) -> ObservedMinion:
    """One that answers; what `Minion` has may be given, too: `unschedulable`, `labels`, `taints`, `reserved`."""
    own = {key: given.pop(key) for key in ("unschedulable", "labels", "taints", "reserved", "address") if key in given}
    fields = {"now": NOON, "facts": facts(), "pods": pods}
    return ObservedMinion(minion=Minion(name=name, **{"address": "alpha.example", **own}), **{**fields, **given})


def silent(name: str = "gamma", problem: str = "connection refused", **given: Any) -> ObservedMinion:
    return ObservedMinion(minion=Minion(name=name, address="192.0.2.13"), problem=problem, **given)


def claim_volume(name: str, namespace: str = "default", **labels: str) -> ObservedVolume:
    return ObservedVolume(
        name=f"podctl_shop_{namespace}_claim_{name}",
        labels={
            "podctl.namespace": namespace, "podctl.claim": name, "podctl.claim-size": "1Gi",
            "podctl.claim-modes": "ReadWriteOnce", "podctl.created-at": str(ago(days=3).timestamp()), **labels,
        },
        mountpoint=f"/var/lib/volumes/{name}",
    )  # fmt: skip
