"""How few Minions it could be."""

import pytest
from small_batches import is_app

from podctl.core.model import PodKey, Resources
from podctl.core.placement import Candidate, Demand, HostPort, PodTerm, UsedBy
from podctl.core.placement.pack import pack

MINIONS = tuple(
    Candidate(name=f"m{at}", labels={"host": f"m{at}"}, capacity=Resources(cpu_millis=8000)) for at in range(6)
)
APART = {"apart": (PodTerm(topology_key="host", selector=is_app("web"), namespaces=("default",)),)}
PORT = {"host_ports": (HostPort(port=80),)}


def pods(many, **more):
    return [
        Demand(key=PodKey("default", f"p{at}"), labels={"app": "web"}, cpu_millis=100, **more) for at in range(many)
    ]


@pytest.mark.parametrize("more", [APART, PORT])
def test_pods_that_exclude_each_other_need_a_minion_each(more):
    packing = pack(pods(4, **more), MINIONS)
    assert (packing.minions_used, packing.lower_bound) == (4, 4)


def test_a_loaded_minion_is_in_use_anyhow():
    loaded = Candidate(name="z", labels={"host": "z"}, capacity=Resources(cpu_millis=8000), used=(UsedBy(owner="x"),))
    packing = pack(pods(4, **APART), (*MINIONS, loaded))
    assert (packing.minions_used, packing.lower_bound) == (4, 4)


def test_something_has_to_be_somewhere():
    packing = pack([Demand(key=PodKey("default", "p"))], MINIONS)
    assert (packing.minions_used, packing.lower_bound) == (1, 1)
