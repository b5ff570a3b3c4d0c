"""What heals: for each finding the smallest act, and why what is not dared is left as it is."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import NOON, ago, container, infra, manifest, minion, names, pod, silent

from podctl.core.actions import Create, Keep, Remove, Replace, Restart, Start
from podctl.core.document.acts import deeds_of
from podctl.core.document.failover import Failover
from podctl.core.document.model import Act, Deed, Document, PodEntry
from podctl.core.health.limits import dared, within_budget
from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.health.repairs import Case, plan_repairs, to_heal
from podctl.core.manifest import parse
from podctl.core.model import Cluster, Mark, PodKey

WEB, DB, JOB = (PodKey("default", name) for name in ("web", "db", "job"))
EMPTY_DIR = [{"name": "files", "emptyDir": {}}]
CLAIM = [{"name": "d", "hostPath": {"path": "/srv"}}]


def wanted(*raw):
    return parse([("p.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": list(raw)}))]).pods


TWO = manifest("web", containers=names("app", "side"))
(PLAIN,) = wanted(TWO)
(SINGLE_RUN,) = wanted(manifest("job", restartPolicy="Never"))
(ON_FAILURE,) = wanted(manifest("job", restartPolicy="OnFailure"))


def there(own, *seen, on="alpha", **given):
    """The Pod as a look sees it; all its containers run unless others are given."""
    members = seen or tuple(container(each["name"]) for each in own.raw["spec"]["containers"])
    fields = {
        "manifest": own.raw, "spec_hash": own.spec_hash, "config_hashes": own.config_hashes,
        "uid": f"uid-{own.key.name}", "minion": on,
    }  # fmt: skip
    return pod(*members, **{**fields, **given})


def entry(own, on="alpha"):
    return PodEntry(
        key=own.key, manifest=own.raw, spec_hash=own.spec_hash, config_hashes=own.config_hashes,
        uid=f"uid-{own.key.name}" if on else "", minion=on,
    )  # fmt: skip


def found(ailment, key=WEB, *containers, message="it is ill", minion="alpha", **given):
    return Finding(
        ailment=ailment, level=Level.CRITICAL, message=message, pod=key, minion=minion, containers=containers,
        **{"uid": f"uid-{key.name}", **given},
    )  # fmt: skip


def case(own, seen, *findings, on="alpha", **given):
    """One Pod that the cluster wants, on alpha or as it is `seen`; bravo has room."""
    pods = [seen] if seen else []
    entries = (entry(own, on), *given.pop("beside", ()))
    document = Document(
        cluster="shop", revision=7, keepers=("alpha",), pods={each.key: each for each in entries},
        acts=given.pop("acts", ()),
    )  # fmt: skip
    minions = given.pop("minions", (minion(*pods, name="alpha"), minion(name="bravo")))
    return Case(
        findings=findings, cluster=Cluster(name="shop", minions=minions), document=document, manifests=(own,), **given
    )


def acts(of):
    return [(type(each), each.minion, each.reason) for each in plan_repairs(of).plan.actions]


def left(of):
    return [(each.key, each.why) for each in plan_repairs(of).unhealed]


def test_a_container_that_is_down_is_started_and_nothing_else():
    down = there(PLAIN, container("app"), container("side", "exited", exit_code=137))
    assert acts(case(PLAIN, down, found(Ailment.CONTAINER_DOWN, WEB, "side"))) == [
        (Start, "alpha", "side not running"),
    ]  # fmt: skip


def test_containers_of_a_network_that_is_gone_are_restarted_in_order():
    stale = there(PLAIN, infra=infra(started_at=ago(minutes=1)))
    assert acts(case(PLAIN, stale, found(Ailment.STALE_NETWORK, WEB, "app", "side"))) == [
        (Start, "alpha", "app, side: its network was restarted"),
    ]


@pytest.mark.parametrize("ailment", [Ailment.LIVENESS_FAILING, Ailment.STARTUP_FAILING])
def test_only_the_container_that_fails_its_probe_is_restarted(ailment):
    plan = plan_repairs(
        case(PLAIN, there(PLAIN), found(ailment, WEB, "side", message="side no answer", uid="uid-web"))
    ).plan
    (action,) = plan.actions
    assert isinstance(action, Restart)
    why = f"{'liveness' if ailment is Ailment.LIVENESS_FAILING else 'startup'} probe failed: side no answer"
    assert (action.containers, action.reason) == (("side",), why)
    (deed,) = deeds_of(plan)
    assert (deed.reason, deed.object, deed.message) == ("Restarted", "pod/web", f"on alpha: {why}")


def test_two_that_fail_are_restarted_by_one_act():
    one, other = found(Ailment.LIVENESS_FAILING, WEB, "side"), found(Ailment.STARTUP_FAILING, WEB, "app")
    ill = case(PLAIN, there(PLAIN), one, other)
    (action,) = plan_repairs(ill).plan.actions
    assert (type(action), action.containers) == (Restart, ("app", "side"))


def test_what_is_down_beside_it_comes_with_the_restart():
    down = there(PLAIN, container("app"), container("side", "exited", exit_code=1))
    ill = case(PLAIN, down, found(Ailment.LIVENESS_FAILING, WEB, "app"), found(Ailment.CONTAINER_DOWN, WEB, "side"))
    (action,) = plan_repairs(ill).plan.actions
    assert (type(action), action.containers) == (Restart, ("app",))


def test_a_container_that_is_another_one_by_now_is_not_restarted_for_its_predecessor():
    ill = found(Ailment.LIVENESS_FAILING, WEB, "app", uid="uid-of-the-one-before")
    assert acts(case(PLAIN, there(PLAIN), ill)) == []


def test_where_nothing_is_started_twice_a_probe_restarts_nothing():
    ill = found(Ailment.LIVENESS_FAILING, JOB, "app")
    assert acts(case(SINGLE_RUN, there(SINGLE_RUN), ill)) == []
    assert [each for each, *_ in acts(case(ON_FAILURE, there(ON_FAILURE), ill))] == [Restart]


@pytest.mark.parametrize("ailment", [Ailment.READINESS_FAILING, Ailment.PROBE_UNKNOWN, Ailment.MINION_UNREACHABLE])
def test_what_is_not_ready_or_not_known_is_left_alone(ailment):
    ill = case(PLAIN, there(PLAIN), found(ailment, WEB, "app"))
    assert (to_heal(ill.findings, ill.failover), plan_repairs(ill).any) == ((), False)


def test_a_pod_that_vanished_comes_back_where_it_was():
    """Though bravo, which is in use, would be the choice of an apply."""
    (other,) = wanted(manifest("other"))
    minions = (minion(name="alpha"), minion(there(other, on="bravo"), name="bravo"))
    ill = case(PLAIN, None, found(Ailment.POD_MISSING), minions=minions, beside=(entry(other, "bravo"),))
    assert [each[:2] for each in acts(ill)] == [(Create, "alpha")]


BIG = manifest("web", containers=[{"name": "app", "image": "i:1", "resources": {"requests": {"cpu": "3"}}}])


FULL = {name: wanted({**BIG, "metadata": {"name": f"fat-{name}"}})[0] for name in ("alpha", "bravo")}
FATS = tuple(entry(each, name) for name, each in FULL.items())


def full(name="alpha"):
    return minion(there(FULL[name], on=name), name=name)


def test_where_it_fits_no_more_it_is_made_elsewhere():
    (big,) = wanted(BIG)
    ill = case(big, None, found(Ailment.POD_MISSING), minions=(full(), minion(name="bravo")), beside=FATS[:1])
    assert [each[:2] for each in acts(ill)] == [(Create, "bravo")]


def test_but_not_away_from_its_data():
    (bound,) = wanted({**BIG, "spec": {**BIG["spec"], "volumes": CLAIM}})
    ill = case(bound, None, found(Ailment.POD_MISSING), minions=(full(), minion(name="bravo")), beside=FATS[:1])
    assert acts(ill) == []
    assert left(ill) == [(WEB, "its data is on alpha, where it does not fit any more: hostPath /srv")]


def test_what_fits_nowhere_is_told_of_with_why():
    (big,) = wanted(BIG)
    ill = case(big, None, found(Ailment.UNSCHEDULABLE), on="", minions=(full(), full("bravo")), beside=FATS)
    ((key, why),) = left(ill)
    assert (acts(ill), key) == ([], WEB)
    assert why.startswith("held by running Pods: ")


def test_a_pod_that_waited_for_room_is_made_when_there_is_some():
    assert [each for each, *_ in acts(case(PLAIN, None, found(Ailment.UNSCHEDULABLE), on=""))] == [Create]


def test_what_was_changed_by_hand_is_made_anew_with_what_was_changed_as_its_reason():
    ill = found(Ailment.WRONG_SPEC, WEB, "app", message="app may use 64Mi of memory in place of all")
    assert acts(case(PLAIN, there(PLAIN), ill)) == [(Replace, "alpha", "app may use 64Mi of memory in place of all")]


def test_one_whose_successor_was_never_made_is_the_pod_where_it_is_as_wanted():
    """As a drain leaves it that was killed before it began: nothing is to be made, only to be remembered."""
    before = there(PLAIN, uid="uid-before")
    ill = case(PLAIN, before, found(Ailment.WRONG_SPEC, uid="uid-before"))
    plan = plan_repairs(ill).plan
    assert [(type(each), each.minion) for each in plan.actions] == [(Keep, "alpha")]
    assert deeds_of(plan) == ()


def test_a_container_that_somebody_removed_brings_the_whole_pod_anew():
    assert acts(case(PLAIN, there(PLAIN, container("app")), found(Ailment.WRONG_SPEC, WEB, "side"))) == [
        (Replace, "alpha", "it is ill"),
    ]


@pytest.mark.parametrize("seen, ailment", [(None, Ailment.POD_MISSING), (there(SINGLE_RUN), Ailment.WRONG_SPEC)])
def test_work_that_may_be_done_is_not_begun_anew(seen, ailment):
    ill = case(SINGLE_RUN, seen, found(ailment, JOB))
    assert acts(ill) == []
    assert "do its work again" in left(ill)[0][1]


@pytest.mark.parametrize("ailment", [Ailment.IMAGE_PULL_FAILING, Ailment.UNSCHEDULABLE])
def test_work_that_was_never_begun_is(ailment):
    assert [each for each, *_ in acts(case(SINGLE_RUN, None, found(ailment, JOB)))] == [Create]


def test_one_that_its_engine_starts_again_and_again_is_left_to_it():
    looping = there(PLAIN, container("app", "restarting", exit_code=1, restart_count=5), container("side"))
    ill = case(PLAIN, looping, found(Ailment.CRASH_LOOPING, WEB, "app"))
    assert acts(ill) == []
    assert left(ill) == [(WEB, "app: its engine starts it again by itself, after longer and longer pauses")]


def test_one_that_ended_and_may_is_left_as_it_is():
    ended = there(SINGLE_RUN, container("app", "exited", exit_code=3))
    assert acts(case(SINGLE_RUN, ended, found(Ailment.CONTAINER_DOWN, JOB, "app"))) == []


HALF = replace(there(PLAIN), uid="uid-half", mark=Mark.NEW)
GONE = there(wanted(manifest("db"))[0])


def test_what_nothing_names_any_more_goes_when_it_was_found():
    minions = (minion(there(PLAIN), HALF, GONE, name="alpha"),)
    ill = case(PLAIN, None, found(Ailment.ORPHAN, DB), minions=minions)
    assert [(kind, minion) for kind, minion, _ in acts(ill)] == [(Remove, "alpha")] * 2


def test_what_another_command_is_just_making_is_no_reason_to_act():
    minions = (minion(there(PLAIN), HALF, name="alpha"),)
    assert plan_repairs(case(PLAIN, None, minions=minions)).any is False


def test_copies_of_the_document_are_written_anew():
    short = Finding(ailment=Ailment.KEEPERS_SHORT, level=Level.WARNING, message="bravo: it has none")
    repairs = plan_repairs(case(PLAIN, there(PLAIN), short))
    assert (repairs.any, repairs.copies, repairs.plan.actions) == (True, True, ())


def test_what_was_repaired_a_moment_ago_is_left_alone_for_a_while():
    once = Act(
        revision=7, at_seconds=int(NOON.timestamp()) - 4, clock="alpha", who="cron", command="health --repair",
        deeds=(Deed(reason="Restarted", object="pod/web", namespace="default"),),
    )  # fmt: skip
    ill = case(PLAIN, there(PLAIN), found(Ailment.LIVENESS_FAILING, WEB, "app"), acts=(once,))
    assert (acts(ill), left(ill)) == ([], [(WEB, "it was repaired once lately: again in 6 s")])


# ------------------------------------------------------------------------------------------------------------ failover

LOST = Failover(lost={WEB: "alpha is silent"})


def test_a_pod_of_a_minion_that_is_given_up_is_made_elsewhere():
    ill = case(PLAIN, None, minions=(silent("alpha"), minion(name="bravo")), failover=LOST)
    assert [each[:2] for each in acts(ill)] == [(Create, "bravo")]


def test_without_the_operators_word_it_is_not():
    ill = case(PLAIN, None, found(Ailment.POD_MISSING), minions=(silent("alpha"), minion(name="bravo")))
    assert acts(ill) == []
    assert "alpha has it, but is silent" in left(ill)[0][1]


RISKY = {
    "an emptyDir on a disk": ({"volumes": EMPTY_DIR}, "its emptyDir files is on alpha"),
    "a job": ({"restartPolicy": "OnFailure"}, "it may have done its work on alpha"),
}


@pytest.mark.parametrize("spec, why", RISKY.values(), ids=RISKY)
def test_what_would_be_lost_is_not_given_up_by_a_cron_job(spec, why):
    (own,) = wanted(manifest("web", **spec))
    document = Document(cluster="shop", pods={WEB: entry(own)})
    failover = dared(LOST, document)
    assert (failover.lost, failover.kept[WEB].startswith(why)) == ({}, True)


def test_an_emptydir_in_memory_is_nothing_to_lose():
    (own,) = wanted(manifest("web", volumes=[{"name": "files", "emptyDir": {"medium": "Memory"}}]))
    assert dared(LOST, Document(cluster="shop", pods={WEB: entry(own)})) == LOST


# -------------------------------------------------------------------------------------------------------------- budget

MANY = wanted(*(manifest(f"web-{number}") for number in range(6)))


def many(*seen):
    cluster = Cluster(name="shop", minions=(minion(*seen, name="alpha"), minion(name="bravo")))
    document = Document(cluster="shop", revision=7, pods={each.key: entry(each) for each in MANY})
    down = tuple(found(Ailment.CONTAINER_DOWN, each.key, "app") for each in MANY)
    return Case(findings=down, cluster=cluster, document=document, manifests=MANY)


def test_no_more_is_done_at_once_than_allowed_and_the_rest_is_told_of():
    three = replace(many(*(there(each, container("app", "exited")) for each in MANY)), most=4)
    repairs = plan_repairs(three)
    assert [each.key.name for each in repairs.plan.actions] == ["web-0", "web-1", "web-2", "web-3"]
    assert [each.key.name for each in repairs.unhealed] == ["web-4", "web-5"]
    assert {each.why for each in repairs.unhealed} == {"--max-repairs 4 is used up: the next run goes on"}


def test_the_smallest_acts_go_first():
    """web-0 is not there, and the others are merely down."""
    repairs = plan_repairs(replace(many(*(there(each, container("app", "exited")) for each in MANY[1:])), most=5))
    assert {type(each) for each in repairs.plan.actions} == {Start}


def test_a_copy_that_counts_no_more_goes_before_its_pod_is_made():
    (db,) = wanted(manifest("db"))
    stale = Remove(minion="bravo", uid="old", reason="stale", pod=there(db, on="bravo"))
    other = Remove(minion="bravo", uid="other", reason="stale", pod=there(PLAIN, on="bravo"))
    make = Create(pod=db, minion="alpha", reason="", placement_reason="")
    assert within_budget((other, stale, make), 1, ()) == ((stale, make), (other,))


@given(st.lists(st.sampled_from(["start", "restart", "make", "remove"]), max_size=8), st.integers(0, 9))
def test_the_budget_keeps_the_order_loses_nothing_and_is_never_overdrawn_but_for_copies(kinds, most):
    (db,) = wanted(manifest("db"))
    seen = there(db)
    actions = tuple(
        {
            "start": Start(pod=db, minion="alpha", reason=str(at), observed=seen),
            "restart": Restart(pod=db, minion="alpha", reason=str(at), observed=seen, containers=("app",)),
            "make": Create(pod=db, minion="alpha", reason=str(at), placement_reason=""),
            "remove": Remove(minion="alpha", uid=str(at), reason=str(at), pod=there(PLAIN)),
        }[kind]
        for at, kind in enumerate(kinds)
    )
    do, later = within_budget(actions, most, ())
    assert len(do) == min(most, len(actions))
    assert sorted((*do, *later), key=lambda each: int(each.reason)) == list(actions)
    assert list(do) == sorted(do, key=lambda each: int(each.reason))
