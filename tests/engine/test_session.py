"""What a Session does with Minions that cannot be locked, and with those that somebody else has."""

from __future__ import annotations

import pytest

from podctl.core.model import Inventory, Minion
from podctl.engine.session import Session
from podctl.errors import ConnectError, LockedError, LockToolError
from podctl.transport.fake import FakeConversation, FakeTransport

NAMES = ("alpha", "bravo", "charlie")


def fakes(**others):
    """Minions that answer nothing to every step; some may be replaced."""
    return {name: others.get(name) or FakeTransport(Minion(name=name), lambda _: (0, b"", b"")) for name in NAMES}


def session(transports):
    minions = tuple(Minion(name=name) for name in NAMES)
    return Session(Inventory(cluster="shop", minions=minions, source="shop.yaml"), transports)


class WithoutFlock(FakeTransport):
    def conversation(self):
        class Conversation(FakeConversation):
            def lock(self):
                raise LockToolError("Minion bravo: flock is not installed there")

        return Conversation(self)


def test_a_minion_that_cannot_be_locked_is_not_talked_to_any_more_and_the_others_are_locked():
    transports = fakes(bravo=WithoutFlock(Minion(name="bravo"), lambda _: (0, b"", b"")))
    with session(transports) as opened:
        opened.lock(0)
        assert opened.reached == ("alpha", "charlie")
        assert [transports[name].locked for name in NAMES] == [True, False, True]
        with pytest.raises(LockToolError):
            opened.conversation("bravo")
        assert transports["bravo"].steps == []


def test_a_lock_that_is_held_elsewhere_costs_all_the_others_which_are_given_back():
    transports = fakes()
    transports["bravo"].locked = True
    with session(transports) as opened, pytest.raises(LockedError, match="another podctl is changing bravo: "):
        opened.lock(0)
    assert [transports[name].locked for name in NAMES] == [False, True, False]


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
