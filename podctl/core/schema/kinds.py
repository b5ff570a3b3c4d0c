"""What to say about the kinds of objects that are not read."""

from __future__ import annotations

from typing import Any

from podctl.core.yamltext import did_you_mean
from podctl.core.yamltext import kind as kind_of

READ = ("Pod", "ConfigMap", "Secret", "PersistentVolumeClaim", "Namespace", "List")

_WORKLOADS = "comes with a later version; until then write its spec.template as kind: Pod, with a name"
_SERVICES = "comes with a later version; until then publish a container's port with hostPort"
_STORAGE = "is not needed: a PersistentVolumeClaim is a volume on one Minion; leave it out"
_SERVER = "has no meaning here: there is no API server; leave it out"
_LATER = {
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"), _WORKLOADS),
    **dict.fromkeys(("Job", "CronJob"), _WORKLOADS),
    **dict.fromkeys(("Service", "Ingress", "IngressClass", "EndpointSlice", "Endpoints"), _SERVICES),
    **dict.fromkeys(("PersistentVolume", "StorageClass", "VolumeAttributesClass"), _STORAGE),
    **dict.fromkeys(("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), _SERVER),
    **dict.fromkeys(("CustomResourceDefinition", "ValidatingWebhookConfiguration"), _SERVER),
    **dict.fromkeys(("MutatingWebhookConfiguration", "APIService", "Event", "Lease"), _SERVER),
    "HorizontalPodAutoscaler": "is not supported: nothing here counts replicas; leave it out",
    "NetworkPolicy": "is not supported: nothing here filters between Pods; filter on the Minions, then leave it out",
    "PodDisruptionBudget": "is not supported: nothing here evicts Pods; leave it out",
    "PriorityClass": "is not supported: give the number as spec.priority of the Pod, then leave it out",
    "ResourceQuota": "is not supported; leave it out",
    "LimitRange": "is not supported: give each container its resources, then leave it out",
    "Node": "is not supported: machines stand in the inventory",
}


def kind_problem(named: Any, api_version: Any) -> str:
    """Why an object of this kind is not read, or "" when it is."""
    if named is None:
        return f"is required: one of {', '.join(READ)}"
    if not isinstance(named, str):
        return f"must be a string, not {kind_of(named)}"
    if named in READ:
        return ""
    if named in _LATER:
        return f"{named} {_LATER[named]}"
    near = did_you_mean(named, (*READ, *_LATER))
    group = f" of {api_version}" if isinstance(api_version, str) and api_version != "v1" else ""
    return f'"{named}"{group} is not supported{near}; there are {", ".join(READ)}'
