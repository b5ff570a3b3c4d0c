"""What placement says of its answer: why there, why not, and what would have to change."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from small_batches import batches

from podctl.core.model import PodKey, Resources, Taint
from podctl.core.placement import (
    Candidate,
    Demand,
    HostPort,
    NodeTerm,
    Packing,
    Placed,
    PodTerm,
    Policy,
    PreferredPodTerm,
    PreferredTerm,
    Spread,
    UsedBy,
    Waiting,
    used_by,
)
from podctl.core.placement.checker.check import check
from podctl.core.placement.why.explain import explain
from podctl.core.selectors import Requirement

MI, GI = 2**20, 2**30
HOSTNAME = "kubernetes.io/hostname"
SPREAD = Policy(strategy="spread")


def pod(name="web", *, cpu=0, memory=0, app="", namespace="default", **more):
    labels = {"app": app} if app else {}
    return Demand(key=PodKey(namespace, name), labels=labels, cpu_millis=cpu, memory_bytes=memory, **more)


def minion(name, *running, cpu=4000, memory=8 * GI, pods=None, extended=None, zone="", **more):
    labels = {HOSTNAME: name, **({"zone": zone} if zone else {}), **more.pop("labels", {})}
    capacity = Resources(cpu_millis=cpu, memory_bytes=memory, pods=pods, extended=extended or {})
    used = tuple(each if isinstance(each, UsedBy) else used_by(each) for each in running)
    return Candidate(name=name, labels=labels, capacity=capacity, used=used, **more)


def those(app):
    return (Requirement(key="app", operator="In", values=(app,)),)


def term(app, key="zone", namespaces=("default",)):
    return PodTerm(topology_key=key, selector=those(app), namespaces=namespaces)


def prefers(weight, key, *values):
    return PreferredTerm(
        weight=weight, term=NodeTerm(expressions=(Requirement(key=key, operator="In", values=values),))
    )


def explained(candidates, *placed, policy=Policy(), **bound):  # noqa: B008 - a frozen value
    """Placements of (demand, the name of its Minion or None), whatever the packer would have said."""
    demands, minions = zip(*placed, strict=True)
    packing = Packing(minions=minions, minions_used=0, lower_bound=0)
    return explain(demands, candidates, packing, bound_claims=bound, policy=policy)


def why(candidates, *placed, **more):
    """The reason of the first of them."""
    return explained(candidates, *placed, **more)[0].reason


def waits(candidates, *placed, **bound):
    """What is said of the first of them, which waits."""
    answer = explained(candidates, *placed, **bound)[0]
    assert isinstance(answer, Waiting)
    return answer


# --------------------------------------------------------------------------------------------------------- why there

TWO_OF_FOUR = "2 of 4 free cpu; 1 other Minion has room too"


def test_node_name_is_reason_enough():
    assert why(
        [minion("m1"), minion("m2")], (pod(cpu=2000, node_name="m2"), "m2")
    ) == f"nodeName: {TWO_OF_FOUR}".replace("; 1 other Minion has room too", "")


def test_a_pod_that_was_there_already_stays():
    assert why([minion("m1"), minion("m2")], (pod(cpu=2000, home="m2"), "m2")) == f"it was there already: {TWO_OF_FOUR}"


def test_a_cordon_does_not_drive_out_a_pod_that_is_there():
    candidates = [minion("m1", cpu=500), minion("m2", unschedulable=True)]
    assert why(candidates, (pod(cpu=2000, home="m2"), "m2")) == "it was there already: 2 of 4 free cpu"
    assert waits(candidates, (pod(cpu=2000, home="m1"), None)).reasons["m2"] == "is cordoned (unschedulable)"


def test_a_pod_goes_to_its_data():
    candidates = [minion("m1"), minion("m2", claims=frozenset(["default/data"]))]
    assert why(candidates, (pod(claims=("default/data",)), "m2")) == (
        "its claim data lives there: asks for no cpu and no memory"
    )


def test_a_new_claim_ties_only_those_that_share_it():
    candidates = [minion("m1"), minion("m2")]
    one, two = pod("a", cpu=1000, claims=("default/new",)), pod("b", cpu=1000, claims=("default/new",))
    assert why(candidates, (one, "m1"), (two, "m1")) == "with the Pods that share its claim new: 1 of 3 free cpu"
    assert why(candidates, (one, "m1")) == "first by name: 1 of 4 free cpu; 1 other Minion has room too"


def test_the_only_fit():
    candidates = [minion("m1"), minion("m2", pod("db", cpu=3000)), minion("m3", cpu=1000), minion("m4", ready=False)]
    assert why(candidates, (pod(cpu=2000, memory=64 * MI), "m1")) == (
        "only fit: 2 of 4 free cpu and 64Mi of 8Gi free memory"
    )


def test_no_further_minion_is_opened():
    candidates = [minion("m1"), minion("m2", pod("db", cpu=1000)), minion("m3")]
    assert why(candidates, (pod(cpu=2000), "m2")) == (
        "opens no further Minion: 2 of 3 free cpu; 2 other Minions have room too"
    )
    two = (pod("a", cpu=2000), "m3"), (pod("b", cpu=1000), "m3")
    assert (
        why([minion("m1"), minion("m3")], *two)
        == "opens no further Minion: 2 of 3 free cpu; 1 other Minion has room too"
    )


def test_nothing_but_the_name_decides_or_what_the_whole_batch_needs():
    busy = [minion("m1", pod("x", cpu=1000)), minion("m2", pod("y", cpu=1000)), minion("m3")]
    assert why(busy, (pod(cpu=2000), "m1")) == "first by name: 2 of 3 free cpu; 2 other Minions have room too"
    assert why(busy, (pod(cpu=2000), "m2")) == "fewest Minions in use: 2 of 3 free cpu; 2 other Minions have room too"


MILD = (Taint(key="batch", effect="PreferNoSchedule"),)

PREFERENCES = [
    pytest.param(
        pod(), [minion("m1", taints=MILD), minion("m2")], "fewest PreferNoSchedule taints", id="PreferNoSchedule"
    ),
    pytest.param(
        pod(preferred_terms=(prefers(80, "zone", "b"), prefers(10, "zone", "a", "b"))),
        [minion("m1", zone="a"), minion("m2", zone="b")],
        "preferred node affinity (weight 90)",
        id="node affinity",
    ),
    pytest.param(
        pod(preferred_near=(PreferredPodTerm(weight=5, term=term("db")),)),
        [minion("m1", zone="a"), minion("m2", zone="b"), minion("m3", *[pod("db", app="db")] * 2, cpu=0, zone="b")],
        "preferred pod affinity (weight 10)",
        id="pod affinity, for each of them",
    ),
    pytest.param(
        pod(preferred_apart=(PreferredPodTerm(weight=5, term=term("db")),)),
        [minion("m1", zone="a"), minion("m2", zone="b"), minion("m3", pod("db", app="db"), cpu=0, zone="a")],
        "preferred pod anti-affinity",
        id="pod anti-affinity",
    ),
    pytest.param(
        pod(
            preferred_terms=(prefers(80, "zone", "b"),),
            preferred_near=(PreferredPodTerm(weight=5, term=term("db")),),
        ),
        [minion("m1", zone="a"), minion("m2", zone="b"), minion("m3", pod("db", app="db"), cpu=0, zone="b")],
        "preferred affinities (weight 85)",
        id="both",
    ),
    pytest.param(
        pod(app="web", spreads=(Spread(topology_key="zone", selector=those("web"), hard=False),)),
        [minion("m1", zone="a"), minion("m2", zone="b"), minion("m3", pod("old", app="web"), cpu=0, zone="a")],
        "least skew over zone",
        id="ScheduleAnyway",
    ),
    pytest.param(
        pod(spreads=(Spread(topology_key="zone", selector=(), hard=False),)),
        [minion("m1"), minion("m2", zone="b"), minion("m3", zone="c", pods=0)],
        "least skew over zone",
        id="ScheduleAnyway, and a Minion in no place",
    ),
]


@pytest.mark.parametrize("demand, candidates, reason", PREFERENCES)
@pytest.mark.parametrize("policy", [Policy(), SPREAD])
def test_a_preference_parts_minions_that_are_alike(demand, candidates, reason, policy):
    demand = replace(demand, cpu_millis=1000)
    assert why(candidates, (demand, "m2"), policy=policy) == f"{reason}: 1 of 4 free cpu; 1 other Minion has room too"


def test_members_of_a_set_are_apart():
    busy = [minion("m1", pod("x")), minion("m2", pod("y")), minion("m3")]
    members = (pod("web-1", cpu=1000, group="web"), "m2"), (pod("web-0", cpu=1000, group="web"), "m1")
    assert why(busy, *members) == ("fewest others of its set: 1 of 4 free cpu; 2 other Minions have room too")
    assert why(busy, members[0], (replace(members[1][0], group="other"), "m1")).startswith("fewest Minions in use")


def test_criteria_count_in_their_order():
    """m1 is out for its taint, m3 for the affinity: what put the last of them behind is told."""
    busy = [
        minion("m1", pod("x"), taints=MILD, zone="b"),
        minion("m2", pod("y"), zone="b"),
        minion("m3", pod("z"), zone="a"),
    ]
    assert why(busy, (pod(preferred_terms=(prefers(80, "zone", "b"),)), "m2")).startswith(
        "preferred node affinity (weight 80): "
    )
    assert why(busy, (pod(preferred_terms=(prefers(80, "zone", "a"),)), "m2")).startswith("fewest Minions in use: ")


def test_a_pod_that_is_made_anew_at_home_counts_for_the_spread_of_newcomers():
    stays, comes = pod("old", app="web", home="a1"), pod("new", app="web", spreads=(SPREADING,))
    assert why([A1, B1], (comes, "b1"), (stays, "a1")) == "only fit: asks for no cpu and no memory"


def test_spread_takes_minions_evenly():
    candidates = [minion("m1", pod("x", cpu=1000)), minion("m2"), minion("m3")]
    assert why(candidates, (pod(cpu=2000), "m2"), policy=SPREAD) == (
        "spread evenly: 2 of 4 free cpu; 2 other Minions have room too"
    )


def test_a_reason_stays_short():
    extended = {f"example.com/resource-with-a-long-name-{number}": 1 for number in range(9)}
    reason = why(
        [minion("m1", extended=extended), minion("m2", extended=extended)], (pod(cpu=1, extended=extended), "m1")
    )
    assert reason.endswith("; 1 other Minion has room too")
    assert len(reason) <= 200


def test_relations_close_other_minions():
    web = pod("web", app="web", cpu=1000, apart=(term("web"),))
    zones = [minion("m1", zone="a"), minion("m2", zone="a"), minion("m3", zone="b"), minion("m4", zone="c")]
    assert why(zones, (web, "m1"), (replace(web, key=PodKey("default", "two")), "m3")) == (
        "first by name: 1 of 4 free cpu; 2 other Minions have room too"
    )


# ---------------------------------------------------------------------------------------------- reasons between Pods

A1, A2, B1, NO_ZONE = minion("a1", zone="a"), minion("a2", zone="a"), minion("b1", zone="b"), minion("none")
SPREADING = Spread(topology_key="zone", selector=those("web"))


def with_(candidate, *running):
    return replace(candidate, used=(*candidate.used, *map(used_by, running)))


def refused(demand, candidates):
    """The reasons of a Pod that waits, by Minion; its room is no matter."""
    return waits(candidates, (demand, None)).reasons


def test_anti_affinity_names_the_pod_and_the_place():
    demand = pod(app="web", apart=(term("web", namespaces=("shop",)),))
    found = refused(
        demand, [with_(A1, pod("z", app="web", namespace="shop"), pod("b", app="web", namespace="shop")), A2, NO_ZONE]
    )
    reason = "anti-affinity (topologyKey zone): pod shop/b is in zone a"
    assert (found["a1"], found["a2"]) == (reason, reason)
    assert found["none"] == "has room as it is now: the next apply can place it there"


def test_anti_affinity_of_a_minion_itself_says_there():
    demand = pod(app="web", apart=(term("web", HOSTNAME),))
    found = refused(demand, [with_(A1, pod("old", app="web"))])
    assert found == {"a1": f"anti-affinity (topologyKey {HOSTNAME}): pod default/old is there"}


def test_replicas_that_keep_away_from_each_other_are_told_of_once():
    web = {"app": "web", "apart": (term("web", HOSTNAME),)}
    found = refused(pod(**web), [with_(A1, pod("old", **web)), with_(A2, pod("db", apart=(term("web"),)))])
    keeps = "pod default/db keeps away from it: anti-affinity (topologyKey zone), it is in zone a"
    old = f"anti-affinity (topologyKey {HOSTNAME}): pod default/old is there"
    assert found == {"a1": old, "a2": keeps}
    cache = pod("cache", apart=(term("web", HOSTNAME),))
    keeps = "pod default/cache keeps away from it: anti-affinity"
    found = refused(pod(**web), [with_(A1, pod("old", **web), cache)])
    assert found["a1"] == f"{old}; {keeps} (topologyKey {HOSTNAME}), it is there"


def test_a_term_without_namespaces_speaks_of_its_own():
    found = refused(pod(apart=(term("web", namespaces=()),)), [with_(A1, pod("old", app="web"))])
    assert found == {"a1": "anti-affinity (topologyKey zone): pod default/old is in zone a"}
    assert refused(pod(apart=(term("web", namespaces=()),)), [with_(A1, pod("old", app="web", namespace="shop"))])[
        "a1"
    ].startswith("has room")


def test_a_pod_that_runs_keeps_others_away():
    found = refused(pod(app="web"), [with_(A1, pod("db", apart=(term("web"),))), A2])
    reason = "pod default/db keeps away from it: anti-affinity (topologyKey zone), it is in zone a"
    assert found == {"a1": reason, "a2": reason}


def test_affinity_says_whom_it_misses():
    demand = pod(near=(term("db"), term("cache", namespaces=("shop",))))
    there = with_(A1, pod("db", app="db"))
    assert refused(demand, [there, NO_ZONE]) == {
        "a1": "pod affinity (topologyKey zone): no Pod with app=db that is also a Pod with app=cache of namespace shop"
        " is in zone a",
        "none": "label zone is missing, pod affinity wants it",
    }


def test_the_first_of_its_kind_needs_no_company():
    first = pod(app="web", near=(term("web"),))
    assert refused(first, [A1, NO_ZONE])["a1"].startswith("has room")
    assert refused(first, [with_(A1, pod("old", app="web")), B1])["b1"] == (
        "pod affinity (topologyKey zone): no Pod with app=web is in zone b"
    )


def test_affinity_to_pods_of_other_namespaces():
    labels = (Requirement(key="kubernetes.io/metadata.name", operator="In", values=("shop",)),)
    demand = pod(near=(PodTerm(topology_key="zone", selector=those("db"), namespace_selector=labels),))
    candidates = [with_(A1, pod("db", app="db", namespace="shop")), with_(B1, pod("db", app="db"))]
    assert refused(demand, candidates)["b1"] == (
        "pod affinity (topologyKey zone): no Pod with app=db of a namespace with kubernetes.io/metadata.name=shop"
        " is in zone b"
    )
    every = replace(demand, near=(replace(demand.near[0], selector=(), namespace_selector=()),))
    assert refused(every, [A1])["a1"].startswith("has room")  # it is one of every Pod itself
    anyone = replace(demand, near=(PodTerm(topology_key="zone", selector=(), namespaces=("shop",)),))
    assert refused(anyone, [A1]) == {"a1": "pod affinity (topologyKey zone): no Pod of namespace shop is in zone a"}


def test_a_spread_constraint_says_the_figures():
    demand = pod(app="web", spreads=(SPREADING,))
    running = with_(A1, pod("x", app="web"), pod("y", app="web")), A2, with_(B1, pod("z", app="web")), NO_ZONE
    assert refused(demand, running) == {
        "a1": "spread: zone a would have 3, zone b has 1: maxSkew 1",
        "a2": "spread: zone a would have 3, zone b has 1: maxSkew 1",
        "b1": "has room as it is now: the next apply can place it there",
        "none": "label zone is missing, a topologySpreadConstraint wants it",
    }


def test_with_too_few_domains_the_fewest_count_as_none():
    demand = pod(app="web", spreads=(replace(SPREADING, min_domains=3),))
    found = refused(demand, [with_(A1, pod("x", app="web")), with_(B1, pod("y", app="web"))])
    assert (
        found["a1"] == "spread: zone a would have 2, and as 2 of 3 minDomains exist, the fewest count as 0: maxSkew 1"
    )


def test_of_the_batch_only_pods_with_the_same_constraint_count():
    """These count as if they were placed before those without it."""
    waiting, web = pod(app="web", spreads=(SPREADING,)), pod("loose", app="web")
    assert waits([A1, B1], (waiting, None), (web, "a1")).reasons["a1"].startswith("has room")
    carrier = replace(web, spreads=(SPREADING,))
    assert waits([A1, B1], (waiting, None), (carrier, "a1")).reasons["a1"] == (
        "spread: zone a would have 2, zone b has 0: maxSkew 1"
    )


def test_domains_are_those_that_the_pod_may_use():
    tainted = replace(B1, taints=(Taint(key="db"),))
    demand = pod(app="web", spreads=(SPREADING,))
    running = [with_(A1, pod("x", app="web")), tainted]
    assert refused(demand, running)["a1"] == "spread: zone a would have 2, zone b has 0: maxSkew 1"
    honors = replace(demand, spreads=(replace(SPREADING, honors_taints=True),))
    assert refused(honors, running)["a1"].startswith("has room")
    assert refused(honors, [running[0], replace(B1, unschedulable=True)])["a1"].startswith("has room")
    only_a = replace(demand, node_selector={"zone": "a"})
    assert refused(only_a, running)["a1"].startswith("has room")
    anyway = replace(only_a, spreads=(replace(SPREADING, honors_affinity=False),))
    assert refused(anyway, running)["a1"].startswith("spread: ")


def test_node_name_passes_what_is_between_pods():
    demand = pod(app="web", node_name="a1", apart=(term("db"),), near=(term("x"),), spreads=(SPREADING,))
    assert refused(demand, [with_(A1, pod("db", app="db", apart=(term("web"),)))])["a1"].startswith("has room")


# --------------------------------------------------------------------------------------------------------- diagnoses


def diagnosis(candidates, *placed, **bound):
    return waits(candidates, *placed, **bound).diagnosis


NOWHERE = [
    pytest.param(pod(), [], "there is no Minion", id="no Minion"),
    pytest.param(
        pod(), [minion("m1", ready=False)], "no Minion answers; m1 did not answer", id="no Minion that answers"
    ),
    pytest.param(
        pod(node_name="alfa"),
        [minion("alpha")],
        "nodeName wants alfa, which is no Minion: did you mean alpha?",
        id="nodeName",
    ),
    pytest.param(
        pod(node_name="m1"),
        [minion("m1", ready=False), minion("m2")],
        "nodeName wants m1, which did not answer; m1 did not answer",
        id="nodeName of a silent Minion",
    ),
    pytest.param(
        pod(cpu=12000),
        [
            minion("m1"),
            minion("m2", cpu=8000, reserved=Resources(cpu_millis=500)),
            minion("m3", cpu=16000, taints=(Taint(key="x"),)),
        ],
        "the largest has 7500m cpu, it asks 12",
        id="too much cpu for those that it may go to",
    ),
    pytest.param(
        pod(cpu=2000, memory=6 * GI),
        [minion("m1", cpu=1000), minion("m2", memory=4 * GI)],
        "m2 comes nearest: memory: 6Gi asked, 4Gi free of 4Gi",
        id="enough of each, but never of both",
    ),
    pytest.param(
        pod(extended={"nvidia.com/gpu": 1}), [minion("m1")], "no Minion has any nvidia.com/gpu, it asks 1", id="no gpu"
    ),
    pytest.param(
        pod(node_selector={"disk": "ssd"}),
        [minion("m1"), minion("m2", labels={"disk": "hdd"})],
        "no Minion has the label disk=ssd that nodeSelector wants",
        id="a label that nobody has",
    ),
    pytest.param(
        pod(node_selector={"disk": "ssd"}, cpu=9000),
        [minion("m1"), minion("m2", labels={"disk": "ssd"}, unschedulable=True)],
        "m1 comes nearest: label disk is missing, nodeSelector wants ssd",
        id="of two that cannot take it the one that meets more rules",
    ),
    pytest.param(
        pod(near=(term("db"),)), [minion("m1", zone="a")], "pod affinity: there is no Pod with app=db", id="no company"
    ),
    pytest.param(
        pod(spreads=(SPREADING,)),
        [minion("m1")],
        "m1 comes nearest: label zone is missing, a topologySpreadConstraint wants it",
        id="no place of the kind",
    ),
    pytest.param(
        pod(spreads=(SPREADING,)),
        [minion("m1"), minion("m2", labels={"rack": "x"}), minion("m3")],
        "all Minions: label zone is missing, a topologySpreadConstraint wants it",
        id="no place of the kind on any of many, none of which is nearer",
    ),
    pytest.param(pod(), [minion("m1", pods=0)], "m1 comes nearest: pods: it may run none", id="no Pods at all"),
]


@pytest.mark.parametrize("demand, candidates, says", NOWHERE)
def test_it_fits_nowhere_even_when_empty(demand, candidates, says):
    assert diagnosis(candidates, (demand, None)) == f"fits nowhere even when empty: {says}"


@pytest.mark.parametrize(
    "home, says",
    [
        ("m2", "claim default/data lives on m2, which did not answer; m2 did not answer"),
        ("m9", "claim default/data lives on m9, which is no Minion; m2 did not answer"),
    ],
)
def test_a_claim_that_nobody_can_reach(home, says):
    demand = pod(claims=("default/data",))
    assert diagnosis([minion("m1"), minion("m2", ready=False)], (demand, None), **{"default/data": home}) == (
        f"fits nowhere even when empty: {says}"
    )


def test_many_silent_minions_are_counted():
    silent = [minion(f"s{number}", ready=False) for number in range(6)]
    assert diagnosis([minion("m1"), *silent], (pod(cpu=5000), None)).endswith("; s0, s1, s2 and 3 more did not answer")


WEB, DB, BIG = pod("web", cpu=1000), pod("db", cpu=2000), pod("big", cpu=3000)

HELD = [
    pytest.param(
        BIG, [minion("m1", WEB, DB), minion("m2", WEB, DB, cpu=3000)], "m1 has room without pod default/db", id="one"
    ),
    pytest.param(
        pod("all", cpu=4000),
        [minion("m1", WEB, DB, pod("tiny"))],
        "m1 has room without pod default/web and pod default/db",
        id="the fewest",
    ),
    pytest.param(
        pod("all", cpu=4000),
        [minion("m1", *[replace(WEB, key=PodKey("default", name)) for name in "abcd"])],
        "m1 has room without pod default/a, pod default/b, pod default/c and pod default/d",
        id="four of them",
    ),
    pytest.param(
        pod(host_ports=(HostPort(port=80),)),
        [minion("m1", UsedBy(owner="container old", host_ports=(HostPort(port=80),)))],
        "m1 has room without container old",
        id="a host port, of no Pod",
    ),
    pytest.param(
        pod(app="web", apart=(term("web"),)),
        [minion("m1", cpu=4000, zone="a"), minion("m2", pod("old", app="web"), zone="a")],
        "m1 has room without pod default/old on m2",
        id="anti-affinity, from another Minion",
    ),
    pytest.param(
        pod(app="web"),
        [minion("m1", pod("db", apart=(term("web"),)), zone="a")],
        "m1 has room without pod default/db",
        id="a Pod that keeps others away",
    ),
    pytest.param(
        pod(), [minion("m1", pod("x"), pod("y"), pods=2)], "m1 has room without pod default/x", id="the number of Pods"
    ),
    pytest.param(
        pod(app="web", spreads=(SPREADING,)),
        [minion("m1", pod("x", app="web"), zone="a"), minion("m2", DB, DB, zone="b", pods=2)],
        "m1 has room without pod default/x",
        id="a spread",
    ),
]


@pytest.mark.parametrize("demand, candidates, says", HELD)
def test_it_is_held_by_running_pods(demand, candidates, says):
    assert diagnosis(candidates, (demand, None)) == f"held by running Pods: {says}"


def test_those_that_it_wants_near_are_not_to_leave():
    wants = pod(cpu=2000, near=(term("db", HOSTNAME),))
    db = pod("db", app="db", cpu=3000)
    assert diagnosis([minion("m1", db, WEB)], (replace(wants, cpu_millis=1000), None)) == (
        "held by running Pods: m1 has room without pod default/web"
    )
    assert diagnosis([minion("m1", db)], (wants, None)) == ("held by running Pods: m1: cpu: 2 asked, 1 free of 4")


def test_of_many_that_run_those_that_free_most_are_named():
    running = [pod(name, cpu=cpu) for name, cpu in (("a", 500), ("b", 1000), ("c", 1000), ("d", 1000), ("e", 500))]
    assert diagnosis([minion("m1", *running)], (pod(cpu=3000), None)) == (
        "held by running Pods: m1 has room without pod default/b, pod default/c and pod default/d"
    )


def test_it_is_held_by_running_pods_only_if_it_was_before_the_batch():
    assert diagnosis([minion("m1", DB)], (pod("a", cpu=2000), None), (pod("b", cpu=2000), "m1")) == (
        "not enough in sum: m1 has 0 cpu free, it asks 2 cpu"
    )


def test_what_is_left_is_not_enough_in_sum():
    placed = (pod("a", cpu=3000, memory=6 * GI), "m1"), (pod("b", cpu=3500), "m2")
    waiting = pod("c", cpu=2000, memory=1 * GI)
    assert diagnosis([minion("m1"), minion("m2"), minion("m3", ready=False)], (waiting, None), *placed) == (
        "not enough in sum: the 2 Minions that it may go to have 1500m cpu free together, it asks 2 cpu;"
        " m3 did not answer"
    )


def test_what_is_left_is_only_fragmented():
    placed = (pod("a", cpu=2500), "m1"), (pod("b", cpu=3000), "m2")
    assert diagnosis([minion("m1"), minion("m2")], (pod("c", cpu=2000, memory=GI), None), *placed) == (
        "only fragmented: 2 Minions have 2500m cpu and 16Gi memory free together, the best single one, m1, has"
        " 1500m cpu and 8Gi memory, it asks 2 cpu and 1Gi memory"
    )


def test_a_move_that_would_make_room_is_told():
    candidates = [minion("m1", pod("x", cpu=1000), pod("y", cpu=2000)), minion("m2", pod("z", cpu=3000))]
    assert diagnosis(candidates, (pod("c", cpu=2000), None)) == (
        "only fragmented: 2 Minions have 2 cpu free together, the best single one, m1, has 1 cpu, it asks 2 cpu;"
        " would fit if pod default/x moved from m1 to m2"
    )


def test_what_may_not_move_is_not_moved():
    """A Pod with data, one with a nodeName, one whose company others want, one that a spread constraint counts."""
    for stays in (
        pod("x", cpu=1000, claims=("default/data",)),
        pod("x", cpu=1000, node_name="m1"),
        pod("x", cpu=1000, app="db"),
        pod("x", cpu=1000, app="web"),
        pod("x", cpu=1000, node_selector={HOSTNAME: "m1"}),
        pod("x", cpu=1000, app="lone", apart=(term("z", HOSTNAME),)),
    ):
        candidates = [
            minion("m1", stays, pod("y", cpu=2000, near=(term("db", HOSTNAME),)), claims=frozenset(["default/data"])),
            minion("m2", pod("z", cpu=3000, app="z", spreads=(replace(SPREADING, topology_key=HOSTNAME),))),
        ]
        found = diagnosis(candidates, (pod("c", cpu=2000), None))
        assert found.startswith("only fragmented: ")
        assert "would fit" not in found


def test_a_pod_of_the_batch_is_moved_before_one_that_runs():
    candidates = [minion("m1", pod("x", cpu=1000)), minion("m2", pod("z", cpu=3000))]
    placed = pod("y", cpu=1000), "m1"
    assert diagnosis([candidates[0], candidates[1]], (pod("c", cpu=3000), None), placed).endswith(
        "; would fit if pod default/y moved from m1 to m2"
    )


def test_it_is_kept_out_by_the_batch():
    taken = pod("a", host_ports=(HostPort(port=80),))
    other = replace(taken, key=PodKey("shop", "b"))
    assert diagnosis([minion("m1")], (other, None), (taken, "m1")) == (
        "kept out by this batch: m1: host port 80/TCP is taken by pod default/a"
    )
    third = replace(taken, key=PodKey("shop", "c"))
    assert diagnosis([minion("m1"), minion("m2")], (third, None), (taken, "m1"), (other, "m2")) == (
        "kept out by this batch: m1: host port 80/TCP is taken by pod default/a; 1 other Minion cannot take it either"
    )


def test_a_pod_that_comes_in_time_with_the_next_apply_is_said_to():
    """With the batch it would be another one of the kind that `first` must have around it."""
    first = pod("first", app="web", near=(term("web"),))
    later = pod("later", app="web", apart=(term("web"),))
    assert diagnosis([A1, B1], (later, None), (first, "a1")) == (
        "b1 has room as it is now: the next apply can place it there"
    )


def test_what_could_be_placed_now_is_said_to_be():
    assert diagnosis([minion("m1"), minion("m2")], (pod(cpu=1000), None)) == (
        "m1 has room as it is now: the next apply can place it there"
    )


def test_pods_that_ask_the_same_are_told_the_same():
    answers = explained([minion("m1", cpu=1000)], *[(pod(name, cpu=2000, app=name), None) for name in "ab"])
    assert answers[0].reasons is answers[1].reasons
    assert answers[0].diagnosis == answers[1].diagnosis


# -------------------------------------------------------------------------------------- what is said is true, whatever

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
KINDS = (
    "fits nowhere even when empty: ",
    "held by running Pods: ",
    "not enough in sum: ",
    "only fragmented: ",
    "kept out by this batch: ",
)
crowded = batches(pods=6, homes=True)


def stands(batch, demands, minions, candidates=None):
    """Whether the checker, which knows nothing of the rules that explain, lets this state be."""
    return not check(demands, candidates or batch.candidates, minions, bound_claims=batch.bound_claims)


def first_fit(batch):
    """A valid state in which nobody waits that could come without another one's moving. By the checker alone."""
    minions = [None] * len(batch.demands)
    names = sorted(it.name for it in batch.candidates)
    grew = True
    while grew:
        grew = False
        for at in range(len(minions)):
            for name in names if minions[at] is None else ():
                tried = [*minions[:at], name, *minions[at + 1 :]]
                if stands(batch, batch.demands, tried):
                    minions, grew = tried, True
                    break
    return minions


def told(batch):
    """Every demand with what is said of it, and the Minions."""
    minions = first_fit(batch)
    packing = Packing(minions=tuple(minions), minions_used=0, lower_bound=0)
    answer = explain(batch.demands, batch.candidates, packing, bound_claims=batch.bound_claims, policy=Policy())
    return list(zip(batch.demands, answer, strict=True)), minions


def once_they_run(batch, minions):
    """The Minions as the next apply finds them."""
    return [
        replace(
            it,
            used=(
                *it.used,
                *(used_by(demand) for demand, name in zip(batch.demands, minions, strict=True) if name == it.name),
            ),
        )
        for it in batch.candidates
    ]


def waiting_in(batch):
    pairs, minions = told(batch)
    return [(demand, each) for demand, each in pairs if isinstance(each, Waiting)], minions


@settings(UNHURRIED, max_examples=200)
@given(crowded)
def test_every_waiting_pod_has_one_diagnosis_and_a_reason_for_each_minion(batch):
    waiting, minions = waiting_in(batch)
    for demand, each in waiting:
        name, can_next, _ = each.diagnosis.partition(" has room as it is now: the next apply can place it there")
        assert sum(each.diagnosis.startswith(kind) for kind in KINDS) == (0 if can_next else 1), each.diagnosis
        assert not can_next or stands(batch, [demand], [name], once_they_run(batch, minions))
        event(each.diagnosis.partition(":")[0])
        assert list(each.reasons) == sorted(candidate.name for candidate in batch.candidates)
        assert all(each.reasons.values())
        silent = [candidate.name for candidate in batch.candidates if not candidate.ready]
        assert all(name in each.diagnosis for name in silent)


@settings(UNHURRIED, max_examples=200)
@given(crowded)
def test_a_minion_with_a_reason_cannot_take_the_pod(batch):
    waiting, minions = waiting_in(batch)
    for demand, each in waiting:
        for name in each.reasons:
            moved = [name if other is demand else its for other, its in zip(batch.demands, minions, strict=True)]
            assert not stands(batch, batch.demands, moved), (demand.key, name, each.reasons[name])


@settings(UNHURRIED, max_examples=200)
@given(crowded)
def test_a_pod_fits_nowhere_even_when_empty_just_when_no_empty_minion_takes_it(batch):
    for demand, each in waiting_in(batch)[0]:
        if not demand.near:  # company is asked of the whole cluster, not of an empty one
            bare = [replace(candidate, used=()) for candidate in batch.candidates]
            takes = any(stands(batch, [demand], [candidate.name], bare) for candidate in bare)
            assert each.diagnosis.startswith(KINDS[0]) == (not takes), each.diagnosis


@settings(UNHURRIED, max_examples=300)
@given(crowded)
def test_without_the_named_pods_it_fits(batch):
    for demand, each in waiting_in(batch)[0]:
        if each.diagnosis.startswith(KINDS[1]) and not demand.near:
            told = each.diagnosis.partition(": ")[2].partition("; ")[0]
            name, without, owners = told.partition(" has room without ")
            assert without, each.diagnosis
            gone = set()
            for part in owners.replace(" and ", ", ").split(", "):
                owner, _, where = part.partition(" on ")
                gone.add((owner, where or name))
            left = [
                replace(it, used=tuple(used for used in it.used if (used.owner, it.name) not in gone))
                for it in batch.candidates
            ]
            assert stands(batch, [demand], [name], left), each.diagnosis


@settings(UNHURRIED, max_examples=300)
@given(batches(pods=6, between=False, wide=False) | crowded)
def test_after_the_named_move_it_fits(batch):
    waiting, minions = waiting_in(batch)
    for demand, each in waiting:
        _, would, move = each.diagnosis.partition("; would fit if pod ")
        if would:
            key, _, rest = move.partition("; ")[0].partition(" moved from ")
            source, _, target = rest.partition(" to ")
            after = [
                target if str(other.key) == key else source if other is demand else its
                for other, its in zip(batch.demands, minions, strict=True)
            ]
            moved = [used for it in batch.candidates for used in it.used if used.owner == f"pod {key}"]
            candidates = [
                replace(
                    it,
                    used=(
                        *(used for used in it.used if used not in moved),
                        *(moved if it.name == target else ()),
                    ),
                )
                for it in batch.candidates
            ]
            assert stands(batch, batch.demands, after, candidates), each.diagnosis
            event("moved")


@settings(UNHURRIED, max_examples=300)
@given(crowded)
def test_as_many_other_minions_have_room_as_is_said(batch):
    pairs, minions = told(batch)
    for at, (demand, each) in enumerate(pairs):
        if isinstance(each, Placed):
            assert len(each.reason) <= 200
            said = re.search(r"; (\d) other Minions? ha", each.reason)
            others = [it.name for it in batch.candidates if it.name != each.minion]
            moved = [[*minions[:at], name, *minions[at + 1 :]] for name in others]
            if not demand.near:  # who came first is the checker's to choose, and no matter of one Pod
                room = [not any(concerns(demand, it) for it in faults(batch, state)) for state in moved]
                assert sum(room) == (int(said[1]) if said else 0), (demand.key, each)


def faults(batch, minions):
    return check(batch.demands, batch.candidates, minions, bound_claims=batch.bound_claims)


def concerns(demand, fault):
    """Whether a sentence of the checker is about it: it names three of many, and one of those that share a claim."""
    return str(demand.key) in fault or " more on " in fault or (bool(demand.claims) and ": claim " in fault)
