"""The Plan: a table of what is there and what is wanted, and laws over clusters in which plans are carried out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observed import claim_volume, container, infra, manifest, minion, pod, silent

from podctl.core.actions import Create, Held, Keep, Plan, Remove, Replace, Start
from podctl.core.document.adopting import adopted
from podctl.core.document.changes import after_plan
from podctl.core.document.model import Document, Leaving, PodEntry
from podctl.core.manifest import parse
from podctl.core.model import Cluster, Mark, ObservedPod, ObservedVolume, PodKey
from podctl.core.placement import Policy
from podctl.core.plan import make_plan
from podctl.core.removals import leftover_removals, plan_removal

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine fails nothing


def desired(*objects):
    """The Pods of these manifests, read as apply reads them."""
    return parse([("pods.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))]).pods


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


def there(wanted, on="alpha", **given):
    """The Pod as a look sees it after `wanted` was carried out, all its containers running."""
    seen = [container(each["name"]) for each in wanted.raw["spec"]["containers"]]
    fields = {
        "manifest": wanted.raw, "spec_hash": wanted.spec_hash, "config_hashes": wanted.config_hashes,
        "uid": f"uid-of-{wanted.key.name}", "minion": on,
    }  # fmt: skip
    return pod(*seen, **{**fields, **given})


def claim(name):
    return replace(claim_volume(name), claim=PodKey("default", name))


def pod_volume(uid, name="tmp"):
    return ObservedVolume(name=f"podctl_shop_{uid}_{name}", labels={}, mountpoint="/v", uid=uid)


def alpha_and_bravo(*pods, **given):
    return cluster(minion(*pods, name="alpha", **given), minion(name="bravo"))


DATA = {
    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}  # fmt: skip
WEB, DB = desired(manifest("web"), manifest("db"))
NEW_WEB = desired(manifest("web", containers=[{"name": "app", "image": "shop/web:2"}]))[0]
BIG_WEB = desired(
    manifest("web", containers=[{"name": "app", "image": "i:1", "resources": {"requests": {"memory": "100Gi"}}}])
)[0]
CLAIMING_WEB = desired(
    DATA,
    manifest("web", volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]),
)[0]  # fmt: skip


def summary(plan):
    """What is done, in words: the kind of the action, the Pod, the Minion and the reason."""
    lines = [(type(each).__name__, str(each.key or each.uid), each.minion, each.reason) for each in plan.actions]
    return lines, {str(each.key): (dict(each.reasons), each.unseen) for each in plan.held}


def test_nothing_is_wanted_and_nothing_is_there_so_nothing_is_done():
    assert make_plan([], alpha_and_bravo()) == Plan()


def test_a_pod_that_is_nowhere_is_created_where_it_fits():
    (action,) = make_plan([WEB], alpha_and_bravo()).actions
    assert action == Create(pod=WEB, minion="alpha", reason="it is nowhere", placement_reason=action.placement_reason)


def test_a_pod_that_is_there_as_wanted_is_kept_and_a_pod_that_is_not_named_is_not_in_the_plan():
    seen = there(WEB)
    assert make_plan([WEB], alpha_and_bravo(seen, there(DB))) == Plan(
        actions=(Keep(pod=WEB, minion="alpha", reason="unchanged", observed=seen),), minions_used=1, lower_bound=1
    )


def test_a_changed_pod_is_replaced_where_it_is_with_its_volumes():
    seen = there(WEB)
    volume = pod_volume(seen.uid)
    plan = make_plan([NEW_WEB], alpha_and_bravo(seen, volumes=(volume,)))
    (action,) = plan.actions
    assert action == Replace(
        pod=NEW_WEB, minion="alpha", reason="its manifest changed", placement_reason=action.placement_reason,
        remove=Remove(minion="alpha", uid=seen.uid, reason="its manifest changed", pod=seen, volumes=(volume.name,)),
    )  # fmt: skip
    assert action.placement_reason.startswith("it was there already")


def test_a_pod_that_stands_half_way_is_started():
    seen = there(WEB, containers={"app": container(status="created")})
    assert make_plan([WEB], alpha_and_bravo(seen)).actions == (
        Start(pod=WEB, minion="alpha", reason="app not running", observed=seen),
    )


TABLE = {
    "the changed config is named": (
        [replace(WEB, config_hashes={"configmap/a": "2", "secret/b": "1"})],
        alpha_and_bravo(there(WEB, config_hashes={"configmap/a": "1", "secret/b": "1"})),
        [("Replace", "default/web", "alpha", "configmap/a changed")], {}),
    "a container that was removed by hand makes the Pod anew": (
        [WEB], alpha_and_bravo(there(WEB, containers={})),
        [("Replace", "default/web", "alpha", "container app is gone")], {}),
    "a job that was pruned is not done twice": (
        desired(manifest("web", restartPolicy="Never")),
        alpha_and_bravo(there(desired(manifest("web", restartPolicy="Never"))[0], containers={})),
        [("Keep", "default/web", "alpha", "unchanged")], {}),
    "a cordon keeps new Pods away": (
        [DB], alpha_and_bravo(unschedulable=True), [("Create", "default/db", "bravo", "it is nowhere")], {}),
    "but does not drive out a Pod that changes": (
        [NEW_WEB], alpha_and_bravo(there(WEB), unschedulable=True),
        [("Replace", "default/web", "alpha", "its manifest changed")], {}),
    "a Pod that fits at home no more moves": (
        desired(manifest("web", nodeName="bravo")), alpha_and_bravo(there(WEB)),
        [("Replace", "default/web", "bravo", "its manifest changed")], {}),
    "a Pod goes where its claim is": (
        [CLAIMING_WEB],
        cluster(minion(name="alpha"), minion(name="bravo", volumes=(claim("data"),))),
        [("Create", "default/web", "bravo", "it is nowhere")], {}),
    "also a Pod that has another home and takes a claim that is there": (
        [CLAIMING_WEB],
        cluster(minion(there(WEB), name="alpha"), minion(name="bravo", volumes=(claim("data"),))),
        [("Replace", "default/web", "bravo", "its manifest changed")], {}),
    "a Pod that fits nowhere waits, with one reason a Minion": (
        [BIG_WEB], alpha_and_bravo(), [],
        {"default/web": ({"alpha": "memory: 100Gi asked, 8Gi free of 8Gi",
                          "bravo": "memory: 100Gi asked, 8Gi free of 8Gi"}, False)}),
    "a Pod that is seen is changed whoever is silent": (
        [NEW_WEB], cluster(minion(there(WEB), name="alpha"), silent("gamma")),
        [("Replace", "default/web", "alpha", "its manifest changed")], {}),
    "without a Document the newest of two copies counts": (
        [NEW_WEB],
        cluster(minion(there(WEB), name="alpha"), minion(there(NEW_WEB, on="bravo", revision=2), name="bravo")),
        [("Keep", "default/web", "bravo", "unchanged")], {}),
    "and of two that are as old the first by Minion": (
        [WEB],
        cluster(minion(there(WEB, on="bravo"), name="bravo"), minion(there(WEB), name="alpha")),
        [("Remove", "default/web", "bravo", "stale: alpha has the one that counts"),
         ("Keep", "default/web", "alpha", "unchanged")], {}),
    "what was half made is removed before it is made again": (
        [WEB], alpha_and_bravo(there(WEB, mark=Mark.NEW)),
        [("Remove", "default/web", "alpha", "left half made by a command that was interrupted"),
         ("Create", "default/web", "alpha", "it is nowhere")], {}),
    "what was half removed goes and does not come back": (
        [DB], alpha_and_bravo(there(DB), there(WEB, mark=Mark.OLD)),
        [("Remove", "default/web", "alpha", "left half removed by a command that was interrupted"),
         ("Keep", "default/db", "alpha", "unchanged")], {}),
    "volumes whose Pod is gone go": (
        [], alpha_and_bravo(volumes=(pod_volume("dead"),)),
        [("Remove", "dead", "alpha", "volumes of a Pod that is gone")], {}),
    "a claim's volume stays": ([], alpha_and_bravo(volumes=(claim("data"),)), [], {}),
}  # fmt: skip


@pytest.mark.parametrize("wanted, seen, actions, held", TABLE.values(), ids=TABLE)
def test_what_is_planned(wanted, seen, actions, held):
    assert summary(make_plan(wanted, seen)) == (actions, held)


def test_a_pod_that_is_held_says_what_stays_of_it():
    seen = there(WEB)
    (held,) = make_plan([BIG_WEB], alpha_and_bravo(seen)).held
    assert held == Held(pod=BIG_WEB, reasons=held.reasons, diagnosis=held.diagnosis, unseen=False, observed=seen)
    assert held.diagnosis


def entry(wanted, on="alpha", uid=""):
    """The Pod as the Document names it once it was planned to be there."""
    return PodEntry(
        key=wanted.key, manifest=wanted.raw, spec_hash=wanted.spec_hash, config_hashes=wanted.config_hashes,
        uid=uid or f"uid-of-{wanted.key.name}", minion=on,
    )  # fmt: skip


def document(*entries, **given):
    return Document(cluster="shop", revision=5, pods={each.key: each for each in entries}, **given)


ON_GAMMA = {PodKey("default", "data"): "gamma"}
ALPHA_AND_SILENT_GAMMA = cluster(minion(name="alpha"), silent("gamma"))
LEAVING_GAMMA = {"0ld": Leaving(key=WEB.key, minion="gamma")}
HAS_IT = "has it, but is silent: connection refused"
HAS_DATA = "has its claim data, but is silent: connection refused"
STALE = "stale: bravo has the one that counts"
REMEMBERED = {  # what is wanted, seen and remembered; what is done and what waits
    "a Pod that nobody has ever made is made, whoever is silent": (
        [WEB], ALPHA_AND_SILENT_GAMMA, document(), [("Create", "default/web", "alpha", "it is nowhere")], {}),
    "a Pod that is remembered on a silent Minion is not made again": (
        [WEB], ALPHA_AND_SILENT_GAMMA, document(entry(WEB, "gamma")), [], {"default/web": ({"gamma": HAS_IT}, True)}),
    "nor one that changed": (
        [NEW_WEB], ALPHA_AND_SILENT_GAMMA, document(entry(WEB, "gamma")), [],
        {"default/web": ({"gamma": HAS_IT}, True)}),
    "nor one of which a copy was to go there and may still run": (
        [WEB], ALPHA_AND_SILENT_GAMMA, document(entry(WEB, uid="n3w"), leaving=LEAVING_GAMMA), [],
        {"default/web": ({"gamma": "may still have a copy that was to go, but is silent: connection refused"}, True)}),
    "but one that runs elsewhere is changed whatever is left of it there": (
        [NEW_WEB], cluster(minion(there(WEB), name="alpha"), silent("gamma")),
        document(entry(WEB), leaving=LEAVING_GAMMA),
        [("Replace", "default/web", "alpha", "its manifest changed")], {}),
    "a Pod that is remembered on a Minion that answers without it is made again": (
        [WEB], alpha_and_bravo(), document(entry(WEB)), [("Create", "default/web", "alpha", "it is nowhere")], {}),
    "a Pod that waits for room is tried again": (
        [WEB], ALPHA_AND_SILENT_GAMMA, document(entry(WEB, on="")),
        [("Create", "default/web", "alpha", "it is nowhere")], {}),
    "a new Pod waits for a claim that is remembered on a silent Minion": (
        [CLAIMING_WEB], ALPHA_AND_SILENT_GAMMA, document(claims=ON_GAMMA), [],
        {"default/web": ({"gamma": HAS_DATA}, True)}),
    "a Pod that takes such a claim stays as it is": (
        [CLAIMING_WEB], cluster(minion(there(WEB), name="alpha"), silent("gamma")),
        document(entry(WEB), claims=ON_GAMMA), [], {"default/web": ({"gamma": HAS_DATA}, True)}),
    "a claim that is remembered where it was lost holds nobody": (
        [CLAIMING_WEB], alpha_and_bravo(), document(claims={PodKey("default", "data"): "alpha"}),
        [("Create", "default/web", "alpha", "it is nowhere")], {}),
    "a Pod whose successor was never made is replaced by it": (
        [NEW_WEB], alpha_and_bravo(there(WEB, revision=4)), document(entry(NEW_WEB, uid="n3w")),
        [("Replace", "default/web", "alpha", "its manifest changed")], {}),
    "also where that was to be on another Minion": (
        [NEW_WEB], alpha_and_bravo(there(WEB, revision=4)), document(entry(NEW_WEB, "bravo", uid="n3w")),
        [("Replace", "default/web", "alpha", "its manifest changed")], {}),
    "and kept where it is wanted as it was": (
        [WEB], alpha_and_bravo(there(WEB, revision=4)), document(entry(NEW_WEB, uid="n3w")),
        [("Keep", "default/web", "alpha", "unchanged")], {}),
    "of several such the newest is kept": (
        [WEB],
        cluster(minion(there(WEB, revision=3), name="alpha"),
                minion(there(WEB, on="bravo", uid="0ther", revision=4), name="bravo")),
        document(entry(NEW_WEB, "bravo", uid="n3w")),
        [("Remove", "default/web", "alpha", STALE), ("Keep", "default/web", "bravo", "unchanged")], {}),
    "a stale copy goes before anything else": (
        [DB, WEB],
        cluster(minion(there(WEB), name="alpha"), minion(there(WEB, on="bravo", uid="n3w"), name="bravo")),
        document(entry(WEB, "bravo", uid="n3w")),
        [("Remove", "default/web", "alpha", STALE), ("Create", "default/db", "bravo", "it is nowhere"),
         ("Keep", "default/web", "bravo", "unchanged")], {}),
    "what nothing names any more goes, wanted or not": (
        [], alpha_and_bravo(there(WEB)), document(),
        [("Remove", "default/web", "alpha", "stale: nothing names it any more")], {}),
    "and is made anew where it is wanted again": (
        [WEB], alpha_and_bravo(there(WEB)), document(),
        [("Remove", "default/web", "alpha", "stale: nothing names it any more"),
         ("Create", "default/web", "alpha", "it is nowhere")], {}),
    "a copy is stale also while the one that counts is on a silent Minion": (
        [WEB], cluster(minion(there(WEB), name="alpha"), silent("gamma")), document(entry(WEB, "gamma", uid="n3w")),
        [("Remove", "default/web", "alpha", "stale: gamma has the one that counts")],
        {"default/web": ({"gamma": HAS_IT}, True)}),
    "a Pod of a newer Document is not for this one to judge": (
        [], alpha_and_bravo(there(WEB, revision=6)), document(), [], {}),
}  # fmt: skip


@pytest.mark.parametrize("wanted, seen, known, actions, held", REMEMBERED.values(), ids=REMEMBERED)
def test_what_is_planned_by_what_is_remembered(wanted, seen, known, actions, held):
    assert summary(make_plan(wanted, seen, document=known)) == (actions, held)


def test_a_pod_on_a_silent_minion_that_the_operator_gave_up_is_made_elsewhere_and_says_why():
    known = document(entry(WEB, "gamma"), claims=ON_GAMMA)
    why = {WEB.key: "gamma is silent: connection refused; a copy may still run there"}
    plan = make_plan([CLAIMING_WEB], ALPHA_AND_SILENT_GAMMA, document=known, given_up=why)
    assert summary(plan) == ([("Create", "default/web", "alpha", why[WEB.key])], {})


def test_delete_takes_what_is_stale_before_what_is_asked_for_and_neither_twice():
    web, db = there(WEB), there(DB)
    plan = plan_removal([db], alpha_and_bravo(web, db), document())
    assert summary(plan)[0] == [
        ("Remove", "default/web", "alpha", "stale: nothing names it any more"),
        ("Remove", "default/db", "alpha", "deleted"),
    ]


def test_a_pod_whose_image_is_another_one_now_is_made_anew():
    plan = make_plan([WEB, DB], alpha_and_bravo(there(WEB), there(DB)), anew={WEB.key: "its image is another one now"})
    assert summary(plan)[0] == [
        ("Replace", "default/web", "alpha", "its image is another one now"),
        ("Keep", "default/db", "alpha", "unchanged"),
    ]


def test_two_pods_that_share_a_new_claim_meet_on_one_minion_though_one_was_at_home_there_before():
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    pods = desired(DATA, manifest("web", volumes=volumes), manifest("db", volumes=volumes))
    full = {"app": container("app")}
    seen = cluster(minion(name="alpha"), minion(there(WEB, on="bravo", containers=full), name="bravo"))
    assert [each.minion for each in make_plan(pods, seen).actions] == ["bravo", "bravo"]


def test_delete_takes_what_is_asked_for_and_every_leftover():
    web, db, half = there(WEB), there(DB), there(desired(manifest("old"))[0], mark=Mark.OLD)
    seen = alpha_and_bravo(web, db, half, volumes=(pod_volume(web.uid),))
    assert plan_removal([web], seen) == Plan(
        actions=(
            *leftover_removals(seen),
            Remove(minion="alpha", uid=web.uid, reason="deleted", pod=web, volumes=(pod_volume(web.uid).name,)),
        )
    )
    assert [(each.pod, each.leftover) for each in leftover_removals(seen)] == [(half, True)]
    assert plan_removal([], alpha_and_bravo(db)) == Plan()


# ------------------------------------------------------------------------------------------- plans that are carried out

NAMES = ("ant", "bee", "cat", "dog")
MINIONS = ("alpha", "bravo", "charlie")


@st.composite
def manifests(draw, of=NAMES):
    """Some Pods in some order, some with a claim that they share; memory is scarce."""
    chosen = draw(st.lists(st.sampled_from(of), unique=True))
    objects = []
    for name in chosen:
        memory = draw(st.sampled_from(["1Gi", "3Gi", "6Gi"]))
        app = {"name": "app", "image": draw(st.sampled_from(["i:1", "i:2"])),
               "resources": {"requests": {"memory": memory}}}  # fmt: skip
        claims = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}] if draw(st.booleans()) else []
        objects.append(manifest(name, containers=[app], **({"volumes": claims} if claims else {})))
    return desired(DATA, *objects)


def empty(*silent_names):
    return cluster(*(silent(name) if name in silent_names else minion(name=name) for name in MINIONS))


def carried_out(plan, seen, *, uids=None, revision=0):
    """The cluster as the next look sees it. `uids` are those of the Pods that are made, by key."""
    pods = {each.minion.name: list(each.pods) for each in seen.minions}
    volumes = {each.minion.name: list(each.volumes) for each in seen.minions}
    for action in plan.actions:
        removal = action if isinstance(action, Remove) else getattr(action, "remove", None)
        if removal:
            pods[removal.minion] = [each for each in pods[removal.minion] if each.uid != removal.uid]
            volumes[removal.minion] = [each for each in volumes[removal.minion] if each.name not in removal.volumes]
        if isinstance(action, Start):
            old = action.observed
            well = replace(old, infra=infra(), containers=there(action.pod).containers)
            pods[action.minion] = [well if each is old else each for each in pods[action.minion]]
        if isinstance(action, Create | Replace):
            named = {"uid": uids[action.key]} if uids else {}
            pods[action.minion].append(there(action.pod, on=action.minion, revision=revision, **named))
            for name in action.pod.claims:
                if claim(name) not in volumes[action.minion]:
                    volumes[action.minion].append(claim(name))
    return replace(
        seen,
        minions=tuple(
            replace(each, pods=tuple(pods[each.minion.name]), volumes=tuple(volumes[each.minion.name]))
            for each in seen.minions
        ),
    )


@st.composite
def clusters(draw):
    """What some applies made, with some Pods then half way, half made or half removed."""
    seen = empty()
    for _ in range(draw(st.integers(0, 2))):
        seen = carried_out(make_plan(draw(manifests()), seen), seen)
    return replace(seen, minions=tuple(replace(each, pods=tuple(map(_disturbed(draw), each.pods)))
                                       for each in seen.minions))  # fmt: skip


def _disturbed(draw):
    def one(each: ObservedPod) -> ObservedPod:
        how = draw(st.sampled_from(["no", "no", "no", "new", "old", "down", "lost"]))
        if how in ("new", "old"):
            return replace(each, mark=Mark(how))
        if how == "down":
            return replace(each, containers={"app": container(status="exited", exit_code=255)})
        return replace(each, containers={}) if how == "lost" else each

    return one


@UNHURRIED
@given(seen=clusters(), wanted=manifests())
def test_after_a_plan_is_carried_out_the_next_one_has_nothing_to_do(seen, wanted):
    plan = make_plan(wanted, seen)
    after = make_plan(wanted, carried_out(plan, seen))
    held = {each.key for each in plan.held}
    assert [each.reason for each in after.changes if each.key not in held] == []
    if not held:
        assert [type(each) for each in after.actions] == [Keep] * len(wanted)


@UNHURRIED
@given(seen=clusters(), wanted=manifests())
def test_pods_that_are_not_named_stay_as_they_are(seen, wanted):
    asked = {each.key for each in wanted}
    after = carried_out(make_plan(wanted, seen), seen)
    kept = [each for each in seen.pods if each.key not in asked and each.mark is Mark.COMMITTED]
    assert [each for each in after.pods if each.key not in asked] == kept


@UNHURRIED
@given(seen=clusters(), wanted=manifests())
def test_every_pod_is_planned_once_or_held_and_is_on_one_minion_afterwards(seen, wanted):
    plan = make_plan(wanted, seen)
    planned = [each.key for each in plan.actions if not isinstance(each, Remove)]
    assert sorted([*planned, *(each.key for each in plan.held)]) == sorted(each.key for each in wanted)
    found = [each.key for each in carried_out(plan, seen).pods]
    assert sorted(set(found)) == sorted(found)


@UNHURRIED
@given(seen=clusters(), wanted=manifests())
def test_a_claim_never_has_two_volumes(seen, wanted):
    after = carried_out(make_plan(wanted, seen), seen)
    claims = [volume.claim for each in after.minions for volume in each.volumes if volume.claim]
    assert claims in ([], [PodKey("default", "data")])


def without_sight(seen, quiet):
    minions = (silent(each.minion.name) if each.minion.name in quiet else each for each in seen.minions)
    return replace(seen, minions=tuple(minions))


@UNHURRIED
@given(seen=clusters(), wanted=manifests(), quiet=st.sets(st.sampled_from(MINIONS), min_size=1))
def test_while_a_minion_is_silent_nothing_that_is_remembered_there_is_made_or_filled_a_second_time(seen, wanted, quiet):
    known, partly = adopted(seen), without_sight(seen, quiet)
    plan = make_plan(wanted, partly, document=known)
    assert {each.minion for each in plan.actions}.isdisjoint(quiet)
    there_already = [each for each in seen.pods if each.minion in quiet and each.mark is Mark.COMMITTED]
    after = carried_out(plan, partly)
    keys = [each.key for each in (*after.pods, *there_already) if each.mark is Mark.COMMITTED]
    assert sorted(set(keys)) == sorted(keys)
    hidden = [volume.claim for each in seen.minions if each.minion.name in quiet for volume in each.volumes]
    claims = [volume.claim for each in after.minions for volume in each.volumes]
    assert [each for each in (*hidden, *claims) if each] in ([], [PodKey("default", "data")])
    given_up = dict.fromkeys((each.key for each in wanted), "the operator said so")
    assert [each for each in make_plan(wanted, partly, document=known, given_up=given_up).held if each.unseen] == []


def uids_for(plan, generation):
    makers = (each for each in plan.actions if isinstance(each, Create | Replace))
    return {each.key: f"{each.key.name}-{generation}" for each in makers}


@UNHURRIED
@given(seen=clusters(), wanted=manifests(), done=st.sets(st.integers(0, 9)))
def test_wherever_a_writer_dies_the_same_apply_again_completes_it_and_nothing_is_there_twice(seen, wanted, done):
    """It has written the Document before it acted; any of its actions may have been done, or not."""
    known, plan = adopted(seen), Plan()
    for generation, chosen in ((1, done), (2, range(99))):
        plan = make_plan(wanted, seen, document=known)
        uids = uids_for(plan, generation)
        known = replace(after_plan(known, plan, seen, objects={}, uids=uids), revision=generation)
        some = tuple(each for at, each in enumerate(plan.actions) if at in chosen)
        seen = carried_out(replace(plan, actions=some), seen, uids=uids, revision=generation)
    keys = [each.key for each in seen.pods]
    assert sorted(set(keys)) == sorted(keys)
    held = {each.key for each in plan.held}
    assert [each for each in make_plan(wanted, seen, document=known).changes if each.key not in held] == []
    assert {each.uid for each in seen.pods if each.key not in held} <= {each.uid for each in known.pods.values()}


@UNHURRIED
@given(seen=clusters(), wanted=manifests(), order=st.permutations(range(len(MINIONS))))
def test_the_order_of_the_minions_changes_nothing(seen, wanted, order):
    shuffled = replace(seen, minions=tuple(seen.minions[index] for index in order))
    one, other = make_plan(wanted, seen), make_plan(wanted, shuffled)
    assert sorted(map(repr, one.actions)) == sorted(map(repr, other.actions))
    assert {each.key: dict(each.reasons) for each in one.held} == {each.key: dict(each.reasons) for each in other.held}


@UNHURRIED
@given(seen=clusters())
def test_a_delete_of_all_leaves_only_claims(seen):
    after = carried_out(plan_removal(seen.pods, seen), seen)
    assert after.pods == ()
    assert [volume for each in after.minions for volume in each.volumes if volume.uid] == []


def asking(name, **requests):
    return desired(manifest(name, containers=[{"name": "app", "image": "i:1", "resources": {"requests": requests}}]))[0]


def test_a_changed_pod_that_fits_nowhere_keeps_its_room_and_others_wait_for_it():
    seen = cluster(minion(there(asking("web", memory="4Gi")), name="alpha"))
    plan = make_plan([BIG_WEB, asking("db", memory="6Gi"), asking("job", memory="4Gi")], seen)
    assert [(type(each), each.key.name) for each in plan.actions] == [(Create, "job")]
    assert {each.key.name: each.reasons["alpha"] for each in plan.held} == {
        "web": "memory: 100Gi asked, 0 free of 8Gi; what it has there now counts as taken",
        "db": "memory: 6Gi asked, 0 free of 8Gi",
    }


def test_a_changed_pod_that_fits_nowhere_keeps_its_ports():
    def page(name, **requests):
        ports = [{"containerPort": 80, "hostPort": 80}]
        container = {"name": "app", "image": "i:1", "ports": ports, "resources": {"requests": requests}}
        return desired(manifest(name, containers=[container]))[0]

    seen = alpha_and_bravo(there(page("web")))
    plan = make_plan([page("web", memory="100Gi"), page("one"), page("two")], seen)
    assert [(each.key.name, each.minion) for each in plan.actions] == [("one", "bravo")]
    assert {each.key.name for each in plan.held} == {"web", "two"}


def test_pods_that_stay_count_among_the_minions_in_use_and_a_strategy_is_heard():
    seen = alpha_and_bravo(there(asking("web", cpu="1")))
    packed = make_plan([asking("db", cpu="1")], seen)
    assert ([each.minion for each in packed.actions], packed.minions_used, packed.lower_bound) == (["alpha"], 1, 1)
    spread = make_plan([asking("db", cpu="1")], seen, policy=Policy(strategy="spread"))
    assert ([each.minion for each in spread.actions], spread.minions_used) == (["bravo"], 2)


def test_with_admission_by_count_more_pods_are_made_than_in_order():
    pods = [asking("db", cpu="4"), *(asking(f"web-{n}", cpu="2") for n in range(2))]
    seen = cluster(minion(name="alpha"))
    in_order, most = (make_plan(pods, seen, policy=Policy(admit=admit)) for admit in ("order", "count"))
    assert [each.key.name for each in in_order.actions] == ["db"]
    assert [each.key.name for each in most.actions] == ["web-0", "web-1"]
