"""Which probe is due when, what answers come to, and how probes are read: without asking anybody."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import container, infra, manifest, pod

from podctl.core.model import PublishedPort
from podctl.core.probes.address import Place, place_of
from podctl.core.probes.model import Answer, Probe, Verdict, Which
from podctl.core.probes.reading import probes_of
from podctl.core.probes.rounds import Asking, Manner, answers, expected, heard, is_over

OK, FAILED, UNKNOWN = (Answer(verdict=each) for each in Verdict)
figures = st.fixed_dictionaries(
    {
        "initial_delay_seconds": st.integers(0, 40),
        "period_seconds": st.integers(1, 20),
        "success_threshold": st.integers(1, 4),
        "failure_threshold": st.integers(1, 5),
    }
)


def probe(which: Which = Which.READINESS, **given) -> Probe:
    return Probe(container="app", which=which, kind="exec", action={"command": ["true"]}, **given)


def asking(*probes: Probe, ran: float = 1000, manner: Manner = Manner.ONCE) -> Asking:
    return Asking(probes=probes, ran_seconds=ran, manner=manner)


def played(begun: Asking, answer, seconds: float = 2000) -> tuple[Asking, list[tuple[float, Which]]]:
    """Asks all that is due until nothing is or time is up; `answer` gives each answer. With who was asked when."""
    asked: list[tuple[float, Which]] = []
    now = 0.0
    while (due := expected(begun)) and now < seconds:
        now = max(now, min(at for _, at in due))
        for each, at in due:
            if at <= now:
                asked.append((now, each.which))
                begun = heard(begun, each.which, answer(each.which, len(asked)), now)
    return begun, asked


probe_sets = st.lists(st.sampled_from(Which), unique=True, min_size=1).flatmap(
    lambda kinds: st.tuples(*(figures.map(lambda of, which=which: probe(which, **of)) for which in kinds))
)


@given(probe_sets, st.integers(0, 200), st.sampled_from(Verdict))
def test_one_look_asks_each_probe_once_at_most_and_at_once(probes, ran, verdict):
    _, asked = played(asking(*probes, ran=ran), lambda *_: Answer(verdict=verdict))
    assert len({which for _, which in asked}) == len(asked)
    assert all(at == 0 for at, _ in asked)


@given(probe_sets, st.integers(0, 200), st.sampled_from([Verdict.FAILED, Verdict.UNKNOWN]), st.sampled_from(Manner))
def test_a_startup_probe_that_was_not_answered_well_holds_back_the_others(probes, ran, verdict, manner):
    probes = (*(each for each in probes if each.which is not Which.STARTUP), probe(Which.STARTUP))
    _, asked = played(asking(*probes, ran=ran, manner=manner), lambda *_: Answer(verdict=verdict), seconds=100)
    assert {which for _, which in asked} <= {Which.STARTUP}


@given(probe_sets, st.data())
def test_a_thorough_look_ends_and_no_probe_costs_more_than_its_own_thresholds(probes, data):
    ended, asked = played(
        asking(*probes, manner=Manner.THOROUGH), lambda *_: Answer(verdict=data.draw(st.sampled_from(Verdict)))
    )
    assert not expected(ended)
    begun = max((at for at, which in asked if which is Which.STARTUP), default=0)
    for each in probes:
        times = [at for at, which in asked if which is each.which]
        assert len(times) <= each.failure_threshold
        first = 0 if each.which is Which.STARTUP else begun
        assert times in ([], [first + nth * each.period_seconds for nth in range(len(times))])


@given(figures)
def test_what_always_fails_is_a_failure_after_its_threshold_and_what_recovers_is_not(of):
    failing, asked = played(asking(probe(**of), manner=Manner.THOROUGH), lambda *_: FAILED)
    assert len(asked) == of["failure_threshold"]
    assert answers(failing)[Which.READINESS] == Answer(verdict=Verdict.FAILED, times=of["failure_threshold"])
    last = of["failure_threshold"]
    better, asked = played(asking(probe(**of), manner=Manner.THOROUGH), lambda _, nth: OK if nth == last else FAILED)
    assert answers(better)[Which.READINESS].verdict is Verdict.OK


@given(figures, st.integers(0, 60))
def test_who_waits_asks_every_second_at_least_until_enough_answers_in_a_row_were_good(of, failures):
    begun = asking(probe(**of), ran=0, manner=Manner.WAITING)
    ended, asked = played(begun, lambda _, nth: FAILED if nth <= failures else OK)
    times = [at for at, _ in asked]
    assert times[0] == of["initial_delay_seconds"]
    assert len(times) == failures + of["success_threshold"]
    assert all(later - earlier == 1 for earlier, later in pairwise(times))
    assert answers(ended)[Which.READINESS].verdict is Verdict.OK


@given(figures)
def test_a_startup_probe_fails_for_good_when_its_grant_is_over_and_not_before(of):
    grant = of["initial_delay_seconds"] + of["failure_threshold"] * of["period_seconds"]
    begun = asking(probe(Which.STARTUP, **of), ran=0, manner=Manner.WAITING)
    ended, asked = played(begun, lambda *_: FAILED)
    assert is_over(ended)
    assert grant <= asked[-1][0] < grant + 1
    assert not is_over(heard(begun, Which.STARTUP, FAILED, grant - 1))
    early = heard(begun, Which.STARTUP, FAILED, grant - 1)
    assert answers(early) == {Which.STARTUP: Answer(verdict=Verdict.FAILED, early=True)}


def test_before_its_initial_delay_a_container_is_not_ready_and_its_liveness_is_nobodys_business():
    begun = asking(*(probe(which, initial_delay_seconds=30) for which in (Which.READINESS, Which.LIVENESS)), ran=10)
    assert expected(begun) == ()
    message = "not asked before it has run for 30 s (initialDelaySeconds)"
    assert answers(begun) == {Which.READINESS: Answer(verdict=Verdict.FAILED, message=message, early=True)}


@pytest.mark.parametrize("manner", Manner)
def test_what_cannot_be_asked_is_asked_once(manner):
    ended, asked = played(asking(probe(), manner=manner), lambda *_: UNKNOWN)
    assert len(asked) == 1
    assert answers(ended) == {Which.READINESS: UNKNOWN}


# ------------------------------------------------------------------------------------------------------- the manifest


def test_probes_are_read_from_the_manifest_with_kubernetes_defaults_and_sidecars_have_theirs():
    ports = [{"name": "http", "containerPort": 80}]
    found = probes_of(
        manifest(
            initContainers=[
                {"name": "job", "startupProbe": {"exec": {"command": ["x"]}}},
                {"name": "side", "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 1}}},
            ],
            containers=[
                {"name": "app", "ports": ports,
                 "livenessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 0, "failureThreshold": 7},
                 "readinessProbe": {"exec": {"command": ["true"]}, "timeoutSeconds": 3}},
                {"name": "plain"},
            ],
        )
    )  # fmt: skip
    assert found == {
        "side": (Probe(container="side", which=Which.STARTUP, kind="tcpSocket", action={"port": 1}),),
        "app": (
            Probe(container="app", which=Which.READINESS, kind="exec", action={"command": ["true"]},
                  ports=tuple(ports), timeout_seconds=3),
            Probe(container="app", which=Which.LIVENESS, kind="httpGet", action={"port": "http"}, ports=tuple(ports),
                  failure_threshold=7),
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("action", "seen", "hidden", "place"),
    [
        ({"port": 80}, infra(), False, Place(host="172.18.0.2", port=80)),
        ({"port": "http"}, infra(), False, Place(host="172.18.0.2", port=8080)),
        ({"port": 80, "host": "192.0.2.1"}, infra(), True, Place(host="192.0.2.1", port=80)),
        ({"port": 80}, infra(host_network=True, ip=""), True, Place(host="127.0.0.1", port=80)),
        ({"port": 80}, infra(ports=(PublishedPort(host_ip="", host_port=8000, container_port=80, protocol="TCP"),)),
         True, Place(host="127.0.0.1", port=8000)),
        ({"port": "htp"}, infra(), False, "no port of the container is named htp"),
        ({"port": 80}, infra(ip=""), False, "the Pod has no address"),
        ({"port": 80}, infra(status="exited"), False, "the Pod's infra container does not run"),
        ({"port": 80}, infra(), True,
         "the container engine there hides the Pods' addresses (it runs without root, or in a virtual machine)"),
    ],
)  # fmt: skip
def test_a_probe_by_network_is_asked_at(action, seen, hidden, place):
    ports = ({"name": "http", "containerPort": 8080},)
    asked = Probe(container="app", which=Which.READINESS, kind="tcpSocket", action=action, ports=ports)
    found = place_of(asked, pod(container(), infra=seen), hidden=hidden)
    assert (found.message if isinstance(found, Answer) else found) == place
