"""The right to write: two rounds over a majority, and what becomes of a writer that does not get them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from keepers import ALICE, NAMES, Keeper, session
from observed import NOON

from podctl.core.document.model import Act, Deed, Document, ObjectKey, Silence
from podctl.engine.keeping import Keeping
from podctl.errors import ConnectError, UnreachableError

SITE = ObjectKey("ConfigMap", "default", "site")
MADE = Deed(reason="Created", object="pod/web", namespace="default", message="on alpha")


def keepers(**others):
    return {name: others.get(name) or Keeper(name) for name in NAMES}


def opened(those, **given):
    """A new command; the one before has ended, however it did."""
    for each in those.values():
        vars(each).update(locked=False)
    return Keeping.open(session(those), ALICE, lock_timeout_seconds=0, **given)


def with_site(document, value="1"):
    return replace(document, objects={**document.objects, SITE: {"kind": "ConfigMap", "data": {"a": value}}})


def written(those, value="1", result="done"):
    """One whole writing command; what it says at its end."""
    keeping = opened(those)
    keeping.write(with_site(keeping.document, value), [MADE])
    return keeping.close([MADE], result)


def remembered(those):
    """What the next look of anybody finds."""
    return Keeping.look(session(those), ALICE).recalled


def names(those):
    return {name: each.names for name, each in those.items() if isinstance(each, Keeper)}


def test_a_cluster_that_has_never_been_written_to_has_an_empty_document_and_that_is_no_doubt():
    keeping = opened(keepers())
    assert (keeping.document, keeping.next_revision) == (Document(cluster="shop"), 1)


def test_a_write_is_a_copy_on_every_keeper_and_only_then_a_name():
    those = keepers()
    keeping = opened(those)
    keeping.write(with_site(keeping.document), [MADE])
    assert [each.changes for each in those.values()] == [
        ["check that the infra image is there", "write the Document's revision 1", "commit the Document's revision 1"],
    ] * 3  # fmt: skip
    assert names(those) == dict.fromkeys(NAMES, ("state.1",))
    assert keeping.document.keepers == NAMES
    assert keeping.next_revision == 2


def test_nobody_commits_before_enough_are_prepared():
    """Were it otherwise, a writer that is killed between two Minions would leave a Document that too few know."""
    order = []
    those = keepers()
    for name, each in those.items():
        each.answer = lambda step, each=each, name=name: (
            order.append((step.title.split()[0], name)),
            each.reply(step),
        )[1]
    keeping = opened(those)
    keeping.write(with_site(keeping.document), [])
    rounds = [word for word, _ in order if word in ("write", "commit")]
    assert rounds == ["write"] * 3 + ["commit"] * 3


def test_before_a_command_acts_only_as_many_keepers_are_asked_as_are_enough():
    """The last one has a copy of its own to vouch with, should the command be killed now."""
    those = keepers()
    written(those)
    before = {name: len(each.changes) for name, each in those.items()}
    keeping = opened(those)
    keeping.write(with_site(keeping.document, "2"), [MADE])
    assert {name: each.changes[before[name] :] for name, each in those.items()} == {
        "alpha": ["write the Document's revision 2", "commit the Document's revision 2"],
        "bravo": ["write the Document's revision 2", "commit the Document's revision 2"],
        "charlie": [],
    }
    assert remembered(silent("alpha", those=those)).vouching == {"bravo", "charlie"}


def test_the_others_get_theirs_and_what_counts_no_more_goes_while_it_waits_and_only_the_mark_is_left_for_the_end():
    those = keepers()
    written(those)
    keeping = opened(those)
    keeping.write(with_site(keeping.document, "2"), [MADE])
    assert set(keeping.meanwhile.minions) == set(NAMES)
    for name in NAMES * 2:  # the second time there is nothing to do
        keeping.meanwhile.work(name)
    assert names(those) == dict.fromkeys(NAMES, ("state.2",))
    before = {name: len(each.changes) for name, each in those.items()}
    assert keeping.close([MADE], "done") == ""
    for name, each in those.items():
        assert each.changes[before[name] :] == ["mark the Document's revision 2 as done"]
    assert keeping.meanwhile.minions == ()


@pytest.mark.parametrize("fault", [{"refuses": "write the Document"}, {"dies_at": "commit"}, {"refuses": "start"}])
def test_one_that_does_not_get_it_meanwhile_keeps_what_it_has_and_the_end_is_written_anew(fault):
    """The name that says that all is done is for a Document that all have who were to get it."""
    those = keepers()
    written(those)
    keeping = opened(those)
    keeping.write(with_site(keeping.document, "2"), [MADE])
    vars(those["charlie"]).update(fault)
    keeping.meanwhile.work("charlie")
    assert "state.1.done" in names(those)["charlie"]
    assert keeping.close([MADE], "done") == ""
    there = names(those)
    assert (there["alpha"], there["bravo"]) == (("state.3",), ("state.3",))
    assert "state.1.done" in there["charlie"]
    vars(those["charlie"]).update(dead=False, refuses=None, dies_at=None)
    assert written(those, "3") == ""
    assert names(those) == dict.fromkeys(NAMES, ("state.4.done",))


def test_the_end_of_the_command_is_written_over_its_beginning():
    those = keepers()
    assert written(those) == ""
    assert names(those) == dict.fromkeys(NAMES, ("state.1.done",))  # no copy more: the name says it
    recalled = remembered(those)
    assert recalled.settled
    (act,) = recalled.document.acts
    assert act == Act(
        revision=1, at_seconds=int(NOON.timestamp()), clock="alpha", who=ALICE.who, command=ALICE.command,
        git=ALICE.git, deeds=(MADE,), result="done",
    )  # fmt: skip


def test_a_command_that_was_broken_off_leaves_an_act_without_a_result_and_what_it_wanted():
    those = keepers()
    keeping = opened(those)
    keeping.write(with_site(keeping.document), [MADE])
    document = remembered(those).document
    assert [(each.result, each.deeds) for each in document.acts] == [("", (MADE,))]
    assert SITE in document.objects


def test_acts_add_up_and_the_oldest_are_forgotten_beyond_two_hundred():
    those = keepers()
    written(those)
    keeping = opened(those)
    many = tuple(Act(revision=n, at_seconds=n, clock="alpha", who="", command=str(n)) for n in range(300))
    keeping.write(replace(keeping.document, acts=many), [MADE] * 60)
    acts = remembered(those).document.acts
    assert (len(acts), acts[0].command, acts[-1].command) == (200, "101", ALICE.command)
    assert (len(acts[-1].deeds), acts[-1].more_deeds) == (50, 10)


def test_nothing_is_written_at_the_end_of_a_command_that_changed_nothing():
    those = keepers()
    written(those)
    before = {name: list(each.changes) for name, each in those.items()}
    assert opened(those).close([], "done") == ""
    assert {name: each.changes for name, each in those.items()} == before


FAULTS = {
    "one keeper has no room": {"bravo": {"refuses": "write the Document"}},
    "one keeper's link breaks before it is written": {"bravo": {"dies_at": "write the Document"}},
    "one keeper's link breaks before it is committed": {"bravo": {"dies_at": "commit"}},
    "one keeper cannot commit": {"charlie": {"refuses": "commit"}},
    "one keeper cannot start it": {"alpha": {"refuses": "start"}},
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_majority_is_enough(faults):
    those = keepers(**{name: Keeper(name, **how) for name, how in faults.items()})
    keeping = opened(those)
    keeping.write(with_site(keeping.document), [])
    for each in those.values():
        each.dead, each.refuses, each.dies_at = False, None, None
    assert SITE in remembered(those).document.objects
    assert written(those, "2") == ""
    assert remembered(those).document.objects[SITE]["data"] == {"a": "2"}
    assert names(those) == dict.fromkeys(NAMES, ("state.2.done",))  # whoever lacked it has it again


TOO_MANY = {
    "two have no room": ({"refuses": "write the Document"}, "write the Document's revision 2: no space left on device"),
    "two links break before it is written": ({"dies_at": "write the Document"}, "the connection ended"),
    "two cannot start it": ({"refuses": "start"}, "write the Document's revision 2: cannot start the container"),
    "two cannot commit": ({"refuses": "commit"}, "commit the Document's revision 2: no space left on device"),
    "two links break before it is committed": ({"dies_at": "commit"}, "the connection ended"),
}


@pytest.mark.parametrize("how, why", TOO_MANY.values(), ids=TOO_MANY)
def test_without_a_majority_the_writer_is_told_so_and_may_not_act(how, why):
    those = keepers()
    written(those)
    for name in ("bravo", "charlie"):
        vars(those[name]).update(how)
    keeping = opened(those)
    with pytest.raises(UnreachableError) as caught:
        keeping.write(with_site(keeping.document, "2"), [])
    error = caught.value
    assert error.message == (
        "nothing was changed: the Document could not be written to bravo, charlie, only to 1 of its keepers"
    )
    assert [line.partition(": ")[0] for line in error.evidence.splitlines()] == ["bravo", "charlie"]
    assert error.evidence.count(why) == 2
    assert "--without-quorum" in error.hint


def test_after_a_failed_write_the_next_one_stands_and_is_newer_than_what_was_left_of_it():
    those = keepers()
    written(those)
    for name in ("bravo", "charlie"):
        those[name].refuses = "commit"
    keeping = opened(those)
    with pytest.raises(UnreachableError):
        keeping.write(with_site(keeping.document, "lost"), [])
    for each in those.values():
        each.refuses = None
    written(those, "won")
    recalled = remembered(those)
    assert (recalled.document.objects[SITE]["data"], recalled.settled) == ({"a": "won"}, True)
    assert {each for those_names in names(those).values() for each in those_names} == {"state.3.done"}


def test_what_came_of_a_command_is_no_error_where_it_cannot_be_written_down():
    those = keepers()
    keeping = opened(those)
    keeping.write(with_site(keeping.document), [])
    for each in those.values():
        each.dead = True
    assert keeping.close([], "done").startswith("alpha: Minion alpha: mark the Document's revision 1 as done: ")
    assert keeping.close([], "1 of 2 failed") == (
        "how it ended is not remembered: "
        "the Document could not be written to alpha, bravo, charlie, only to 0 of its keepers"
    )


def silent(*gone, those):
    return {name: ConnectError(f"Minion {name}: no route") if name in gone else each for name, each in those.items()}


def test_with_one_silent_of_three_it_can_be_written_and_since_when_it_is_silent_is_remembered():
    those = keepers()
    written(those)
    keeping = opened(silent("bravo", those=those))
    keeping.write(with_site(keeping.document, "2"), [])
    assert keeping.document.silences == {"bravo": Silence(since_seconds=int(NOON.timestamp()), clock="alpha")}
    assert keeping.close([], "done") == ""
    assert names(those) == {"alpha": ("state.2.done",), "bravo": ("state.1.done",), "charlie": ("state.2.done",)}


def test_what_a_minion_that_was_away_remembers_does_not_count_and_goes():
    those = keepers()
    written(those)
    away = silent("bravo", those=those)
    keeping = opened(away)
    keeping.write(with_site(keeping.document, "2"), [])
    recalled = remembered(those)
    assert recalled.document.objects[SITE]["data"] == {"a": "2"}
    written(those, "3")
    assert names(those) == dict.fromkeys(NAMES, ("state.3.done",))
    assert remembered(those).document.silences == {}


def test_with_two_silent_of_three_nothing_may_be_written_but_on_the_operators_word():
    those = keepers()
    written(those)
    away = silent("bravo", "charlie", those=those)
    with pytest.raises(UnreachableError) as caught:
        opened(away)
    assert caught.value.message == (
        "nothing was changed: only 1 of the 3 keepers of the Document answer and hold it; missing: bravo, charlie"
    )
    keeping = opened(away, without_quorum=True)
    keeping.write(with_site(keeping.document, "2"), [])
    assert keeping.document.keepers == ("alpha",)
    assert keeping.close([], "done") == ""


def test_where_nothing_is_in_sight_and_one_is_silent_that_one_may_hold_it():
    with pytest.raises(UnreachableError) as caught:
        opened(silent("bravo", those=keepers()))
    assert caught.value.message == "nothing was changed: no Document is in sight, and bravo may hold it"


def test_cordons_of_the_document_are_in_the_cluster_that_a_writer_sees():
    those = keepers()
    keeping = opened(those)
    keeping.write(replace(keeping.document, cordons=frozenset({"bravo"})), [])
    cluster = Keeping.look(session(those), ALICE).cluster
    assert [each.minion.name for each in cluster.minions if each.minion.unschedulable] == ["bravo"]


def test_five_keep_it_where_there_are_more_and_one_that_is_lost_gives_way():
    every = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot")
    those = {name: Keeper(name) for name in every}

    def write(minions):
        for each in those.values():
            each.locked = False
        keeping = Keeping.open(session(minions, every), ALICE, lock_timeout_seconds=0)
        keeping.write(with_site(keeping.document), [])
        assert keeping.close([], "done") == ""
        assert keeping.document.elders == ()  # who gave way is asked no more: two others may still be lost
        return keeping.document.keepers

    assert write(those) == every[:5]
    assert those["foxtrot"].names == ()
    away = {**those, "alpha": ConnectError("Minion alpha: no route")}
    assert write(away) == every[1:]
    assert those["foxtrot"].names == ("state.3",)
