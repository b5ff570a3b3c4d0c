"""The back-off of repairs: laws over any past, and how it is read from what the cluster remembers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from observed import NOON, ago, infra, manifest, minion, pod

from podctl.core.document.model import Act, Deed, Document, PodEntry
from podctl.core.health.backoff import FIRST_SECONDS, FORGOTTEN_SECONDS, MOST_SECONDS, Backoff, backoff, backoffs
from podctl.core.model import Cluster, PodKey

AGES = st.lists(st.floats(0, 5_000, allow_nan=False), max_size=12)


def test_it_doubles_from_ten_seconds_to_five_minutes():
    waits, ages = [], []
    for _ in range(8):
        ages = [0.0, *(each + (waits[-1] if waits else 0) for each in ages)]
        waits.append(backoff(ages).left_seconds)
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_pod_that_was_never_repaired_may_be_repaired_now():
    assert backoff([]) == Backoff()


def test_after_ten_minutes_without_a_repair_all_is_forgotten():
    assert backoff([FORGOTTEN_SECONDS + 1, FORGOTTEN_SECONDS + 2]) == Backoff()
    assert backoff([5, 5 + FORGOTTEN_SECONDS + 1]) == Backoff(times=1, left_seconds=5)


def test_a_stamp_of_a_clock_that_was_put_back_tells_nothing():
    assert backoff([-3600]) == Backoff()
    assert backoff([-1]) == Backoff(times=1, left_seconds=FIRST_SECONDS)


@given(AGES)
def test_the_wait_is_never_longer_than_the_longest_and_never_below_nothing(ages):
    assert 0 <= backoff(ages).left_seconds <= MOST_SECONDS


@given(AGES, st.randoms())
def test_the_order_in_which_repairs_are_told_does_not_matter(ages, chance):
    shuffled = ages[:]
    chance.shuffle(shuffled)
    assert backoff(shuffled) == backoff(ages)


@given(AGES, st.floats(0, 2_000))
def test_time_that_goes_by_only_shortens_the_wait(ages, passed):
    assert backoff(each + passed for each in ages).left_seconds <= backoff(ages).left_seconds


@given(st.lists(st.integers(0, FORGOTTEN_SECONDS), min_size=1, max_size=9))
def test_each_further_repair_in_a_row_waits_at_least_as_long(gaps):
    """Whoever repairs whenever it may and once more waits no less than before."""
    ages = [0.0]
    waits = [backoff(ages).left_seconds]
    for gap in gaps:
        ages = [0.0, *(each + gap for each in ages)]
        waits.append(backoff(ages).left_seconds)
    assert all(one <= other for one, other in pairwise(waits))


WEB, DB = PodKey("default", "web"), PodKey("default", "db")


def act(command, ago_seconds, *deeds, clock="alpha"):
    return Act(
        revision=1,
        at_seconds=int(NOON.timestamp()) - ago_seconds,
        clock=clock,
        who="cron",
        command=command,
        deeds=deeds,
    )


def deed(name, reason="Restarted", **given):
    return Deed(reason=reason, object=f"pod/{name}", namespace="default", **given)


def known(*acts, seen=()):
    pods = {key: PodEntry(key=key, manifest=manifest(key.name), spec_hash="v1:0") for key in (WEB, DB)}
    document = Document(cluster="shop", keepers=("alpha",), pods=pods, acts=acts)
    return backoffs(document, Cluster(name="shop", minions=(minion(*seen, name="alpha"),)))


def test_only_repairs_count_and_only_of_that_pod():
    assert known(act("apply -f web.yaml", 5, deed("web", "Replaced"))) == {}
    assert known(act("health --repair -q", 4, deed("web"))) == {WEB: Backoff(times=1, left_seconds=6)}


def test_what_went_wrong_meanwhile_is_no_further_repair():
    once = act("health --repair", 4, deed("web"), deed("web", "Failed", failed=True))
    assert known(once)[WEB] == Backoff(times=1, left_seconds=6)


def test_a_repair_by_a_clock_that_is_silent_now_is_dated_by_the_one_that_counts():
    assert known(act("health --repair", 4, deed("db"), clock="gone")) == {DB: Backoff(times=1, left_seconds=6)}


def test_a_reboot_since_undoes_what_was_started_but_not_what_was_made_anew():
    booted = pod(infra=infra(started_at=ago(seconds=3)))
    started, replaced = (act("health --repair", 4, deed("web", reason)) for reason in ("Restarted", "Replaced"))
    assert known(started, seen=(booted,)) == {}
    assert known(replaced, seen=(booted,)) == {WEB: Backoff(times=1, left_seconds=6)}
    assert known(started, seen=(pod(infra=infra(started_at=ago(seconds=5))),)) == {
        WEB: Backoff(times=1, left_seconds=6)
    }
