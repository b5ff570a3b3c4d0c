"""Which Kubernetes fields work here: one list that the parser, the README's table and a test read.

Every field that the Kubernetes API knows (as the `kubernetes` Python client lists them) of every type that a Pod,
ConfigMap, Secret or PersistentVolumeClaim is made of stands in exactly one of three lists of its type: it works, it is
accepted with a warning, or it is refused with a reason and a way out. A type that is only reached through fields that
are warned about or refused is not listed.
To move a field, move its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(StrEnum):
    WORKS = "works"
    WARNED = "warned"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """`note` is the reason, and the way out; empty for a field that works."""

    level: Level
    note: str = ""


def _type(works: str, *, warned: Mapping[str, str] | None = None, refused: Mapping[str, str] | None = None) -> tuple[
    tuple[str, Support], ...
]:  # fmt: skip
    return (
        *((name, Support(level=Level.WORKS)) for name in works.split()),
        *((name, Support(level=Level.WARNED, note=note)) for name, note in (warned or {}).items()),
        *((name, Support(level=Level.REFUSED, note=note)) for name, note in (refused or {}).items()),
    )


def _each(names: str, note: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), note)


_GRPC = "podctl asks no grpc probes; use httpGet or tcpSocket, or exec with a client in the image"
_SERVER = "written by a Kubernetes server; not used here"
_ACCOUNT = "has no meaning here: there is no API server to log in to"
_MESSAGE = "has no meaning here: nothing reads the message; write it to stderr, and read it with podctl logs"
_OWNER = "sets an owner for projected files, which cannot be done here; use defaultMode, or fsGroup"
_CLOUD = "needs a storage driver that a plain machine has not; mount it on the Minion and use hostPath, or use nfs"
_WINDOWS = "is for Windows; Minions run Linux containers"
_CLAIMS = "asks for devices by resource claims, which need drivers of a Kubernetes server; use limits: nvidia.com/gpu"
_NEW = "is newer than this version of podctl; leave it out"

LISTS: Mapping[str, tuple[tuple[str, Support], ...]] = {
    # ------------------------------------------------------------------------------------------------ the objects
    "V1Pod": _type("apiVersion kind metadata spec", warned={"status": _SERVER}),
    "V1ConfigMap": _type(
        "apiVersion kind metadata data binaryData",
        warned={"immutable": "not enforced: a later apply may change it"},
    ),
    "V1Secret": _type(
        "apiVersion kind metadata data stringData type",
        warned={"immutable": "not enforced: a later apply may change it"},
    ),
    "V1PersistentVolumeClaim": _type("apiVersion kind metadata spec", warned={"status": _SERVER}),
    "V1ObjectMeta": _type(
        "name namespace labels annotations ownerReferences",
        warned={
            **_each("creationTimestamp generation managedFields resourceVersion selfLink uid", _SERVER),
            **_each("deletionTimestamp deletionGracePeriodSeconds", _SERVER),
            "finalizers": "has no meaning here: nothing else takes part in a delete",
        },
        refused={"generateName": "would make another Pod at every apply; give a name"},
    ),
    "V1OwnerReference": _type(
        "apiVersion controller kind name uid",
        warned={"blockOwnerDeletion": "has no meaning here: nothing is deleted along with its owner"},
    ),
    # ---------------------------------------------------------------------------------------------------- the Pod
    "V1PodSpec": _type(
        "affinity containers dnsConfig dnsPolicy hostAliases hostIPC hostNetwork hostPID hostUsers hostname "
        "imagePullSecrets initContainers nodeName nodeSelector os priority restartPolicy runtimeClassName "
        "securityContext setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations "
        "topologySpreadConstraints volumes",
        warned={
            **_each("automountServiceAccountToken serviceAccount serviceAccountName", _ACCOUNT),
            "enableServiceLinks": "has no meaning here: there are no Services to announce",
            "evictionResponders": "has no meaning here: nothing evicts Pods",
            "overhead": "has no meaning here: Pods run in plain containers",
            "preemptionPolicy": "has no meaning here: no Pod is stopped for the sake of another",
            "priorityClassName": "there are no PriorityClasses here; give the number as priority",
            "readinessGates": "has no meaning here: nothing could open the gate",
            "schedulerName": "has no meaning here: podctl places every Pod",
            "schedulingGates": "has no meaning here: nothing could open the gate; the Pod is placed at once",
        },
        refused={
            "activeDeadlineSeconds": "nothing on a Minion watches the deadline; use command: [timeout, SECONDS, ...]",
            "ephemeralContainers": "cannot be in a manifest in Kubernetes either; use podctl exec",
            "hostnameOverride": f"{_NEW}, and use hostname",
            "resourceClaims": _CLAIMS,
            "resources": "limits for a Pod as a whole are not supported; give each container its own",
            "schedulingGroup": "Pods are placed one by one, not in groups; leave it out",
        },
    ),
    "V1PodOS": _type("name"),
    "V1HostAlias": _type("hostnames ip"),
    "V1LocalObjectReference": _type("name"),
    "V1PodDNSConfig": _type("nameservers options searches"),
    "V1PodDNSConfigOption": _type("name value"),
    "V1PodSecurityContext": _type(
        "appArmorProfile fsGroup runAsGroup runAsNonRoot runAsUser seLinuxOptions seccompProfile supplementalGroups "
        "supplementalGroupsPolicy sysctls",
        warned={
            "fsGroupChangePolicy": "has no meaning here: files that a claim already holds keep their group",
            "seLinuxChangePolicy": "has no meaning here: volumes are not relabelled",
        },
        refused={"windowsOptions": _WINDOWS},
    ),
    "V1Sysctl": _type("name value"),
    # -------------------------------------------------------------------------------------------------- placement
    "V1Affinity": _type("nodeAffinity podAffinity podAntiAffinity"),
    "V1NodeAffinity": _type(
        "preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution"
    ),
    "V1NodeSelector": _type("nodeSelectorTerms"),
    "V1PreferredSchedulingTerm": _type("preference weight"),
    "V1NodeSelectorTerm": _type("matchExpressions matchFields"),
    "V1NodeSelectorRequirement": _type("key operator values"),
    "V1PodAffinity": _type(
        "preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution"
    ),
    "V1PodAntiAffinity": _type(
        "preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution"
    ),
    "V1WeightedPodAffinityTerm": _type("podAffinityTerm weight"),
    "V1PodAffinityTerm": _type(
        "labelSelector matchLabelKeys mismatchLabelKeys namespaceSelector namespaces topologyKey"
    ),
    "V1TopologySpreadConstraint": _type(
        "labelSelector matchLabelKeys maxSkew minDomains nodeAffinityPolicy nodeTaintsPolicy topologyKey "
        "whenUnsatisfiable"
    ),
    "V1LabelSelector": _type("matchExpressions matchLabels"),
    "V1LabelSelectorRequirement": _type("key operator values"),
    "V1Toleration": _type(
        "effect key operator value",
        warned={"tolerationSeconds": "has no meaning here: a running Pod is not evicted for a taint"},
    ),
    # --------------------------------------------------------------------------------------------- the containers
    "V1Container": _type(
        "args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources "
        "restartPolicy securityContext startupProbe stdin stdinOnce tty volumeDevices volumeMounts workingDir",
        warned={
            "resizePolicy": "has no meaning here: changed resources make a new Pod",
            **_each("terminationMessagePath terminationMessagePolicy", _MESSAGE),
        },
        refused={"restartPolicyRules": "restarts cannot depend on the exit code here; use restartPolicy OnFailure"},
    ),
    "V1ContainerPort": _type("containerPort hostIP hostPort name protocol"),
    "V1ResourceRequirements": _type("limits requests", refused={"claims": _CLAIMS}),
    "V1EnvVar": _type("name value valueFrom"),
    "V1EnvVarSource": _type(
        "configMapKeyRef fieldRef resourceFieldRef secretKeyRef",
        refused={"fileKeyRef": "values from files of a volume are not supported; use configMapKeyRef"},
    ),
    "V1ConfigMapKeySelector": _type("key name optional"),
    "V1SecretKeySelector": _type("key name optional"),
    "V1ObjectFieldSelector": _type("apiVersion fieldPath"),
    "V1ResourceFieldSelector": _type("containerName divisor resource"),
    "V1EnvFromSource": _type("configMapRef prefix secretRef"),
    "V1ConfigMapEnvSource": _type("name optional"),
    "V1SecretEnvSource": _type("name optional"),
    "V1VolumeMount": _type(
        "mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr",
        refused={"bindMountOptions": _NEW},
    ),
    "V1VolumeDevice": _type("devicePath name"),
    "V1SecurityContext": _type(
        "allowPrivilegeEscalation appArmorProfile capabilities privileged procMount readOnlyRootFilesystem runAsGroup "
        "runAsNonRoot runAsUser seLinuxOptions seccompProfile",
        refused={"windowsOptions": _WINDOWS},
    ),
    "V1AppArmorProfile": _type("localhostProfile type"),
    "V1SeccompProfile": _type("localhostProfile type"),
    "V1SELinuxOptions": _type("level role type user"),
    "V1Capabilities": _type("add drop"),
    # ---------------------------------------------------------------------------------------- lifecycle and probes
    "V1Lifecycle": _type("postStart preStop stopSignal"),
    "V1LifecycleHandler": _type(
        "exec httpGet sleep", warned={"tcpSocket": "does nothing, in Kubernetes neither; use exec or httpGet"}
    ),
    "V1ExecAction": _type("command"),
    "V1HTTPGetAction": _type("host httpHeaders path port scheme", refused={"protocol": _NEW}),
    "V1HTTPHeader": _type("name value"),
    "V1SleepAction": _type("seconds"),
    "V1TCPSocketAction": _type("host port"),
    "V1Probe": _type(
        "exec failureThreshold httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket timeoutSeconds",
        warned={"terminationGracePeriodSeconds": "not used: a container that is restarted gets its Pod's grace period"},
        refused={"grpc": _GRPC},
    ),
    # ------------------------------------------------------------------------------------------------- the volumes
    "V1Volume": _type(
        "configMap downwardAPI emptyDir hostPath name nfs persistentVolumeClaim projected secret",
        refused={
            **_each("awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker", _CLOUD),
            **_each("gcePersistentDisk glusterfs iscsi photonPersistentDisk portworxVolume quobyte rbd", _CLOUD),
            **_each("scaleIO storageos vsphereVolume", _CLOUD),
            "ephemeral": "claims made for one Pod are not supported; use emptyDir, or a PersistentVolumeClaim",
            "gitRepo": "was removed from Kubernetes; clone into an emptyDir in an init container",
            "image": "images as volumes are not supported; copy from an init container into an emptyDir",
        },
    ),
    "V1ConfigMapVolumeSource": _type("defaultMode items name optional", refused={"defaultUser": _OWNER}),
    "V1SecretVolumeSource": _type("defaultMode items optional secretName", refused={"defaultUser": _OWNER}),
    "V1DownwardAPIVolumeSource": _type("defaultMode items", refused={"defaultUser": _OWNER}),
    "V1DownwardAPIVolumeFile": _type("fieldRef mode path resourceFieldRef", refused={"user": _OWNER}),
    "V1KeyToPath": _type("key mode path", refused={"user": _OWNER}),
    "V1EmptyDirVolumeSource": _type("medium sizeLimit", refused={"mode": f"{_NEW}; an emptyDir has the mode 0777"}),
    "V1HostPathVolumeSource": _type("path type"),
    "V1NFSVolumeSource": _type("path readOnly server"),
    "V1PersistentVolumeClaimVolumeSource": _type("claimName readOnly"),
    "V1ProjectedVolumeSource": _type("defaultMode sources", refused={"defaultUser": _OWNER}),
    "V1VolumeProjection": _type(
        "configMap downwardAPI secret",
        refused={
            **_each("clusterTrustBundle podCertificate", "needs a Kubernetes server; put the files into a Secret"),
            "serviceAccountToken": "there is no API server to issue tokens; remove this source "
            "(an exported Pod has it as volume kube-api-access-...)",
        },
    ),
    "V1ConfigMapProjection": _type("items name optional"),
    "V1SecretProjection": _type("items name optional"),
    "V1DownwardAPIProjection": _type("items"),
    "V1PersistentVolumeClaimSpec": _type(
        "accessModes resources volumeMode",
        warned={
            **_each("selector storageClassName volumeName", "has no meaning here: a claim is a volume on one Minion"),
            "volumeAttributesClassName": "has no meaning here: a claim is a volume on one Minion",
        },
        refused=_each("dataSource dataSourceRef", "a claim begins empty here; fill it from an init container"),
    ),
    "V1VolumeResourceRequirements": _type(
        "requests", warned={"limits": "not enforced: a claim may fill its Minion's disk"}
    ),
}  # fmt: skip

FIELDS: Mapping[str, Mapping[str, Support]] = {name: dict(listed) for name, listed in LISTS.items()}


def readme_table() -> str:
    """Two Markdown tables: the fields that work by type, and every other field with its reason."""
    works = ["| type | fields that work |", "|---|---|"]
    others = ["| type | fields | | why, and what to do |", "|---|---|---|---|"]
    for type_name, fields in FIELDS.items():
        short = type_name.removeprefix("V1")
        rows: dict[Support, list[str]] = {}
        for name, support in fields.items():
            rows.setdefault(support, []).append(f"`{name}`")
        for support, names in rows.items():
            if support.level is Level.WORKS:
                works.append(f"| {short} | {' '.join(names)} |")
            else:
                others.append(f"| {short} | {' '.join(names)} | {support.level} | {support.note} |")
    return "\n".join([*works, "", *others, ""])
