"""Batches of awkward kinds, too large to try everything: every search ends by its budget, with a valid answer."""

import pytest

from podctl.core.model import PodKey, Resources
from podctl.core.placement import (
    Candidate,
    Demand,
    NodeTerm,
    PodTerm,
    PreferredPodTerm,
    PreferredTerm,
    Spread,
    used_by,
)
from podctl.core.placement.checker.check import check
from podctl.core.placement.model import Policy
from podctl.core.placement.pack import pack
from podctl.core.selectors import Requirement

PODS, MINIONS = 800, 80
SSD = NodeTerm(expressions=(Requirement(key="disk", operator="In", values=("ssd",)),))


def term(app, key):
    return PodTerm(topology_key=key, selector=is_app(app), namespaces=("default",))


def is_app(app):
    return (Requirement(key="app", operator="In", values=(app,)),)


def pods(replicas, asks, most_cpu):
    """Apps of so many replicas, each with its own size; `asks` of the app's name gives the rest."""
    found = []
    for number in range(PODS // replicas):
        app = f"a{number:04}"
        size = {"cpu_millis": 100 + number * 7919 % most_cpu, "memory_bytes": 100 + number * 104_729 % 8000}
        found += [
            Demand(key=PodKey("default", f"{app}-{replica}"), labels={"app": app}, **size, **asks(app))
            for replica in range(replicas)
        ]
    return found


def minions(running=0):
    return [
        Candidate(
            name=f"m{number:03}",
            labels={"host": f"m{number:03}", "zone": "abc"[number % 3], "disk": "ssd" if number % 10 == 0 else "hdd"},
            capacity=Resources(cpu_millis=16_000, memory_bytes=49_152, pods=1000),
            used=tuple(
                used_by(Demand(key=PodKey("default", f"old-{number}-{each}"), labels={"app": f"a{each:04}"}))
                for each in range(running)
            ),
        )
        for number in range(MINIONS)
    ]


def nothing(_app):
    return {}


def near(app):
    return {"near": (term(app, "zone"),)}


def spread(app):
    return {"spreads": (Spread(topology_key="zone", selector=is_app(app)),)}


def claim(app):
    return {"claims": (f"default/{app}",)}


def ssd(_app):
    return {"node_selector": {"disk": "ssd"}}


def one_set(_app):
    return {"group": "all"}


def wishes(app):
    return {
        "group": app,
        "preferred_terms": (PreferredTerm(weight=5, term=SSD),),
        "preferred_apart": (PreferredPodTerm(weight=3, term=term(app, "zone")),),
        "spreads": (Spread(topology_key="zone", selector=is_app(app), hard=False),),
    }


CASES = {
    "as many sizes as Pods, more than there is room": (1, nothing, 6000, 0),
    "more than there is room, each near its like": (4, near, 6000, 0),
    "more than there is room, each app even over zones": (4, spread, 6000, 0),
    "more than there is room, two Pods a claim": (2, claim, 6000, 0),
    "more than a few Minions can take": (1, ssd, 1000, 0),
    "two Pods a claim": (2, claim, 1500, 0),
    "near their like": (4, near, 1500, 0),
    "even over zones beside what runs": (4, spread, 700, 10),
    "one set": (PODS, one_set, 1, 0),
    "wishes": (4, wishes, 1500, 0),
}


@pytest.mark.parametrize("strategy", ["binpack", "spread"])
@pytest.mark.parametrize("case", CASES)
def test_a_batch_of_an_awkward_kind_is_answered_and_the_answer_is_valid(case, strategy):
    replicas, asks, most_cpu, running = CASES[case]
    demands, candidates = pods(replicas, asks, most_cpu), minions(running)
    packing = pack(demands, candidates, policy=Policy(strategy=strategy))
    assert check(demands, candidates, packing.minions) == ()
    fits = "more than" not in case
    assert (None not in packing.minions) == fits
