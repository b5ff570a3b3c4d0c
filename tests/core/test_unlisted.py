"""Minions that the cluster remembers and the inventory lacks: as good as silent until they are given up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from observed import claim_volume, manifest, minion, pod
from remembering import holding

from podctl.core.document.changes import without
from podctl.core.document.failover import Failover, FailoverWish, fail_over
from podctl.core.document.keepers import next_keepers
from podctl.core.document.model import Document, Leaving, PodEntry
from podctl.core.document.stale import stale
from podctl.core.document.unlisted import with_unlisted
from podctl.core.manifest import parse
from podctl.core.memory import Why, remember
from podctl.core.model import Cluster, PodKey
from podctl.core.plan import make_plan

WEB, DATA = PodKey("default", "web"), PodKey("default", "data")
(FILE,) = parse([("web.json", json.dumps(manifest("web")))]).pods


def entry(on="gamma", **given):
    return PodEntry(key=WEB, manifest=FILE.raw, spec_hash=FILE.spec_hash, uid="u", minion=on, **given)


def document(*entries, **given):
    return Document(cluster="shop", keepers=("alpha", "gamma"), pods={each.key: each for each in entries}, **given)


def cluster(*minions):
    return Cluster(name="shop", minions=minions or (minion(name="alpha"),))


HELD = with_unlisted(cluster(), document(entry()))
REMEMBERED = {
    "a Pod": document(entry()),
    "a claim": document(claims={DATA: "gamma"}),
    "both": document(entry(), claims={DATA: "gamma"}),
}


@pytest.mark.parametrize("known", REMEMBERED.values(), ids=REMEMBERED)
def test_who_is_remembered_and_not_in_the_inventory_is_silent_and_told_what_to_do(known):
    (gone,) = with_unlisted(cluster(), known).silent
    assert (gone.minion.name, gone.unlisted, gone.busy, gone.reached) == ("gamma", True, False, False)
    assert gone.problem == "it is not in this inventory, and the cluster remembers Pods or claims there"
    assert gone.hint.startswith("Put it back into the inventory; if it is gone for good: podctl apply --failover ")


LISTED = minion(name="gamma")
RENAMED = minion(pod(uid="u", minion="beta"), name="beta", volumes=(replace(claim_volume("data"), claim=DATA),))
HOLDS_NOBODY_UP = {
    "it is in the inventory": (cluster(minion(), LISTED), document(entry(), claims={DATA: "gamma"})),
    "the Pod waits for room": (cluster(), document(entry(on=""))),
    "the Pod was deleted while it was silent": (cluster(), document(entry(doomed=True))),
    "the Pod left before the machine was taken out": (
        cluster(), document(leaving={"u": Leaving(key=WEB, minion="gamma")}),
    ),
    "it has another name in this inventory": (cluster(RENAMED), document(entry(), claims={DATA: "gamma"})),
}  # fmt: skip


@pytest.mark.parametrize("seen, known", HOLDS_NOBODY_UP.values(), ids=HOLDS_NOBODY_UP)
def test_who_has_nothing_that_is_wanted_holds_nobody_up(seen, known):
    assert with_unlisted(seen, known) == seen


def test_no_second_copy_is_made_of_what_may_run_there():
    plan = make_plan([FILE], HELD, document=document(entry()))
    assert (plan.actions, [each.key for each in plan.held]) == ((), [WEB])


def test_such_a_pod_is_not_forgotten_by_those_who_only_look():
    known = replace(document(entry()), revision=1, keepers=("alpha",))
    seen = remember(holding(known, minion()))
    assert [(each.key, each.why) for each in seen.absent] == [(WEB, Why.SILENT)]
    assert [each.minion.name for each in seen.cluster.silent] == ["gamma"]


def test_the_operators_word_frees_its_pods():
    word = fail_over(document(entry()), HELD, FailoverWish())
    assert list(word.lost) == [WEB]
    (made,) = make_plan([FILE], HELD, document=document(entry()), given_up=word.lost).actions
    assert (made.key, made.minion) == (WEB, "alpha")
    assert fail_over(document(entry()), cluster(minion(), LISTED), FailoverWish()) == Failover()


def test_who_deletes_a_pod_there_forgets_it_at_once():
    assert without(document(entry()), HELD, pods=[WEB]).pods == {}


def test_nobody_keeps_the_document_who_is_not_in_the_inventory():
    assert next_keepers(document(entry()), HELD) == ("alpha",)


def test_a_pod_whose_minion_has_another_name_now_is_not_stale():
    known = document(entry())
    assert stale(known, with_unlisted(cluster(RENAMED), known)) == ()
