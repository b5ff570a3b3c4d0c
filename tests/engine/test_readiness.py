"""Between two looks a probe's answer is remembered, as long as the probe's period and the container's run last."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observed import ago, container, manifest, minion, pod

from podctl.core.model import Cluster, Inventory, Minion
from podctl.core.probes.model import Answer, Verdict, Which
from podctl.engine.readiness import Readiness
from podctl.engine.session import Session

READY = ("app", Which.READINESS)


class Probes:
    """Answers whatever is asked, and counts."""

    def __init__(self):
        self.asked = []
        self.verdict = Verdict.OK
        self.time = 0.0

    def __call__(self, session, cluster, wanted):
        [seen] = cluster.minions
        self.asked += [(self.time, each.uid) for each in seen.pods if wanted(each)]
        pods = (
            replace(each, probed={READY: Answer(verdict=self.verdict)}) if wanted(each) else each for each in seen.pods
        )
        return Cluster(name=cluster.name, minions=(replace(seen, pods=tuple(pods)),))


@pytest.fixture
def probes():
    return Probes()


def web(*periods, uid="one", **given):
    probes = [{"exec": {"command": ["true"]}, "periodSeconds": each} for each in periods]
    containers = [
        {"name": f"app{number or ''}", "image": "x", "readinessProbe": each} for number, each in enumerate(probes)
    ]
    return pod(container(**given), uid=uid, manifest=manifest(containers=containers))


def readiness(probes, wanted=lambda seen: frozenset(each.uid for each in seen.pods)):
    session = Session(Inventory(cluster="shop", minions=(Minion(name="alpha"),), source="shop.yaml"), {})
    return Readiness(session, wanted, ask=probes, clock=lambda: probes.time)


def look_every_second(probes, seen, seconds):
    known = readiness(probes)
    for _ in range(seconds):
        [each] = known.of(seen).pods
        assert each.probed[READY].verdict is Verdict.OK
        probes.time += 1
    return [at for at, _ in probes.asked]


def test_a_probe_is_asked_once_a_period_and_answered_at_each_look(probes):
    assert look_every_second(probes, minion(web(5)), 12) == [0, 5, 10]


def test_the_quickest_probe_of_a_pod_that_is_ready_sets_no_pace(probes):
    assert look_every_second(probes, minion(web(2, 6)), 13) == [0, 6, 12]


def test_while_it_is_not_ready_the_quickest_probe_sets_the_pace(probes):
    known, probes.verdict = readiness(probes), Verdict.FAILED
    for _ in range(7):
        known.of(minion(web(2, 6)))
        probes.time += 1
    assert [at for at, _ in probes.asked] == [0, 2, 4, 6]


def test_what_a_container_said_before_it_was_started_again_counts_no_more(probes):
    known = readiness(probes)
    known.of(minion(web(60)))
    known.of(minion(web(60, started_at=ago(minutes=1))))
    assert [at for at, _ in probes.asked] == [0, 0]


def test_pods_that_nobody_wants_to_know_of_are_not_asked(probes):
    known = readiness(probes, wanted=lambda _: frozenset({"two"}))
    one, two = known.of(minion(web(5), web(5, uid="two"))).pods
    assert (probes.asked, one.probed, READY in two.probed) == ([(0.0, "two")], {}, True)


def test_what_is_gone_is_forgotten(probes):
    known = readiness(probes)
    for seen in (minion(web(60)), minion(), minion(web(60))):
        known.of(seen)
    assert [at for at, _ in probes.asked] == [0, 0]
