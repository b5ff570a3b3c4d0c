from __future__ import annotations

import pytest
from observed import GIB, ago, claim_volume, container, infra, manifest, minion, names, pod, silent

from podctl.core.amounts import limits, qos_class, texts
from podctl.core.claims import claims_on, short_modes
from podctl.core.model import Mark, ObservedVolume, Resources, Taint
from podctl.core.objects import addresses, claim_object, list_object, memory_text, minion_object, pod_object

ENGINE = "engine"


def conditions_of(item):
    return {each["type"]: {key: each[key] for key in each if key != "type"} for each in item["status"]["conditions"]}


def test_a_running_pod_as_an_object():
    wanted = manifest(labels={"app": "web"}, annotations={"note": "kept"}, restartPolicy="Always")
    assert pod_object(pod(manifest=wanted), minion(), engine=ENGINE) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web",
            "namespace": "default",
            "labels": {"app": "web"},
            "annotations": {"note": "kept"},
            "uid": "5eed",
            "creationTimestamp": "2026-03-01T11:00:00Z",
        },
        "spec": {
            "containers": [{"name": "app", "image": "shop/web:1"}],
            "restartPolicy": "Always",
            "nodeName": "alpha",
        },
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": "Initialized", "status": "True"},
                {"type": "Ready", "status": "True"},
                {"type": "ContainersReady", "status": "True"},
                {"type": "PodScheduled", "status": "True", "message": "most free memory of 3 Minions"},
            ],
            "hostIP": "192.0.2.11",
            "podIP": "172.18.0.2",
            "podIPs": [{"ip": "172.18.0.2"}],
            "startTime": "2026-03-01T11:00:00Z",
            "containerStatuses": [
                {
                    "name": "app",
                    "image": "shop/web:1",
                    "imageID": "engine://sha256:feed",
                    "containerID": "engine://id-of-app",
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": "2026-03-01T11:01:00Z"}},
                    "lastState": {},
                }
            ],
            "qosClass": "BestEffort",
        },
    }


def test_containers_that_do_not_run_say_why():
    wanted = manifest(initContainers=names("setup"), containers=names("loop", "lost"))
    seen = pod(
        container("setup", "exited"), container("loop", "restarting", exit_code=3, restart_count=4), manifest=wanted
    )
    status = pod_object(seen, minion(), engine=ENGINE)["status"]
    ended = {"startedAt": "2026-03-01T11:01:00Z", "finishedAt": "2026-03-01T11:55:00Z"}
    waiting = "the container keeps ending; the engine waits longer before each new start"
    assert [each["state"] for each in status["initContainerStatuses"]] == [
        {"terminated": {"exitCode": 0, "reason": "Completed", **ended}}
    ]
    assert [(each["state"], each["lastState"]) for each in status["containerStatuses"]] == [
        (
            {"waiting": {"reason": "CrashLoopBackOff", "message": waiting}},
            {"terminated": {"exitCode": 3, "reason": "Error", **ended}},
        ),
        (
            {
                "terminated": {
                    "exitCode": 137,
                    "reason": "ContainerStatusUnknown",
                    "message": "the container is no longer on the Minion",
                }
            },
            {},
        ),
    ]


def test_the_condition_ready_names_the_containers_and_their_causes():
    item = pod_object(pod(infra=infra(started_at=ago(minutes=1))), minion(), engine=ENGINE)
    assert conditions_of(item)["Ready"] == {
        "status": "False",
        "reason": "ContainersNotReady",
        "message": "containers with unready status: [app]; app: the Pod's infra container was started again after "
        "this container, which still holds the old network",
    }


def test_a_pod_that_waits_for_its_init_containers_names_them():
    wanted = manifest(initContainers=names("one", "two"))
    seen = pod(container("one", "exited"), container("two"), container("app", "created"), manifest=wanted)
    assert conditions_of(pod_object(seen, minion(), engine=ENGINE))["Initialized"] == {
        "status": "False",
        "reason": "ContainersNotInitialized",
        "message": "containers with incomplete status: [two]",
    }


def test_a_pod_that_succeeded_is_completed():
    seen = pod(container("app", "exited"), manifest=manifest(restartPolicy="Never"))
    item = pod_object(seen, minion(), engine=ENGINE)
    assert conditions_of(item)["Ready"] == {"status": "False", "reason": "PodCompleted"}
    assert item["status"]["phase"] == "Succeeded"


def test_a_pod_of_which_only_pieces_are_left_is_still_an_object():
    left = pod(infra=None, containers={}, manifest={}, mark=Mark.OLD, placement_reason="")
    assert pod_object(left, minion(), engine=ENGINE) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default", "uid": "5eed"},
        "spec": {"nodeName": "alpha"},
        "status": {
            "phase": "Pending",
            "reason": "Terminating",
            "conditions": [
                {"type": "Initialized", "status": "True"},
                {"type": "Ready", "status": "False", "reason": "ContainersNotReady"},
                {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady"},
                {"type": "PodScheduled", "status": "True"},
            ],
            "hostIP": "192.0.2.11",
            "qosClass": "BestEffort",
        },
    }


def test_the_manifest_is_left_as_it_was():
    wanted = manifest(labels={"app": "web"})
    pod_object(pod(manifest=wanted), minion(), engine=ENGINE)
    assert wanted == manifest(labels={"app": "web"})


def test_a_minion_has_the_form_of_a_node():
    seen = minion(
        labels={"zone": "a"},
        taints=(Taint(key="gpu", value="yes"), Taint(key="slow", effect="NoExecute")),
        reserved=Resources(cpu_millis=200, memory_bytes=GIB),
        unschedulable=True,
    )
    assert minion_object(seen, engine=ENGINE) == {
        "apiVersion": "podctl/v1",
        "kind": "Minion",
        "metadata": {
            "name": "alpha",
            "labels": {
                "kubernetes.io/hostname": "alpha",
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "zone": "a",
            },
        },
        "spec": {
            "unschedulable": True,
            "taints": [
                {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
                {"key": "slow", "effect": "NoExecute"},
            ],
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "192.0.2.11"},
                {"type": "Hostname", "address": "alpha"},
            ],
            "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "allocatable": {"cpu": "3800m", "memory": "7Gi", "pods": "110"},
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "MinionReady",
                    "message": "the container engine answers",
                }
            ],
            "nodeInfo": {
                "architecture": "amd64",
                "containerRuntimeVersion": "engine://20.10.24",
                "kernelVersion": "6.1.0-18-amd64",
                "operatingSystem": "linux",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
            },
        },
    }


@pytest.mark.parametrize(
    "reached, status, reason", [(False, "Unknown", "MinionUnreachable"), (True, "False", "EngineNotReady")]
)
def test_a_silent_minion_is_an_object_with_its_problem(reached, status, reason):
    assert minion_object(silent(reached=reached), engine=ENGINE)["status"] == {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.13"}, {"type": "Hostname", "address": "gamma"}],
        "conditions": [{"type": "Ready", "status": status, "reason": reason, "message": "connection refused"}],
    }


def test_a_name_is_no_internal_ip_and_no_address_is_none():
    assert [each["type"] for each in addresses(minion(facts=None))] == ["ExternalDNS", "Hostname"]
    assert [each["type"] for each in addresses(minion(facts=None, address=""))] == ["Hostname"]


def test_claims_are_the_volumes_that_carry_one():
    of_a_pod = ObservedVolume(name="podctl_shop_5eed_tmp", labels={"podctl.uid": "5eed"}, mountpoint="/v")
    bare = claim_volume("bare", **{"podctl.claim-size": "", "podctl.claim-modes": "", "podctl.created-at": "x"})
    seen = minion(volumes=(claim_volume("data"), of_a_pod, bare))
    assert [claim_object(each) for each in claims_on(seen)] == [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "bare",
                "namespace": "default",
                "annotations": {"volume.kubernetes.io/selected-node": "alpha"},
            },
            "spec": {"volumeMode": "Filesystem", "volumeName": "podctl_shop_default_claim_bare"},
            "status": {"phase": "Bound"},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "data",
                "namespace": "default",
                "creationTimestamp": "2026-02-26T12:00:00Z",
                "annotations": {"volume.kubernetes.io/selected-node": "alpha"},
            },
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
                "volumeMode": "Filesystem",
                "volumeName": "podctl_shop_default_claim_data",
            },
            "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}},
        },
    ]


def test_access_modes_are_shortened_as_in_kubectl():
    assert short_modes(("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")) == "RWO,ROX,RWX,RWOP"
    assert short_modes(()) == ""


def test_a_list_of_nothing_is_a_list():
    assert list_object([]) == {"apiVersion": "v1", "kind": "List", "items": []}


@pytest.mark.parametrize(
    "count, text", [(0, "0"), (1, "0Ki"), (1536, "1Ki"), (8 * GIB, "8Gi"), (8 * GIB + 1, "8388608Ki")]
)
def test_memory_is_told_in_ki_where_it_fills_no_larger_unit(count, text):
    assert memory_text(count) == text


def with_resources(**resources):
    return {"name": "app", "resources": resources}


QOS = {
    "nothing is asked": ([{"name": "app"}], "BestEffort"),
    "only zero is asked": ([with_resources(requests={"cpu": "0"})], "BestEffort"),
    "limits are requests": ([with_resources(limits={"cpu": 1, "memory": "1Gi"})], "Guaranteed"),
    "one has only a limit for memory": ([with_resources(limits={"memory": "1Gi"})], "Burstable"),
    "less is asked than allowed": (
        [with_resources(limits={"cpu": 1, "memory": "1Gi"}, requests={"cpu": "500m"})],
        "Burstable",
    ),
    "the same in other words": (
        [with_resources(limits={"cpu": "1", "memory": "1Gi"}, requests={"cpu": "1000m", "memory": "1024Mi"})],
        "Guaranteed",
    ),
    "one of two asks for nothing": ([with_resources(limits={"cpu": 1, "memory": "1Gi"}), {"name": "b"}], "Burstable"),
    "something else is asked": ([with_resources(limits={"nvidia.com/gpu": 1})], "BestEffort"),
}


@pytest.mark.parametrize("containers, expected", QOS.values(), ids=QOS)
def test_the_quality_of_service_when(containers, expected):
    assert qos_class({"containers": containers}) == expected


def test_an_init_container_counts_for_the_quality_of_service():
    spec = {"containers": [with_resources(limits={"cpu": 1, "memory": "1Gi"})], "initContainers": names("one")}
    assert qos_class(spec) == "Burstable"


def test_the_limits_of_a_pod_are_the_most_of_any_moment():
    def limited(cpu, **more):
        return {**with_resources(limits={"cpu": cpu}), **more}

    sidecar = limited("100m", restartPolicy="Always")
    both = {"initContainers": [limited(2), sidecar, limited(1)], "containers": [limited("300m"), limited("200m")]}
    assert limits(both) == {"cpu": 2000}
    assert limits({**both, "initContainers": [sidecar]}) == {"cpu": 600}
    assert limits({}) == {}


def test_a_limit_is_a_request_where_there_is_none():
    both = with_resources(limits={"memory": "1Gi", "cpu": 1}, requests={"cpu": 0.5})
    assert texts(both, "requests") == {"cpu": "0.5", "memory": "1Gi"}
    assert texts(both, "limits") == {"cpu": "1", "memory": "1Gi"}
    assert texts({"name": "app"}, "limits") == {}
