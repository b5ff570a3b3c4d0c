"""When somebody is told again of a cluster's health."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from podctl.core.document.codec import decode, encode
from podctl.core.document.model import Document
from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.health.notice import listener, news, was_told, with_told
from podctl.core.health.scope import Scope
from podctl.core.model import PodKey

FINDINGS = st.builds(
    Finding, ailment=st.sampled_from(Ailment), level=st.sampled_from(Level), message=st.text(max_size=3),
    minion=st.sampled_from(["alpha", "beta"]), pod=st.sampled_from([None, PodKey("shop", "a"), PodKey("shop", "b")]),
    uid=st.sampled_from(["1", "2"]), containers=st.sampled_from([(), ("app",), ("app", "log")]),
)  # fmt: skip
EMPTY = Document(cluster="shop", revision=1)


@given(st.lists(FINDINGS, max_size=4), st.randoms())
def test_neither_order_nor_messages_nor_uids_are_news(found, chance):
    others = [replace(each, message="5m ago", uid="3", level=Level.UNKNOWN) for each in found]
    chance.shuffle(others)
    assert news(others) == news(found)


PLACES = st.sets(st.tuples(st.sampled_from(Ailment), st.sampled_from(["alpha", "beta"])), max_size=3).map(sorted)


@given(PLACES, PLACES)
def test_another_word_or_another_place_is_news(one, other):
    def told(pairs):
        return news(Finding(ailment=word, level=Level.CRITICAL, message="", minion=at) for word, at in pairs)

    assert (told(one) == told(other)) == (one == other)
    assert (told(one) == "") == (not one)


def test_each_command_and_each_part_of_the_cluster_is_told_of_its_own():
    scopes = (Scope(), Scope(namespace="shop"), Scope(minions=("alpha",)), Scope(wanted=()))
    who = {listener(command, scope) for command in ("mail a", "mail b") for scope in scopes[:3]}
    assert len(who) == 6
    assert not any("mail" in each for each in who)


@given(st.lists(st.tuples(st.integers(0, 40).map(str), st.sampled_from(["", "x", "y"])), max_size=60))
def test_what_was_told_last_is_remembered_of_the_newest_and_good_news_takes_no_room(told):
    document = EMPTY
    for who, what in told:
        document = with_told(document, who, what)
        assert was_told(document, who) == what
        assert len(document.told) <= 20
        assert "" not in document.told.values()
    assert decode(encode(document)) == document
