"""What a Pod's containers need next: a table of what may be seen, and laws over a simulated engine."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from engine_simulation import Engine, Life
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observed import NOON, ago, container, infra, manifest, names, pod

from podctl.core.lifecycle import STEADY_SECONDS, Need, Next, Part, is_job_lost, lost, next_need, parts

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine fails nothing

two_inits = manifest(initContainers=names("first", "second"), containers=names("app", "side"))
sidecar = manifest(initContainers=[{"name": "proxy", "image": "i", "restartPolicy": "Always"}], containers=names("app"))
plain = manifest(containers=names("app", "side"))
on_failure = manifest(restartPolicy="OnFailure")
never = manifest(restartPolicy="Never")
never_with_init = manifest(restartPolicy="Never", initContainers=names("first"))


def done(name, **given):
    return container(name, "exited", exit_code=0, **given)


def failed(name, code=1, **given):
    return container(name, "exited", exit_code=code, **given)


def created(name, **given):
    return container(name, "created", **given)


def running(name, **given):
    return container(name, **given)


ready = Next(need=Need.READY, started=True)


def start(*containers, reason):
    return Next(need=Need.START, containers=containers, reason=reason)


def wait(reason, *, started=True):
    return Next(need=Need.WAIT, reason=reason, started=started)


def failure(reason, *, started=True):
    culprit = tuple(re.findall(r"^(?:init container )?([-a-z]+): ", reason))
    return Next(need=Need.FAILED, containers=culprit, reason=reason, started=started)


CASES = {
    "all that is to run has run long enough: ready": (
        pod(running("app"), running("side"), manifest=plain), ready),
    "the infra container comes first": (
        pod(created("app"), infra=infra(status="created", started_at=None)),
        start("", reason="its infra container does not run")),
    "without an infra container there is nothing to start in": (
        pod(infra=None), start("", reason="its infra container does not run")),
    "the first init container is started alone": (
        pod(created("first"), created("second"), created("app"), created("side"), manifest=two_inits),
        start("first", reason="init container first is next")),
    "the second waits while the first runs": (
        pod(running("first"), created("second"), created("app"), created("side"), manifest=two_inits),
        wait("init container first runs", started=False)),
    "the second is started when the first has ended with 0": (
        pod(done("first"), created("second"), created("app"), created("side"), manifest=two_inits),
        start("second", reason="init container second is next")),
    "an init container that the engine tries again is waited for": (
        pod(container("first", "restarting", exit_code=3), created("second"), created("app"), created("side"),
            manifest=two_inits),
        wait("init container first: ended with exit code 3, tried again", started=False)),
    "the others are started together when the last has ended with 0": (
        pod(done("first"), done("second"), created("app"), created("side"), manifest=two_inits),
        start("app", "side", reason="app, side not running")),
    "init containers that ended before a reboot run again": (
        pod(done("first"), done("second"), failed("app", 255), failed("side", 255), manifest=two_inits,
            infra=infra(started_at=ago(minutes=1))),
        start("first", reason="init container first is next")),
    "they do not when a container of the Pod has run since": (
        pod(done("first"), done("second"), running("app", started_at=ago(minutes=1)), failed("side", 255),
            manifest=two_inits, infra=infra(started_at=ago(minutes=2))),
        start("side", reason="side not running")),
    "they do not for a Pod whose work is over": (
        pod(done("first"), done("app"), manifest=never_with_init, infra=infra(started_at=ago(minutes=1))), ready),
    "nor for one that failed": (
        pod(done("first"), failed("app", 4), manifest=never_with_init, infra=infra(started_at=ago(minutes=1))),
        failure("app: ended with exit code 4")),
    "an init container that failed is not tried again where nothing is restarted": (
        pod(failed("first", 3), created("app"), manifest=never_with_init),
        failure("init container first: ended with exit code 3", started=False)),
    "a sidecar that runs lets the next one start": (
        pod(running("proxy"), created("app"), manifest=sidecar), start("app", reason="app not running")),
    "a sidecar that is tried again holds up nobody": (
        pod(container("proxy", "restarting", exit_code=1), created("app"), manifest=sidecar),
        start("app", reason="app not running")),
    "but the Pod is not ready while it is down": (
        pod(container("proxy", "restarting", exit_code=1, restart_count=2), running("app"), manifest=sidecar),
        wait("init container proxy: ended with exit code 1, tried again; "
             "proxy: ended with exit code 1, restarted 2 times")),
    "a sidecar that stopped is started beside a container that runs": (
        pod(failed("proxy", 255), running("app"), manifest=sidecar),
        start("proxy", reason="init container proxy is next")),
    "one that has not run long enough is waited for": (
        pod(running("app", started_at=ago(seconds=1)), running("side"), manifest=plain),
        wait(f"app has not run for {STEADY_SECONDS} s yet")),
    "the engine's restarts are counted": (
        pod(container("app", "restarting", exit_code=2, restart_count=4), running("side"), manifest=plain),
        wait("app: ended with exit code 2, restarted 4 times")),
    "also for one that runs again": (
        pod(running("app", started_at=ago(seconds=1), restart_count=4), running("side"), manifest=plain),
        wait(f"app has not run for {STEADY_SECONDS} s yet, restarted 4 times")),
    "containers of an earlier network are restarted": (
        pod(running("app"), running("side", started_at=ago(seconds=5)), manifest=plain,
            infra=infra(started_at=ago(minutes=1))),
        Next(need=Need.RESTART, containers=("app",), reason="app: its network was restarted")),
    "a job that ended with 0 is ready": (pod(done("app"), manifest=never), ready),
    "a job that runs is waited for until it has run long enough": (
        pod(running("app", started_at=ago(seconds=2)), manifest=never), wait("app runs")),
    "a job that failed has failed": (pod(failed("app", 4), manifest=never), failure("app: ended with exit code 4")),
    "and is not run again after a power cut": (
        pod(failed("app", 255), manifest=never), failure("app: ended with exit code 255")),
    "a job that is to be tried until it succeeds is, after a power cut": (
        pod(failed("app", 255), manifest=on_failure), start("app", reason="app not running")),
    "out of memory is said": (
        pod(failed("app", 137, oom_killed=True), manifest=never), failure("app: out of memory (OOMKilled)")),
    "a container that is gone is named": (
        pod(running("app"), manifest=plain), failure("container side is gone: delete the Pod and apply it again",
                                                     started=False)),
    "an init container that is gone after its work is not missed": (
        pod(running("app"), running("side"), manifest=two_inits), ready),
}  # fmt: skip


@pytest.mark.parametrize("seen, wanted", CASES.values(), ids=CASES)
def test_what_is_needed_next(seen, wanted):
    assert next_need(seen, NOON) == wanted


def test_a_container_that_this_run_started_and_that_is_down_has_failed():
    seen = pod(created("app", exit_code=127, error="no such program"))
    assert next_need(seen, NOON, frozenset({"app"})) == failure("app: no such program")


def test_an_infra_container_that_this_run_started_and_that_is_down_has_failed():
    down = infra(status="exited", exit_code=1, error="no address is free")
    assert next_need(pod(infra=down), NOON, frozenset({""})) == failure("no address is free", started=False)


LOST = {
    "nothing is gone": (pod(), (), False),
    "a container is": (pod(running("app"), manifest=plain), ("side",), False),
    "a job that may be done is": (pod(running("side"), manifest={**never, "spec": {**plain["spec"], **never["spec"],
        "containers": names("app", "side")}}), ("app",), True),
    "an init container before its turn is": (
        pod(created("second"), created("app"), created("side"), manifest=two_inits), ("first",), False),
    "a sidecar is": (pod(running("app"), manifest=sidecar), ("proxy",), False),
}  # fmt: skip


@pytest.mark.parametrize("seen, gone, job", LOST.values(), ids=LOST)
def test_what_somebody_removed(seen, gone, job):
    assert (lost(seen), is_job_lost(seen)) == (gone, job)


def test_each_container_has_its_own_restart_policy():
    every = parts(manifest(initContainers=[*names("one"), sidecar["spec"]["initContainers"][0]]))
    assert every == (
        Part(name="one", init=True, restart_policy="OnFailure"),
        Part(name="proxy", init=True, restart_policy="Always"),
        Part(name="app", init=False, restart_policy="Always"),
    )
    assert [part.restart_policy for part in parts(never_with_init)] == ["Never", "Never"]
    assert parts({}) == ()


# ------------------------------------------------------------------------------------------------ a simulated engine

lives = st.builds(
    Life,
    seconds=st.none() | st.integers(1, 8),
    code=st.integers(0, 2),
    failures=st.integers(0, 2),
    unable=st.sampled_from([False, False, False, True]),
)
ends_well = st.builds(Life, seconds=st.integers(1, 4), failures=st.integers(0, 2))
runs_on = st.builds(Life, failures=st.integers(0, 2))


@st.composite
def engines(draw, init_life=lives, sidecar_life=runs_on, app_life=lives, policies=("Always", "OnFailure", "Never")):
    inits = [f"init-{n}" for n in range(draw(st.integers(0, 3)))]
    apps = [f"app-{n}" for n in range(draw(st.integers(1, 3)))]
    sidecars = {name for name in inits if draw(st.booleans())}
    spec = {
        "restartPolicy": draw(st.sampled_from(policies)),
        "initContainers": [
            {**each, "restartPolicy": "Always"} if each["name"] in sidecars else each for each in names(*inits)
        ],
        "containers": names(*apps),
    }
    chosen = {name: draw(sidecar_life if name in sidecars else init_life) for name in inits}
    return Engine(manifest=manifest(**spec), lives={**chosen, **{name: draw(app_life) for name in apps}})


def jobs(engine):
    return [part.name for part in parts(engine.manifest) if part.init and part.restart_policy != "Always"]


def apps(engine):
    return [part.name for part in parts(engine.manifest) if not part.init]


@UNHURRIED
@given(engine=engines())
def test_no_container_is_started_before_every_init_container_has_ended_well(engine):
    engine.drive()
    for name in apps(engine):
        assert set(jobs(engine)) <= set(engine.running_at_start.get(name, jobs(engine)))


@UNHURRIED
@given(engine=engines())
def test_the_infra_container_is_first_and_nothing_is_started_twice_in_one_run(engine):
    engine.drive()
    assert engine.starts[0] == ""
    assert sorted(set(engine.starts)) == sorted(engine.starts)


@UNHURRIED
@given(engine=engines())
def test_containers_are_started_in_the_order_of_the_manifest(engine):
    engine.drive()
    order = ["", *(part.name for part in parts(engine.manifest))]
    assert engine.starts == [name for name in order if name in engine.starts]


@UNHURRIED
@given(engine=engines(init_life=ends_well, app_life=runs_on, policies=("Always", "OnFailure")))
def test_containers_that_behave_become_ready(engine):
    assert engine.drive() == ready
    assert sorted(engine.starts) == sorted(["", *engine.seen])


@UNHURRIED
@given(engine=engines(init_life=ends_well, app_life=ends_well, policies=("OnFailure",)))
def test_jobs_that_end_well_in_the_end_are_ready(engine):
    assert engine.drive() == ready


@UNHURRIED
@given(engine=engines(app_life=lives, policies=("Never",)))
def test_where_nothing_is_restarted_a_failure_is_final_and_found(engine):
    stuck = any(engine.lives[name].seconds is None for name in jobs(engine))
    last = engine.drive()
    sidecars = {name for name in engine.seen if engine.policies[name] == "Always"}
    assert last.need in (Need.READY, Need.FAILED) or stuck or sidecars
    if last.need is Need.READY:
        codes = {each.exit_code for name, each in engine.seen.items() if name not in sidecars}
        assert codes == {0}


@UNHURRIED
@given(engine=engines(init_life=ends_well, app_life=runs_on, policies=("Always", "OnFailure")), data=st.data())
def test_after_a_power_cut_whatever_the_engine_revived_all_run_in_the_end(engine, data):
    engine.drive()
    revived = data.draw(st.sets(st.sampled_from(sorted(engine.seen))))
    engine.power_cut(tuple(sorted(revived)))
    engine.starts.clear()
    assert engine.drive() == ready
    assert all(engine.seen[name].running for name in apps(engine))
    engine.starts.clear()
    assert (engine.drive(), engine.starts) == (ready, [])


@UNHURRIED
@given(engine=engines(init_life=ends_well, app_life=ends_well, policies=("Never", "OnFailure")))
def test_after_a_power_cut_work_that_is_done_is_not_done_again(engine):
    engine.drive()
    if all(engine.seen[name].status == "exited" and not engine.seen[name].exit_code for name in apps(engine)):
        engine.power_cut(())
        engine.starts.clear()
        engine.drive()
        assert set(engine.starts) <= {name for name in engine.seen if engine.policies[name] == "Always"}


@UNHURRIED
@given(engine=engines())
def test_a_look_changes_nothing_and_the_same_look_needs_the_same(engine):
    engine.start("")
    before = dict(engine.seen)
    assert next_need(engine.pod, engine.now) == next_need(engine.pod, engine.now)
    assert engine.seen == before


@given(seconds=st.integers(0, 10))
def test_a_container_counts_when_it_has_run_long_enough(seconds):
    seen = pod(replace(running("app"), started_at=ago(seconds=seconds)), infra=infra(started_at=ago(minutes=1)))
    assert (next_need(seen, NOON) == ready) is (seconds >= STEADY_SECONDS)
