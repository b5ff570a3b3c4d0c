"""Manifests: what is accepted, what it becomes, what is warned about."""

# ruff: noqa: E501  a message, and a manifest, stands in one line, as it is shown

from __future__ import annotations

import json

import pytest
import yaml

from podctl.core.demand import demand_of
from podctl.core.document.model import ObjectKey
from podctl.core.manifest import Manifests, parse
from podctl.core.model import PodKey, Resources
from podctl.core.placement import Demand, PodTerm, Spread
from podctl.core.schema import (
    Container,
    EmptyDirVolumeSource,
    HTTPGetAction,
    LabelSelector,
    PodAffinityTerm,
    Probe,
    SecretBytes,
    Volume,
    VolumeMount,
)
from podctl.core.schema.references import Use, uses
from podctl.core.selectors import Requirement
from podctl.errors import ManifestError

WEB = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers:
  - name: nginx
    image: nginx:1.27
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: app}
data: {mode: fast, size: "3"}
binaryData: {logo: iVBORw==}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: login}
data: {password: aHVudGVyMg==}
stringData: {user: hunter2-user}
"""


def read(*texts: str, **options) -> Manifests:
    return parse([(f"{number}.yaml", text) for number, text in enumerate(texts, 1)], **options)


def one_pod(*texts: str):
    (pod,) = read(*texts).pods
    return pod


def problems(*texts: str, **options) -> tuple[str, ...]:
    with pytest.raises(ManifestError) as caught:
        read(*texts, **options)
    return caught.value.problems


def container(extra: str) -> Container:
    return one_pod(WEB + extra).pod.spec.containers[0]


# ------------------------------------------------------------------------------------------------- ordinary objects


def test_a_pod_keeps_what_was_written_and_where():
    pod = one_pod(WEB)
    assert pod.key == PodKey("default", "web")
    assert (pod.source, pod.line) == ("1.yaml", 1)
    assert pod.raw == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "nginx", "image": "nginx:1.27"}]},
    }
    assert (pod.config_hashes, pod.claims) == ({}, ())


def test_kubernetes_defaults_stand_where_nothing_is_written():
    spec = one_pod(WEB + "    ports: [{containerPort: 80}]\n  volumes: [{name: scratch}]\n").pod.spec
    (nginx,) = spec.containers
    assert (spec.restart_policy, spec.dns_policy, spec.termination_grace_period_seconds) == (
        "Always",
        "ClusterFirst",
        30,
    )
    assert spec.volumes == (Volume(name="scratch", emptyDir=EmptyDirVolumeSource()),)
    assert (nginx.ports[0].protocol, nginx.ports[0].host_port) == ("TCP", None)
    assert (nginx.working_dir, nginx.tty) == (None, False)
    assert spec.all_containers == (nginx,)


def test_null_and_empty_text_are_the_same_as_absent():
    extra = "    workingDir: ''\n    imagePullPolicy: ''\n    env: null\n    command: ~\n  nodeName: ''\n  restartPolicy: ''\nstatus: {}\n"
    assert one_pod(WEB + extra).pod == one_pod(WEB).pod
    assert read(WEB + extra).warnings == ()


@pytest.mark.parametrize(
    "image, expected",
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("registry.example.com:5000/team/web", "Always"),
        ("registry.example.com:5000/team/web:2", "IfNotPresent"),
        ("nginx:1.27", "IfNotPresent"),
        ("nginx@sha256:" + "0" * 64, "IfNotPresent"),
        ("nginx:latest@sha256:" + "0" * 64, "Always"),
        ("[::1]:5000/web:1_a.b-c", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image, expected):
    assert one_pod(WEB.replace("nginx:1.27", f'"{image}"')).pod.spec.containers[0].pull_policy == expected


def test_a_given_pull_policy_wins():
    assert container("    imagePullPolicy: Never\n").pull_policy == "Never"


def test_a_limit_without_a_request_is_requested():
    resources = container(
        "    resources: {limits: {cpu: 1.5, memory: 1Gi, nvidia.com/gpu: 1}, requests: {cpu: 250m}}\n"
    ).resources
    assert resources.requested == Resources(cpu_millis=250, memory_bytes=2**30, extended={"nvidia.com/gpu": 1})
    assert resources.limited == Resources(cpu_millis=1500, memory_bytes=2**30, extended={"nvidia.com/gpu": 1})


def test_no_resources_and_limits_of_zero_are_no_limits():
    assert container("").resources.requested == Resources()
    assert container("    resources: {limits: {cpu: 0}}\n").resources.limited == Resources()


def test_an_init_container_that_always_restarts_is_a_sidecar():
    extra = "  initContainers:\n  - {name: once, image: a}\n  - {name: along, image: b, restartPolicy: Always}\n"
    spec = one_pod(WEB + extra).pod.spec
    assert [(each.name, each.sidecar) for each in spec.all_containers] == [
        ("once", False),
        ("along", True),
        ("nginx", False),
    ]


def test_modes_are_octal_as_in_kubernetes():
    (volume,) = one_pod(
        WEB + "  volumes: [{name: v, configMap: {name: c, optional: true, defaultMode: 0440}}]\n"
    ).pod.spec.volumes
    assert volume.config_map.default_mode == 0o440


def test_mounts_are_as_written():
    extra = "    volumeMounts: [{name: v, mountPath: /d, subPath: a/b, readOnly: true}]\n  volumes: [{name: v}]\n"
    (mount,) = container(extra).volume_mounts
    assert mount == VolumeMount(name="v", mountPath="/d", subPath="a/b", readOnly=True)
    assert (mount.mount_propagation, mount.recursive_read_only, mount.sub_path_expr) == ("None", "Disabled", "")


def test_a_probe_reads_zero_as_not_given():
    probe = container(
        "    livenessProbe: {httpGet: {port: 80}, periodSeconds: 0, failureThreshold: 0}\n"
    ).liveness_probe
    assert probe == Probe(httpGet=HTTPGetAction(port=80))
    assert (probe.period_seconds, probe.timeout_seconds, probe.success_threshold, probe.failure_threshold) == (
        10,
        1,
        1,
        3,
    )


def test_every_kind_comes_in_the_order_of_the_files():
    claim = "kind: PersistentVolumeClaim\napiVersion: v1\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n"
    found = read(SECRET, namespace, WEB, f"{claim}---\n{CONFIG}")
    assert [pod.key.name for pod in found.pods] == ["web"]
    assert [each.metadata.name for each in found.config_maps] == ["app"]
    assert [each.metadata.name for each in found.secrets] == ["login"]
    assert [(each.metadata.name, each.spec.resources.requests) for each in found.claims] == [
        ("data", {"storage": "1Gi"})
    ]
    assert found.warnings == ()


def test_a_namespace_alone_is_accepted_and_asks_for_nothing():
    assert read("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n") == Manifests()


def test_lists_may_hold_lists_in_yaml_and_in_json():
    web, config = yaml.safe_load(WEB), yaml.safe_load(CONFIG)
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [web]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [inner, config]}
    for text in (json.dumps(outer, indent=2), yaml.safe_dump(outer)):
        found = read(text)
        assert [pod.key.name for pod in found.pods] == ["web"]
        assert [each.metadata.name for each in found.config_maps] == ["app"]


def test_the_same_pod_in_json_has_the_same_hash():
    assert one_pod(json.dumps(yaml.safe_load(WEB))).spec_hash == one_pod(WEB).spec_hash


def test_a_thousand_pods_are_read():
    assert (
        len(read("---\n".join(WEB.replace("name: web", f"name: web-{number}") for number in range(1000))).pods) == 1000
    )


def test_a_pod_as_kubectl_exports_it_is_accepted_with_a_warning_for_each_field_without_meaning():
    exported = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: default
  uid: 0c6fd6b1
  resourceVersion: "12"
  creationTimestamp: 2024-01-01T00:00:00Z
spec:
  containers:
  - {name: nginx, image: "nginx:1.27", terminationMessagePolicy: File, resources: {}}
  schedulerName: default-scheduler
  serviceAccountName: default
  enableServiceLinks: true
  preemptionPolicy: PreemptLowerPriority
  priority: 0
  tolerations: [{effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}]
status: {phase: Running}
"""
    assert [warning.split(": ")[1] for warning in read(exported).warnings] == [
        "metadata.uid",
        "metadata.resourceVersion",
        "metadata.creationTimestamp",
        "spec.containers[0].terminationMessagePolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.enableServiceLinks",
        "spec.preemptionPolicy",
        "spec.tolerations[0].tolerationSeconds",
        "status",
    ]
    assert "status" not in one_pod(exported).raw


OF_A_REPLICA_SET = """\
apiVersion: v1
kind: Pod
metadata:
  name: web-7f-x2
  labels: {app: web, pod-template-hash: 7f}
  ownerReferences:
  - {apiVersion: apps/v1, blockOwnerDeletion: true, controller: true, kind: ReplicaSet, name: web-7f, uid: 0c6fd6b1}
spec:
  containers: [{name: nginx, image: "nginx:1.27"}]
"""


def test_a_pod_of_a_replica_set_is_accepted_and_its_owner_kept():
    (owner,) = one_pod(OF_A_REPLICA_SET).pod.metadata.owner_references
    assert (owner.kind, owner.name, owner.uid, owner.controller) == ("ReplicaSet", "web-7f", "0c6fd6b1", True)
    assert read(OF_A_REPLICA_SET).warnings == (
        "1.yaml:7: metadata.ownerReferences[0].blockOwnerDeletion: has no meaning here: nothing is deleted along with its owner",
    )


def test_an_owner_makes_no_other_pod():
    orphan = "".join(line for line in OF_A_REPLICA_SET.splitlines(keepends=True) if "wner" not in line)
    assert one_pod(orphan).spec_hash == one_pod(OF_A_REPLICA_SET).spec_hash


def test_what_is_said_about_other_pods_has_kubernetes_defaults():
    extra = "  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]\n"
    extra += "  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]}}\n"
    spec = one_pod(WEB + extra).pod.spec
    (term,) = spec.affinity.pod_affinity.required_during_scheduling_ignored_during_execution
    assert term == PodAffinityTerm(topologyKey="zone")
    assert (term.label_selector, term.namespace_selector, term.namespaces) == (None, None, ())
    (spread,) = spec.topology_spread_constraints
    assert (spread.label_selector, spread.min_domains) == (None, None)
    assert (spread.node_affinity_policy, spread.node_taints_policy) == ("Honor", "Ignore")


def test_an_empty_selector_stays_one():
    extra = "  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}}]}}\n"
    (term,) = one_pod(WEB + extra).pod.spec.affinity.pod_affinity.required_during_scheduling_ignored_during_execution
    assert term.label_selector == LabelSelector()


def test_a_mismatched_key_may_be_in_the_selector_too():
    selector = "labelSelector: {matchExpressions: [{key: tenant, operator: Exists}]}, mismatchLabelKeys: [tenant]"
    extra = f"  affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: zone, {selector}}}]}}}}\n"
    assert read(WEB + extra).warnings == ()


def test_a_file_says_all_that_placement_looks_at():
    text = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, hash: 7f}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: w, controller: true}]
spec:
  containers: [{name: a, image: b, resources: {requests: {ephemeral-storage: 1Gi}, limits: {example.com/fpga: 2}}}]
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
      - {topologyKey: kubernetes.io/hostname, labelSelector: {}, mismatchLabelKeys: [hash], namespaceSelector: {}}
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
"""
    other = Requirement(key="hash", operator="NotIn", values=("7f",))
    assert demand_of(one_pod(text).raw) == Demand(
        key=PodKey("default", "web"),
        labels={"app": "web", "hash": "7f"},
        group="ReplicaSet/w",
        extended={"ephemeral-storage": 2**30, "example.com/fpga": 2},
        apart=(PodTerm(topology_key="kubernetes.io/hostname", selector=(other,), namespace_selector=()),),
        spreads=(Spread(topology_key="zone", hard=False),),
    )


# -------------------------------------------------------------------------------------------------------- warnings


def test_a_field_is_warned_about_once_however_often_it_occurs():
    extra = "  serviceAccountName: x\n"
    more = [WEB.replace("name: web", f"name: web-{number}") + extra for number in range(2)]
    assert read(WEB + extra).warnings == (
        "1.yaml:10: spec.serviceAccountName: has no meaning here: there is no API server to log in to",
    )
    assert read(WEB + extra, *more).warnings == (
        "1.yaml:10: spec.serviceAccountName: has no meaning here: there is no API server to log in to (and at 2 more places)",
    )


def test_a_tcp_hook_is_accepted_and_does_nothing():
    assert read(WEB + "    lifecycle: {preStop: {tcpSocket: {port: 80}}}\n").warnings == (
        "1.yaml:10: spec.containers[0].lifecycle.preStop.tcpSocket: does nothing, in Kubernetes neither; use exec or httpGet",
    )


def test_a_size_on_disk_is_not_enforced_one_in_memory_is():
    extra = "  volumes:\n  - {name: v, emptyDir: {sizeLimit: 1Gi}}\n  - {name: w, emptyDir: {sizeLimit: 1Gi, medium: Memory}}\n"
    assert read(WEB + extra).warnings == (
        "1.yaml:11: spec.volumes[0].emptyDir.sizeLimit: not enforced on disk; with medium: Memory it is",
    )


def test_ephemeral_storage_counts_for_placement_but_is_not_enforced():
    assert read(WEB + "    resources: {requests: {ephemeral-storage: 1Gi}}\n").warnings == (
        "1.yaml:10: spec.containers[0].resources.requests.ephemeral-storage: not enforced: it counts for placement, but a container may write more",
    )


SHOWN = "has a Secret's value, and all who may list the Minion's processes see it here; read the variable inside the program"


def test_a_secret_in_an_argument_is_warned_about_at_each_field():
    extra = """\
    command: [sh, -c, "login $(USER) $$(PASSWORD) $PASSWORD"]
    args: [$(PASSWORD), $(MODE), $(URL), x$(PRE_user)]
    env:
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: login, key: password}}}
    - {name: MODE, valueFrom: {configMapKeyRef: {name: app, key: mode}}}
    - {name: URL, value: "http://:$(PASSWORD)@db"}
    envFrom: [{prefix: PRE_, secretRef: {name: login}}]
"""
    assert read(WEB + extra, CONFIG, SECRET).warnings == (
        f"1.yaml:11: spec.containers[0].args[0]: $(PASSWORD) {SHOWN}",
        f"1.yaml:11: spec.containers[0].args[2]: $(URL) {SHOWN}",
        f"1.yaml:11: spec.containers[0].args[3]: $(PRE_user) {SHOWN}",
    )


def test_a_variable_that_is_given_anew_is_no_secret_any_more():
    extra = """\
    args: [$(A)]
    env:
    - {name: A, valueFrom: {secretKeyRef: {name: login, key: password}}}
    - {name: A, value: plain}
"""
    assert read(WEB + extra, SECRET).warnings == ()


# ------------------------------------------------------------------------------------------------------ namespaces


def test_objects_get_the_namespace_that_was_asked_for_unless_they_have_one():
    assert one_pod(WEB).key.namespace == "default"
    assert [pod.key for pod in read(WEB, namespace="shop").pods] == [PodKey("shop", "web")]
    assert one_pod(WEB.replace("name: web", "name: web\n  namespace: shop")).key == PodKey("shop", "web")


def test_a_namespace_that_differs_from_the_one_asked_for_is_an_error_as_in_kubectl():
    other = WEB.replace("  name: web", "  name: web\n  namespace: shop")
    expected = ('1.yaml:5: metadata.namespace: is "shop", which is not the namespace "{}" that was asked for with -n',)
    assert problems(other, namespace="test") == (expected[0].format("test"),)
    assert problems(other, namespace="default", enforce_namespace=True) == (expected[0].format("default"),)
    assert [pod.key.namespace for pod in read(other, namespace="shop").pods] == ["shop"]


def test_one_name_may_be_in_two_namespaces_but_not_twice_in_one():
    other = WEB.replace("  name: web", "  name: web\n  namespace: shop")
    assert [pod.key for pod in read(WEB, other).pods] == [PodKey("default", "web"), PodKey("shop", "web")]
    assert problems(WEB, other, WEB) == (
        '3.yaml:4: metadata.name: the Pod "web" is given twice in namespace "default", first at 1.yaml:1',
    )


# ------------------------------------------------------------------------------------------------------ references

USING = """\
    envFrom: [{configMapRef: {name: app}}, {secretRef: {name: gone, optional: true}}]
    env: [{name: P, valueFrom: {secretKeyRef: {name: login, key: password}}}]
  imagePullSecrets: [{name: registry}]
  volumes:
  - {name: a, configMap: {name: app, items: [{key: mode, path: m}]}}
  - {name: b, projected: {sources: [{secret: {name: login, items: [{key: user, path: u}]}}, {configMap: {name: app}}]}}
  - {name: c, persistentVolumeClaim: {claimName: data}}
  - {name: d, persistentVolumeClaim: {claimName: data}}
  - {name: e, secret: {secretName: gone, optional: true}}
"""
REGISTRY = """\
apiVersion: v1
kind: Secret
metadata: {name: registry}
type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: "{}"}
"""


def test_every_reference_is_found_with_its_place():
    here = ("spec", "containers", 0)
    volumes = ("spec", "volumes")
    assert uses(yaml.safe_load(WEB + USING)) == (
        Use(kind="ConfigMap", name="app", optional=False, path=(*here, "envFrom", 0, "configMapRef")),
        Use(kind="Secret", name="gone", optional=True, path=(*here, "envFrom", 1, "secretRef")),
        Use(kind="Secret", name="login", key="password", optional=False, path=(*here, "env", 0, "valueFrom", "secretKeyRef")),
        Use(kind="ConfigMap", name="app", key="mode", optional=False, path=(*volumes, 0, "configMap", "items", 0, "key")),
        Use(kind="Secret", name="login", key="user", optional=False, path=(*volumes, 1, "projected", "sources", 0, "secret", "items", 0, "key")),
        Use(kind="ConfigMap", name="app", optional=False, path=(*volumes, 1, "projected", "sources", 1, "configMap")),
        Use(kind="Secret", name="gone", optional=True, path=(*volumes, 4, "secret")),
        Use(kind="Secret", name="registry", optional=False, path=("spec", "imagePullSecrets", 0, "name"), for_pull=True),
    )  # fmt: skip
    assert uses(yaml.safe_load(WEB)) == ()


def test_a_pod_carries_a_hash_for_each_object_that_it_uses_and_the_names_of_its_claims():
    pod = one_pod(WEB + USING, CONFIG, SECRET, REGISTRY)
    assert sorted(pod.config_hashes) == ["configmap/app", "secret/login"]
    assert pod.claims == ("data",)


def test_only_keys_that_are_used_count():
    by_key = WEB + "    env: [{name: M, valueFrom: {configMapKeyRef: {name: app, key: mode}}}]\n"
    wholly = WEB + "    envFrom: [{configMapRef: {name: app}}]\n"
    other = CONFIG.replace('size: "3"', 'size: "4"')
    assert one_pod(by_key, CONFIG).spec_hash == one_pod(by_key, other).spec_hash
    assert one_pod(wholly, CONFIG).spec_hash != one_pod(wholly, other).spec_hash
    assert one_pod(by_key, CONFIG).spec_hash != one_pod(by_key, CONFIG.replace("fast", "slow")).spec_hash


def test_an_optional_object_counts_once_it_is_there():
    using = WEB + "    envFrom: [{configMapRef: {name: app, optional: true}}]\n"
    assert one_pod(using).config_hashes == {}
    assert one_pod(using).spec_hash != one_pod(using, CONFIG).spec_hash


def test_an_optional_key_may_be_missing():
    using = WEB + "    env: [{name: M, valueFrom: {configMapKeyRef: {name: app, key: none, optional: true}}}]\n"
    assert list(one_pod(using, CONFIG).config_hashes) == ["configmap/app"]


def test_a_new_password_for_the_registry_replaces_nothing():
    using = WEB + "  imagePullSecrets: [{name: registry}]\n"
    assert one_pod(using, REGISTRY).spec_hash == one_pod(using, REGISTRY.replace('"{}"', '"{ }"')).spec_hash


def test_a_wrong_object_is_not_called_missing():
    using = WEB + "    envFrom: [{configMapRef: {name: app}}]\n"
    assert problems(using, CONFIG.replace("fast", "1")) == (
        "2.yaml:4: data.mode: must be a string, not a number: put it in quotes",
    )


def test_a_reference_to_what_is_in_no_file_stays_open():
    pod = one_pod(
        WEB + "    envFrom: [{configMapRef: {name: app}}, {secretRef: {name: login, optional: true}}]\n", REGISTRY
    )
    assert [(each.use.kind, each.use.name, each.line) for each in pod.open] == [
        ("ConfigMap", "app", 10),
        ("Secret", "login", 10),
    ]
    assert pod.config_hashes == {}


def test_what_was_written_is_kept_of_every_object_but_pods():
    found = read(WEB, CONFIG, SECRET.replace("name: login", "name: login, namespace: shop"))
    assert [str(key) for key in found.raws] == ["configmap/app", "secret/login"]
    assert found.raws[ObjectKey("ConfigMap", "default", "app")] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "app", "namespace": "default"},
        "data": {"mode": "fast", "size": "3"},
        "binaryData": {"logo": "iVBORw=="},
    }
    assert found.raws[ObjectKey("Secret", "shop", "login")]["metadata"] == {"name": "login", "namespace": "shop"}
    assert "aHVudGVyMg" not in repr(found)


# --------------------------------------------------------------------------------------------------------- secrets


def test_a_secret_is_never_shown():
    found = read(SECRET)
    (secret,) = found.secrets
    assert "hunter2" not in f"{found} {found!r} {secret} {secret.content} {secret.model_dump()}"
    assert {key: value.reveal() for key, value in secret.content.items()} == {
        "password": b"hunter2",
        "user": b"hunter2-user",
    }
    assert secret.content["password"] == SecretBytes(b"hunter2") != SecretBytes(b"hunter3")


def test_text_of_a_secret_wins_over_its_bytes_and_null_is_empty():
    (secret,) = read(SECRET.replace("user:", "password:") + "type:\n").secrets
    assert {key: value.reveal() for key, value in secret.content.items()} == {"password": b"hunter2-user"}
    (empty,) = read(SECRET.replace("hunter2-user", "")).secrets
    assert empty.content["user"].reveal() == b""


def test_a_config_map_holds_text_and_bytes():
    (config,) = read(CONFIG).config_maps
    assert config.content == {"mode": b"fast", "size": b"3", "logo": bytes.fromhex("89504e47")}


def test_a_config_map_of_more_than_a_mebibyte_is_refused_as_in_kubernetes():
    assert problems(CONFIG.replace("fast", "x" * 2**20)) == (
        "1.yaml:1: holds 1048581 bytes; at most 1048576 (1Mi) are allowed",
    )
