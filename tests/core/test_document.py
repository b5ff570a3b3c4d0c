"""The Document as text and back, which copy of it counts, who keeps the next, what is stale, what is leaving."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.core.document.codec import FORM, decode, encode
from podctl.core.document.keepers import next_keepers
from podctl.core.document.leaving import held_back, leaving
from podctl.core.document.model import (
    Act,
    Deed,
    Document,
    DocumentCopy,
    Leaving,
    ObjectKey,
    PodEntry,
    Silence,
)
from podctl.core.document.recall import doubt, enough, recall
from podctl.core.document.stale import stale
from podctl.core.document.writing import asked_first, plan_writing, written
from podctl.core.model import Cluster, Mark, ObservedMinion, ObservedPod, PodKey
from tests.core.observed import minion, pod, silent

WEB = PodKey("default", "web")
FIVE = ("a", "b", "c", "d", "e")

texts = st.text(max_size=8)
keys = st.builds(PodKey, texts, texts)
raw = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
entries = st.builds(
    PodEntry, key=keys, manifest=raw, spec_hash=texts, config_hashes=st.dictionaries(texts, texts, max_size=2),
    uid=texts, minion=texts, waiting=texts,
)  # fmt: skip
deeds = st.builds(Deed, reason=texts, object=texts, namespace=texts, message=texts, failed=st.booleans())
acts = st.builds(
    Act, revision=st.integers(0), at_seconds=st.integers(), clock=texts, who=texts, command=texts, git=texts,
    deeds=st.lists(deeds, max_size=2).map(tuple), more_deeds=st.integers(0), result=texts,
)  # fmt: skip
documents = st.builds(
    Document,
    cluster=texts,
    revision=st.integers(0),
    keepers=st.lists(texts, max_size=5).map(tuple),
    elders=st.lists(texts, max_size=5).map(tuple),
    pods=st.lists(entries, max_size=3).map(lambda every: {each.key: each for each in every}),
    objects=st.dictionaries(st.builds(ObjectKey, texts, texts, texts), raw, max_size=3),
    leaving=st.dictionaries(
        texts, st.builds(Leaving, key=keys, minion=texts, deleted=st.booleans(), in_sight=st.booleans()), max_size=2
    ),
    claims=st.dictionaries(keys, texts, max_size=2),
    cordons=st.frozensets(texts, max_size=3),
    silences=st.dictionaries(texts, st.builds(Silence, since_seconds=st.integers(), clock=texts), max_size=2),
    acts=st.lists(acts, max_size=3).map(tuple),
)


def document(revision: int = 7, **given: object) -> Document:
    return replace(Document(cluster="shop", revision=revision, keepers=FIVE), **given)


def copy(of: Document, *, committed: bool = True, running: bool = True) -> DocumentCopy:
    container = f"{of.revision}{'' if committed else '.new'}"
    return DocumentCopy(
        revision=of.revision, committed=committed, running=running, container=container, payload=encode(of)
    )


def cluster(*minions: ObservedMinion) -> Cluster:
    return Cluster(name="shop", minions=minions)


def holding(of: Document, *names: str, without: str = "") -> Cluster:
    """`names` hold it; of `without`, a letter each answers and holds nothing."""
    return cluster(*(minion(name=each, copies=(copy(of),)) for each in names), *(minion(name=each) for each in without))


def entry(uid: str, on: str, key: PodKey = WEB) -> PodEntry:
    return PodEntry(key=key, manifest={}, spec_hash="", uid=uid, minion=on)


def web(uid: str, on: str, revision: int = 5, **given: object) -> ObservedPod:
    return pod(uid=uid, minion=on, revision=revision, **given)


def stale_uids(of: Document, seen: Cluster) -> list[str]:
    return [each.uid for each, _ in stale(of, seen)]


# ------------------------------------------------------------------------------------------------------------- as text


@settings(max_examples=50, deadline=None)
@given(documents)
def test_a_document_comes_back_as_it_was(every: Document) -> None:
    assert decode(encode(every)) == every


@settings(max_examples=50, deadline=None)
@given(documents)
def test_equal_documents_give_equal_texts(every: Document) -> None:
    turned = replace(every, pods=dict(reversed(every.pods.items())), objects=dict(reversed(every.objects.items())))
    assert encode(turned) == encode(every)


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def test_one_of_a_newer_podctl_says_so() -> None:
    with pytest.raises(ValueError, match=f"written by a newer podctl .form {FORM + 1}, this one knows {FORM}"):
        decode(packed({"form": FORM + 1}))


@pytest.mark.parametrize(
    "payload",
    ["", "?", "YQ", "YWJj", packed(None), packed([]), packed({}), packed({"form": "1"}), packed({"form": FORM})],
)
def test_what_is_no_document_is_damaged(payload: str) -> None:
    with pytest.raises(ValueError, match="it is damaged"):
        decode(payload)


@settings(deadline=None)
@given(st.data())
def test_a_document_that_was_cut_is_damaged(data: st.DataObject) -> None:
    whole = encode(document())
    with pytest.raises(ValueError, match="it is damaged"):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


# -------------------------------------------------------------------------------------------------------- which counts


def test_the_newest_committed_copy_is_the_document() -> None:
    seen = cluster(
        minion(name="a", copies=(copy(document(6)), copy(document(8), committed=False))),
        minion(name="b", copies=(copy(document(7)),)),
    )
    recalled = recall(seen)
    assert (recalled.document.revision, recalled.highest, recalled.found) == (7, 8, True)


def test_nothing_was_ever_written() -> None:
    recalled = recall(cluster(minion(name="a")))
    assert (recalled.document, recalled.found) == (Document(cluster="shop"), False)
    assert doubt(recalled, cluster(minion(name="a"))) == ""


@pytest.mark.parametrize(
    ("copies", "vouches"),
    [
        pytest.param((), False, id="one that lost its copies does not"),
        pytest.param((copy(document(7)),), True, id="one with this Document does"),
        pytest.param((copy(document(4)),), True, id="one that missed the last writes does"),
        pytest.param((copy(document(7), committed=False),), True, id="one that was to have this Document does"),
        pytest.param((copy(document(7), committed=False, running=False),), False, id="not one that never ran"),
        pytest.param((copy(document(9), committed=False),), False, id="not one that has but a first round's copy"),
    ],
)
def test_who_vouches(copies: tuple[DocumentCopy, ...], vouches: bool) -> None:
    seen = cluster(minion(name="a", copies=(copy(document(7)),)), minion(name="b", copies=copies))
    assert ("b" in recall(seen).vouching) is vouches


def test_a_majority_of_the_keepers_may_write() -> None:
    seen = holding(document(), "a", "b", "c", without="d")
    assert doubt(recall(seen), seen) == ""


def test_a_minority_may_not_write_but_on_the_operators_word() -> None:
    seen = holding(document(), "a", "b", without="cd")
    assert doubt(recall(seen), seen) == ("only 2 of the 5 keepers of the Document answer and hold it; missing: c, d, e")
    assert doubt(recall(seen), seen, without_quorum=True) == ""


def test_the_keepers_before_have_a_say() -> None:
    changed = document(keepers=("a", "b", "c"), elders=("c", "d", "e"))
    seen = holding(changed, "a", "b", "c")
    assert "missing: d, e" in doubt(recall(seen), seen)
    seen = holding(changed, "a", "b", "c", "d")
    assert doubt(recall(seen), seen) == ""


@pytest.mark.parametrize(("names", "settled"), [("abc", True), ("ab", False)])
def test_a_document_stands_when_enough_have_it_committed(names: str, settled: bool) -> None:
    older = cluster(*(minion(name=each, copies=(copy(document(6)),)) for each in FIVE if each not in names))
    seen = cluster(*holding(document(), *names).minions, *older.minions)
    assert recall(seen).settled is settled
    assert doubt(recall(seen), seen) == ""


def test_enough_is_a_majority_of_both_sets() -> None:
    changed = document(keepers=("a", "b", "c"), elders=("c", "d", "e"))
    assert enough(changed, "bcd")
    assert not enough(changed, "abc")
    assert not enough(changed, "cde")
    assert not enough(Document(cluster="shop"), "abc")


def test_two_documents_of_one_revision_stop_everyone() -> None:
    other = document(cordons=frozenset({"a"}))
    seen = cluster(*holding(document(), "a", "b", "c").minions, *holding(other, "d").minions)
    assert doubt(recall(seen), seen, without_quorum=True) == "d has another Document of the same revision 7"


def test_a_newer_copy_that_cannot_be_read_stops_everyone() -> None:
    broken = replace(copy(document(9)), payload="?")
    seen = cluster(*holding(document(), "a", "b", "c").minions, minion(name="d", copies=(broken,)))
    assert doubt(recall(seen), seen).startswith("the Document on d cannot be read: it is damaged")


def test_a_copy_that_cannot_be_read_beside_one_that_can_stops_nobody() -> None:
    broken = replace(copy(document()), payload="?")
    seen = cluster(minion(name="a", copies=(broken,)), *holding(document(), "b", "c", "d").minions)
    assert recall(seen).document == document()
    assert doubt(recall(seen), seen) == ""


def test_a_copy_under_another_revision_is_damaged() -> None:
    seen = cluster(minion(name="a", copies=(replace(copy(document()), revision=9),)))
    assert doubt(recall(seen), seen) == "the Document on a cannot be read: it is damaged: it is of shop, revision 7"


def test_a_pod_of_a_newer_document_stops_who_sees_an_old_one() -> None:
    seen = cluster(*holding(document(), "a", "b", "c").minions, minion(web("u1", "d", 8), name="d"))
    assert doubt(recall(seen), seen, without_quorum=True) == (
        "the newest Document in sight is revision 7, but alpha has Pods of a newer one".replace("alpha", "d")
    )
    assert recall(seen).highest == 8


def test_without_a_document_pods_and_silence_are_doubtful() -> None:
    seen = cluster(minion(web("u1", "a"), name="a"))
    assert doubt(recall(seen), seen, without_quorum=True) == "there are Pods on a, but no Document that names them"
    seen = cluster(minion(name="a"), silent("b"))
    assert doubt(recall(seen), seen) == "no Document is in sight, and b may hold it"
    assert doubt(recall(seen), seen, without_quorum=True) == ""


# ------------------------------------------------------------------------------------------------------ the next write


def test_all_keep_where_there_are_fewer_than_five() -> None:
    assert next_keepers(Document(cluster="shop"), cluster(minion(name="b"), silent("a"))) == ("a", "b")


def test_keepers_stay_and_a_silent_one_gives_way() -> None:
    seen = cluster(*(minion(name=each) for each in "gfedca"), silent("b"))
    assert next_keepers(document(), seen) == ("a", "c", "d", "e", "f")


def test_what_is_gone_for_ever_keeps_nothing() -> None:
    assert next_keepers(document(), cluster(minion(name="a"), silent("b")), without_quorum=True) == ("a",)


@settings(deadline=None)
@given(st.permutations([minion(name=each) for each in "abcdef"] + [silent("g")]))
def test_the_order_of_the_inventory_chooses_no_keeper(order: list[ObservedMinion]) -> None:
    assert next_keepers(document(), cluster(*order)) == FIVE


def test_keepers_change_with_the_say_of_those_before() -> None:
    seen = cluster(*holding(document(), "a", "b", "c", "d").minions, silent("e"), minion(name="f"))
    writing = plan_writing(document(), recall(seen), seen)
    assert writing.document == document(8, keepers=("a", "b", "c", "d", "f"), elders=FIVE)
    assert writing.copies == ("a", "b", "c", "d", "f")
    assert writing.older == dict.fromkeys("abcd", ("7",))


def test_keepers_do_not_change_from_a_document_that_does_not_stand() -> None:
    older = (minion(name=each, copies=(copy(document(6)),)) for each in "bcd")
    seen = cluster(*holding(document(), "a").minions, *older, silent("e"), minion(name="f"))
    assert plan_writing(document(), recall(seen), seen).document == document(8)


def test_who_keeps_no_more_forgets_the_newest_last() -> None:
    seen = cluster(*holding(document(), *FIVE).minions, minion(name="f", copies=(copy(document(6)),)))
    several = minion(name="g", copies=(copy(document(6)), copy(document(9), committed=False), copy(document(5))))
    seen = replace(seen, minions=(*seen.minions, several))
    assert plan_writing(document(), recall(seen), seen).forget == {"f": ("6",), "g": ("9.new", "5")}


def stopped(of: Document) -> DocumentCopy:
    return copy(of, running=False)


@pytest.mark.parametrize(
    ("seen", "later", "first"),
    [
        pytest.param(holding(document(), *FIVE), "", "abc", id="the first that are enough"),
        pytest.param(holding(document(), *FIVE), "ac", "bde", id="others first where a stale Pod is to go"),
        pytest.param(holding(document(), *FIVE), "abc", "ade", id="but as many of these as are needed"),
        pytest.param(holding(document(), *"abcd", without="e"), "", "abce", id="and who has none to vouch with"),
        pytest.param(holding(document(), *"abcd", without="e"), "e", "abc", id="not before its stale Pod has gone"),
        pytest.param(holding(document(), without="abcde"), "", "abcde", id="all, when nobody has any"),
        pytest.param(
            cluster(*holding(document(), *"abcd").minions, minion(name="e", copies=(stopped(document()),))), "", "abce",
            id="and who has one that a prune would take",
        ),
    ],
)  # fmt: skip
def test_before_a_writer_acts_it_asks_no_more_keepers_than_it_needs(seen: Cluster, later: str, first: str) -> None:
    assert asked_first(document(), seen, FIVE, later) == tuple(first)


keeper_sets = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=5).map(tuple)


@given(keepers=keeper_sets, elders=keeper_sets, names=keeper_sets, later=st.frozensets(st.sampled_from("abcdefg")))
def test_those_that_are_asked_first_are_enough_when_all_are_and_none_of_them_too_many(
    keepers: tuple[str, ...], elders: tuple[str, ...], names: tuple[str, ...], later: frozenset[str]
) -> None:
    of = document(keepers=keepers, elders=elders)
    first = asked_first(of, holding(document(), *"abcdefg"), names, later)
    assert enough(of, first) is enough(of, names)
    if enough(of, names):
        assert not any(enough(of, set(first) - {each}) for each in first)
    else:
        assert set(first) >= set(names) - later


def test_what_was_written_is_as_a_look_would_show_it() -> None:
    seen = cluster(*holding(document(), "a", "b", "c", "d").minions, silent("e"), minion(name="f"))
    writing = plan_writing(document(), recall(seen), seen)
    after = written(seen, writing, {"a", "b", "c", "f"})
    assert (recall(after).document, recall(after).settled) == (writing.document, True)
    assert plan_writing(writing.document, recall(after), after).document == replace(
        writing.document, revision=9, elders=()
    )


# ------------------------------------------------------------------------------------------------------- what is stale


def test_what_is_named_stays_and_another_copy_goes() -> None:
    seen = cluster(minion(web("u1", "a"), name="a"), minion(web("u2", "b"), name="b"))
    assert stale_uids(document(pods={WEB: entry("u2", "b")}), seen) == ["u1"]


def test_what_nothing_names_goes() -> None:
    assert stale(document(), cluster(minion(web("u1", "a"), name="a"))) == (
        (web("u1", "a"), "nothing names it any more"),
    )


def test_a_pod_whose_successor_was_never_made_stays() -> None:
    seen = cluster(minion(web("u0", "a", 3), web("u1", "a", 5), name="a"), minion(name="b"))
    assert stale_uids(document(pods={WEB: entry("u2", "b")}), seen) == ["u0"]


def test_a_pod_whose_successor_waits_for_room_stays() -> None:
    seen = cluster(minion(web("u1", "a"), name="a"))
    assert stale_uids(document(pods={WEB: entry("", "")}), seen) == []


@pytest.mark.parametrize("others", [(silent("b"),), ()], ids=["silent", "in another inventory"])
def test_a_pod_whose_successor_may_run_out_of_sight_goes(others: tuple[ObservedMinion, ...]) -> None:
    seen = cluster(minion(web("u1", "a"), name="a"), *others)
    assert stale_uids(document(pods={WEB: entry("u2", "b")}), seen) == ["u1"]


def test_a_minion_may_change_its_name() -> None:
    seen = cluster(minion(web("u1", "a"), web("u0", "a"), name="a"))
    assert stale_uids(document(pods={WEB: entry("u1", "alpha")}), seen) == ["u0"]


def test_a_pod_of_a_newer_document_is_not_stale() -> None:
    assert stale_uids(document(), cluster(minion(web("u1", "a", 8), name="a"))) == []


def test_leftovers_are_not_the_documents_matter() -> None:
    assert stale_uids(document(), cluster(minion(web("u1", "a", mark=Mark.OLD), name="a"))) == []


def test_a_deleted_pod_does_not_come_back_as_the_next_of_its_name() -> None:
    of = document(pods={WEB: entry("u2", "b")}, leaving={"u1": Leaving(key=WEB, minion="a", deleted=True)})
    assert stale_uids(of, cluster(minion(web("u1", "a"), name="a"), minion(name="b"))) == ["u1"]


# ------------------------------------------------------------------------------------------------------ what is leaving

NAMED = document(pods={WEB: entry("u1", "a")})


@pytest.mark.parametrize(
    ("seen", "may_run", "in_sight"),
    [
        pytest.param(cluster(minion(web("u1", "a"), name="a")), True, True, id="it was seen"),
        pytest.param(cluster(silent("a")), True, False, id="its Minion is silent"),
        pytest.param(cluster(minion(name="b")), True, False, id="its Minion is in another inventory"),
        pytest.param(cluster(minion(name="a")), False, True, id="its Minion has it no more"),
    ],
)
def test_a_deleted_pod_is_leaving_until_its_minion_was_seen_without_it(
    seen: Cluster, may_run: bool, in_sight: bool
) -> None:
    gone = {"u1": Leaving(key=WEB, minion="a", deleted=True, in_sight=in_sight)} if may_run else {}
    assert leaving(NAMED, document(), seen) == gone
    assert leaving(document(leaving={"u1": Leaving(key=WEB, minion="a")}), document(), seen) == gone


def test_a_replaced_pod_is_leaving_and_not_deleted() -> None:
    seen = cluster(minion(web("u1", "a"), name="a"), minion(name="b"))
    moved = document(pods={WEB: entry("u2", "b")})
    assert leaving(NAMED, moved, seen) == {"u1": Leaving(key=WEB, minion="a", in_sight=True)}


def test_a_command_that_ended_well_has_removed_what_was_in_sight_and_nothing_else() -> None:
    there, away = Leaving(key=WEB, minion="a", in_sight=True), Leaving(key=WEB, minion="z", deleted=True)
    of = document(
        leaving={"u1": there, "u2": away}, acts=(Act(revision=7, at_seconds=0, clock="a", who="", command=""),)
    )
    begun = [copy(of) for _ in FIVE]
    assert recall(carrying(*begun)).document.leaving == {"u1": there, "u2": away}
    ended = [replace(each, done=True) for each in begun]
    assert recall(carrying(*ended)).document.leaving == {"u2": away}


def carrying(*copies: DocumentCopy) -> Cluster:
    return cluster(*(minion(name=name, copies=(each,)) for name, each in zip(FIVE, copies, strict=True)))


def test_what_is_made_in_spite_of_a_silent_minion_gives_up_what_is_there() -> None:
    seen = cluster(silent("a"), minion(name="b"))
    assert leaving(NAMED, document(pods={WEB: entry("u2", "b")}), seen) == {}


def test_a_copy_out_of_sight_holds_back_the_next() -> None:
    of = document(leaving={"u1": Leaving(key=WEB, minion="a")})
    assert held_back(of, cluster(silent("a"))) == {WEB: "a"}
    assert held_back(of, cluster(minion(name="b"))) == {WEB: "a"}
    assert held_back(of, cluster(minion(web("u1", "a"), name="a"))) == {}
