"""What is wrong, from one checkup: one finding a cause, the right word, and none where all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import GIB, ago, container, infra, manifest, minion, names, pod, silent
from remembering import copy, entry

from podctl.core.document.model import Act, Deed, Document
from podctl.core.health.findings import findings
from podctl.core.health.model import Ailment, Checkup, Clock, Disk, Level, Machine
from podctl.core.health.scope import Scope, Wanted
from podctl.core.health.summary import summarize
from podctl.core.memory import remember
from podctl.core.model import Cluster, Mark, PodKey, Thresholds
from podctl.core.probes.model import Answer, Verdict, Which
from podctl.core.selectors import parse_selector
from podctl.errors import ExitCode

CLUSTER = "shop"
WELL = Machine(
    disks=(Disk(path="/", used_percent=50, free_bytes=GIB),), memory_bytes=8 * GIB, available_bytes=4 * GIB,
    clock=Clock(least=100.0, most=100.1),
)  # fmt: skip


def own(name, *seen, **given):
    """A Pod of the cluster, as it was applied: names, labels and limits are right."""
    wanted = given.pop("manifest", None) or manifest(name, labels={"app": name})
    called = f"podctl_{CLUSTER}_default_{name}"
    first = given.pop("infra", infra())
    members = {each.name: replace(each, name=f"{called}_{each.name}") for each in (seen or (container(),))}
    fields = {
        "manifest": wanted, "uid": f"uid-{name}", "cluster": CLUSTER, "revision": 1, "spec_hash": "1:0",
        "infra": replace(first, name=called) if first else None, "containers": members,
    }  # fmt: skip
    return pod(**{**fields, **given})


def checkup(*minions, wanted=None, machines=None, acts=(), keepers=None, scope=None, changing=False, document=None):
    """`wanted`: entries of the Document; by default exactly what is in sight. Every Minion that answers has a copy."""
    seen = [each for each in minions if not each.silent]
    if wanted is None:
        wanted = [entry(p.key.name, p.minion, manifest=p.manifest) for each in seen for p in each.pods]
    document = document or Document(
        cluster=CLUSTER, revision=3, keepers=keepers or tuple(each.minion.name for each in minions),
        pods={each.key: each for each in wanted}, acts=acts,
    )  # fmt: skip
    held = tuple(each if each.silent or each.copies else replace(each, copies=(copy(document),)) for each in minions)
    return Checkup(
        remembered=remember(Cluster(name=CLUSTER, minions=held)), scope=scope or Scope(),
        machines={each.minion.name: WELL for each in seen} if machines is None else machines, changing=changing,
    )  # fmt: skip


def told(found):
    """(word, where, containers) of each."""
    return [(str(each.ailment), str(each.pod or each.minion), each.containers) for each in findings(found)]


def one(*seen, **given):
    """The findings of a cluster with the one Pod `web`."""
    return told(checkup(minion(own("web", *seen, **given)), minion(name="beta")))


# ------------------------------------------------------------------------------------------------------ all is well

JOB = manifest("web", restartPolicy="OnFailure", containers=names("app"))
INIT = manifest("web", initContainers=names("first"))
SIDE = manifest("web", initContainers=[{"name": "first", "image": "shop/web:1", "restartPolicy": "Always"}])
LIMITED = manifest("web", containers=[{
    "name": "app", "image": "shop/web:1", "resources": {"limits": {"cpu": "1m", "memory": "64Mi"}},
}])  # fmt: skip


@pytest.mark.parametrize("seen", [
    pytest.param(own("web"), id="it runs"),
    pytest.param(own("web", container("app", "exited"), manifest=JOB), id="a job that is done"),
    pytest.param(own("web", container(), container("first", "exited"), manifest=INIT), id="its init container is done"),
    pytest.param(own("web", container(), manifest=INIT), id="its init container was pruned"),
    pytest.param(own("web", container("app", "created"), container("first"), manifest=INIT), id="it begins"),
    pytest.param(own("web", container(), container("first"), manifest=SIDE), id="a sidecar runs"),
    pytest.param(own("web", container(restart_count=2, started_at=ago(minutes=1))), id="restarted twice"),
    pytest.param(own("web", container(restart_count=9, started_at=ago(minutes=11))), id="it has run steadily since"),
    pytest.param(own("web", container(cpu_limit_millis=10, memory_limit_bytes=2**26), manifest=LIMITED), id="limits"),
    pytest.param(own("web", container(restart_policy="Always"), infra=infra(restart_policy="Always")), id="policies"),
    pytest.param(own("web", container("app", "paused")), id="somebody paused it"),
])  # fmt: skip
def test_nothing_is_found_where_all_is_as_it_should_be(seen):
    assert told(checkup(minion(seen), minion(name="beta"))) == []


def test_an_empty_cluster_is_healthy():
    summary = summarize(checkup(minion(), minion(name="beta"), document=Document(cluster=CLUSTER)))
    assert (summary.findings, summary.pods, summary.minions, summary.exit_code) == ((), 0, 2, ExitCode.DONE)


# -------------------------------------------------------------------------------------------------------- containers


@pytest.mark.parametrize("seen, found", [
    pytest.param(container("app", "exited", exit_code=1), ("ContainerDown", ("app",)), id="exited"),
    pytest.param(container("app", "created", exit_code=127, error="no such program"), ("ContainerDown", ("app",)),
                 id="it cannot start"),
    pytest.param(container("app", "restarting", exit_code=1), ("CrashLoopBackOff", ("app",)), id="restarting"),
    pytest.param(container(restart_count=3, started_at=ago(minutes=1)), ("CrashLoopBackOff", ("app",)),
                 id="three restarts, and it has not run for long"),
    pytest.param(container("app", "restarting", exit_code=137, oom_killed=True), ("OOMKilled", ("app",)),
                 id="a crash looper that is killed for want of memory is that alone"),
    pytest.param(container("app", "exited", exit_code=137, oom_killed=True), ("OOMKilled", ("app",)), id="killed"),
    pytest.param(container("app", "exited", exit_code=1, oom_killed=True), ("ContainerDown", ("app",)),
                 id="a child was killed, the container ended otherwise"),
    pytest.param(container(started_at=ago(minutes=61)), ("StaleNetwork", ("app",)), id="its infra was started again"),
])  # fmt: skip
def test_a_container_that_is_not_well_is_found_once_with_the_word_for_its_cause(seen, found):
    word, containers = found
    assert one(seen) == [(word, "default/web", containers)]


def test_who_was_killed_for_want_of_memory_and_runs_again_is_found_by_the_engines_log_until_it_has_run_steadily():
    def found(started_at, killed_at, times=1):
        seen = own("web", container(restart_count=times, started_at=started_at))
        machine = replace(WELL, killed={"id-of-app": killed_at})
        return told(checkup(minion(seen), minion(name="beta"), machines={"alpha": machine, "beta": WELL}))

    oom = [("OOMKilled", "default/web", ("app",))]
    assert found(ago(seconds=59), ago(minutes=2)) == oom
    assert found(ago(minutes=1), ago(minutes=2)) == []
    assert found(ago(minutes=9), ago(minutes=10), times=3) == oom, "often is another matter than once"
    assert found(ago(minutes=10), ago(minutes=11), times=3) == []
    assert found(ago(seconds=30), ago(seconds=20)) == [], "a child was killed: the container runs on"


@pytest.mark.parametrize("gone", [infra(status="exited"), infra(status="created")])
def test_a_pod_whose_infra_container_is_down_is_one_finding_whatever_its_containers_do(gone):
    inside = (container("app", "exited", exit_code=255), container("log"))
    wanted = manifest("web", containers=names("app", "log"))
    assert one(*inside, infra=gone, manifest=wanted) == [("ContainerDown", "default/web", ("",))]


@pytest.mark.parametrize("policy, code, found", [
    ("Never", 0, []), ("Never", 1, ["Failed"]), ("OnFailure", 0, []), ("OnFailure", 1, ["Failed"]),
    ("OnFailure", 255, ["ContainerDown"]), ("Always", 0, ["ContainerDown"]),
])  # fmt: skip
def test_whether_a_container_may_end_is_said_by_the_restart_policy(policy, code, found):
    wanted = manifest("web", restartPolicy=policy)
    seen = container("app", "exited", exit_code=code)
    assert [word for word, *_ in one(seen, manifest=wanted)] == found


def test_an_init_container_that_nobody_starts_is_down_and_what_comes_after_it_is_not():
    seen = (container("app", "created"), container("first", "created"))
    assert one(*seen, manifest=INIT) == [("ContainerDown", "default/web", ("first",))]


# ------------------------------------------------------------------------------------------------------------ probes


def probed(**answers):
    return own("web", probed={("app", Which(which)): answer for which, answer in answers.items()})


FAILED = Answer(verdict=Verdict.FAILED, message="exit code 1", times=3)


@pytest.mark.parametrize("answers, found", [
    ({"readiness": FAILED}, ["ReadinessProbeFailing"]),
    ({"readiness": FAILED, "liveness": FAILED}, ["LivenessProbeFailing"]),
    ({"startup": FAILED}, ["StartupProbeFailing"]),
    ({"readiness": replace(FAILED, early=True)}, []),
    ({"readiness": Answer(verdict=Verdict.OK), "liveness": Answer(verdict=Verdict.OK)}, []),
])  # fmt: skip
def test_a_probe_that_fails_is_found_once_a_container_and_one_that_is_early_is_not(answers, found):
    assert [word for word, *_ in told(checkup(minion(probed(**answers)), minion(name="beta")))] == found


def test_a_container_that_keeps_ending_is_not_told_of_again_by_its_probes():
    looping = container(restart_count=5, started_at=ago(minutes=1))
    seen = own("web", looping, probed={("app", Which.LIVENESS): FAILED})
    assert [word for word, *_ in told(checkup(minion(seen), minion(name="beta")))] == ["CrashLoopBackOff"]


def test_what_cannot_be_asked_is_one_unknown_a_minion_and_counts_only_when_strict():
    unknown = Answer(verdict=Verdict.UNKNOWN, message="no way there", hint="AllowTcpForwarding yes")
    pods = [own(name, probed={("app", Which.READINESS): unknown}) for name in ("a", "b")]
    seen = checkup(minion(*pods), minion(name="beta"))
    (found,) = findings(seen)
    assert (found.ailment, found.level, found.minion) == (Ailment.PROBE_UNKNOWN, Level.UNKNOWN, "alpha")
    assert found.pods == (PodKey("default", "a"), PodKey("default", "b"))
    assert found.hint == "AllowTcpForwarding yes"
    assert (summarize(seen).exit_code, summarize(seen).healthy) == (ExitCode.DONE, 2)
    assert summarize(seen, strict=True).exit_code == ExitCode.NOT_READY


# ------------------------------------------------------------------------------------------------------------- drift


@pytest.mark.parametrize("seen, containers", [
    (own("web", container(memory_limit_bytes=1)), ("app",)),
    (own("web", container(cpu_limit_millis=500)), ("app",)),
    (own("web", container(restart_policy="Never")), ("app",)),
    (own("web", container(restart_policy="always")), ("app",)),
    (own("web", container(image="other:1")), ("app",)),
    (own("web", infra=infra(restart_policy="Never")), ("",)),
    (own("web", spec_hash="1:else"), ()),
    (own("web", config_hashes={"configmap/web": "1:else"}), ()),
    (own("web", manifest=manifest("web", containers=names("app", "gone"))), ("gone",)),
])  # fmt: skip
def test_what_somebody_changed_by_hand_is_one_wrong_spec(seen, containers):
    found = told(checkup(minion(seen), minion(name="beta"), wanted=[entry("web", "alpha", manifest=seen.manifest)]))
    assert found == [("WrongSpec", "default/web", containers)]


def test_a_name_that_somebody_changed_is_a_wrong_spec():
    seen = own("web")
    seen = replace(seen, infra=replace(seen.infra, name="mine"))
    assert told(checkup(minion(seen), minion(name="beta"))) == [("WrongSpec", "default/web", ("",))]


# ---------------------------------------------------------------------------------------------- missing, and too much


def act(reason, message, *, failed=False, name="web"):
    deed = Deed(reason=reason, object=f"pod/{name}", namespace="default", message=message, failed=failed)
    return Act(revision=3, at_seconds=1, clock="alpha", who="a", command="podctl apply", deeds=(deed,), result="done")


PULL = act("Failed", "on alpha: ErrImagePull: cannot pull shop/web:1", failed=True)


@pytest.mark.parametrize("acts, word", [
    ((), "PodMissing"),
    ((PULL,), "ImagePullFailing"),
    ((PULL, act("Created", "on alpha: the fullest")), "PodMissing"),
    ((PULL, act("Created", "on alpha", name="other")), "ImagePullFailing"),
])  # fmt: skip
def test_a_pod_that_is_nowhere_is_missing_or_for_want_of_its_image_as_the_newest_act_about_it_says(acts, word):
    assert told(checkup(minion(), wanted=[entry("web", "alpha")], acts=acts)) == [(word, "default/web", ())]


@pytest.mark.parametrize("mark", [Mark.NEW, Mark.OLD])
def test_of_a_pod_that_is_only_half_there_that_is_one_thing_and_what_is_left_another(mark):
    half = own("web", mark=mark, uid="uid-web")
    found = told(checkup(minion(half), wanted=[entry("web", "alpha")]))
    assert sorted(word for word, *_ in found) == ["Orphan", "PodMissing"]


def test_the_one_before_runs_where_its_successor_was_never_made():
    before = own("web", uid="uid-before")
    for acts, word in (((), "WrongSpec"), ((PULL,), "ImagePullFailing")):
        found = checkup(minion(before), wanted=[entry("web", "alpha")], acts=acts)
        assert told(found) == [(word, "default/web", ())]


def test_what_nothing_names_and_a_container_that_no_manifest_has_are_orphans():
    stranger = own("ghost")
    extra = own("web", container(), container("extra"))
    found = told(checkup(minion(stranger, extra), wanted=[entry("web", "alpha")]))
    assert found == [("Orphan", "default/ghost", ()), ("Orphan", "default/web", ("extra",))]


def test_a_copy_that_counts_no_more_makes_the_one_that_counts_no_less_healthy():
    seen = checkup(
        minion(own("web", uid="uid-before", minion="alpha")), minion(own("web", minion="beta"), name="beta"),
        wanted=[entry("web", "beta")],
    )  # fmt: skip
    summary = summarize(seen)
    assert [(str(each.ailment), each.minion) for each in summary.findings] == [("Orphan", "alpha")]
    assert (summary.pods, summary.healthy, summary.exit_code) == (1, 1, ExitCode.NOT_READY)


def test_a_pod_that_waits_for_room_is_unschedulable():
    assert told(checkup(minion(), wanted=[entry("big", waiting="needs 64 CPUs")])) == [
        ("Unschedulable", "default/big", ())
    ]


def test_while_another_podctl_is_at_work_what_it_makes_is_not_judged_and_the_rest_is():
    half = own("new", mark=Mark.NEW)
    fresh = own("fresh", container("app", "created"), revision=3)
    old = own("old", container("app", "exited", exit_code=1))
    wanted = [entry(name, "alpha") for name in ("new", "fresh", "old", "missing")]
    busy = checkup(minion(half, fresh, old), wanted=wanted, changing=True)
    assert told(busy) == [("ContainerDown", "default/old", ("app",))]
    assert len(findings(replace(busy, changing=False))) > 1


# ----------------------------------------------------------------------------------------------------------- Minions


def test_a_silent_minion_is_one_finding_with_the_pods_that_are_unknown_for_it_and_exits_4():
    seen = checkup(minion(), minion(name="beta"), silent(), wanted=[entry("far", "gamma"), entry("away", "gamma")])
    (found,) = findings(seen)
    assert (found.ailment, found.minion, [each.name for each in found.pods]) == (
        Ailment.MINION_UNREACHABLE, "gamma", ["away", "far"],
    )  # fmt: skip
    summary = summarize(seen)
    assert (summary.exit_code, summary.pods, summary.healthy, summary.silent) == (ExitCode.UNREACHABLE, 2, 0, 1)


def test_a_machine_that_answers_without_its_engine_has_an_engine_that_is_down():
    assert [word for word, *_ in told(checkup(minion(), minion(name="beta"), silent(reached=True)))] == ["EngineDown"]


def test_what_is_ill_beside_a_silent_minion_exits_5():
    ill = own("web", container("app", "exited", exit_code=1))
    assert summarize(checkup(minion(ill), minion(name="beta"), silent())).exit_code == ExitCode.NOT_READY


@pytest.mark.parametrize("machine, limits, found", [
    (replace(WELL, disks=(Disk(path="/", used_percent=90, free_bytes=1),)), Thresholds(), ["DiskPressure"]),
    (replace(WELL, disks=(Disk(path="/", used_percent=89, free_bytes=1),)), Thresholds(), []),
    (replace(WELL, disks=(Disk(path="/", used_percent=1, free_bytes=1, inodes_percent=99),)), Thresholds(),
     ["DiskPressure"]),
    (replace(WELL, available_bytes=GIB // 8), Thresholds(), ["MemoryPressure"]),
    (WELL, Thresholds(disk_percent=50, memory_percent=50), ["DiskPressure", "MemoryPressure"]),
    (Machine(), Thresholds(disk_percent=1, memory_percent=1), []),
])  # fmt: skip
def test_pressure_begins_at_the_thresholds_and_what_a_machine_does_not_say_is_no_pressure(machine, limits, found):
    seen = minion()
    seen = replace(seen, minion=replace(seen.minion, health=limits))
    assert [word for word, *_ in told(checkup(seen, machines={"alpha": machine}))] == found


def clocks(*offsets):
    minions = [minion(name=name) for name, _ in zip("abcdefg", offsets, strict=False)]
    machines = {
        each.minion.name: replace(WELL, clock=Clock(least=offset, most=offset + 0.2))
        for each, offset in zip(minions, offsets, strict=True)
    }
    return [(word, where) for word, where, _ in told(checkup(*minions, machines=machines))]


def test_a_clock_that_is_far_from_the_others_is_found_and_of_two_both_are_named():
    assert clocks(0, 0, 3600) == [("ClockSkew", "c")]
    assert clocks(0, 4, 2) == []
    assert clocks(7) == []
    assert clocks(0, 8) == [("ClockSkew", "")]
    assert "a and b" in findings(checkup(minion(name="a"), minion(name="b"), machines={
        "a": WELL, "b": replace(WELL, clock=Clock(least=0, most=0.2)),
    }))[0].message  # fmt: skip


@given(st.lists(st.floats(-2.4, 2.4), min_size=1, max_size=7), st.floats(-1e6, 1e6))
def test_clocks_within_the_threshold_are_no_finding_whatever_our_own_says(offsets, ours):
    assert clocks(*(ours + each for each in offsets)) == []


# ------------------------------------------------------------------------------------------------- what is remembered


def test_a_keeper_without_the_newest_copy_is_found_and_one_that_does_not_run():
    document = Document(cluster=CLUSTER, revision=3, keepers=("a", "b", "c"))
    older = replace(document, revision=2)
    held = ((), (copy(older),), (copy(document, running=False),))
    minions = [minion(name=name, copies=copies) for name, copies in zip("abc", held, strict=True)]
    seen = checkup(*minions, document=document)
    (found,) = findings(seen)
    assert found.ailment is Ailment.KEEPERS_SHORT
    assert "b: it has revision 2 of 3; c: it does not run" in found.message
    assert told(replace(seen, changing=True)) == []


def test_a_doubt_that_silence_makes_is_unknown_and_one_that_it_does_not_make_is_critical():
    wanted = [entry("web", "alpha")]
    dark = checkup(minion(own("web")), silent("beta"), silent("gamma"), wanted=wanted)
    levels = {str(each.ailment): each.level for each in findings(dark)}
    assert levels == {"MinionUnreachable": Level.CRITICAL, "KeepersShort": Level.UNKNOWN}
    assert summarize(dark).exit_code == ExitCode.UNREACHABLE
    ahead = checkup(minion(own("web", revision=9)), wanted=wanted)
    assert [(str(each.ailment), each.level) for each in findings(ahead)] == [("KeepersShort", Level.CRITICAL)]


# ------------------------------------------------------------------------------------------------------------- scope


@pytest.mark.parametrize("scope, found", [
    (Scope(), ["ContainerDown default/a", "ContainerDown default/b", "DiskPressure alpha", "DiskPressure beta"]),
    (Scope(namespace="other"), []),
    (Scope(selector=parse_selector("app=a")), ["ContainerDown default/a", "DiskPressure alpha"]),
    (Scope(minions=("beta",)), ["ContainerDown default/b", "DiskPressure beta"]),
])  # fmt: skip
def test_a_scope_limits_the_findings_to_its_pods_and_to_their_minions(scope, found):
    def ill(name, on):
        return own(name, container("app", "exited", exit_code=1), minion=on)

    full = replace(WELL, disks=(Disk(path="/", used_percent=99, free_bytes=1),))
    seen = checkup(
        minion(ill("a", "alpha")), minion(ill("b", "beta"), name="beta"), machines={"alpha": full, "beta": full},
        scope=scope,
    )  # fmt: skip
    assert sorted(f"{word} {where}" for word, where, _ in told(seen)) == found


def test_files_are_compared_with_what_was_applied_and_what_the_cluster_lacks_is_missing():
    def wanted(name, spec_hash="1:0"):
        return Wanted(key=PodKey("default", name), spec_hash=spec_hash, labels={})

    scope = Scope(wanted=(wanted("same"), wanted("changed", "1:new"), wanted("lacking")))
    pods = [own("same"), own("changed"), own("other", container("app", "exited", exit_code=1))]
    seen = checkup(minion(*pods), scope=scope)
    assert sorted(told(seen)) == [("PodMissing", "default/lacking", ()), ("WrongSpec", "default/changed", ())]
    assert summarize(seen).pods == 3


# -------------------------------------------------------------------------------------------------------- in general

STATUSES = st.sampled_from(["running", "exited", "restarting", "created", "paused", "dead"])
CONTAINERS = st.builds(
    container, st.just("app"), STATUSES, exit_code=st.sampled_from([0, 1, 137, 255]), oom_killed=st.booleans(),
    restart_count=st.integers(0, 5), image=st.sampled_from(["shop/web:1", "other:1"]),
    restart_policy=st.sampled_from(["", "Always", "Never"]),
)  # fmt: skip
POLICIES = st.sampled_from(["Always", "OnFailure", "Never"])


@st.composite
def checkups(draw):
    minions, wanted = [], []
    for name in ("alpha", "beta", "gamma")[: draw(st.integers(1, 3))]:
        pods = [
            own(f"{name}-{number}", draw(CONTAINERS), minion=name, mark=draw(st.sampled_from(list(Mark))),
                manifest=manifest(f"{name}-{number}", restartPolicy=draw(POLICIES)),
                infra=infra(status=draw(STATUSES), started_at=ago(minutes=draw(st.integers(58, 60)))))
            for number in range(draw(st.integers(0, 3)))
        ]  # fmt: skip
        minions.append(silent(name) if draw(st.integers(0, 4)) == 0 else minion(*pods, name=name))
        wanted += [entry(f"{name}-{number}", name) for number in range(draw(st.integers(0, 3)))]
    return checkup(*minions, wanted=wanted, changing=draw(st.booleans()))


@given(checkups())
def test_findings_are_sorted_said_once_and_have_a_sentence(seen):
    found = findings(seen)
    levels = [list(Level).index(each.level) for each in found]
    assert levels == sorted(levels)
    assert found == findings(seen)
    places = [(each.ailment, each.minion, each.pod, each.uid, each.containers) for each in found]
    assert len(places) == len(set(places))
    assert all(each.message for each in found)
    for each in found:
        assert each.pod or each.minion or each.ailment in (Ailment.KEEPERS_SHORT, Ailment.CLOCK_SKEW)


@given(checkups())
def test_each_container_has_one_cause_besides_what_was_changed_by_hand(seen):
    by_container = [
        (each.uid, name)
        for each in findings(seen)
        for name in each.containers
        if each.ailment not in (Ailment.WRONG_SPEC, Ailment.ORPHAN)
    ]
    assert len(by_container) == len(set(by_container))


@given(checkups())
def test_a_summary_adds_up(seen):
    summary = summarize(seen)
    assert 0 <= summary.healthy <= summary.pods
    assert 0 <= summary.silent <= summary.minions
    assert (summary.exit_code is ExitCode.DONE) == (not summary.counting)


@given(st.lists(st.booleans(), min_size=1, max_size=4))
def test_a_cluster_of_pods_that_run_is_healthy(running):
    pods = [own(f"p{number}", minion="alpha") for number, _ in enumerate(running)]
    summary = summarize(checkup(minion(*pods)))
    assert (summary.findings, summary.healthy) == ((), len(pods))
