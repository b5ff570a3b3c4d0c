"""What drain says where not all went as planned."""

from __future__ import annotations

from observed import container, manifest, minion, pod

from podctl.core.actions import Plan, Remove, Replace
from podctl.core.document.model import Document
from podctl.core.manifest import parse_values
from podctl.core.model import Cluster, PodKey
from podctl.core.moving.movers import Stay, Why
from podctl.core.moving.plans import MovePlan
from podctl.core.outcome import Outcome, Word
from podctl.engine.moving import Moved
from podctl.errors import ExitCode
from podctl.report import moves

CLUSTER = Cluster(name="shop", minions=(minion(), minion(name="bravo")))


def move(name):
    raw = manifest(name)
    old = pod(container("app"), uid=f"old-{name}", manifest=raw)
    return Replace(
        pod=parse_values([raw], "the Document").pods[0], minion="bravo", reason="alpha is drained", move=True,
        placement_reason="it fits", remove=Remove(minion="alpha", uid=old.uid, pod=old, reason="alpha is drained"),
    )  # fmt: skip


def outcome(name, word=Word.MOVED, **given):
    return Outcome(key=PodKey("default", name), minion="bravo", word=word, **given)


def done(*outcomes, waves=(), before=frozenset(), **plan):
    return Moved(
        cluster=CLUSTER, before=Document(cluster="shop", cordons=before), outcomes=outcomes,
        plan=MovePlan(waves=tuple(Plan(actions=each) for each in waves), drained=("alpha",), **plan),
    )  # fmt: skip


def test_a_drain_that_went_well_names_each_move_and_the_minion():
    ended = done(outcome("a"), waves=[(move("a"),)])
    assert moves.drain_lines(ended, ["alpha"], dry_run=False) == [
        "minion/alpha cordoned", "pod/a moved from alpha to bravo", "minion/alpha drained",
    ]  # fmt: skip
    assert (moves.trouble_lines(ended, dry_run=False), moves.codes(ended)) == ([], [ExitCode.DONE])


def test_a_minion_is_not_drained_where_a_move_failed_and_what_did_not_begin_is_named():
    failed = outcome("a", Word.FAILED, code=ExitCode.FAILED, message="not ready", stays=True)
    ended = done(failed, waves=[(move("a"),), (move("b"),)], before=frozenset({"alpha"}))
    assert moves.drain_lines(ended, ["alpha"], dry_run=False) == ["minion/alpha already cordoned"]
    assert moves.trouble_lines(ended, dry_run=False) == [
        "error: pod/a on bravo: not ready",
        "error: pod/b stays on alpha: its turn did not come, as a move before it failed",
    ]
    assert ExitCode.FAILED in moves.codes(ended)


def test_a_rehearsal_says_what_would_be_and_that_it_is_one():
    ended = done(waves=[(move("a"),)])
    assert moves.drain_lines(ended, ["alpha"], dry_run=True) == [
        "minion/alpha cordoned (dry run)",
        "pod/a moved from alpha to bravo (dry run)",
        "minion/alpha drained (dry run)",
    ]
    assert moves.trouble_lines(ended, dry_run=True) == []
    assert moves.codes(ended, dry_run=True) == []


def test_each_kind_of_staying_has_its_words_and_its_exit_code():
    there = pod(container("app"), manifest=manifest("a"))
    ended = done(stays=(
        Stay(pod=there, why=Why.ENDED, message="it has ended"),
        Stay(pod=there, why=Why.REFUSED, message="its data is here"),
        Stay(pod=there, why=Why.NOWHERE, reasons={"bravo": "cpu: 3 asked, 2 free of 4"}, diagnosis="too little cpu"),
    ), left=((PodKey("default", "b"), "alpha", "bravo"),))  # fmt: skip
    assert moves.trouble_lines(ended, dry_run=False) == [
        "note: pod/a stays on alpha: it has ended",
        "error: pod/a stays on alpha: its data is here",
        "error: pod/a stays on alpha: it fits on no other Minion",
        "  too little cpu",
        "  bravo: cpu: 3 asked, 2 free of 4",
        "Hint: Make room, change what the reasons name, or add a Minion; then run it again.",
        "error: pod/b is still to move from alpha to bravo",
        "Hint: --max-moves left these for another time: run it again.",
    ]
    assert set(moves.codes(ended)) == {ExitCode.DONE, ExitCode.FAILED, ExitCode.UNPLACED}
