"""The next Document: what a plan, a delete, a prune make of the one before, and what an Act says of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from observed import claim_volume, container, manifest, minion, pod, silent

from podctl.core.actions import Plan, Remove
from podctl.core.document.acts import deeds_done, deeds_of, object_deeds, result_of
from podctl.core.document.changes import after_plan, settled, without
from podctl.core.document.model import Deed, Document, ObjectKey, PodEntry
from podctl.core.manifest import Manifests, parse
from podctl.core.model import Cluster, Mark, PodKey
from podctl.core.outcome import Outcome, Word
from podctl.core.plan import make_plan
from podctl.core.pruning import NOTHING, Pruned, PruneWish, with_pruned
from podctl.core.selectors import parse_selector
from podctl.errors import ExitCode

DATA = {
    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}  # fmt: skip
SITE = ObjectKey("ConfigMap", "default", "site")
CLAIM, CLAIM_KEY = ObjectKey("PersistentVolumeClaim", "default", "data"), PodKey("default", "data")
VOLUME = replace(claim_volume("data"), claim=CLAIM_KEY)


def read(*objects):
    return parse([("pods.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))])


def one(name="web", **given):
    return read(manifest(name, **given)).pods[0]


WEB = one()
CLAIMING = read(DATA, manifest(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])).pods[0]
BIG = one(containers=[{"name": "app", "image": "i:1", "resources": {"requests": {"memory": "100Gi"}}}])


def there(wanted, on="alpha", uid="0ld", **given):
    return pod(container("app"), manifest=wanted.raw, spec_hash=wanted.spec_hash, uid=uid, minion=on, **given)


def entry(wanted, on="alpha", uid="0ld", **given):
    return PodEntry(key=wanted.key, manifest=wanted.raw, spec_hash=wanted.spec_hash, uid=uid, minion=on, **given)


def document(*entries, **given):
    return Document(cluster="shop", pods={each.key: each for each in entries}, **given)


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


EMPTY = cluster(minion(name="alpha"))
GAMMA_IS_SILENT = cluster(minion(name="alpha"), silent("gamma"))


def after(known, seen, *wanted, objects=None):
    plan = make_plan(wanted, seen, document=known)
    return after_plan(known, plan, seen, objects=objects or {}, uids={each.key: "n3w" for each in wanted})


PODS = {  # what was remembered, what is seen, what is wanted; what is remembered next
    "what is made is named with its new uid": (document(), EMPTY, WEB, entry(WEB, uid="n3w")),
    "what is made anew, too": (
        document(entry(WEB)), cluster(minion(there(WEB), name="alpha")), CLAIMING, entry(CLAIMING, uid="n3w")),
    "what is kept stays as it was": (
        document(entry(WEB)), cluster(minion(there(WEB), name="alpha")), WEB, entry(WEB)),
    "a predecessor that is kept is named again": (
        document(entry(BIG, uid="never")), cluster(minion(there(WEB), name="alpha")), WEB, entry(WEB)),
    "what is on a silent Minion stays as it was": (
        document(entry(WEB, "gamma")), GAMMA_IS_SILENT, BIG, entry(WEB, "gamma")),
    "what was deleted there and is wanted again is doomed no more": (
        document(entry(WEB, "gamma", doomed=True)), GAMMA_IS_SILENT, WEB, entry(WEB, "gamma")),
    "what changed and fits nowhere stays as it was": (
        document(entry(WEB)), cluster(minion(there(WEB), name="alpha")), BIG, entry(WEB)),
}  # fmt: skip


@pytest.mark.parametrize("known, seen, wanted, named", PODS.values(), ids=PODS)
def test_what_is_remembered_of_a_pod(known, seen, wanted, named):
    assert after(known, seen, wanted).pods == {named.key: named}


def test_what_fits_nowhere_waits_and_says_why():
    known = after(document(), EMPTY, BIG)
    (waiting,) = known.pods.values()
    assert (waiting.minion, waiting.uid, waiting.manifest) == ("", "", BIG.raw)
    assert waiting.waiting.startswith("fits nowhere even when empty: ")
    assert after(known, EMPTY, BIG) == known


def test_what_waits_for_a_claim_on_a_silent_minion_says_for_which():
    (waiting,) = after(document(claims={CLAIM_KEY: "gamma"}), GAMMA_IS_SILENT, CLAIMING).pods.values()
    assert waiting.waiting == "gamma has its claim data, but is silent: connection refused"


def test_what_is_in_none_of_the_files_stays():
    other = entry(one("db"), "gamma")
    known = document(other, objects={SITE: {"data": {}}})
    done = after(known, GAMMA_IS_SILENT, WEB, objects={CLAIM: DATA})
    assert done.pods[other.key] == other
    assert done.objects == {SITE: {"data": {}}, CLAIM: DATA}


def test_where_a_claim_is_is_remembered_when_it_is_made_and_when_it_is_seen():
    assert after(document(), EMPTY, CLAIMING).claims == {CLAIM_KEY: "alpha"}
    seen = cluster(minion(name="alpha"), minion(name="beta", volumes=(VOLUME,)))
    assert after(document(), seen).claims == {CLAIM_KEY: "beta"}
    assert after(document(claims={CLAIM_KEY: "gamma"}), GAMMA_IS_SILENT).claims == {CLAIM_KEY: "gamma"}


# --------------------------------------------------------------------------------------------------------- deleted


def test_what_is_deleted_is_named_no_more():
    known = document(entry(WEB), objects={SITE: {}, CLAIM: DATA}, claims={CLAIM_KEY: "alpha"})
    assert without(known, EMPTY, pods=[WEB.key], objects=[SITE, CLAIM], claims=[CLAIM_KEY]) == document()
    assert without(known, EMPTY) == known


def test_what_is_deleted_on_a_silent_minion_is_doomed_until_that_answers():
    known = without(document(entry(WEB, "gamma")), GAMMA_IS_SILENT, pods=[WEB.key])
    assert known == document(entry(WEB, "gamma", doomed=True))
    assert settled(known, GAMMA_IS_SILENT) == known
    assert settled(known, cluster(minion(name="gamma"))) == document()
    assert settled(document(entry(WEB)), EMPTY) == document(entry(WEB))


# ---------------------------------------------------------------------------------------------------------- pruned


def labelled(name, namespace="default", **labels):
    return read(manifest(name, namespace, labels=labels)).pods[0]


def wish(selector, namespace=None):
    return PruneWish(selector=parse_selector(selector), namespace=namespace)


MINE, OTHER, AWAY = labelled("mine", app="shop"), labelled("other", app="else"), labelled("away", "far", app="shop")
CONFIG = {"metadata": {"labels": {"app": "shop"}}}
SHOP = document(entry(MINE), entry(OTHER), entry(AWAY, on=""), objects={SITE: CONFIG, CLAIM: {**DATA, **CONFIG}})


def test_what_matches_and_is_in_none_of_the_files_goes_wherever_it_is():
    seen = cluster(minion(name="alpha", volumes=(VOLUME,)), silent("gamma"))
    pruned = wish("app=shop").choose(SHOP, seen, Manifests())
    assert (pruned.pods, pruned.objects) == ((MINE.key, AWAY.key), (SITE, CLAIM))
    assert [(each.volume, each.minion) for each in pruned.claims] == [(VOLUME.name, "alpha")]
    assert [(each.reason, each.object) for each in pruned.deeds] == [
        ("Pruned", "configmap/site"), ("Pruned", "persistentvolumeclaim/data"),
    ]  # fmt: skip


def test_what_is_in_the_files_stays_and_what_is_in_another_namespace():
    files = read(MINE.raw, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "site"}})
    pruned = wish("app=shop", "default").choose(SHOP, EMPTY, files)
    assert pruned == Pruned(objects=(CLAIM,))
    assert wish("app=none").choose(SHOP, EMPTY, Manifests()) == NOTHING
    assert not NOTHING.any


def test_the_pods_that_are_pruned_go_before_all_else_and_once():
    mine, half = there(MINE), there(MINE, uid="ha1f", mark=Mark.NEW)
    seen = cluster(minion(mine, half, name="alpha"))
    plan = with_pruned(make_plan([WEB], seen, document=SHOP), Pruned(pods=(MINE.key,)), seen)
    assert [(type(each).__name__, each.key.name, each.reason) for each in plan.actions] == [
        ("Remove", "mine", "deleted"),
        ("Remove", "mine", "left half made by a command that was interrupted"),
        ("Create", "web", "it is nowhere"),
    ]
    left = make_plan([], seen, document=document())
    assert [each.reason for each in with_pruned(left, Pruned(pods=(MINE.key,)), seen).actions] == [
        "deleted",
        "left half made by a command that was interrupted",
    ]


# ------------------------------------------------------------------------------------------------------------ acts


def test_a_deed_for_each_change_and_for_what_waits():
    changed = one("db", restartPolicy="Never")
    seen = cluster(minion(there(one("db")), there(OTHER, uid="5tale"), name="alpha"))
    known = document(entry(one("db")))
    deeds = deeds_of(make_plan([WEB, changed, one("big", nodeName="nowhere")], seen, document=known))
    assert [(each.reason, each.object, each.namespace) for each in deeds] == [
        ("Removed", "pod/other", "default"), ("Created", "pod/web", "default"), ("Replaced", "pod/db", "default"),
        ("Pending", "pod/big", "default"),
    ]  # fmt: skip
    assert deeds[0].message == "on alpha: stale: nothing names it any more"


def test_a_move_names_both_minions():
    seen = cluster(minion(there(WEB), name="alpha"), minion(name="beta"))
    (deed,) = deeds_of(make_plan([one(nodeName="beta")], seen, document=document(entry(WEB))))
    assert (deed.reason, deed.message) == ("Moved", "from alpha to beta: its manifest changed")


def test_volumes_without_a_pod_are_no_deed_and_what_was_wished_away_is_another_word():
    remove = Remove(minion="alpha", uid="0ld", pod=there(WEB), reason="deleted")
    volumes = Remove(minion="alpha", uid="g0ne", reason="volumes of a Pod that is gone", volumes=("v",))
    assert [each.reason for each in deeds_of(Plan(actions=(volumes, remove)))] == ["Deleted"]


def test_objects_are_created_or_configured_and_never_told_with_a_value():
    secret = ObjectKey("Secret", "default", "keys")
    told = object_deeds(
        {SITE: {"a": "1"}, secret: {"data": "hunter2"}, CLAIM: DATA}, document(objects={SITE: {}, CLAIM: DATA})
    )
    assert [(each.reason, each.object) for each in told] == [
        ("Configured", "configmap/site"),
        ("Created", "secret/keys"),
    ]
    assert "hunter2" not in repr(told)


WELL = Outcome(key=WEB.key, minion="alpha", word=Word.CREATED)
ILL = replace(WELL, code=ExitCode.FAILED, word=Word.FAILED, message="cannot start app")


def test_how_it_ended_is_told_behind_what_was_planned():
    planned = (Deed(reason="Created", object="pod/web"),)
    assert deeds_done(planned, [WELL]) == planned
    lost = replace(ILL, word=Word.UNKNOWN, code=ExitCode.UNREACHABLE)
    assert [(each.reason, each.message, each.failed) for each in deeds_done(planned, [ILL, lost])[1:]] == [
        ("Failed", "on alpha: cannot start app", True), ("Unknown", "on alpha: cannot start app", True),
    ]  # fmt: skip


RESULTS = {
    "nothing": ([], (), "done"),
    "all is well": ([WELL], (), "done"),
    "some failed": ([WELL, ILL], (), "1 of 2 failed"),
    "Ctrl-C": ([WELL, ILL], (ExitCode.INTERRUPTED,), "interrupted"),
}


@pytest.mark.parametrize("outcomes, codes, word", RESULTS.values(), ids=RESULTS)
def test_the_result_in_a_word(outcomes, codes, word):
    assert result_of(outcomes, codes) == word
