"""What a Session does with Minions that cannot be locked, and with those that somebody else has."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from podctl.core.document.model import Caller
from podctl.core.model import Inventory, Minion
from podctl.engine.locks import held_error, locked_error, waiting_lines
from podctl.engine.session import Session
from podctl.errors import ConnectError, HeldError, LockedError, LockToolError
from podctl.transport.fake import FakeConversation, FakeTransport
from podctl.transport.holder import Holder

NAMES = ("alpha", "bravo", "charlie")
ALICE = Holder(who="alice@laptop", command="apply -f web.yaml", age_seconds=190)
BOB = Caller(who="bob@desk", command="delete pod web")


def fakes(**others):
    """Minions that answer nothing to every step; some may be replaced."""
    return {name: others.get(name) or FakeTransport(Minion(name=name), lambda _: (0, b"", b"")) for name in NAMES}


def session(transports, **given):
    minions = tuple(Minion(name=name) for name in NAMES)
    return Session(Inventory(cluster="shop", minions=minions, source="shop.yaml"), transports, **given)


class WithoutFlock(FakeTransport):
    def conversation(self, caller=None):
        class Conversation(FakeConversation):
            def lock(self):
                raise LockToolError("Minion bravo: flock is not installed there")

        return Conversation(self, caller)


def test_a_minion_that_cannot_be_locked_is_not_talked_to_any_more_and_the_others_are_locked():
    transports = fakes(bravo=WithoutFlock(Minion(name="bravo"), lambda _: (0, b"", b"")))
    with session(transports) as opened:
        opened.lock(0)
        assert opened.reached == ("alpha", "charlie")
        assert [transports[name].locked for name in NAMES] == [True, False, True]
        with pytest.raises(LockToolError):
            opened.conversation("bravo")
        assert transports["bravo"].steps == []


def hold(transports, holder, *names):
    for name in names:
        transports[name].locked, transports[name].holder = True, holder


def test_where_every_lock_is_held_the_error_names_holder_command_and_age():
    transports = fakes()
    hold(transports, replace(ALICE, age_seconds=7), "alpha")
    hold(transports, ALICE, "bravo")
    hold(transports, Holder(), "charlie")
    with session(transports) as opened, pytest.raises(LockedError) as caught:
        opened.lock(0)
    assert (caught.value.message, caught.value.evidence, caught.value.hint) == (
        "another podctl is changing alpha, bravo, charlie: waited 0 s for it",
        "alpha, bravo: alice@laptop: apply -f web.yaml (for 3m10s)",
        "Wait for it and try again; --lock-timeout waits longer. A lock goes with its holder.",
    )
    assert [transports[name].locked for name in NAMES] == [True, True, True]


def test_what_is_held_elsewhere_at_the_timeout_is_left_alone_and_the_rest_is_kept():
    transports = fakes()
    hold(transports, ALICE, "bravo")
    with session(transports, caller=BOB) as opened:
        opened.lock(0)
        assert (opened.reached, opened.held) == (("alpha", "charlie"), {"bravo": ALICE})
        assert [transports[name].holder for name in NAMES] == [
            Holder(who="bob@desk", command="delete pod web"), ALICE, Holder(who="bob@desk", command="delete pod web")
        ]  # fmt: skip
        with pytest.raises(HeldError, match=r"Minion bravo: locked by alice@laptop: apply -f web.yaml \(for 3m10s\)"):
            opened.conversation("bravo")
        assert opened.locked_error().message.startswith("another podctl is changing bravo: waited ")
        assert opened.locked_error().evidence == "bravo: alice@laptop: apply -f web.yaml (for 3m10s)"
        assert transports["bravo"].steps == []
    assert [transports[name].locked for name in NAMES] == [False, True, False]


def test_a_minion_that_is_left_to_another_has_been_reached_and_says_who_has_it():
    transports = fakes()
    hold(transports, ALICE, "bravo")
    with session(transports) as opened:
        opened.lock(0)
        seen = opened.look().minions[1]
    assert (seen.problem, seen.reached, seen.hint) == (
        "locked by alice@laptop: apply -f web.yaml (for 3m10s)", True,
        "Wait for it and try again; --lock-timeout waits longer. A lock goes with its holder.",
    )  # fmt: skip


class Freed(FakeTransport):
    """Its lock is held by alice, until somebody has been told so."""

    def __init__(self, minion, told):
        super().__init__(minion, lambda _: (0, b"", b""))
        hold({minion.name: self}, ALICE, minion.name)
        self._told = told

    def conversation(self, caller=None):
        if self._told:
            self.locked = False
        return super().conversation(caller)


def test_who_waits_longer_than_two_seconds_is_told_once_for_whom_and_where():
    told = []
    transports = fakes(alpha=Freed(Minion(name="alpha"), told), charlie=Freed(Minion(name="charlie"), told))
    with session(transports, on_wait=told.append) as opened:
        begin = time.monotonic()
        opened.lock(60)
        assert time.monotonic() - begin > 2
        assert (opened.reached, opened.held) == (NAMES, {})
    assert told == ["waiting for alice@laptop: apply -f web.yaml, running for 3m10s on alpha, charlie"]


@pytest.mark.parametrize("seconds", [0, 0.3, 1])
def test_a_short_wait_is_not_told(seconds):
    told = []
    transports = fakes()
    hold(transports, ALICE, *NAMES)
    with session(transports, on_wait=told.append) as opened, pytest.raises(LockedError):
        opened.lock(seconds)
    assert told == []


def test_a_holder_is_told_again_only_where_it_has_other_minions():
    alone, more = waiting_lines({"alpha": ALICE}), waiting_lines({"alpha": replace(ALICE, age_seconds=200)})
    assert (alone.keys() == more.keys(), list(alone.values()) == list(more.values())) == (True, False)
    assert waiting_lines({"alpha": ALICE, "bravo": ALICE}).keys() != alone.keys()


def test_a_holder_that_cannot_be_told_is_another_podctl():
    assert list(waiting_lines({"alpha": Holder(), "bravo": Holder()}).values()) == [
        "waiting for another podctl on alpha, bravo"
    ]
    assert held_error("alpha", Holder()).message == "Minion alpha: locked by another podctl"
    assert locked_error({"alpha": Holder()}, 60).evidence == ""


def test_of_two_that_begin_together_both_get_all_the_locks_one_after_the_other():
    transports = fakes()
    together = threading.Barrier(2)
    done = []

    def work(number):
        with session(transports) as opened:
            together.wait()
            opened.lock(60)
            done.append((number, opened.reached))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done) == [(0, NAMES), (1, NAMES)]


def test_the_locks_go_with_the_session():
    transports = fakes()
    with session(transports) as opened:
        opened.lock(0)
        assert [transports[name].locked for name in NAMES] == [True, True, True]
    assert [transports[name].locked for name in NAMES] == [False, False, False]


def test_a_silent_minion_says_why_with_evidence_and_hint():
    transports = fakes()
    refused = ConnectError("Minion bravo: its host key has changed", evidence="known A\nshown B", hint="Ask.")
    with session({**transports, "alpha": refused, "bravo": refused, "charlie": refused}) as opened:
        seen = opened.look().minions[1]
    assert (seen.problem, seen.evidence, seen.hint, seen.reached) == (
        "its host key has changed", "known A\nshown B", "Ask.", False,
    )  # fmt: skip


def test_a_session_without_minions_locks_and_sees_nothing():
    with Session(Inventory(cluster="shop", minions=(), source="shop.yaml"), {}) as opened:
        opened.lock(0)
        assert opened.look().minions == ()
