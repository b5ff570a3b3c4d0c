"""Images come to a Minion once each, and whoever cannot have one is told of by name; no other Pod is."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from observed import manifest
from registry import RegistryMinion

from podctl.core.manifest import parse
from podctl.core.model import Cluster, PodKey
from podctl.engine.images import pull_all
from podctl.engine.work import Job

LOGIN = {
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "type": "kubernetes.io/dockerconfigjson",
    "stringData": {".dockerconfigjson": json.dumps({"auths": {"r.example": {"auth": "dTpw"}}})},
}  # fmt: skip


def wants(name, *images, login=False):
    """A Pod with a container for each `image` or `(image, policy)`."""
    pairs = [image if isinstance(image, tuple) else (image, "IfNotPresent") for image in images]
    containers = [
        {"name": f"c{index}", "image": image, "imagePullPolicy": policy} for index, (image, policy) in enumerate(pairs)
    ]
    return manifest(name, containers=containers, **({"imagePullSecrets": [{"name": "login"}]} if login else {}))


def job_of(*pods):
    objects = {"apiVersion": "v1", "kind": "List", "items": [LOGIN, *pods]}
    manifests = parse([("shop.json", json.dumps(objects))])
    return Job(cluster=Cluster(name="shop", minions=()), manifests=manifests, uids=lambda: "n3w")


def pulled(minion, *pods):
    """By Pod name: the first line of why it cannot have its images."""
    job = job_of(*pods)
    problems = pull_all(minion.conversation(), minion.minion, job.given.pods, job)
    assert all(isinstance(key, PodKey) for key in problems)
    return {key.name: problem.splitlines()[0] for key, problem in problems.items()}


def test_many_pods_of_one_image_ask_for_it_once(tmp_path):
    alpha = RegistryMinion(tmp_path, registry=["web:1"])
    assert (pulled(alpha, *(wants(f"web-{number}", "web:1", "web:1") for number in range(3)))) == {}
    assert [step.title for step in alpha.steps] == ["pull web:1"]
    assert alpha.pulled == ["web:1"]


def test_an_image_that_is_there_is_not_asked_for(tmp_path):
    alpha = RegistryMinion(tmp_path, images=["web:1"])
    assert (pulled(alpha, wants("web", "web:1"), wants("never", ("web:1", "Never"))), alpha.pulled) == ({}, [])


def test_no_pods_ask_for_nothing(tmp_path):
    alpha = RegistryMinion(tmp_path, infra_image="pause:3")
    assert (pulled(alpha), alpha.steps) == ({}, [])


@pytest.mark.parametrize("policies", list(permutations(["Always", "IfNotPresent", "Never"])), ids="-".join)
def test_each_pod_gets_its_own_policy_in_whatever_order_they_come(tmp_path, policies):
    """Never is content with what another brought, as it is in Kubernetes, where it is asked again and again."""
    pods = [wants(policy.lower(), ("web:1", policy)) for policy in policies]
    alpha = RegistryMinion(tmp_path, images=["web:1"], registry=["web:1"])
    assert (pulled(alpha, *pods), alpha.pulled) == ({}, ["web:1"])
    bare = RegistryMinion(tmp_path, registry=["web:1"], name="bravo")
    assert (pulled(bare, *pods), bare.pulled) == ({}, ["web:1"])
    gone = RegistryMinion(tmp_path, images=["web:1"], name="charlie")
    assert pulled(gone, *pods) == {"always": "ErrImagePull: cannot pull web:1"}


def test_containers_of_one_pod_get_their_own_policies_too(tmp_path):
    alpha = RegistryMinion(tmp_path, registry=["web:1"])
    assert pulled(alpha, wants("web", ("web:1", "Never"), ("web:1", "IfNotPresent"))) == {}


def test_of_a_pod_whose_images_all_fail_the_first_is_named(tmp_path):
    alpha = RegistryMinion(tmp_path, images=["well:1"])
    pods = [wants("ill", ("a:1", "Never"), "b:1"), wants("well", "well:1"), wants("worse", "b:1")]
    assert pulled(alpha, *pods) == {
        "ill": "ErrImageNeverPull: a:1 is not on this Minion",
        "worse": "ErrImagePull: cannot pull b:1",
    }
    assert alpha.pulled == ["b:1"]


@pytest.mark.parametrize("order", list(permutations(["with", "without"])), ids="-".join)
def test_a_login_opens_the_registry_to_its_own_pod_alone(tmp_path, order):
    alpha = RegistryMinion(tmp_path, private=["web:1"])
    pods = [wants(name, ("web:1", "Always"), login=name == "with") for name in order]
    assert pulled(alpha, *pods) == {"without": "ErrImagePull: cannot pull web:1"}


def test_a_login_that_needs_no_pull_leaves_the_others_always(tmp_path):
    alpha = RegistryMinion(tmp_path, images=["web:1"], registry=["web:1"])
    assert pulled(alpha, wants("always", ("web:1", "Always")), wants("login", "web:1", login=True)) == {}
    assert alpha.pulled == ["web:1"]


def test_the_inventorys_infra_image_comes_with_the_others_and_has_as_much_time(tmp_path):
    alpha = RegistryMinion(tmp_path, registry=["pause:3", "web:1"], infra_image="pause:3", pull_timeout_seconds=900)
    assert pulled(alpha, wants("web", "web:1")) == {}
    assert [(step.title, step.timeout_seconds) for step in alpha.steps] == [("pull pause:3", 900), ("pull web:1", 900)]


def test_without_the_inventorys_infra_image_no_pod_can_be_made(tmp_path):
    alpha = RegistryMinion(tmp_path, registry=["web:1"], infra_image="pause:3")
    pods = [wants("web", "web:1"), wants("job", "nothing:1")]
    assert pulled(alpha, *pods) == dict.fromkeys(("web", "job"), "ErrImagePull: cannot pull infra_image pause:3")
