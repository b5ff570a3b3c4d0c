"""What apply and delete say: every line as an operator reads it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from observed import claim_volume, manifest, minion, pod, silent

from podctl.core.actions import Create, Held, Plan, Remove, Replace
from podctl.core.claims import claims_on
from podctl.core.deletion import Doomed
from podctl.core.document.model import Document, ObjectKey, PodEntry
from podctl.core.manifest import parse
from podctl.core.model import Cluster, PodKey
from podctl.core.outcome import Outcome, Word
from podctl.core.pruning import Pruned
from podctl.errors import ExitCode
from podctl.report import outcomes, removal
from podctl.report.difference import diff_text

(WEB,) = parse([("web.yaml", json.dumps(manifest("web")))]).pods
KEY = PodKey("default", "web")
DATA = Doomed(claims=claims_on(minion(volumes=(claim_volume("data"),))))
DEAD = "Hint: It goes on when that Minion answers again. If that is dead for good: the same apply with --failover."

HELD = {
    "it fits nowhere": (Held(pod=WEB, reasons={"alpha": "memory: 2Gi asked, 1Gi free of 8Gi"}, unseen=False), [
        "error: pod/web is not created: it fits on no Minion",
        "  alpha: memory: 2Gi asked, 1Gi free of 8Gi",
        "Hint: Change what the reasons name, make room, or add a Minion; the next apply tries it again."]),
    "what it lacks as a whole comes first, and many Minions of one reason are one line": (
        Held(pod=WEB, reasons={f"m{n}": "is cordoned (unschedulable)" for n in range(9)}, unseen=False,
             diagnosis="fits nowhere even when empty: all are cordoned"), [
        "error: pod/web is not created: it fits on no Minion",
        "  fits nowhere even when empty: all are cordoned",
        "  9 Minions (m0 … m8): is cordoned (unschedulable)",
        "Hint: Change what the reasons name, make room, or add a Minion; the next apply tries it again."]),
    "changed it fits nowhere, and stays": (
        Held(pod=WEB, reasons={"alpha": "cordoned"}, unseen=False, observed=pod()), [
        "error: pod/web stays as it is on alpha: as it is wanted now it fits on no Minion",
        "  alpha: cordoned",
        "Hint: Change what the reasons name, make room, or add a Minion; the next apply tries it again."]),
    "it may be on a silent Minion": (Held(pod=WEB, reasons={"beta": "has it", "gamma": "has its claim"}, unseen=True), [
        "error: pod/web is not created: beta and gamma may have it",
        "  beta: has it",
        "  gamma: has its claim",
        DEAD]),
    "its claim may be": (Held(pod=WEB, reasons={"beta": "has its claim data"}, unseen=True, observed=pod()), [
        "error: pod/web stays as it is on alpha: beta may have a claim of it",
        "  beta: has its claim data",
        DEAD]),
}  # fmt: skip


@pytest.mark.parametrize("held, lines", HELD.values(), ids=HELD)
def test_a_pod_that_is_not_made_says_why_and_the_way_out(held, lines):
    assert outcomes.held_lines([held]) == lines


def test_pods_held_for_one_reason_have_a_line_each_and_what_they_share_once():
    def held(name, **more):
        (one,) = parse([("web.yaml", json.dumps(manifest(name)))]).pods
        return Held(pod=one, unseen=False, **more)

    short, cordoned = {"alpha": "cpu: 4 asked, 1 free of 4"}, {"alpha": "is cordoned (unschedulable)"}
    assert outcomes.held_lines(
        [
            held("web-1", reasons=short, diagnosis="not enough in sum"),
            held("job", reasons=cordoned),
            replace(held("lost", reasons={"beta": "may have it"}), unseen=True),
            held("web-2", reasons=dict(short), diagnosis="not enough in sum", observed=pod()),
        ]
    ) == [
        "error: pod/web-1 is not created: it fits on no Minion",
        "error: pod/web-2 stays as it is on alpha: as it is wanted now it fits on no Minion",
        "  not enough in sum",
        "  alpha: cpu: 4 asked, 1 free of 4",
        "error: pod/job is not created: it fits on no Minion",
        "  alpha: is cordoned (unschedulable)",
        "Hint: Change what the reasons name, make room, or add a Minion; the next apply tries it again.",
        "error: pod/lost is not created: beta may have it",
        "  beta: may have it",
        DEAD,
    ]


def test_a_trouble_has_its_evidence_and_its_hint_and_a_success_has_no_line():
    well = Outcome(key=KEY, minion="alpha", word=Word.CREATED)
    ill = Outcome(
        key=KEY, minion="alpha", word=Word.CREATED, code=ExitCode.FAILED, message="cannot start app",
        evidence="\n".join(map(str, range(12))), hint="Look.",
    )  # fmt: skip
    leftover = Outcome(key=None, minion="beta", word=Word.FAILED, message="cannot remove its volumes")
    assert outcomes.trouble_lines([well]) == []
    assert outcomes.trouble_lines([ill, leftover]) == [
        "error: pod/web on alpha: cannot start app", *(f"  {n}" for n in range(2, 12)), "Hint: Look.",
        "error: a leftover on beta: cannot remove its volumes",
    ]  # fmt: skip


def test_what_was_made_is_said_though_it_is_not_well_and_what_was_not_made_is_not():
    made = Outcome(key=KEY, minion="alpha", word=Word.CREATED, code=ExitCode.NOT_READY, message="not ready")
    assert outcomes.done_words([made]) == {KEY: Word.CREATED}
    for word in (Word.FAILED, Word.UNKNOWN, Word.DELETED):
        assert outcomes.done_words([Outcome(key=KEY, minion="alpha", word=word)]) == {}


def test_a_silent_minion_counts_for_the_exit_code():
    assert outcomes.codes([], [], Cluster(name="shop", minions=(minion(), silent("beta")))) == [ExitCode.UNREACHABLE]
    assert outcomes.codes([], [], Cluster(name="shop", minions=(minion(),))) == []


def pods(*named):
    return Doomed(pods=tuple(pod(manifest=manifest(name)) for name in named))


VOLUME = "volume podctl_shop_default_claim_data"
QUESTIONS = {
    "one Pod by name is not asked about": (pods("a"), False, ""),
    "nor are many by name": (pods("a", "b"), False, ""),
    "nor is one by label": (pods("a"), True, ""),
    "many by label are": (pods("a", "b"), True, "Delete 2 Pods (a, b)?"),
    "of very many the first are named": (pods(*"abcdefg"), True, "Delete 7 Pods (a, b, c, d, e, …)?"),
    "data always is": (DATA, False,
        f"Delete {VOLUME} (1Gi) of claim default/data on alpha? Its data is lost for ever."),
    "nothing is not": (Doomed(), True, ""),
}  # fmt: skip


@pytest.mark.parametrize("doomed, sweeping, question", QUESTIONS.values(), ids=QUESTIONS)
def test_what_is_asked_before_it_goes(doomed, sweeping, question):
    assert removal.question(doomed, sweeping=sweeping) == question


def test_how_long_a_pod_may_take_to_end():
    seconds = removal.grace_seconds
    given = [
        seconds(-1, now=False, force=False),
        seconds(7, now=False, force=False),
        seconds(-1, now=True, force=False),
    ]
    assert given == [None, 7, 1]
    assert seconds(7, now=True, force=True) == 0


def test_where_nothing_matched_that_is_said_and_a_name_that_is_missing_is_another_matter():
    assert removal.nothing_lines(Doomed(), "shop") == ["No resources found in shop namespace."]
    assert removal.nothing_lines(DATA, "shop") == []


def test_an_object_is_told_of_by_what_was_remembered_of_it_whatever_becomes_of_its_pod():
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\ndata: {a: '%s'}\n---\n"
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: 'i:%s'}\n"
    first = parse([("web.yaml", config % "b" + text % 1)])
    known = Document(cluster="shop", objects=first.raws)

    def told(manifests, document):
        return outcomes.result_lines(manifests, {KEY: Word.CONFIGURED}, document)

    same, other = (parse([("web.yaml", config % each + text % 2)]) for each in "bc")
    assert told(same, known) == ["configmap/site unchanged", "pod/web configured"]
    assert told(other, known) == ["configmap/site configured", "pod/web configured"]
    assert told(other, Document(cluster="shop")) == ["configmap/site created", "pod/web configured"]


def test_a_claim_whose_volume_was_there_before_the_cluster_remembered_objects_is_unchanged():
    text = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n  accessModes: [ReadWriteOnce]\n"
    )
    claim = parse([("c.yaml", text + "  resources: {requests: {storage: 1Gi}}\n")])
    there = Document(cluster="shop", claims={PodKey("default", "data"): "alpha"})
    assert outcomes.result_lines(claim, {}, there) == ["persistentvolumeclaim/data unchanged"]
    assert outcomes.result_lines(claim, {}, Document(cluster="shop")) == ["persistentvolumeclaim/data created"]


CONFIG = ObjectKey("ConfigMap", "default", "site")


def test_what_is_deleted_is_named_whether_it_was_seen_or_only_remembered_unless_it_is_still_there():
    seen = pod(manifest=manifest("seen"))
    doomed = Doomed(pods=(seen,), keys=(seen.key, KEY), objects=(CONFIG,), claims=DATA.claims)
    gone = Outcome(key=seen.key, minion="alpha", word=Word.DELETED)
    assert removal.result_lines(doomed, [gone], {DATA.claims[0].volume}) == [
        'pod "seen" deleted', 'pod "web" deleted', 'persistentvolumeclaim "data" deleted', 'configmap "site" deleted',
    ]  # fmt: skip
    failed = replace(gone, word=Word.FAILED)
    assert removal.result_lines(doomed, [failed], ()) == ['pod "web" deleted', 'configmap "site" deleted']


def test_a_claim_that_has_no_volume_is_deleted_by_being_forgotten():
    key = ObjectKey("PersistentVolumeClaim", "default", "data")
    assert removal.result_lines(Doomed(objects=(key,)), (), ()) == ['persistentvolumeclaim "data" deleted']
    assert removal.result_lines(Doomed(objects=(key,), claims=DATA.claims), (), ()) == []


def test_what_is_deleted_on_a_silent_minion_is_said_to_go_later():
    entry = PodEntry(key=KEY, manifest=manifest("web"), spec_hash="v1:0", uid="u", minion="beta")
    known = Document(cluster="shop", pods={KEY: entry})
    seen = Cluster(name="shop", minions=(minion(), silent("beta")))
    (line,) = removal.later_lines((KEY,), known, seen)
    assert line == (
        "note: pod/web may still run on beta, which does not answer: "
        "the next command that changes anything stops it there once beta is back"
    )
    assert removal.later_lines((KEY,), known, Cluster(name="shop", minions=(minion(name="beta"),))) == []
    assert removal.later_lines((), known, seen) == []


def test_the_volume_of_a_claim_that_was_deleted_out_of_sight_is_named():
    data, other = PodKey("default", "data"), PodKey("default", "other")
    known = Document(cluster="shop", claims={data: "beta", other: "alpha"})
    seen = Cluster(name="shop", minions=(minion(), silent("beta")))
    (line,) = removal.kept_volume_lines((data, other), known, seen)
    assert line == (
        "note: the volume of claim data is on beta, which does not answer, and stays there with its data: "
        "`podctl delete pvc data -n default` again once beta is back and its Pods are gone"
    )


def test_a_pod_that_failover_is_not_to_move_is_not_told_to_fail_over():
    (one,) = parse([("web.yaml", json.dumps(manifest("lost")))]).pods
    lost = Held(pod=one, unseen=True, reasons={"beta": "has it, but is silent"})
    assert outcomes.held_lines([lost], {lost.key: "its data is on beta"}) == [
        "error: pod/lost is not created: beta may have it",
        "  beta: has it, but is silent",
        "Hint: It goes on when that Minion answers again. Why --failover left it there is said below.",
    ]


MANY = tuple(ObjectKey("ConfigMap", "default", each) for each in "abc")
PRUNED = {
    "a few go without a question": (Pruned(pods=(KEY,), objects=(CONFIG,)),
        ("pruning pod/web of default: it is in none of these files",
         "pruning configmap/site of default: it is in none of these files"), ""),
    "more than three do not": (Pruned(pods=(KEY,), objects=MANY),
        ("pruning pod/web of default: it is in none of these files",
         *(f"pruning {each} of default: it is in none of these files" for each in MANY)), "Prune 4 objects?"),
    "nor does data": (Pruned(objects=(ObjectKey("PersistentVolumeClaim", "default", "data"),), claims=DATA.claims),
        ("pruning persistentvolumeclaim/data of default: it is in none of these files",),
        "Prune 1 objects? The data of volume podctl_shop_default_claim_data (1Gi) on alpha is lost for ever."),
    "nothing is nothing": (Pruned(), (), ""),
}  # fmt: skip


@pytest.mark.parametrize("pruned, lines, question", PRUNED.values(), ids=PRUNED)
def test_what_is_pruned_is_named_and_asked_about_where_it_is_much(pruned, lines, question):
    assert removal.pruned_loss(pruned) == removal.Loss(lines=lines, question=question)


def test_a_pod_that_is_made_anew_says_why_and_where_it_moves_why_there():
    seen = pod(manifest=manifest("web"))
    remove = Remove(minion="alpha", uid=seen.uid, pod=seen, reason="its manifest changed")
    stays = Replace(
        pod=WEB, minion="alpha", reason="its manifest changed", placement_reason="it was there", remove=remove
    )
    moves = Replace(pod=WEB, minion="beta", reason="its manifest changed", placement_reason="only fit", remove=remove)
    new = Create(pod=WEB, minion="beta", reason="it is nowhere", placement_reason="only fit")
    assert outcomes.plan_lines(Plan(actions=(stays, moves, new))) == [
        "~ pod default/web on alpha: its manifest changed",
        "~ pod default/web on alpha to beta: its manifest changed; only fit",
        "+ pod default/web on beta: only fit",
    ]
    heads = [line for line in diff_text(Plan(actions=(stays, moves, new))).splitlines() if line.startswith("#")]
    assert heads == [
        "# pod default/web: would be made anew on alpha: its manifest changed",
        "# pod default/web: would be made anew on beta: its manifest changed; it was on alpha; only fit",
        "# pod default/web: would be created on beta: only fit",
    ]


def test_how_many_minions_are_in_use_is_said_of_a_plan_that_places():
    assert outcomes.used_lines(Plan(minions_used=3, lower_bound=2)) == ["3 Minions in use, fewer than 2 is impossible"]
    assert outcomes.used_lines(Plan()) == []
