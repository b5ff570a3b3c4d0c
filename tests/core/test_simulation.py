"""Simulations: the placement of an apply, on clusters that are only thought of."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed import claim_volume, manifest, minion, pod, silent

from podctl.core.actions import Create, Keep, Replace
from podctl.core.document.adopting import adopted
from podctl.core.document.model import Document
from podctl.core.inventory import parse_inventory
from podctl.core.manifest import parse
from podctl.core.minion_names import check_minions, new_names
from podctl.core.model import Cluster, Mark, PodKey, Resources, Taint
from podctl.core.placement import Policy
from podctl.core.plan import make_plan
from podctl.core.simulation import Told, simulate
from podctl.core.supply import candidates
from podctl.core.whatif import Change, changed, declared, displaced
from podctl.errors import ExitCode, InputError, InventoryError
from podctl.report.simulation import codes, simulation_json, simulation_text

INVENTORY = """cluster: shop
minions:
  alpha: {labels: {zone: a, kubernetes.io/hostname: alpha}, capacity: {cpu: 4, memory: 8Gi, pods: 50, example.com/x: 2},
          taints: [{key: gpu, effect: NoSchedule}], reserved: {cpu: 1}, unschedulable: true}
  beta: {capacity: {cpu: 2, memory: 4Gi}}
"""


def desired(*objects):
    return parse([("pods.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))]).pods


def asking(name, cpu, **given):
    requests = {"resources": {"requests": {"cpu": cpu}}}
    return manifest(name, containers=[{"name": "app", "image": "i:1", **requests}], **given)


def running(wanted, on):
    (read,) = desired(wanted)
    return pod(manifest=wanted, spec_hash=read.spec_hash, uid=f"uid-of-{read.key.name}", minion=on)


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


def simulated(wanted, seen, *, strategy="binpack", document=None, **change):
    return simulate(wanted, seen, change=Change(**change), policy=Policy(strategy=strategy), document=document)


def where(simulation):
    return {str(each.key): each.minion for each in simulation.placements}


def test_a_simulation_without_a_change_is_what_the_next_apply_does():
    kept, changed_pod, new = asking("kept", "1"), asking("changed", "2"), asking("new", "500m")
    seen = cluster(
        minion(running(kept, "alpha"), name="alpha"), minion(running(asking("changed", "1"), "beta"), name="beta")
    )
    wanted = desired(kept, changed_pod, new, asking("huge", "100"))
    plan = make_plan(wanted, seen)
    made = {str(each.key): each for each in plan.actions if isinstance(each, Keep | Create | Replace)}
    done = simulated(wanted, seen)
    assert where(done) == {**{key: each.minion for key, each in made.items()}, "default/huge": None}
    assert (done.minions_used, done.lower_bound) == (plan.minions_used, plan.lower_bound)
    told = {str(each.key): each.reasons for each in done.placements}
    assert told["default/kept"] == {"alpha": "it is there, unchanged"}
    assert told["default/new"] == {made["default/new"].minion: made["default/new"].placement_reason}
    assert [(each.key, dict(each.reasons), each.diagnosis) for each in done.waiting] == [
        (held.key, dict(held.reasons), held.diagnosis) for held in plan.held
    ]


def test_pods_of_a_minion_that_is_gone_are_placed_with_the_others_and_named_so():
    web, db = asking("web", "1"), asking("db", "1")
    seen = cluster(minion(running(web, "alpha"), name="alpha"), minion(running(db, "beta"), name="beta"))
    done = simulated(desired(asking("new", "1")), seen, without=("alpha",))
    assert where(done) == {"default/web": "beta", "default/new": "beta"}
    new, moved = done.placements
    assert not new.reasons["beta"].startswith("it was on")
    assert moved.reasons["beta"].startswith("it was on alpha; ")
    assert done.minions_used == 1


def test_a_pod_of_the_files_that_would_lose_its_minion_is_told_of_once():
    web = asking("web", "1")
    seen = cluster(minion(running(web, "alpha"), name="alpha"), minion(name="beta"))
    (told,) = simulated(desired(web), seen, without=("alpha",)).placements
    assert (told.minion, told.reasons["beta"].startswith("it was on alpha; ")) == ("beta", True)


def test_pods_that_run_go_before_new_ones_where_not_all_fit():
    seen = cluster(minion(running(asking("web", "3"), "alpha"), name="alpha"), minion(name="beta"))
    done = simulated(desired(asking("new", "3")), seen, without=("alpha",))
    assert where(done) == {"default/web": "beta", "default/new": None}
    assert set(done.waiting[0].reasons) == {"beta"}


def test_half_made_pods_second_copies_and_pods_without_a_manifest_are_not_moved():
    half = replace(running(asking("half", "1"), "alpha"), mark=Mark.NEW)
    bare = replace(running(asking("bare", "1"), "alpha"), manifest={})
    double = running(asking("double", "1"), "alpha")
    seen = cluster(minion(half, bare, double, name="alpha"), minion(replace(double, minion="beta"), name="beta"))
    assert list(displaced(seen, Change(without=("alpha",)), ())) == []


def test_a_pod_that_is_remembered_on_a_silent_minion_waits_for_it_unless_that_is_thought_away():
    seen = cluster(minion(name="alpha"), silent("gamma"))
    wanted = desired(asking("web", "1"))
    known = adopted(cluster(minion(running(asking("web", "1"), "gamma"), name="gamma")))
    (held,) = simulated(wanted, seen, document=known).placements
    assert held == Told(
        key=PodKey("default", "web"), minion=None, diagnosis="it is on no Minion that answers",
        reasons={"gamma": "has it, but is silent: connection refused"},
    )  # fmt: skip
    assert where(simulated(wanted, seen, document=Document(cluster="shop"))) == {"default/web": "alpha"}
    done = simulated(wanted, seen, document=known, without=("gamma",))
    assert where(done) == {"default/web": "alpha"}
    assert done.notes == ("gamma does not answer, so what it has is taken from what the cluster remembers",)
    assert done.cluster.silent == ()


def test_what_the_document_has_on_a_silent_minion_is_placed_anew_when_that_goes():
    seen = cluster(minion(name="alpha"), silent("gamma"))
    volume = replace(claim_volume("data"), claim=PodKey("default", "data"))
    claiming = manifest("db", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    there = minion(running(claiming, "gamma"), running(asking("big", "64"), "gamma"), name="gamma", volumes=(volume,))
    known = adopted(cluster(there))
    done = simulated((), seen, document=known, without=("gamma",))
    assert where(done) == {"default/db": "alpha", "default/big": None}
    assert done.placements[1].reasons["alpha"].startswith("it was on gamma; ")
    assert done.notes[1:] == ("claim default/data is on gamma and would be lost with it: its Pods would find it empty",)


def test_a_pod_that_the_document_does_not_name_is_not_missed():
    seen = cluster(minion(running(asking("old", "1"), "alpha"), name="alpha"), minion(name="beta"))
    assert where(simulated((), seen, document=Document(cluster="shop"), without=("alpha",))) == {}
    assert where(simulated((), seen, without=("alpha",))) == {"default/old": "beta"}


def test_what_waits_already_is_no_failure_of_this_simulation():
    seen = cluster(minion(name="alpha"))
    done = simulated(desired(asking("new", "1"), asking("big", "64")), seen)
    assert codes(done) == [ExitCode.UNPLACED]
    assert codes(replace(done, retried=frozenset({PodKey("default", "big")}))) == []


def test_a_claim_that_would_be_lost_is_named_when_a_pod_uses_it():
    volume = replace(claim_volume("data"), claim=PodKey("default", "data"))
    other = replace(claim_volume("other"), claim=PodKey("default", "other"))
    claiming = manifest("db", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    seen = cluster(minion(running(claiming, "alpha"), name="alpha", volumes=(volume, other)), minion(name="beta"))
    lost = ("claim default/data is on alpha and would be lost with it: its Pods would find it empty",)
    assert simulated((), seen, without=("alpha",)).notes == lost
    assert simulated(desired(claiming), seen, without=("alpha",)).notes == lost
    assert simulated(desired(claiming), seen).notes == ()


def test_more_minions_are_as_the_one_that_they_are_like_but_empty_and_without_its_cordon():
    inventory = parse_inventory(INVENTORY, "i.yaml")
    after = changed(declared(inventory), Change(more=((2, "alpha"), (1, "beta"))))
    *_, first, second, third = candidates(after)
    assert [each.name for each in (first, second, third)] == ["alpha-new-1", "alpha-new-2", "beta-new-1"]
    assert first.labels == {"kubernetes.io/hostname": "alpha-new-1", "kubernetes.io/os": "linux", "zone": "a"}
    assert first.taints == (Taint(key="gpu", effect="NoSchedule"),)
    assert first.capacity == Resources(cpu_millis=4000, memory_bytes=8 * 2**30, pods=50, extended={"example.com/x": 2})
    assert (first.reserved.cpu_millis, first.unschedulable, first.used) == (1000, False, ())


def test_more_like_a_minion_that_runs_pods_has_what_its_engine_reports_and_nothing_on_it():
    seen = cluster(minion(running(asking("web", "3"), "alpha"), name="alpha"))
    done = simulated(desired(asking("new", "3"), asking("next", "4")), seen, more=((2, "alpha"),))
    assert sorted(where(done).values()) == ["alpha-new-1", "alpha-new-2"]


def test_more_like_a_silent_minion_needs_its_capacity():
    with pytest.raises(InputError) as caught:
        changed(cluster(silent("gamma")), Change(more=((1, "gamma"),)))
    assert caught.value.message == (
        "nobody knows what another gamma would have: it does not answer, "
        "and its capacity in the inventory does not say its cpu and memory"
    )


def test_offline_every_minion_that_stays_must_say_what_it_has():
    inventory = parse_inventory(
        "cluster: s\nminions: {alpha: , beta: {capacity: {cpu: 1}}, gamma: {capacity: {memory: 1Gi}}, "
        "delta: {capacity: {cpu: 1, memory: 1Gi}}}\n",
        "i.yaml",
    )
    with pytest.raises(InventoryError) as caught:
        declared(inventory, without=("alpha",))
    assert caught.value.problems == (
        "i.yaml: minions.beta.capacity: does not say its memory",
        "i.yaml: minions.gamma.capacity: does not say its cpu",
    )
    assert "capacity: {cpu: 4, memory: 8Gi}" in caught.value.hint
    assert len(declared(inventory, without=("alpha", "beta", "gamma")).minions) == 4


def test_offline_the_labels_are_those_of_the_inventory_as_the_machine_is_not_asked():
    alpha, beta = candidates(declared(parse_inventory(INVENTORY, "i.yaml")))
    assert beta.labels == {"kubernetes.io/hostname": "beta", "kubernetes.io/os": "linux"}
    assert (alpha.ready, alpha.unschedulable, beta.used) == (True, True, ())


def test_a_minion_that_is_none_has_a_near_one():
    inventory = parse_inventory(INVENTORY, "i.yaml")
    check_minions(["alpha", "beta"], inventory)
    with pytest.raises(InputError, match=r"^i\.yaml: there is no Minion betta: did you mean beta\?$"):
        check_minions(["alpha", "betta"], inventory)


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(4)), st.permutations(range(5)))
def test_neither_the_order_of_the_inventory_nor_that_of_the_files_shows_when_all_fit(minions, pods):
    wanted = desired(*(asking(f"web-{n}", f"{n + 1}00m") for n in range(5)))
    machines = [
        minion(*(running(asking(f"old-{name}-{n}", "100m"), name) for n in range(2)), name=name)
        for name in ("alpha", "beta", "delta")
    ] + [silent("gamma")]  # fmt: skip
    change = {"without": ("alpha", "gamma"), "more": ((2, "beta"),)}
    first = simulated(wanted, cluster(*machines), **change)
    again = simulated([wanted[at] for at in pods], cluster(*(machines[at] for at in minions)), **change)
    assert simulation_json(again) == simulation_json(first)
    assert simulation_text(again) == simulation_text(first)
    assert again.notes == first.notes


@settings(deadline=None)
@given(st.integers(1, 120), st.sets(st.integers(1, 130)))
def test_names_of_more_minions_are_as_many_as_asked_for_new_and_sorted(number, numbers):
    taken = {f"a-new-{at}" for at in numbers} | {f"a-new-{at:03}" for at in numbers}
    names = new_names("a", number, taken)
    assert len(set(names)) == number
    assert not taken.intersection(names)
    assert [int(name.rpartition("-")[2]) for name in names] == sorted(int(name.rpartition("-")[2]) for name in names)
    if len(names[-1]) == len(names[0]):
        assert list(names) == sorted(names)
