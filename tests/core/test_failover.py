"""--failover: what an operator's word moves away from silent Minions, and what it leaves there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from observed import NOON, ago, container, manifest, minion, pod, silent

from podctl.core.document.failover import Failover, FailoverWish, bound_to, fail_over
from podctl.core.document.model import Document, Leaving, PodEntry, Silence
from podctl.core.document.silences import clock_of, next_silences
from podctl.core.model import Cluster, PodKey

WEB, DB = PodKey("default", "web"), PodKey("default", "db")
CLAIMING = manifest("db", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
LOST = "gamma is silent: connection refused; a copy may still run there"


def entry(key=WEB, on="gamma", wanted=None, **given):
    wanted = wanted or manifest(key.name)
    return PodEntry(key=key, manifest=wanted, spec_hash="v1:0", uid=f"uid-{key.name}", minion=on, **given)


def document(*entries, **given):
    return Document(cluster="shop", keepers=("alpha", "beta"), pods={each.key: each for each in entries}, **given)


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


SEEN = cluster(minion(name="alpha"), minion(name="beta", now=NOON + timedelta(hours=5)), silent("gamma"))
NOW = FailoverWish()


def test_whoever_is_silent_now_is_dead_where_no_time_is_given():
    known = document(entry(), entry(DB, on="alpha"))
    assert fail_over(known, SEEN, NOW) == Failover(lost={WEB: LOST})


def test_who_answers_loses_nothing():
    assert fail_over(document(entry()), cluster(minion(name="gamma")), NOW) == Failover()


def test_one_whose_lock_another_has_is_not_dead():
    assert fail_over(document(entry()), cluster(silent("gamma", busy=True)), NOW) == Failover()


BOUND = {
    "a claim": ({"persistentVolumeClaim": {"claimName": "data"}}, "claim data"),
    "a hostPath": ({"hostPath": {"path": "/srv"}}, "hostPath /srv"),
}


@pytest.mark.parametrize("volume, what", BOUND.values(), ids=BOUND)
def test_data_that_is_there_alone_is_given_up_by_force_alone(volume, what):
    wanted = manifest("db", volumes=[{"name": "d", **volume}, {"name": "e", "emptyDir": {}}])
    known = document(entry(DB, wanted=wanted))
    why = f"its data is on gamma: {what}; --force gives it up"
    assert fail_over(known, SEEN, NOW) == Failover(kept={DB: why})
    assert fail_over(known, SEEN, replace(NOW, force=True)) == Failover(
        lost={DB: f"{LOST}; its data there is given up: {what}"}
    )


def test_what_lives_with_the_pod_binds_it_to_nothing():
    assert bound_to(manifest(volumes=[{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "c"}}])) == ()
    assert bound_to({}) == ()


def since(seconds, clock="alpha"):
    return {"gamma": Silence(since_seconds=int(NOON.timestamp()) - seconds, clock=clock)}


LATER = FailoverWish(after_seconds=600)
TIMES = {  # the silence that is remembered; why not yet
    "for long enough": (since(600), ""),
    "not for long enough": (since(599), "gamma has been silent for 9m59s of 10m"),
    "for the first time": ({},
        "gamma is silent for the first time; its Pods are failed over after 10m of silence"),
    "since a time that nobody can tell": (since(9999, "gamma"),
        "gamma is silent since a time that only the clock of gamma tells, which is silent, too"),
    "by a clock that is hours off from another": (since(599 - 5 * 3600, "beta"),
        "gamma has been silent for 9m59s of 10m"),
}  # fmt: skip


@pytest.mark.parametrize("silences, why", TIMES.values(), ids=TIMES)
def test_a_minion_is_dead_after_so_long_by_the_clock_that_saw_it_first(silences, why):
    done = fail_over(document(entry(), silences=silences), SEEN, LATER)
    assert done == (Failover(kept={WEB: why}) if why else Failover(lost={WEB: LOST}))


def test_force_gives_up_data_but_not_patience():
    done = fail_over(document(entry(DB, wanted=CLAIMING)), SEEN, replace(LATER, force=True))
    assert list(done.kept) == [DB]


LEFT = {"0ld": Leaving(key=WEB, minion="gamma")}


def test_a_copy_that_was_to_leave_is_given_up_with_its_minion_unless_its_pod_runs_elsewhere():
    known = document(entry(on="alpha"), leaving=LEFT)
    assert fail_over(known, SEEN, NOW) == Failover(lost={WEB: LOST})
    assert fail_over(document(leaving=LEFT), SEEN, NOW) == Failover(lost={WEB: LOST})
    running = cluster(minion(pod(container("app")), name="alpha"), silent("gamma"))
    assert fail_over(known, running, NOW) == Failover()


def test_what_was_deleted_there_is_not_brought_back():
    assert fail_over(document(entry(doomed=True)), SEEN, NOW) == Failover()


# ------------------------------------------------------------------------------------------------------- silences


def test_the_first_silence_is_told_in_the_clock_of_the_first_keeper_that_answers():
    assert next_silences(document(), SEEN) == {"gamma": Silence(since_seconds=int(NOON.timestamp()), clock="alpha")}
    without_alpha = cluster(silent("alpha"), *SEEN.minions[1:])
    assert {each.clock for each in next_silences(document(), without_alpha).values()} == {"beta"}


def test_it_stays_as_it_was_until_the_minion_answers():
    known = document(silences=since(300))
    assert next_silences(known, SEEN) == since(300)
    assert next_silences(known, cluster(minion(name="alpha"), minion(name="gamma"))) == {}


def test_it_begins_anew_where_its_clock_is_silent_too():
    known = document(silences=since(300, "beta"))
    seen = cluster(minion(name="alpha"), silent("beta"), silent("gamma"))
    assert next_silences(known, seen)["gamma"] == Silence(since_seconds=int(NOON.timestamp()), clock="alpha")


def test_who_is_only_busy_is_not_silent():
    assert next_silences(document(), cluster(minion(name="alpha"), silent("gamma", busy=True))) == {}


def test_where_nobody_answers_no_clock_counts():
    nobody = cluster(silent("alpha"))
    assert (clock_of(document(), nobody), next_silences(document(), nobody)) == (None, {})
    other = cluster(minion(name="zeta", now=ago(hours=1)), silent("alpha"))
    assert clock_of(document(), other).minion.name == "zeta"
