"""What a repair says of itself: acts with their reasons, and what it left with why."""

from __future__ import annotations

import json

from observed import manifest, pod

from podctl.core.actions import Create, Plan, Remove, Replace, Restart, Start
from podctl.core.health.limits import Unhealed
from podctl.core.health.model import Checkup
from podctl.core.health.repairs import Repairs
from podctl.core.health.scope import Scope
from podctl.core.manifest import parse
from podctl.core.memory import remember
from podctl.core.model import Cluster, PodKey
from podctl.core.outcome import Outcome, Word
from podctl.engine.repairing import Repaired
from podctl.errors import ExitCode, LockedError
from podctl.report.repaired import act_lines, left_lines

(WEB,) = parse([("p.json", json.dumps(manifest("web")))]).pods
SEEN = pod(uid="5eed")
OLD = Remove(minion="alpha", uid="5eed", reason="stale", pod=SEEN)
ACTIONS = (
    OLD,
    Remove(minion="alpha", uid="gone", reason="volumes of a Pod that is gone", volumes=("v",)),
    Start(pod=WEB, minion="alpha", reason="app not running", observed=SEEN),
    Restart(pod=WEB, minion="alpha", reason="liveness probe failed: app says no", observed=SEEN, containers=("app",)),
    Create(pod=WEB, minion="bravo", reason="it is nowhere", placement_reason="first by name"),
    Replace(pod=WEB, minion="alpha", reason="app is gone", placement_reason="", remove=OLD),
    Replace(pod=WEB, minion="bravo", reason="alpha is full", placement_reason="", remove=OLD),
)
CHECKUP = Checkup(remembered=remember(Cluster(name="shop", minions=())), scope=Scope())


def repaired(*actions, **given):
    repairs = Repairs(plan=Plan(actions=actions), copies=given.pop("copies", False), unhealed=given.pop("unhealed", ()))
    return Repaired(checkup=CHECKUP, repairs=repairs, **given)


def test_a_line_an_act_with_its_reason():
    assert act_lines(repaired(*ACTIONS, copies=True), dry_run=False) == [
        "removed pod default/web on alpha: stale",
        "removed volumes on alpha: volumes of a Pod that is gone",
        "started pod default/web on alpha: app not running",
        "restarted pod default/web on alpha: liveness probe failed: app says no",
        "created pod default/web on bravo: it is nowhere",
        "recreated pod default/web on alpha: app is gone",
        "moved pod default/web from alpha to bravo: alpha is full",
        "wrote the Document to its keepers anew: copies of it were missing",
    ]


def test_a_rehearsal_says_so_in_each_line():
    assert act_lines(repaired(ACTIONS[2]), dry_run=True) == [
        "started pod default/web on alpha: app not running (dry run)"
    ]


def test_what_could_not_be_done_is_told_as_what_went_wrong():
    failed = Outcome(key=WEB.key, minion="alpha", word=Word.FAILED, code=ExitCode.FAILED, message="no such image")
    done = repaired(ACTIONS[5], outcomes=(failed,))
    assert act_lines(done, dry_run=False) == []
    assert left_lines(done) == ["error: pod/web on alpha: no such image"]


def test_where_nothing_could_be_done_no_act_is_claimed():
    done = repaired(ACTIONS[2], copies=True, refused=LockedError("bravo is locked", evidence="by ann", hint="Wait."))
    assert act_lines(done, dry_run=False) == []
    assert left_lines(done) == ["error: nothing is repaired: bravo is locked", "  by ann", "Hint: Wait."]


def test_what_is_left_is_told_with_why():
    left = (
        Unhealed(key=PodKey("shop", "db"), minion="alpha", why="its work may be done", hint="Delete it."),
        Unhealed(key=None, why="later"),
    )
    assert left_lines(repaired(unhealed=left, doubt="alpha is missing")) == [
        "not repaired: pod shop/db on alpha: its work may be done",
        "Hint: Delete it.",
        "not repaired: volumes: later",
        "error: nothing is repaired: alpha is missing",
    ]
