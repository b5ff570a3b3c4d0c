"""Looks again and again: who hangs holds up nobody, who went away is tried after ever longer pauses."""

from __future__ import annotations

import threading
from itertools import islice

import pytest
from observed import minion, pod, silent

from podctl.core.model import Inventory, Minion
from podctl.engine.session import Session
from podctl.engine.watching import Watch
from podctl.errors import ConnectError
from podctl.transport.fake import FakeTransport

NAMES = ("alpha", "bravo")


class Looks:
    """A clock that only pauses move, and answers to looks; a Minion looked at while it is away goes on being so."""

    def __init__(self, away=()):
        self.time = 0.0
        self.away = set(away)
        self.looks = []
        self.hang = threading.Event()
        self.hanging = set()

    def look(self, name):
        self.looks.append((self.time, name))
        if name in self.hanging:
            self.hang.wait(30)
        return silent(name) if name in self.away else minion(pod(minion=name), name=name)

    def pause(self, seconds):
        self.time += seconds

    def times(self, name):
        return [at for at, each in self.looks if each == name]


@pytest.fixture
def looks():
    made = Looks()
    yield made
    made.hang.set()


def session(*broken):
    minions = tuple(Minion(name=name, transport="local") for name in NAMES)
    transports = {
        each.name: ConnectError("connection refused")
        if each.name in broken
        else FakeTransport(each, lambda _: (1, b"", b""))
        for each in minions
    }
    return Session(Inventory(cluster="shop", minions=minions, source="shop.yaml"), transports)


def rounds(looks, count, opened=None, **given):
    watch = Watch(
        opened or session(), looks.look, pause=looks.pause, clock=lambda: looks.time,
        **{"first_patience_seconds": 0.2, "patience_seconds": 0.2, **given},
    )  # fmt: skip
    return islice(watch.clusters(), count)


def answering(cluster):
    return [each.minion.name for each in cluster.minions if not each.silent]


def test_every_round_looks_at_every_minion_once_and_is_a_second_after_the_last(looks):
    assert [answering(each) for each in rounds(looks, 3)] == [["alpha", "bravo"]] * 3
    assert looks.times("alpha") == looks.times("bravo") == [0, 1, 2]


def test_who_is_away_is_tried_after_ever_longer_pauses_up_to_fifteen_seconds_and_then_shown_again(looks):
    looks.away.add("bravo")
    seen = rounds(looks, 62)
    for _ in range(61):
        assert answering(next(seen)) == ["alpha"]
    assert looks.times("bravo") == [0, 1, 3, 7, 15, 30, 45, 60]
    assert looks.times("alpha") == list(range(61))
    looks.away.clear()
    looks.time = 75
    assert answering(next(seen)) == ["alpha", "bravo"]


def test_after_it_was_back_the_pauses_begin_anew(looks):
    looks.away.add("bravo")
    seen = rounds(looks, 99)
    for _ in range(9):
        next(seen)
    looks.away.clear()
    while "bravo" not in answering(next(seen)):
        pass
    back = looks.time
    looks.away.add("bravo")
    for _ in range(4):
        next(seen)
    assert [at - back for at in looks.times("bravo") if at > back] == [1, 2, 4]


def test_one_that_hangs_keeps_what_was_seen_of_it_and_holds_up_one_round_and_no_other(looks):
    seen = rounds(looks, 99)
    next(seen)
    looks.hanging.add("bravo")
    before = len(looks.times("alpha"))
    for _ in range(5):
        assert answering(next(seen)) == ["alpha", "bravo"]
    assert len(looks.times("alpha")) == before + 5
    assert len(looks.times("bravo")) == 2, "one look at a time"
    looks.hanging.clear()
    looks.away.add("bravo")
    looks.hang.set()
    while answering(next(seen)) != ["alpha"]:
        pass


def test_one_that_hangs_from_the_first_look_on_is_silent_until_it_answers(looks):
    looks.hanging.add("bravo")
    seen = rounds(looks, 999)
    first = next(seen)
    assert (answering(first), first.minions[1].problem) == (["alpha"], "it has not answered yet")
    looks.hang.set()
    while "bravo" not in answering(next(seen)):
        pass


def test_a_bug_in_a_look_is_raised_where_the_rounds_are_read(looks):
    def look(name):
        raise ZeroDivisionError

    looks.look = look
    with pytest.raises(ZeroDivisionError):
        next(rounds(looks, 1))


def test_one_that_was_not_reached_at_first_is_connected_to_again_and_looked_at(looks):
    opened = session("bravo")
    looks.look = opened.look_at
    seen = rounds(looks, 2, opened, first_patience_seconds=30, patience_seconds=30)
    assert next(seen).minions[1].problem == "connection refused"
    assert opened.reached == ()  # alpha has no docker
    assert "connection refused" not in next(seen).minions[1].problem  # this machine, as a Minion of transport local
    opened.close()


def test_a_connection_that_comes_when_the_session_has_ended_is_closed_again():
    opened = session("bravo")
    opened.close()
    opened.reconnect("bravo")
    assert "bravo" not in opened.reached
