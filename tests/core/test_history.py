"""What happened to containers: made one of two sources, told in the kubelet's words, counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import NOON, ago, container, infra, minion, pod, silent
from remembering import ACTS

from podctl.core.document.model import Act, Deed, Document
from podctl.core.events import Events, events
from podctl.core.history.counting import counted
from podctl.core.history.merging import merged
from podctl.core.history.model import Happening, Tale, What
from podctl.core.history.tales import every_tale
from podctl.core.history.telling import tales
from podctl.core.model import Cluster, PodKey
from podctl.core.probes.model import Answer, Verdict, Which

WEB = PodKey("default", "web")
CUT_OFF = "The infra container ended: the Pod's containers are cut off until they are restarted"


def logged(what, at, **given):
    fields = {"minion": "alpha", "pod": WEB, "uid": "5eed", "container": "app", "id": "id-of-app", "logged_at": at}
    return Happening(**{**fields, "what": what, "at": at, **given})


def told(happenings, *seen):
    return [(each.reason, each.warning, each.message) for each in tales(merged(happenings), {c.id: c for c in seen})]


# ------------------------------------------------------------------------------------------------------------- merging


@st.composite
def lives(draw):
    """The log of a container that starts and ends in turn, and what its state says after it: that of the last turns.

    The engine writes each down some time after it happened, but before the next one of that kind.
    """
    gaps = draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
    log, state, at = [], {}, NOON
    for number, gap in enumerate(gaps):
        what = What.ENDED if number % 2 else What.STARTED
        at += timedelta(milliseconds=gap)
        late = timedelta(microseconds=draw(st.integers(0, 999)))
        code = draw(st.integers(0, 255)) if what is What.ENDED else None
        log.append(logged(what, at + late, exit_code=code))
        state[what] = logged(what, at, logged_at=None, seen=True, exit_code=code if number == len(gaps) - 1 else None)
    return log, list(state.values())


@given(lives(), st.randoms())
def test_what_two_sources_tell_is_there_once_in_whatever_order_they_are_asked(life, random):
    log, state = life
    every = [*log, *state]
    whole = merged(every)
    assert len(whole) == len(log)
    random.shuffle(every)
    assert merged(every) == whole
    assert [(each.what, each.exit_code) for each in whole] == [(each.what, each.exit_code) for each in log]


@given(lives())
def test_merging_again_changes_nothing_whatever_part_is_told_again(life):
    log, state = life
    whole = merged([*log, *state])
    assert merged(whole) == whole
    assert merged([*whole, *log]) == whole
    assert merged([*whole, *state]) == whole


@given(lives(), st.integers(0, 8))
def test_of_a_log_that_has_forgotten_its_beginning_nothing_is_told_twice(life, forgotten):
    log, state = life
    rest = log[forgotten:]
    missing = {each.what for each in state} - {each.what for each in rest}
    assert len(merged([*rest, *state])) == len(rest) + len(missing)


@given(lives(), lives())
def test_two_containers_have_nothing_to_do_with_each_other(one, other):
    mine = [*one[0], *one[1]]
    theirs = [replace(each, id="other") for each in (*other[0], *other[1])]
    assert set(merged([*mine, *theirs])) == {*merged(mine), *merged(theirs)}


def test_the_time_is_that_of_the_state_and_the_order_that_of_the_log():
    """The process is gone before the engine has written down which signal it sent."""
    signal = logged(What.SIGNALLED, ago(seconds=10), signal=15)
    end = logged(What.ENDED, ago(seconds=9), exit_code=143)
    state = logged(What.ENDED, ago(seconds=11), logged_at=None, seen=True)
    assert [(each.what, each.at, each.exit_code) for each in merged([signal, end, state])] == [
        (What.SIGNALLED, ago(seconds=10), None),
        (What.ENDED, ago(seconds=11), 143),
    ]


# ------------------------------------------------------------------------------------------------------------- telling

START, END = ago(minutes=9), ago(minutes=5)
BEFORE_END = ago(minutes=5, seconds=1)
LIVES = {
    "it ended well": (
        [logged(What.STARTED, START), logged(What.ENDED, END, exit_code=0)],
        [("Started", False, "Started container app"), ("Completed", False, "Container app ended with exit code 0")]),
    "it failed": (
        [logged(What.ENDED, END, exit_code=3)], [("Failed", True, "Container app ended with exit code 3")]),
    "somebody killed its process": (
        [logged(What.ENDED, END, exit_code=137)],
        [("Failed", True, "Container app ended with exit code 137 (signal 9)")]),
    "the machine went down": (
        [logged(What.ENDED, END, exit_code=255)],
        [("Failed", True, ("Container app ended with exit code 255: its own, or the machine or its container engine "
          "went down"))]),
    "it ran out of memory": (
        [logged(What.OUT_OF_MEMORY, BEFORE_END), logged(What.ENDED, END, exit_code=137)],
        [("OOMKilled", True, "Container app ran out of memory and ended with exit code 137 (signal 9)")]),
    "its state says so, and no log": (
        [logged(What.ENDED, END, exit_code=137, seen=True, logged_at=None, out_of_memory=True)],
        [("OOMKilled", True, "Container app ran out of memory and ended with exit code 137 (signal 9)")]),
    "a process in it ran out of memory, and it ran on": (
        [logged(What.STARTED, START), logged(What.OUT_OF_MEMORY, BEFORE_END)],
        [("Started", False, "Started container app"),
         ("OOMKilling", True, "A process of container app was killed: out of memory")]),
    "it was stopped": (
        [logged(What.SIGNALLED, BEFORE_END, signal=15), logged(What.ENDED, END, exit_code=143),
         logged(What.STOPPED, END), logged(What.REMOVED, END)],
        [("Killing", False, "Stopped container app (exit code 143)"),
         ("Removed", True, "Container app was removed, and podctl remembers no act that did it")]),
    "it had to be killed": (
        [logged(What.SIGNALLED, ago(minutes=5, seconds=30), signal=15), logged(What.SIGNALLED, END, signal=9),
         logged(What.ENDED, END, exit_code=137), logged(What.STOPPED, END)],
        [("Killing", False, "Stopped container app: it did not end within 30 s and was killed")]),
    "it was stopped by a signal of its image's own": (
        [logged(What.SIGNALLED, BEFORE_END, signal=3), logged(What.ENDED, END, exit_code=0),
         logged(What.STOPPED, END)],
        [("Killing", False, "Stopped container app (exit code 0)")]),
    "it is being stopped": (
        [logged(What.SIGNALLED, END, signal=15)], [("Killing", False, "Stopping container app")]),
    "it failed, and was removed long after": (
        [logged(What.ENDED, END, exit_code=3), logged(What.STOPPED, NOON), logged(What.REMOVED, NOON)],
        [("Failed", True, "Container app ended with exit code 3"),
         ("Removed", True, "Container app was removed, and podctl remembers no act that did it")]),
    "it was told to reload, and failed": (
        [logged(What.SIGNALLED, BEFORE_END, signal=1), logged(What.ENDED, END, exit_code=1)],
        [("Failed", True, "Container app ended with exit code 1")]),
    "it did not start": (
        [logged(What.NOT_STARTED, START, seen=True, logged_at=None, message="no such file")],
        [("Failed", True, "Error: failed to start container app: no such file")]),
    "the infra container died": (
        [logged(What.STARTED, START, container=""), logged(What.ENDED, END, container="", exit_code=137)],
        [("SandboxChanged", True, CUT_OFF)]),
    "the infra container was stopped": (
        [logged(What.SIGNALLED, BEFORE_END, container="", signal=9),
         logged(What.ENDED, END, container="", exit_code=137)], []),
    "the infra container's port is taken": (
        [logged(What.NOT_STARTED, START, container="", message="port is already allocated")],
        [("FailedCreatePodSandBox", True, "Failed to start the infra container: port is already allocated")]),
    "nothing": ([], []),
}  # fmt: skip


@pytest.mark.parametrize("life, wanted", LIVES.values(), ids=LIVES)
def test_a_life_is_told(life, wanted):
    assert told(life) == wanted


def test_a_container_that_is_restarted_again_and_again_backs_off_as_often_as_the_engine_says():
    state = container(status="restarting", restart_count=4, exit_code=3)
    (tale,) = [each for each in every_tale(seen(pod(state))) if each.reason == "BackOff"]
    assert (tale.message, tale.count) == ("Back-off restarting failed container app in pod web", 4)
    assert (tale.first, tale.last) == (state.created_at, state.finished_at)


def test_what_a_state_remembers_of_a_run_before_is_that_it_ended():
    again = container(started_at=ago(minutes=2), finished_at=ago(minutes=3))
    assert [(each.reason, each.warning) for each in every_tale(seen(pod(again)))] == [
        ("Ended", False), ("Started", False),
    ]  # fmt: skip


def test_a_probe_that_failed_just_now_is_unhealthy_and_one_that_is_early_is_not():
    failed, early = (Answer(verdict=Verdict.FAILED, message="connection refused", times=3, early=e) for e in (0, 1))
    unknown = Answer(verdict=Verdict.UNKNOWN)
    probed = pod(probed={("app", Which.LIVENESS): failed, ("a", Which.READINESS): early, ("b", Which.STARTUP): unknown})
    (tale,) = [each for each in every_tale(seen(probed)) if each.reason == "Unhealthy"]
    assert (tale.message, tale.count, tale.last) == ("Liveness probe failed: connection refused", 3, NOON)


def seen(*pods, log=(), **given):
    return Cluster(name="shop", minions=(minion(*pods, log=log, **given),))


# ------------------------------------------------------------------------------------------------------------ counting

TALES = st.builds(
    Tale,
    minion=st.just("alpha"), pod=st.just(WEB), uid=st.sampled_from("ab"), container=st.sampled_from("xy"),
    reason=st.just("Failed"), message=st.sampled_from(["one", "two"]), warning=st.just(True),
    first=st.integers(60, 90).map(lambda n: ago(seconds=n)), last=st.integers(0, 60).map(lambda n: ago(seconds=n)),
    count=st.integers(1, 9),
)  # fmt: skip


@given(st.lists(TALES))
def test_counting_loses_no_happening_and_no_moment(every):
    found = counted(every)
    assert sum(each.count for each in found) == sum(each.count for each in every)
    assert counted(found) == found
    assert len({(each.uid, each.container, each.message) for each in found}) == len(found)
    if every:
        assert min(each.first for each in found) == min(each.first for each in every)
        assert max(each.last for each in found) == max(each.last for each in every)


# ------------------------------------------------------------------------------------------------------- among the acts


def reasons(document, *minions):
    return [(each.reason, each.object) for each in events(document, Cluster(name="shop", minions=minions))]


def test_without_the_question_for_the_logs_there_are_the_acts_alone():
    assert reasons(Document(cluster="shop"), minion(pod(container()))) == []


def test_the_oldest_comes_first_by_each_minions_own_clock():
    behind = NOON - timedelta(days=1)
    one = minion(pod(container(started_at=ago(minutes=3)), infra=infra()), log=())
    other = minion(
        pod(container("slow", started_at=behind - timedelta(minutes=4)), minion="beta"), name="beta", log=(), now=behind
    )
    found = events(Document(cluster="shop"), Cluster(name="shop", minions=(one, other, silent())))
    assert [each.message for each in found] == ["Started container slow", "Started container app"]


def removing(reason, **of):
    deed = Deed(reason=reason, object="pod/web", namespace="default")
    at = int(ago(**of).timestamp())
    act = Act(revision=3, at_seconds=at, clock="alpha", who="ann", command="x", result="done", deeds=(deed,))
    return Document(cluster="shop", revision=3, acts=(act,))


ACCOUNTS = {
    "an act did it": (removing("Deleted", minutes=6), False),
    "an act began just now by a clock of whole seconds": (removing("Deleted", minutes=5), False),
    "an act did something else, hours ago": (removing("Replaced", hours=5), True),
    "it was made long before": (removing("Created", minutes=10), True),
    "what making it took away first": (removing("Created", minutes=6), False),
    "no act is of this Pod": (replace(removing("Deleted", minutes=6), acts=ACTS[1:2]), True),
    "an act is of more than it names": (
        Document(cluster="shop", revision=6, acts=(replace(ACTS[2], at_seconds=int(ago(minutes=6).timestamp())),)),
        False,
    ),
    "nothing is remembered": (Document(cluster="shop"), False),
}  # fmt: skip


@pytest.mark.parametrize("document, wanted", ACCOUNTS.values(), ids=ACCOUNTS)
def test_a_container_that_no_act_removed_was_removed_by_hand(document, wanted):
    gone = minion(log=(logged(What.REMOVED, END),))
    assert (("Removed", "pod/web") in reasons(document, gone)) is wanted


def test_a_container_that_a_whole_pod_lacks_was_removed_by_hand_even_just_after_that_was_made():
    there = minion(pod(container("other")), log=(logged(What.REMOVED, END),))
    assert ("Removed", "pod/web") in reasons(removing("Created", minutes=6), there)


def test_a_minion_is_told_of_what_went_wrong_on_it_and_on_no_other():
    log = (logged(What.STARTED, START), logged(What.ENDED, END, exit_code=3))
    elsewhere = replace(log[1], minion="beta", exit_code=4)
    minions = (minion(log=log), minion(name="beta", log=(elsewhere,)))
    every = Events(events(Document(cluster="shop"), Cluster(name="shop", minions=minions)))
    assert [each.message for each in every.about_minion("alpha")] == ["Container app ended with exit code 3"]


def test_an_event_keeps_its_name_while_it_goes_on():
    log = [logged(What.ENDED, ago(minutes=n), exit_code=3) for n in (9, 8, 7)]
    first, later = (events(Document(cluster="shop"), seen(log=tuple(log[:n]))) for n in (1, 3))
    assert [each.name for each in first] == [each.name for each in later]
    assert [each.count for each in (*first, *later)] == [1, 3]
