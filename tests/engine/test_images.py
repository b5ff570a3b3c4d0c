"""Images come to a Minion once each, and whoever cannot have one is told of by name; no other Pod is."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from observed import container, manifest, pod
from registry import RegistryMinion

from podctl.core.actions import Create, Keep, Plan, Start
from podctl.core.manifest import parse
from podctl.core.model import Cluster, Inventory, PodKey
from podctl.core.outcome import Outcome, Word
from podctl.engine.images import changed_images, pull_all
from podctl.engine.session import Session
from podctl.engine.work import Job
from podctl.errors import ExitCode

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


# ------------------------------------------------------------------------------------------------------ apply --pull


def kept(raw, *, has="sha256:registry-web:1", minion="alpha", kind=Keep):
    """The Action that leaves this Pod as it is; all its containers run an image of this id."""
    (wanted,) = job_of(raw).given.pods
    seen = pod(
        *(container(each.name, image_id=has) for each in wanted.pod.spec.all_containers), minion=minion, manifest=raw
    )
    return kind(pod=wanted, minion=minion, reason="unchanged", observed=seen)


def asked_anew(actions, *minions):
    """The names of the Pods whose image is another one now, and what went wrong."""
    inventory = Inventory(cluster="shop", minions=tuple(each.minion for each in minions), source="shop.yaml")
    session = Session(inventory, {each.minion.name: each for each in minions})
    changed, problems = changed_images(session, Plan(actions=tuple(actions)), job_of())
    return sorted(key.name for key in changed), problems


def failed(name, *, of="nothing:1", said="manifest for nothing:1 not found"):
    return Outcome(
        key=PodKey("default", name), minion="alpha", word=Word.FAILED, code=ExitCode.FAILED,
        message=f"ErrImagePull: cannot pull {of}; it keeps the image that it has",
        evidence=f"Error response from daemon: {said}",
        hint="Check the image's name, the way from that Minion to its registry, and imagePullSecrets.",
    )  # fmt: skip


def test_a_pod_whose_image_is_another_one_now_is_named_and_each_image_asked_for_once(tmp_path):
    alpha = RegistryMinion(tmp_path, images=["web:1"], registry=["web:1"])
    actions = [
        kept(wants("same", "web:1")), kept(wants("other", "web:1", "web:1"), has="sha256:0ld"),
        kept(wants("stopped", ("web:1", "Always")), has="sha256:0ld", kind=Start),
    ]  # fmt: skip
    assert asked_anew(actions, alpha) == (["other", "stopped"], ())
    assert alpha.pulled == ["web:1"]


def test_pods_that_are_to_be_made_are_not_asked_for_here(tmp_path):
    alpha = RegistryMinion(tmp_path)
    (wanted,) = job_of(wants("new", "web:1")).given.pods
    new = Create(pod=wanted, minion="alpha", reason="it is nowhere", placement_reason="it fits")
    assert (asked_anew([new], alpha), alpha.steps) == (([], ()), [])


def test_an_image_that_cannot_be_had_leaves_its_pods_alone_and_is_told_of_for_each(tmp_path):
    alpha = RegistryMinion(tmp_path, images=["nothing:1"], registry=["web:1"])
    actions = [
        kept(wants("ill", "nothing:1")), kept(wants("well", "web:1")),
        kept(wants("half", "web:1", "nothing:1"), has="sha256:0ld"), kept(wants("other", "web:1"), has="sha256:0ld"),
    ]  # fmt: skip
    assert asked_anew(actions, alpha) == (["other"], (failed("ill"), failed("half")))


def test_never_is_kept_to_and_sees_what_was_loaded_meanwhile(tmp_path):
    alpha = RegistryMinion(tmp_path, images=["web:1"])
    actions = [
        kept(wants("same", ("web:1", "Never")), has="sha256:images-web:1"),
        kept(wants("loaded", ("web:1", "Never")), has="sha256:0ld"), kept(wants("gone", ("gone:1", "Never"))),
    ]  # fmt: skip
    assert asked_anew(actions, alpha) == (["loaded"], ())
    assert alpha.pulled == []


def test_a_minion_that_breaks_off_meanwhile_is_told_of_for_each_of_its_pods_and_the_others_go_on(tmp_path):
    alpha = RegistryMinion(tmp_path)
    bravo = RegistryMinion(tmp_path, registry=["web:1"], name="bravo")
    alpha.dead = True
    actions = [
        kept(wants("web", "web:1")), kept(wants("job", "web:1")),
        kept(wants("door", "web:1"), has="sha256:0ld", minion="bravo"),
    ]  # fmt: skip
    changed, problems = asked_anew(actions, alpha, bravo)
    assert changed == ["door"]
    assert problems == tuple(
        Outcome(
            key=PodKey("default", name), minion="alpha", word=Word.UNKNOWN, code=ExitCode.UNREACHABLE,
            message="Minion alpha: pull web:1: the connection ended",
        )
        for name in ("web", "job")
    )  # fmt: skip
