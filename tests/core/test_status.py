from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import NOON, ago, container, facts, infra, manifest, minion, names, pod, silent

from podctl.core.model import Mark
from podctl.core.status import Phase, State, Termination, pod_created_at, pod_status

EXITED = {"exit_code": 1}
SIDECAR = {"name": "proxy", "image": "shop/proxy:1", "restartPolicy": "Always"}


def of(*seen, **given):
    return pod_status(pod(*seen, **given), minion())


def shown(status):
    return (str(status.phase), f"{status.ready}/{status.total}", status.word)


def made(policy="Always", inits=(), apps=("app",)):
    return manifest(restartPolicy=policy, initContainers=[*inits], containers=names(*apps))


def app(status="running", **given):
    return container("app", status, **given)


ONE_CONTAINER = {
    "runs": (app(), "Always", ("Running", "1/1", "Running")),
    "is paused": (app("paused"), "Always", ("Running", "1/1", "Running")),
    "was not started yet": (app("created"), "Always", ("Pending", "0/1", "ContainerCreating")),
    "has no such command": (
        app("created", exit_code=127, error='exec: "x": executable file not found in $PATH'),
        "Always",
        ("Pending", "0/1", "RunContainerError"),
    ),
    "may not be executed": (app("created", exit_code=126), "Always", ("Pending", "0/1", "RunContainerError")),
    "could not take its port": (app("created", exit_code=128), "Never", ("Pending", "0/1", "RunContainerError")),
    "keeps ending": (app("restarting", exit_code=1), "Always", ("Running", "0/1", "CrashLoopBackOff")),
    "keeps ending well": (app("restarting", exit_code=0), "Always", ("Running", "0/1", "CrashLoopBackOff")),
    "is tried again on failure": (app("restarting", exit_code=3), "OnFailure", ("Running", "0/1", "CrashLoopBackOff")),
    "ended well and would run again": (app("exited"), "Always", ("Running", "0/1", "Completed")),
    "ended well": (app("exited"), "Never", ("Succeeded", "0/1", "Completed")),
    "ended well on failure": (app("exited"), "OnFailure", ("Succeeded", "0/1", "Completed")),
    "failed": (app("exited", exit_code=2), "Never", ("Failed", "0/1", "Error")),
    "failed and is to run again": (app("exited", exit_code=2), "OnFailure", ("Running", "0/1", "Error")),
    "was out of memory": (app("exited", exit_code=137, oom_killed=True), "Never", ("Failed", "0/1", "OOMKilled")),
    "lost a child to the memory limit": (app("exited", oom_killed=True), "Never", ("Succeeded", "0/1", "Completed")),
    "was killed": (app("exited", exit_code=137), "Always", ("Running", "0/1", "Error")),
    "died with its engine": (app("exited", exit_code=255), "Always", ("Running", "0/1", "Error")),
    "could not be restarted": (
        app("exited", exit_code=255, error="cannot join network of a non running container"),
        "Always",
        ("Running", "0/1", "ContainerCannotRun"),
    ),
    "is dead": (app("dead", exit_code=137), "Always", ("Running", "0/1", "Error")),
}


@pytest.mark.parametrize("seen, policy, expected", ONE_CONTAINER.values(), ids=ONE_CONTAINER)
def test_a_pod_whose_one_container(seen, policy, expected):
    assert shown(of(seen, manifest=made(policy))) == expected


INIT_CONTAINERS = {
    "runs": ((container("one"), app("created")), ("Pending", "0/1", "Init:0/2")),
    "was not started yet": ((container("one", "created"), app("created")), ("Pending", "0/1", "Init:0/2")),
    "is done and the second runs": (
        (container("one", "exited"), container("two"), app("created")),
        ("Pending", "0/1", "Init:1/2"),
    ),
    "failed": ((container("one", "exited", exit_code=2), app("created")), ("Pending", "0/1", "Init:Error")),
    "keeps failing": (
        (container("one", "restarting", exit_code=2), app("created")),
        ("Pending", "0/1", "Init:CrashLoopBackOff"),
    ),
    "was out of memory": (
        (container("one", "exited", exit_code=137, oom_killed=True), app("created")),
        ("Pending", "0/1", "Init:OOMKilled"),
    ),
    "has no such command": (
        (container("one", "created", exit_code=127), app("created")),
        ("Pending", "0/1", "Init:RunContainerError"),
    ),
    "is done as is the second": (
        (container("one", "exited"), container("two", "exited"), app("created")),
        ("Pending", "0/1", "PodInitializing"),
    ),
    "is done and everything runs": (
        (container("one", "exited"), container("two", "exited"), app()),
        ("Running", "1/1", "Running"),
    ),
    "was pruned after everything ran": ((app(),), ("Running", "1/1", "Running")),
}


@pytest.mark.parametrize("seen, expected", INIT_CONTAINERS.values(), ids=INIT_CONTAINERS)
def test_a_pod_whose_first_init_container(seen, expected):
    given = {"one": container("one", "created"), "two": container("two", "created")}
    if len(seen) == 1:
        given = {}
    every = {**given, **{each.name: each for each in seen}}
    assert shown(of(manifest=made(inits=names("one", "two")), containers=every)) == expected


def test_a_failed_init_container_fails_the_pod_that_never_restarts():
    status = of(container("one", "exited", **EXITED), app("created"), manifest=made("Never", names("one")))
    assert shown(status) == ("Failed", "0/1", "Init:Error")


def test_a_sidecar_counts_as_a_container():
    status = of(container("proxy"), app(), manifest=made(inits=[SIDECAR]))
    assert shown(status) == ("Running", "2/2", "Running")
    assert status.is_ready


def test_a_sidecar_that_runs_does_not_hold_the_containers_up():
    status = of(container("proxy"), app("created"), manifest=made(inits=[SIDECAR]))
    assert shown(status) == ("Pending", "1/2", "PodInitializing")


def test_a_sidecar_that_keeps_ending_is_told_although_the_pod_runs():
    status = of(container("proxy", "restarting", **EXITED), app(), manifest=made(inits=[SIDECAR]))
    assert shown(status) == ("Running", "1/2", "Init:CrashLoopBackOff")
    assert status.initialized


SEVERAL = {
    "the first reason wins": (
        (container("a", "exited", **EXITED), container("b", "restarting", **EXITED)), "Always",
        ("Running", "0/2", "Error"),
    ),
    "a reason wins over one that runs": (
        (container("a"), container("b", "restarting", **EXITED)), "Always", ("Running", "1/2", "CrashLoopBackOff"),
    ),
    "one completed and another runs": (
        (container("a", "exited"), container("b")), "Never", ("Running", "1/2", "NotReady"),
    ),
    "one failed and another runs": (
        (container("a", "exited", **EXITED), container("b")), "Never", ("Running", "1/2", "Error"),
    ),
    "one completed and another failed": (
        (container("a", "exited"), container("b", "exited", **EXITED)), "Never", ("Failed", "0/2", "Completed"),
    ),
    "both completed": (
        (container("a", "exited"), container("b", "exited")), "Never", ("Succeeded", "0/2", "Completed"),
    ),
    "one waits for its first start": (
        (container("a"), container("b", "created")), "Always", ("Pending", "1/2", "ContainerCreating"),
    ),
    "one was removed by hand": ((container("a"),), "Always", ("Running", "1/2", "ContainerStatusUnknown")),
}  # fmt: skip


@pytest.mark.parametrize("seen, policy, expected", SEVERAL.values(), ids=SEVERAL)
def test_of_two_containers(seen, policy, expected):
    assert shown(of(*seen, manifest=made(policy, apps=("a", "b")))) == expected


def test_a_half_made_pod_is_being_created_whatever_it_holds():
    status = of(app("created"), mark=Mark.NEW, manifest=made(apps=("app", "missing")))
    assert shown(status) == ("Pending", "0/2", "ContainerCreating")


def test_a_half_removed_pod_is_terminating():
    assert of(mark=Mark.OLD).word == "Terminating"


def test_without_its_infra_container_what_is_left_speaks_for_itself():
    left = pod(container("app"), container("setup", "exited", labels={"podctl.role": "init"}), infra=None, manifest={},
               mark=Mark.OLD)  # fmt: skip
    status = pod_status(left, minion())
    assert [(each.name, each.init, each.ready, each.reason) for each in status.containers] == [
        ("app", False, False, "StaleNetwork"),
        ("setup", True, True, "Completed"),
    ]
    assert (status.word, status.ip, status.started_at) == ("Terminating", "", ago(hours=1))


def test_a_pod_without_any_container_has_no_age():
    nothing = pod(infra=None, containers={}, manifest={}, mark=Mark.OLD)
    assert pod_created_at(nothing) is None
    assert shown(pod_status(nothing, minion())) == ("Pending", "0/0", "Terminating")
    assert not pod_status(nothing, minion()).is_ready


STALE = {
    "its infra container started after it": infra(started_at=ago(minutes=1)),
    "its infra container has ended": infra(status="exited"),
}


@pytest.mark.parametrize("restarted", STALE.values(), ids=STALE)
def test_a_container_that_runs_is_not_ready_when(restarted):
    status = of(app(), infra=restarted)
    assert shown(status) == ("Running", "0/1", "Running")
    assert (status.containers[0].state, status.containers[0].reason) == (State.RUNNING, "StaleNetwork")


def test_a_container_that_started_in_the_same_instant_as_its_infra_container_is_ready():
    assert of(app(started_at=NOON), infra=infra(started_at=NOON)).is_ready


def test_what_kept_the_infra_container_from_starting_is_told_of_the_containers():
    port = "Bind for 0.0.0.0:80 failed: port is already allocated"
    status = of(app("created"), infra=infra(status="created", exit_code=128, error=port))
    assert (status.word, status.containers[0].message) == ("RunContainerError", port)


def test_restarts_count_once_the_init_containers_are_done():
    one = container("one", "exited", restart_count=2)
    status = of(one, app(restart_count=3, finished_at=ago(minutes=5)), manifest=made(inits=names("one")))
    assert (status.restarts, status.last_restart_at) == (3, ago(minutes=5))


def test_restarts_of_init_containers_count_until_then():
    one = container("one", "restarting", exit_code=1, restart_count=2, finished_at=ago(minutes=1))
    status = of(one, app("created"), manifest=made(inits=names("one")))
    assert (status.restarts, status.last_restart_at) == (2, ago(minutes=1))


def test_the_exit_code_of_an_earlier_run_is_not_made_up():
    assert of(app(finished_at=ago(minutes=5))).containers[0].last == Termination(
        reason="Unknown", exit_code=None, finished_at=ago(minutes=5)
    )


def test_the_last_run_of_one_that_keeps_ending_is_known():
    assert of(app("restarting", exit_code=3)).containers[0].last == Termination(
        reason="Error", exit_code=3, started_at=ago(minutes=59), finished_at=ago(minutes=5)
    )


def test_the_address_is_the_infra_containers_or_the_minions():
    assert (of().ip, of().host_ip) == ("172.18.0.2", "192.0.2.11")
    assert of(infra=infra(host_network=True, ip="")).ip == "192.0.2.11"
    assert of(infra=infra(host_network=True, ip="", status="exited")).ip == ""
    assert pod_status(pod(), minion(facts=None)).host_ip == "alpha.example"
    assert pod_status(pod(), minion(facts=facts(address="198.18.0.1"))).host_ip == "198.18.0.1"
    assert silent().silent


def test_init_containers_come_first_each_kind_in_the_manifests_order():
    status = of(manifest=made(inits=names("z", "y"), apps=("b", "a")))
    assert [each.name for each in status.containers] == ["z", "y", "b", "a"]


STATES = st.sampled_from(["created", "running", "paused", "restarting", "exited", "dead"])
SEEN = st.builds(
    lambda status, code, error, oom: (status, {"exit_code": code, "error": error, "oom_killed": oom}),
    STATES, st.sampled_from([0, 1, 127, 137, 255]), st.sampled_from(["", "no"]), st.booleans(),
)  # fmt: skip


@given(
    st.lists(SEEN, max_size=3),
    st.lists(SEEN, min_size=1, max_size=3),
    st.sampled_from(["Always", "OnFailure", "Never"]),
)
def test_any_pod_has_a_status_that_agrees_with_itself(inits, apps, policy):
    init_names, app_names = [f"i{n}" for n, _ in enumerate(inits)], [f"a{n}" for n, _ in enumerate(apps)]
    seen = [
        container(name, status, **rest)
        for name, (status, rest) in zip([*init_names, *app_names], [*inits, *apps], strict=True)
    ]
    status = of(*seen, manifest=made(policy, names(*init_names), app_names))
    assert 0 <= status.ready <= status.total == len(apps)
    assert status.is_ready == all(each.ready for each in status.containers if not each.init)
    assert status.phase in Phase
    assert status.word
    if status.word == "Running":
        assert all(each.state is State.RUNNING for each in status.containers if not each.init)
    if status.phase == "Succeeded":
        assert all(each.done for each in status.containers if not each.init)
