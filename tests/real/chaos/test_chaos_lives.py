"""The sampler's reasoning: what counts as a copy that runs, and which two at one moment are a planned handover."""

from __future__ import annotations

import pytest
from lives import FOREVER, Happening, clock, copies, gaps, most_at_once, running, twice

NEW, OLD, PLAIN = ".new.", ".old.", ""


def infra(at, uid, minion, mark=PLAIN, what="rename"):
    name = f"podctl_c_ns_web{mark}{uid if mark else ''}"
    labels = {"podctl.namespace": "ns", "podctl.pod": "web", "podctl.uid": uid, "podctl.role": "infra"}
    return Happening(at=at, minion=minion, what=what, container=f"infra-{uid}", name=name, labels=labels)


def app(at, uid, minion, what, name="app"):
    labels = {"podctl.namespace": "ns", "podctl.pod": "web", "podctl.uid": uid, "podctl.role": "app"}
    return Happening(at=at, minion=minion, what=what, container=f"{name}-{uid}", labels=labels)


def dark(at, minion):
    return Happening(at=at, minion=minion, what="dark")


def spans(*happenings):
    return {each.uid: each.runs for each in copies(happenings)}


def test_a_copy_runs_from_the_first_start_to_the_last_end_of_its_containers():
    log = [
        infra(1, "u", "a", what="start"), app(2, "u", "a", "start"), app(3, "u", "a", "start", "side"),
        app(5, "u", "a", "die"), app(8, "u", "a", "die", "side"), app(11, "u", "a", "start"),
    ]  # fmt: skip
    assert spans(*log) == {"u": ((2, 8), (11, FOREVER))}
    assert gaps(copies(log), "ns/web") == [(8, 11)]


def test_what_is_told_twice_counts_once():
    log = [app(2, "u", "a", "start"), app(3, "u", "a", "start"), app(5, "u", "a", "die"), app(6, "u", "a", "die")]
    assert spans(*log) == {"u": ((2, 5),)}


def test_an_infra_container_alone_is_no_copy_that_runs():
    assert spans(infra(1, "u", "a", what="start")) == {}


def test_a_power_cut_ends_all_of_its_minion_and_nothing_else():
    log = [app(1, "u", "a", "start"), app(1, "v", "b", "start"), dark(4, "a"), app(9, "u", "a", "die")]
    assert spans(*log) == {"u": ((1, 4),), "v": ((1, FOREVER),)}
    assert [each.uid for each in running(copies(log))["ns/web"]] == ["v"]


def test_two_that_follow_each_other_are_never_there_twice():
    log = [app(1, "u", "a", "start"), app(4, "u", "a", "die"), app(4, "v", "b", "start")]
    assert twice(copies(log)) == []
    assert most_at_once(copies(log)) == {"ns/web": 1}


def test_two_that_overlap_are_told_with_their_minions_and_how_long():
    log = [
        infra(0, "u", "a"), infra(0, "v", "b"),
        app(1_000_000_000, "u", "a", "start"), app(2_000_000_000, "v", "b", "start"),
        app(2_500_000_000, "u", "a", "die"),
    ]  # fmt: skip
    (found,) = twice(copies(log))
    assert not found.excused
    assert str(found) == "ns/web ran twice for 0.500 s from 002.000 on: u on a and v on b"
    assert most_at_once(copies(log)) == {"ns/web": 2}


HANDOVER = [
    infra(1, "u", "a"), app(2, "u", "a", "start"),
    infra(10, "v", "b", NEW, "create"), app(11, "v", "b", "start"),
    infra(13, "u", "a", OLD), infra(14, "v", "b"), app(15, "u", "a", "die"),
]  # fmt: skip


def test_a_handover_of_a_pod_that_may_move_so_is_excused():
    assert [each.excused for each in twice(copies(HANDOVER), {"ns/web"})] == [True]


def test_a_handover_of_any_other_pod_is_not():
    assert [each.excused for each in twice(copies(HANDOVER))] == [False]


@pytest.mark.parametrize(
    "wrong",
    [
        {4: infra(16, "u", "a", OLD)},
        {2: infra(10, "v", "b", PLAIN, "create")},
        {0: infra(1, "u", "a", NEW)},
        {4: infra(13, "u", "a", NEW)},
    ],
    ids=["both committed for a while", "it never was .new", "two newcomers", "the old one became .new"],
)
def test_no_handover_is_what_goes_another_way(wrong):
    log = [wrong.get(number, each) for number, each in enumerate(HANDOVER)]
    assert [each.excused for each in twice(copies(log), {"ns/web"})] == [False]


def test_an_old_one_that_is_still_stopping_as_its_successor_starts_is_no_handover():
    log = [
        infra(1, "u", "a"), app(2, "u", "a", "start"), infra(3, "u", "a", OLD),
        infra(4, "v", "b"), app(5, "v", "b", "start"), app(6, "u", "a", "die"),
    ]  # fmt: skip
    assert [each.excused for each in twice(copies(log), {"ns/web"})] == [False]


def test_a_moment_is_shown_as_a_log_has_it():
    assert clock(1_700_000_123_004_000_000) == "123.004"
