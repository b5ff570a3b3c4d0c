"""Which Pods of a cluster move, which stay and why, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observed import ago, claim_volume, container, infra, manifest, minion, pod, silent

from podctl.core.document.adopting import adopted
from podctl.core.document.model import Leaving, PodEntry
from podctl.core.manifest import Manifests
from podctl.core.model import Cluster, PodKey
from podctl.core.moving.draining import DrainWish, plan_drain
from podctl.core.moving.ended import corrected, seen_after
from podctl.core.moving.movers import Allowed, Why, sight
from podctl.core.moving.rebalancing import plan_rebalance
from podctl.core.outcome import Outcome, Word
from podctl.core.placement import Policy
from podctl.core.remembered import completed
from podctl.errors import ExitCode

BINPACK = Policy()
DATA = {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}
OLD = {"started_at": ago(minutes=50)}


def seen(name, on="alpha", **spec):
    """A Pod that runs, of a name, on a Minion."""
    uid = spec.pop("uid", f"uid-{name}")
    return pod(container(**OLD), uid=uid, minion=on, manifest=manifest(name, **spec), infra=infra())


def asking(cpu):
    return {"containers": [{"name": "app", "image": "shop/web:1", "resources": {"requests": {"cpu": cpu}}}]}


def cluster_of(*minions):
    return Cluster(name="shop", minions=minions)


def looked(cluster, document=None):
    known = document or adopted(cluster)
    manifests, broken = completed(known, sorted(known.pods), Manifests())
    return sight(cluster, known, manifests.pods, broken), known


def drained(cluster, *names, **wish):
    seen_now, _ = looked(cluster)
    return plan_drain(seen_now, DrainWish(names=names, **wish), BINPACK)


def moves(plan):
    return [(each.key.name, each.remove.minion, each.minion, each.overlap) for each in plan.moves]


def stays(plan):
    return [(each.key.name, each.why, each.message) for each in plan.stays]


def test_every_pod_of_a_drained_minion_moves_and_starts_before_it_stops():
    plan = drained(cluster_of(minion(seen("a"), seen("b")), minion(name="bravo")), "alpha")
    assert moves(plan) == [("a", "alpha", "bravo", True), ("b", "alpha", "bravo", True)]
    assert (len(plan.waves), plan.drained, plan.stays) == (1, ("alpha",), ())
    assert {each.reason for each in plan.moves} == {"alpha is drained"}


def test_an_empty_minion_is_drained_at_once():
    plan = drained(cluster_of(minion(), minion(seen("a", "bravo"), name="bravo")), "alpha")
    assert (plan.waves, plan.drained) == ((), ("alpha",))


@pytest.mark.parametrize("spec", [
    {"hostNetwork": True},
    {"restartPolicy": "OnFailure"},
    {"volumes": [{"name": "v", "hostPath": {"path": "/srv"}}]},
    {"volumes": [{"name": "v", "nfs": {"server": "nas", "path": "/"}}]},
    {"containers": [{"name": "app", "image": "x", "ports": [{"containerPort": 80, "hostPort": 80}]}]},
], ids=["host network", "a job", "hostPath", "nfs", "a host port"])  # fmt: skip
def test_what_may_not_be_there_twice_stops_before_it_starts(spec):
    plan = drained(cluster_of(minion(seen("a", **spec)), minion(name="bravo")), "alpha", allowed=Allowed(force=True))
    assert moves(plan) == [("a", "alpha", "bravo", False)]


def test_what_is_not_ready_has_nothing_to_keep_up_and_stops_first():
    broken = pod(container(status="exited", exit_code=1), uid="u", manifest=manifest("a"))
    assert moves(drained(cluster_of(minion(broken), minion(name="bravo")), "alpha")) == [("a", "alpha", "bravo", False)]


def test_two_of_a_pod_do_not_overlap_where_they_are_to_be_apart():
    """Both Minions are one place for the Pod's own anti-affinity."""
    terms = [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}]
    apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    there = seen("a", labels={"app": "web"}, affinity=apart)
    cluster = cluster_of(minion(there, labels={"zone": "z"}), minion(name="bravo", labels={"zone": "z"}))
    assert moves(drained(cluster, "alpha")) == [("a", "alpha", "bravo", False)]


@pytest.mark.parametrize("spec, message", [
    ({"nodeName": "alpha"}, "its nodeName is alpha: only another manifest can move it"),
    ({"volumes": [{"name": "v", "emptyDir": {}}]},
     "its emptyDir v would be lost; --delete-emptydir-data gives it up"),
    ({"volumes": [{"name": "v", "hostPath": {"path": "/srv"}}]},
     "its data is on this Minion: hostPath /srv; --force gives it up"),
    ({"restartPolicy": "Never"}, "its restartPolicy is Never: its work would begin anew; --force lets it"),
], ids=["nodeName", "emptyDir", "hostPath", "a job"])  # fmt: skip
def test_what_would_be_lost_stays_and_the_minion_is_not_drained(spec, message):
    plan = drained(cluster_of(minion(seen("a", **spec), seen("b")), minion(name="bravo")), "alpha")
    assert stays(plan) == [("a", Why.REFUSED, message)]
    assert (moves(plan), plan.drained) == ([("b", "alpha", "bravo", True)], ())


def test_what_has_ended_stays_and_is_in_nobodys_way():
    over = pod(container(status="exited"), uid="u", manifest=manifest("a", restartPolicy="Never"))
    plan = drained(cluster_of(minion(over), minion(name="bravo")), "alpha")
    assert stays(plan) == [("a", Why.ENDED, "it has ended, and is not to begin anew")]
    assert plan.drained == ("alpha",)


def test_a_claim_that_is_given_up_goes_with_its_pod_and_is_named_before():
    volume = replace(claim_volume("data"), claim=PodKey("default", "data"))
    cluster = cluster_of(minion(seen("db", volumes=[DATA]), volumes=(volume,)), minion(name="bravo"))
    plan = drained(cluster, "alpha", allowed=Allowed(force=True))
    assert moves(plan) == [("db", "alpha", "bravo", False)]
    assert plan.moves[0].remove.volumes == (volume.name,)
    assert plan.losses == (f"pod default/db loses volume {volume.name} (1Gi) on alpha",)


def test_pods_that_share_a_claim_are_not_torn_apart():
    both = [seen(name, volumes=[DATA]) for name in ("a", "b")]
    plan = drained(cluster_of(minion(*both), minion(name="bravo")), "alpha", allowed=Allowed(force=True))
    assert [each.why for each in plan.stays] == [Why.REFUSED] * 2
    assert "shares claim default/data" in plan.stays[0].message


def test_what_fits_nowhere_else_says_why_and_the_rest_moves():
    cluster = cluster_of(
        minion(seen("big", **asking("3")), seen("a")), minion(seen("b", "bravo", **asking("2")), name="bravo")
    )
    plan = drained(cluster, "alpha")
    assert moves(plan) == [("a", "alpha", "bravo", True)]
    (stay,) = plan.stays
    assert (stay.key.name, stay.why) == ("big", Why.NOWHERE)
    assert stay.reasons == {"alpha": "is being drained", "bravo": "cpu: 3 asked, 2 free of 4"}


def test_the_first_moves_are_those_of_the_minion_that_was_named_first():
    cluster = cluster_of(minion(seen("a")), minion(seen("b", "bravo"), name="bravo"), minion(name="charlie"))
    plan = drained(cluster, "bravo", "alpha", most=1)
    assert moves(plan) == [("b", "bravo", "charlie", True)]
    assert (plan.left, plan.drained) == (((PodKey("default", "a"), "alpha", "charlie"),), ("bravo",))


def test_a_pod_whose_configmap_is_not_remembered_stays_and_says_so():
    there = seen("a", volumes=[{"name": "v", "configMap": {"name": "conf"}}])
    ((name, why, message),) = stays(drained(cluster_of(minion(there), minion(name="bravo")), "alpha"))
    assert (name, why) == ("a", Why.REFUSED)
    assert message.startswith("it cannot be made elsewhere: ")
    assert 'the ConfigMap "conf"' in message


def test_of_moves_that_failed_or_never_began_the_cluster_remembers_the_old_place():
    cluster = cluster_of(minion(seen("a"), seen("b"), seen("c")), minion(name="bravo"))
    before = adopted(cluster)
    plan = drained(cluster, "alpha")
    moved = {key: replace(each, uid=f"new-{key.name}", minion="bravo") for key, each in before.pods.items()}
    written = replace(before, pods=moved)
    keys = [PodKey("default", name) for name in "abc"]
    outcomes = [
        Outcome(key=keys[0], minion="bravo", word=Word.MOVED),
        Outcome(key=keys[1], minion="bravo", word=Word.FAILED, message="not ready", stays=True),
    ]
    left = seen_after(cluster, plan, outcomes)
    assert [each.key for each in left.pods] == keys[1:]
    assert corrected(written, before, left, plan.whole.actions, outcomes).pods == {
        keys[0]: moved[keys[0]], keys[1]: before.pods[keys[1]], keys[2]: before.pods[keys[2]],
    }  # fmt: skip


def test_what_a_minion_that_broke_off_may_have_is_remembered_and_a_second_move_waits_for_it():
    alpha, charlie = minion(seen("a")), minion(name="charlie")
    cluster = cluster_of(alpha, minion(name="bravo"), charlie)
    before = adopted(cluster)
    plan = drained(cluster, "alpha")
    (key,) = before.pods
    written = replace(before, pods={key: replace(before.pods[key], uid="new-a", minion="bravo")})
    lost = Outcome(key=key, minion="bravo", word=Word.UNKNOWN, code=ExitCode.UNREACHABLE, stays=True)
    ended = corrected(written, before, cluster, plan.whole.actions, [lost])
    assert ended.pods == before.pods
    assert ended.leaving == {"new-a": Leaving(key=key, minion="bravo")}

    now = cluster_of(alpha, silent("bravo"), charlie)
    again, known = looked(now, ended)
    wish = DrainWish(names=("alpha",))
    ((name, why, message),) = stays(plan_drain(again, wish, BINPACK))
    assert (name, why) == ("a", Why.REFUSED)
    assert message == ("bravo, which does not answer, may have a copy of a move before; --force moves it all the same")
    assert moves(plan_rebalance(again, known, BINPACK, 5)) == []
    forced = plan_drain(again, replace(wish, allowed=Allowed(force=True)), BINPACK)
    assert moves(forced) == [("a", "alpha", "charlie", True)]
    back, _ = looked(cluster, ended)
    assert stays(plan_drain(back, wish, BINPACK)) == []


def rebalanced(cluster, document=None, most=5, policy=BINPACK):
    seen_now, known = looked(cluster, document)
    return plan_rebalance(seen_now, known, policy, most)


def test_a_rebalance_frees_what_few_moves_free():
    cluster = cluster_of(minion(seen("a"), seen("b")), minion(seen("c", "bravo"), name="bravo"))
    plan = rebalanced(cluster)
    assert moves(plan) == [("c", "bravo", "alpha", True)]
    assert (plan.gains, plan.minions_used_before, plan.minions_used) == (("bravo becomes free",), 2, 1)
    assert rebalanced(cluster, most=0).waves == ()
    assert rebalanced(cluster, policy=Policy(strategy="spread")).waves == ()


def test_a_rebalance_moves_another_out_of_the_way_where_that_frees_a_minion():
    """`small` has to leave alpha before `wide` fits there; nothing fits anywhere as it is."""
    cluster = cluster_of(
        minion(seen("a", nodeName="alpha", **asking("2")), seen("small", **asking("1"))),
        minion(seen("wide", "bravo", **asking("2")), name="bravo"),
        minion(seen("c", "charlie", nodeName="charlie", **asking("3")), name="charlie"),
    )
    plan = rebalanced(cluster)
    assert moves(plan) == [("small", "alpha", "charlie", True), ("wide", "bravo", "alpha", True)]
    assert len(plan.waves) == 2, "one after the other: there is no room for both before"
    assert plan.gains == ("bravo becomes free",)


def test_a_pod_that_waits_is_let_in_before_anything_is_freed():
    cluster = cluster_of(
        minion(seen("a", **asking("2")), seen("b", **asking("1")), labels={"disk": "ssd"}),
        minion(seen("c", "bravo", **asking("2")), name="bravo"),
    )
    raw = manifest("new", nodeSelector={"disk": "ssd"}, **asking("3"))
    entry = PodEntry(key=PodKey("default", "new"), manifest=raw, spec_hash="v1:1")
    known = adopted(cluster)
    plan = rebalanced(cluster, replace(known, pods={**known.pods, entry.key: entry}))
    assert moves(plan) == [("a", "alpha", "bravo", True)]
    assert [(each.key.name, each.minion) for each in plan.creates] == [("new", "alpha")]
    assert plan.gains == ("pod default/new gets a place on alpha",)


def test_what_may_be_on_a_silent_minion_is_not_let_in():
    cluster = cluster_of(minion(), silent("gamma"))
    entry = PodEntry(key=PodKey("default", "new"), manifest=manifest("new"), spec_hash="v1:1", uid="u", minion="gamma")
    known = adopted(cluster)
    assert rebalanced(cluster, replace(known, pods={entry.key: entry})).waves == ()


def test_pods_with_data_and_those_that_are_not_ready_are_moved_for_nobody():
    fixed = minion(seen("a", nodeName="alpha"))
    bound = seen("c", "bravo", volumes=[{"name": "v", "emptyDir": {}}])
    assert rebalanced(cluster_of(fixed, minion(bound, name="bravo"))).waves == ()
    sick = pod(container(status="restarting"), uid="s", minion="bravo", manifest=manifest("c"))
    assert rebalanced(cluster_of(fixed, minion(sick, name="bravo"))).waves == ()
    assert moves(rebalanced(cluster_of(fixed, minion(seen("c", "bravo"), name="bravo")))) != []
