import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from podctl.core.minion_traits import capacity_of
from podctl.core.model import Minion, MinionFacts, PodKey, Resources, Taint
from podctl.core.placement import (
    Candidate,
    Demand,
    HostPort,
    NodeTerm,
    Placed,
    PreferredTerm,
    Toleration,
    UsedBy,
    Waiting,
    used_by,
)
from podctl.core.placement import place as arrange
from podctl.core.selectors import Requirement


def place(*args, **more):
    return arrange(*args, **more).placements


MI, GI = 2**20, 2**30


def pod(name="web", *, cpu=0, memory=0, **more):
    return Demand(key=PodKey("default", name), cpu_millis=cpu, memory_bytes=memory, **more)


def minion(name, *, cpu=4000, memory=8 * GI, pods=None, extended=None, **more):
    resources = Resources(cpu_millis=cpu, memory_bytes=memory, pods=pods, extended=extended or {})
    return Candidate(name=name, capacity=resources, **more)


def used(cpu=0, memory=0, **more):
    return UsedBy(owner="pod shop/web", cpu_millis=cpu, memory_bytes=memory, pods=1, **more)


def needs(key, operator, *values):
    return Requirement(key=key, operator=operator, values=values)


def labelled(*requirements):
    return NodeTerm(expressions=requirements)


def named(*requirements):
    return NodeTerm(fields=requirements)


def prefers(weight, *requirements):
    return PreferredTerm(weight=weight, term=labelled(*requirements))


def where(placements):
    """What a batch came to, without the sentences: the Minion's name, or None for what waits."""
    return [each.minion if isinstance(each, Placed) else None for each in placements]


def why_not(demand, candidate, **more):
    """The reason of one Pod against one Minion; "" when it goes there."""
    (answer,) = place([demand], [candidate], **more)
    return "" if isinstance(answer, Placed) else answer.reasons[candidate.name]


# ----------------------------------------------------------------------------------------------------- nothing to do


def test_no_demand_has_no_placement():
    assert place([], [minion("alpha")]) == ()


def test_without_any_minion_a_pod_waits_without_a_reason():
    nowhere = "fits nowhere even when empty: there is no Minion"
    assert place([pod()], []) == (Waiting(key=PodKey("default", "web"), reasons={}, diagnosis=nowhere),)


def test_a_pod_that_asks_for_nothing_goes_to_a_minion_that_declares_nothing():
    assert where(place([pod()], [Candidate(name="alpha")])) == ["alpha"]


# --------------------------------------------------------------------------------------------------------- the rules

SSD = minion("alpha", labels={"disk": "ssd", "zone": "a", "cores": "8"})
ZONE_A, ZONE_B = needs("zone", "In", "a"), needs("zone", "In", "b")
GPU = minion("alpha", taints=(Taint(key="gpu", value="yes"),))

REFUSALS = [
    pytest.param(pod(), minion("alpha", ready=False), "did not answer", id="a silent Minion"),
    pytest.param(
        pod(cpu=9000),
        minion("alpha", ready=False, reason="connection refused"),
        "did not answer: connection refused",
        id="of a silent Minion only the silence counts",
    ),
    pytest.param(pod(), minion("alpha", unschedulable=True), "is cordoned (unschedulable)", id="a cordoned Minion"),
    pytest.param(pod(), GPU, "taint gpu=yes:NoSchedule is not tolerated", id="a taint"),
    pytest.param(
        pod(tolerations=(Toleration(key="gpu", value="no"), Toleration(key="cpu", operator="Exists"))),
        minion("alpha", taints=(Taint(key="gpu", value="yes"), Taint(key="old", effect="NoExecute"))),
        "taints gpu=yes:NoSchedule, old:NoExecute are not tolerated",
        id="two taints, and tolerations of others",
    ),
    pytest.param(
        pod(tolerations=(Toleration(key="gpu", operator="Exists", effect="NoExecute"),)),
        GPU,
        "taint gpu=yes:NoSchedule is not tolerated",
        id="a toleration of another effect",
    ),
    pytest.param(
        pod(node_selector={"disk": "hdd"}), SSD, "label disk is ssd, nodeSelector wants hdd", id="nodeSelector"
    ),
    pytest.param(
        pod(node_selector={"rack": "r1"}), SSD, "label rack is missing, nodeSelector wants r1", id="a missing label"
    ),
    pytest.param(
        pod(node_selector={"disk": ""}), SSD, "label disk is ssd, nodeSelector wants it empty", id="an empty value"
    ),
    pytest.param(
        pod(required_terms=(labelled(ZONE_B),)), SSD, "label zone is a, node affinity wants zone=b", id="node affinity"
    ),
    pytest.param(
        pod(required_terms=(labelled(ZONE_A, needs("cores", "Gt", "8")),)),
        SSD,
        "label cores is 8, node affinity wants cores>8",
        id="all requirements of a term must hold",
    ),
    pytest.param(
        pod(required_terms=(labelled(ZONE_B), labelled(needs("disk", "DoesNotExist")))),
        SSD,
        "none of the 2 node affinity terms matches: zone=b | !disk",
        id="several terms",
    ),
    pytest.param(
        pod(required_terms=(named(needs("metadata.name", "In", "bravo")),)),
        SSD,
        "its name is alpha, node affinity wants metadata.name=bravo",
        id="matchFields",
    ),
    pytest.param(
        pod(required_terms=()), SSD, "required node affinity has no term, so it matches no Minion", id="no term"
    ),
    pytest.param(
        pod(required_terms=(NodeTerm(),)),
        SSD,
        "node affinity has an empty term, which matches no Minion",
        id="an empty term",
    ),
    pytest.param(
        pod(host_ports=(HostPort(port=8080),)),
        minion("alpha", used=(used(host_ports=(HostPort(ip="10.0.0.1", port=8080),)),)),
        "host port 8080/TCP is taken by pod shop/web",
        id="a host port on every address against one address",
    ),
    pytest.param(
        pod(host_ports=(HostPort(ip="fd00::1", port=53, protocol="UDP"),)),
        minion("alpha", used=(UsedBy(owner="container dns", host_ports=(HostPort(ip="", port=53, protocol="UDP"),)),)),
        "host port [fd00::1]:53/UDP is taken by container dns",
        id="a host port on one address against every address",
    ),
    pytest.param(pod(), minion("alpha", pods=1, used=(used(),)), "pods: 1 run there, 1 may", id="as many as it may"),
    pytest.param(
        pod(),
        minion("alpha", used=(used(),) * 111),
        "pods: 111 run there, 110 may",
        id="110 Pods where nothing is said",
    ),
    pytest.param(pod(), minion("alpha", pods=0), "pods: it may run none", id="a Minion for no Pods"),
    pytest.param(
        pod(cpu=1500),
        minion("alpha", used=(used(cpu=3700),)),
        "cpu: 1500m asked, 300m free of 4",
        id="cpu",
    ),
    pytest.param(
        pod(cpu=1500),
        minion("alpha", used=(used(cpu=3700),), reserved=Resources(cpu_millis=200)),
        "cpu: 1500m asked, 100m free of 4 (200m reserved)",
        id="cpu, some of it reserved",
    ),
    pytest.param(
        pod(cpu=1), minion("alpha", used=(used(cpu=5000),)), "cpu: 1m asked, 0 free of 4", id="an over-committed Minion"
    ),
    pytest.param(
        pod(memory=GI + 1),
        minion("alpha", memory=GI + 5, used=(used(memory=9),)),
        "memory: 1025Mi asked, 1023Mi free of 1Gi",
        id="memory that fills no unit",
    ),
    pytest.param(
        pod(cpu=5000, memory=16 * GI),
        minion("alpha"),
        "cpu: 5 asked, 4 free of 4; memory: 16Gi asked, 8Gi free of 8Gi",
        id="every shortage is told",
    ),
    pytest.param(
        pod(extended={"nvidia.com/gpu": 1}),
        minion("alpha"),
        "nvidia.com/gpu: 1 asked, its capacity in the inventory declares none",
        id="an extended resource that nobody declared",
    ),
    pytest.param(
        pod(extended={"nvidia.com/gpu": 2, "ephemeral-storage": GI}),
        minion(
            "alpha",
            extended={"nvidia.com/gpu": 4, "ephemeral-storage": GI},
            used=(used(extended={"nvidia.com/gpu": 2, "fpga": 1}),),
            reserved=Resources(extended={"nvidia.com/gpu": 1}),
        ),
        "nvidia.com/gpu: 2 asked, 1 free of 4 (1 reserved)",
        id="an extended resource",
    ),
]


@pytest.mark.parametrize("demand, candidate, reason", REFUSALS)
def test_a_refusal_says_what_is_in_the_way(demand, candidate, reason):
    assert why_not(demand, candidate) == reason


@pytest.mark.parametrize(
    "demand, candidate",
    [
        pytest.param(pod(cpu=4000, memory=8 * GI), minion("alpha"), id="exactly all of it"),
        pytest.param(pod(), minion("alpha", used=(used(cpu=5000),)), id="nothing asked of an over-committed Minion"),
        pytest.param(pod(), minion("alpha", used=(used(),) * 109), id="the 110th Pod"),
        pytest.param(
            pod(),
            minion("alpha", pods=1, used=(UsedBy(owner="container db"),)),
            id="what is no Pod takes no Pod's place",
        ),
        pytest.param(
            pod(tolerations=(Toleration(operator="Exists"),)),
            replace(GPU, unschedulable=True),
            id="a toleration of everything",
        ),
        pytest.param(pod(tolerations=(Toleration(key="gpu", value="yes"),)), GPU, id="Equal, of every effect"),
        pytest.param(
            pod(tolerations=(Toleration(key="gpu", operator="Exists", effect="NoSchedule"),)), GPU, id="Exists"
        ),
        pytest.param(
            pod(tolerations=(Toleration(key="node.kubernetes.io/unschedulable", operator="Exists"),)),
            minion("alpha", unschedulable=True),
            id="the toleration of cordons",
        ),
        pytest.param(pod(), minion("alpha", taints=(Taint(key="a", effect="PreferNoSchedule"),)), id="a mild taint"),
        pytest.param(pod(node_selector={"disk": "ssd", "zone": "a"}), SSD, id="nodeSelector"),
        pytest.param(pod(required_terms=(labelled(ZONE_B), labelled(ZONE_A))), SSD, id="one of the terms"),
        pytest.param(
            pod(required_terms=(NodeTerm(expressions=(ZONE_A,), fields=(needs("metadata.name", "In", "alpha"),)),)),
            SSD,
            id="labels and name",
        ),
        pytest.param(
            pod(host_ports=(HostPort(port=53), HostPort(ip="10.0.0.2", port=80))),
            minion(
                "alpha",
                used=(used(host_ports=(HostPort(port=53, protocol="UDP"), HostPort(ip="10.0.0.1", port=80))),),
            ),
            id="another protocol, another address",
        ),
        pytest.param(
            pod(extended={"nvidia.com/gpu": 1}), minion("alpha", extended={"nvidia.com/gpu": 1}), id="the last gpu"
        ),
    ],
)
def test_nothing_is_in_the_way_of(demand, candidate):
    assert why_not(demand, candidate) == ""


# ---------------------------------------------------------------------------------------------------------- nodeName


def test_node_name_decides():
    assert where(place([pod(node_name="bravo", cpu=1000)], [minion("alpha"), minion("bravo")])) == ["bravo"]


def test_node_name_passes_cordons_and_no_schedule_but_not_what_the_minion_itself_refuses():
    there = pod(node_name="alpha")
    assert why_not(there, minion("alpha", unschedulable=True, taints=(Taint(key="gpu"),))) == ""
    no_execute = minion("alpha", taints=(Taint(key="gpu", effect="NoExecute"),))
    assert why_not(there, no_execute) == "taint gpu:NoExecute is not tolerated"
    assert why_not(replace(there, cpu_millis=5000), minion("alpha")) == "cpu: 5 asked, 4 free of 4"
    assert why_not(replace(there, node_selector={"disk": "hdd"}), SSD) == "label disk is ssd, nodeSelector wants hdd"
    assert why_not(there, minion("alpha", ready=False, reason="no route")) == "did not answer: no route"


def test_node_name_of_another_minion_is_the_reason_of_the_rest():
    (answer,) = place([pod(node_name="bravo", cpu=9000)], [minion("alpha"), minion("bravo")])
    assert answer.reasons == {"alpha": "nodeName wants bravo", "bravo": "cpu: 9 asked, 4 free of 4"}


@pytest.mark.parametrize(
    "name, reason",
    [
        ("alfa", "nodeName wants alfa, which is no Minion: did you mean alpha?"),
        ("x", "nodeName wants x, which is no Minion"),
    ],
)
def test_node_name_of_no_minion_names_the_nearest(name, reason):
    (answer,) = place([pod(node_name=name)], [minion("alpha"), minion("bravo")])
    assert answer == Waiting(
        key=PodKey("default", "web"),
        reasons={"alpha": reason, "bravo": reason},
        diagnosis=f"fits nowhere even when empty: {reason}",
    )


# ------------------------------------------------------------------------------------------------------------ claims


def claiming(name, *claims, **more):
    return pod(name, claims=tuple(f"default/{claim}" for claim in claims), **more)


def test_a_pod_goes_where_its_claim_lives():
    candidates = [minion("alpha"), minion("bravo", claims=frozenset(["default/data"]))]
    assert where(place([claiming("db", "data")], candidates)) == ["bravo"]
    (answer,) = place([claiming("db", "data", cpu=9000)], candidates)
    assert answer.reasons == {
        "alpha": "claim default/data lives on bravo; cpu: 9 asked, 4 free of 4",
        "bravo": "cpu: 9 asked, 4 free of 4",
    }


def test_a_claim_known_to_live_on_a_silent_minion_waits_for_it():
    candidates = [minion("alpha"), minion("bravo", ready=False, reason="timed out")]
    (answer,) = place([claiming("db", "data")], candidates, bound_claims={"default/data": "bravo"})
    assert answer.reasons == {"alpha": "claim default/data lives on bravo", "bravo": "did not answer: timed out"}


def test_what_is_known_of_a_claim_stands_above_what_is_seen():
    candidates = [minion("alpha", claims=frozenset(["default/data"])), minion("bravo")]
    assert where(place([claiming("db", "data")], candidates, bound_claims={"default/data": "bravo"})) == ["bravo"]


def test_a_claim_with_a_volume_on_two_minions_may_go_to_either():
    two = frozenset(["default/data"])
    candidates = [minion("alpha"), minion("bravo", claims=two), minion("charlie", claims=two, used=(used(cpu=1000),))]
    assert where(place([claiming("db", "data", cpu=1)], candidates)) == ["charlie"]
    assert why_not(claiming("db", "data"), candidates[0], bound_claims={"default/data": "x"}) == (
        "claim default/data lives on x"
    )


def test_pods_that_share_a_fresh_claim_go_to_the_same_minion():
    demands = [claiming("a", "data", cpu=3000), pod("b", cpu=1000), claiming("c", "data", cpu=1000)]
    assert where(place(demands, [minion("alpha"), minion("bravo")])) == ["alpha", "bravo", "alpha"]
    answer = place([demands[0], demands[2]], [minion("alpha"), minion("bravo")])
    assert answer[1] == Placed(
        key=PodKey("default", "c"),
        minion="alpha",
        reason="with the Pods that share its claim data: 1 of 1 free cpu",
    )


def test_the_first_of_those_that_share_a_claim_leaves_the_best_fit_for_the_sake_of_the_others():
    small, large = minion("alpha", cpu=1000), minion("bravo", cpu=4000)
    demands = [claiming("a", "one", cpu=500), claiming("b", "one", "two", cpu=1000), claiming("c", "two", cpu=1000)]
    answer = place(demands, [small, large])
    assert where(answer) == ["bravo", "bravo", "bravo"]


def test_a_fresh_claim_goes_where_another_claim_of_a_later_pod_lives():
    candidates = [minion("alpha"), minion("bravo", claims=frozenset(["default/old"]))]
    assert where(place([claiming("a", "new"), claiming("b", "new", "old")], candidates)) == ["bravo", "bravo"]


# -------------------------------------------------------------------------------------------------------- the choice


def test_the_fullest_minion_that_fits_is_taken():
    demand = pod(cpu=250, memory=64 * MI)
    candidates = [
        minion("alpha"),
        minion("bravo", cpu=4000, used=(used(cpu=3100, memory=7 * GI),)),
        minion("charlie", used=(used(cpu=3900),)),
    ]
    assert place([demand], candidates) == (
        Placed(
            key=PodKey("default", "web"),
            minion="bravo",
            reason="opens no further Minion: 250m of 900m free cpu and 64Mi of 1Gi free memory; "
            "1 other Minion has room too",
        ),
    )


def test_equals_are_taken_by_name():
    answer = place([pod(cpu=1000)] * 5, [minion("bravo"), minion("alpha")])
    assert sorted(where(answer)) == ["alpha", "alpha", "alpha", "alpha", "bravo"]
    first, *_ = place([pod(cpu=1000)], [minion("bravo"), minion("alpha")])
    assert first.reason == "first by name: 1 of 4 free cpu; 1 other Minion has room too"


def test_preferred_affinity_opens_no_further_minion_and_parts_those_that_are_alike():
    candidates = [
        minion("alpha", used=(used(cpu=2000),)),
        minion("bravo", labels={"zone": "b", "disk": "ssd"}),
        minion("charlie", labels={"zone": "c"}),
    ]
    demand = pod(cpu=500, preferred_terms=(prefers(2, needs("zone", "In", "b")), prefers(1, needs("zone", "Exists"))))
    assert where(place([demand], candidates)) == ["alpha"]
    all_empty = [replace(each, used=()) for each in candidates]
    (answer,) = place([demand], all_empty)
    assert (answer.minion, answer.reason) == (
        "bravo",
        "preferred node affinity (weight 3): 500m of 4 free cpu; 2 other Minions have room too",
    )
    nothing_preferred = replace(demand, preferred_terms=(PreferredTerm(weight=9, term=NodeTerm()),))
    assert where(place([nothing_preferred], all_empty)) == ["alpha"]


def test_a_minion_that_would_rather_not_is_taken_last():
    mild = Taint(key="batch", effect="PreferNoSchedule")
    candidates = [minion("alpha", taints=(mild,), labels={"zone": "b"}), minion("bravo")]
    demand = pod(cpu=3000, preferred_terms=(prefers(100, needs("zone", "In", "b")),))
    (answer,) = place([demand], candidates)
    assert (answer.minion, answer.reason) == (
        "bravo",
        "fewest PreferNoSchedule taints: 3 of 4 free cpu; 1 other Minion has room too",
    )
    assert sorted(where(place([demand, demand], candidates))) == ["alpha", "bravo"]
    tolerant = replace(demand, tolerations=(Toleration(key="batch", operator="Exists"),))
    assert where(place([tolerant], candidates)) == ["alpha"]


def test_a_minion_that_does_not_declare_its_memory_still_has_a_share_of_cpu_to_compare():
    bare = Resources(cpu_millis=4000)
    candidates = [Candidate(name="alpha", capacity=bare), Candidate(name="bravo", capacity=bare, used=(used(cpu=1),))]
    assert where(place([pod(cpu=1)], candidates)) == ["bravo"]


# --------------------------------------------------------------------------------------------------------- the batch


def test_higher_priority_is_served_first_and_the_answer_keeps_the_order_of_the_demands():
    demands = [pod("low", cpu=3000), pod("high", cpu=2000, priority=10), pod("low-too", cpu=2000)]
    answer = place(demands, [minion("alpha")])
    assert [each.key.name for each in answer] == ["low", "high", "low-too"]
    assert where(answer) == [None, "alpha", "alpha"]


def test_what_was_written_first_is_served_first():
    assert where(place([pod("a", cpu=3000), pod("b", cpu=2000)], [minion("alpha")])) == ["alpha", None]


def test_a_host_port_of_the_batch_is_told_with_its_owner():
    demand = pod("a", host_ports=(HostPort(port=80),))
    answer = place([demand, replace(demand, key=PodKey("shop", "b"))], [minion("alpha")])
    assert answer[1] == Waiting(
        key=PodKey("shop", "b"),
        reasons={"alpha": "host port 80/TCP is taken by pod default/a"},
        diagnosis="kept out by this batch: alpha: host port 80/TCP is taken by pod default/a",
    )


def test_reasons_hold_for_the_minions_as_they_are_after_the_batch():
    answer = place([pod("big", cpu=5000), pod("small", cpu=3000)], [minion("alpha")])
    assert answer[0].reasons == {"alpha": "cpu: 5 asked, 1 free of 4"}


# ------------------------------------------------------------------------------------------- values for the callers


def test_what_the_inventory_declares_stands_above_what_the_engine_reports():
    facts = MinionFacts(
        cpu_millis=2000, memory_bytes=4 * GI, engine_version="20.10", api_version=(1, 41), os_image="", kernel="",
        architecture="amd64", security_options=(), resolv_conf="", address="",
    )  # fmt: skip
    declared = Resources(cpu_millis=8000, pods=5, extended={"nvidia.com/gpu": 1})
    assert capacity_of(Minion(name="alpha"), facts) == Resources(cpu_millis=2000, memory_bytes=4 * GI)
    assert capacity_of(Minion(name="alpha", capacity=declared), facts) == replace(declared, memory_bytes=4 * GI)
    assert capacity_of(Minion(name="alpha", capacity=Resources(memory_bytes=0)), facts).memory_bytes == 0


def test_a_pod_that_runs_uses_what_it_demanded():
    ports = (HostPort(port=80),)
    demand = pod("db", cpu=1, memory=2, extended={"gpu": 3}, host_ports=ports)
    assert used_by(demand) == UsedBy(
        owner="pod default/db", pod=demand, cpu_millis=1, memory_bytes=2, pods=1, extended={"gpu": 3}, host_ports=ports
    )


# --------------------------------------------------------------------------------------------------- the whole thing

HASHED = """
import random
from podctl.core.model import Minion, MinionFacts, PodKey, Resources, Taint
from podctl.core.placement import *
chance = random.Random(7)
claims = [f"default/c{n}" for n in range(9)]
demands = [Demand(key=PodKey("default", f"p{n}"), cpu_millis=chance.randrange(900), memory_bytes=chance.randrange(900),
    claims=tuple(sorted(set(chance.choices(claims, k=chance.randrange(3))))),
    extended={"b": 1, "a": 1} if n % 5 else {},
    node_selector={"zone": "a", "disk": "x"} if n % 9 == 0 else {}) for n in range(60)]
candidates = [Candidate(name=f"m{n}", labels={"zone": "ab"[n % 2]}, claims=frozenset(claims[:2]),
    capacity=Resources(cpu_millis=4000, memory_bytes=4000, extended={"a": 9, "b": 8})) for n in range(5)]
print(place(demands, candidates))
"""


def test_the_hash_seed_changes_nothing():
    answers = {
        subprocess.run(
            [sys.executable, "-c", HASHED], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(answers) == 1


def test_a_large_batch_fills_its_minions():
    """500 Pods on 80 Minions: all that can be placed is, and every Minion but the last few is full."""
    chance = random.Random(3)
    demands = [pod(f"p{at}", cpu=chance.choice((100, 250, 500, 1000)), memory=GI) for at in range(500)]
    answer = where(place(demands, [minion(f"m{at:02}", cpu=16000, memory=48 * GI) for at in range(80)]))
    taken = Counter()
    for demand, name in zip(demands, answer, strict=True):
        taken[name] += demand.cpu_millis
    asked = sum(demand.cpu_millis for demand in demands)
    assert None not in taken
    assert len(taken) <= -(-asked // 16000) + 1
