"""Which Pod and which container a command reaches into."""

from __future__ import annotations

import pytest
from observed import container, infra, manifest, minion, names, pod, silent

from podctl.core.model import Cluster, Mark, PodKey
from podctl.core.reach import (
    Choice,
    choose_container,
    container_ports,
    find_pod,
    parse_pod,
    pod_address,
    running_container,
    seen_container,
    select_pods,
)
from podctl.core.selectors import parse_selector
from podctl.errors import InputError, NotFoundError, PodctlError, UnreachableError

WEB = PodKey("default", "web")
DEFAULT = "kubectl.kubernetes.io/default-container"


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


@pytest.mark.parametrize("word", ["web", "pod/web", "pods/web", "po/web", "Pod/web"])
def test_a_pod_is_named_as_for_kubectl(word):
    assert parse_pod(word) == "web"


@pytest.mark.parametrize("word", ["", "pod/", "pod/a/b", "minion/alpha", "deploy/web", "nonsense/web"])
def test_anything_else_is_wrong_input(word):
    with pytest.raises(InputError):
        parse_pod(word)


def test_of_several_pods_of_one_name_the_complete_one_is_meant():
    old, new, whole = (pod(mark=mark, uid=str(mark)) for mark in (Mark.OLD, Mark.NEW, Mark.COMMITTED))
    assert find_pod(cluster(minion(old, new), minion(whole, name="beta")), WEB) is whole
    assert find_pod(cluster(minion(old, new)), WEB) is new
    assert find_pod(cluster(minion(old)), WEB) is old


def test_a_pod_that_is_nowhere_is_not_found_and_its_namesake_is_pointed_at():
    other = pod(manifest=manifest(namespace="shop"))
    with pytest.raises(NotFoundError) as raised:
        find_pod(cluster(minion(other)), WEB)
    assert (raised.value.message, raised.value.hint) == (
        'pods "web" not found',
        "There is one in the namespace shop: -n shop",
    )


def test_while_a_minion_is_silent_the_pod_may_be_there():
    with pytest.raises(UnreachableError) as raised:
        find_pod(cluster(minion(), silent()), WEB)
    assert raised.value.message == 'pods "web" not found on the Minions that answered; no answer from gamma'
    assert raised.value.evidence == "gamma: connection refused"


def test_a_selector_takes_each_name_once_in_order_and_only_in_the_namespace():
    one, two = (pod(manifest=manifest(name, labels={"app": "web"})) for name in ("b", "a"))
    leftover = pod(manifest=manifest("a", labels={"app": "web"}), mark=Mark.OLD)
    foreign = pod(manifest=manifest("c", "shop", labels={"app": "web"}))
    unlabelled = pod(manifest=manifest("d"))
    seen = cluster(minion(one, leftover, foreign, unlabelled), minion(two, name="beta"))
    assert select_pods(seen, "default", parse_selector("app=web")) == (two, one)
    assert select_pods(seen, "default", parse_selector("app=none")) == ()


def test_the_only_container_is_chosen_without_a_word():
    assert choose_container(pod()) == Choice(container="app")


def test_the_first_of_several_is_chosen_with_a_note():
    several = manifest(containers=names("a", "b"), initContainers=names("setup"))
    chosen = choose_container(pod(manifest=several))
    assert chosen == Choice(container="a", note='Defaulted container "a" out of: a, b, setup (init)')


def test_the_annotation_chooses_and_a_wrong_one_is_told():
    several = {"containers": names("a", "b")}
    right = pod(manifest=manifest(annotations={DEFAULT: "b"}, **several))
    wrong = pod(manifest=manifest(annotations={DEFAULT: "x"}, **several))
    assert choose_container(right) == Choice(container="b")
    assert choose_container(wrong).note == (
        'Default container name "x" not found in pod web\nDefaulted container "a" out of: a, b'
    )


def test_a_named_container_is_taken_and_an_unknown_one_lists_the_others():
    several = pod(manifest=manifest(containers=names("a", "b"), initContainers=names("setup")))
    assert choose_container(several, "setup") == Choice(container="setup")
    with pytest.raises(NotFoundError) as raised:
        choose_container(several, "c")
    assert (raised.value.message, raised.value.hint) == (
        "container c not found in pod web",
        "It has: a, b, setup (init).",
    )


def test_a_pod_without_its_manifest_is_known_by_its_containers():
    left = pod(container("a"), manifest={}, infra=None, key=WEB)
    assert choose_container(left) == Choice(container="a")


def test_a_container_that_somebody_removed_is_not_found():
    with pytest.raises(NotFoundError, match="no longer on Minion alpha"):
        seen_container(pod(containers={}), "app")


def test_a_command_runs_only_in_a_container_that_runs():
    running = container()
    assert running_container(pod(running), "app") is running
    for status, said in {
        "exited": "is not running (terminated: Completed)",
        "restarting": "is not running (waiting: CrashLoopBackOff)",
        "paused": "is not running (paused)",
    }.items():
        with pytest.raises(PodctlError) as raised:
            running_container(pod(container(status=status)), "app")
        assert said in raised.value.message


def test_ports_are_known_by_name_the_first_of_a_name_counts():
    ports = [{"name": "http", "containerPort": 80}, {"containerPort": 81}]
    others = [{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]
    containers = [{"name": "a", "ports": ports}, {"name": "b", "ports": others}]
    found = container_ports(pod(manifest=manifest(containers=containers)))
    assert found == {"http": (80, "TCP"), "dns": (53, "UDP")}
    assert container_ports(pod()) == {}


def test_a_pod_is_reached_at_its_address_or_at_its_minions_own():
    assert pod_address(pod()) == ("172.18.0.2", "id-of-infra")
    assert pod_address(pod(infra=infra(host_network=True, ip=""))) == ("127.0.0.1", "id-of-infra")


@pytest.mark.parametrize(
    "gone",
    [{"infra": None}, {"infra": infra(status="exited")}, {"mark": Mark.OLD}, {"infra": infra(ip="")}],
    ids=["no infra container", "stopped", "being deleted", "without an address"],
)
def test_a_pod_that_does_not_run_has_no_address(gone):
    with pytest.raises(PodctlError):
        pod_address(pod(**gone))
