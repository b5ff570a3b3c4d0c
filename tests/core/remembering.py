"""A small cluster that remembers something of everything, in few words. Everything happens around noon of one day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from observed import NOON, ago, claim_volume, infra, manifest, minion, pod, silent

from podctl.core.document.codec import encode
from podctl.core.document.model import Act, Deed, Document, DocumentCopy, ObjectKey, PodEntry
from podctl.core.model import Cluster, ObservedMinion, PodKey

REVISION = 7
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "default", "labels": {"app": "web"}},
    "data": {"colour": "blue", "start.sh": "#!/bin/sh\n\tdate\n"},
    "binaryData": {"logo": "iVBORw=="},
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "db",
        "namespace": "default",
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"aHVudGVyMg=="}}',
            "note": "of the database",
        },
    },
    "data": {"password": "aHVudGVyMg=="},
    "stringData": {"user": "hunter2-user"},
    "type": "Opaque",
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "later", "namespace": "default"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
}
SECRETS = ("hunter2", "aHVudGVyMg")  # what must stand nowhere


def entry(name: str, on: str = "", **given: Any) -> PodEntry:
    wanted = given.pop("manifest", None) or manifest(name, labels={"app": name})
    return PodEntry(
        key=PodKey("default", name),
        manifest=wanted,
        spec_hash="1:0",
        uid=f"uid-{name}" if on else "",
        minion=on,
        **given,
    )


def seconds(**of: float) -> int:
    return int(ago(**of).timestamp())


ACTS = (
    Act(
        revision=2, at_seconds=seconds(hours=2), clock="alpha", who="ann@desk", command="podctl apply -f shop/",
        git="0123456789abcdef0123456789abcdef01234567", result="done",
        deeds=(
            Deed(reason="Created", object="configmap/settings", namespace="default"),
            Deed(reason="Created", object="secret/db", namespace="default"),
            Deed(reason="Created", object="pod/web", namespace="default", message="on alpha: the fullest"),
            Deed(reason="Created", object="pod/far", namespace="default", message="on gamma: the fullest"),
            Deed(reason="Pending", object="pod/big", namespace="default", message="needs 64 CPUs"),
        ),
    ),
    Act(
        revision=4, at_seconds=seconds(minutes=30), clock="gone", who="bob@lab", command="podctl cordon beta",
        result="done", deeds=(Deed(reason="Cordoned", object="minion/beta", message="no new Pods"),),
    ),
    Act(
        revision=6, at_seconds=seconds(minutes=5), clock="alpha", who="bob@lab", command="podctl apply -f web.yaml",
        deeds=(
            Deed(reason="Replaced", object="pod/web", namespace="default", message="on alpha: its manifest changed"),
            Deed(reason="Failed", object="pod/web", namespace="default", message="no such image", failed=True),
        ),
        more_deeds=3,
    ),
)  # fmt: skip
DOCUMENT = Document(
    cluster="shop",
    revision=REVISION,
    keepers=("alpha", "beta", "gamma"),
    pods={
        each.key: each
        for each in (
            entry("web", "alpha"), entry("far", "gamma"), entry("lost", "beta"), entry("away", "omega"),
            entry("big", waiting="needs 64 CPUs, and no Minion has them"),
        )
    },
    objects={
        ObjectKey("ConfigMap", "default", "settings"): CONFIG,
        ObjectKey("Secret", "default", "db"): SECRET,
        ObjectKey("PersistentVolumeClaim", "default", "later"): CLAIM,
    },
    claims={PodKey("default", "data"): "alpha", PodKey("default", "old"): "gamma", PodKey("default", "torn"): "beta"},
    cordons=frozenset({"beta"}),
    acts=ACTS,
)  # fmt: skip
LISTED = replace(DOCUMENT, pods={key: each for key, each in DOCUMENT.pods.items() if each.minion != "omega"})
"""Of a cluster whose inventory has all Minions: omega is in none."""
WEB = pod(manifest=manifest("web", labels={"app": "web"}), uid="uid-web", infra=infra(), revision=2)


def copy(document: Document, **given: Any) -> DocumentCopy:
    fields = {
        "revision": document.revision,
        "committed": True,
        "running": True,
        "container": "c",
        "payload": encode(document),
    }
    return DocumentCopy(**{**fields, **given})


def holding(document: Document, *minions: ObservedMinion, name: str = "shop") -> Cluster:
    """Every Minion that answers holds that Document."""
    held = (each if each.silent else replace(each, copies=(copy(document),)) for each in minions)
    return Cluster(name=name, minions=tuple(held))


CLUSTER = holding(
    DOCUMENT,
    minion(WEB, volumes=(claim_volume("data"),)),
    minion(name="beta", now=NOON),
    silent(hint="See that sshd runs there."),
)
