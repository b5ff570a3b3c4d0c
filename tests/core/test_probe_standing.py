"""What probes' answers make of a Pod: for who waits, and for who looks."""

from __future__ import annotations

import pytest
from observed import ago, container, infra, manifest, minion, names, pod

from podctl.core.lifecycle import Need, Next
from podctl.core.objects import conditions
from podctl.core.probes.model import Answer, Probe, Verdict, Which
from podctl.core.probes.rounds import Asking, Manner, heard
from podctl.core.probes.standing import Standing, with_probes
from podctl.core.status import pod_status

READY = Next(need=Need.READY, started=True)
OK, FAILED = Answer(verdict=Verdict.OK), Answer(verdict=Verdict.FAILED, message="status 503")
UNKNOWN = Answer(verdict=Verdict.UNKNOWN, message="sshd forwards nothing", hint="Set it.")
SIDE = {"name": "side", "image": "x", "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 1}}}


def asked(which=Which.READINESS, *answers, ran=5.0, **given):
    probe = Probe(container="app", which=which, kind="tcpSocket", action={"port": 80}, **given)
    begun = Asking(probes=(probe,), ran_seconds=ran, manner=Manner.WAITING)
    for second, answer in enumerate(answers):
        begun = heard(begun, which, answer, second)
    return begun


@pytest.mark.parametrize(
    ("need", "asking", "expected"),
    [
        (READY, asked(Which.READINESS, OK), Standing(need=READY)),
        (READY, asked(),
         Standing(need=Next(need=Need.WAIT, reason="app: readiness probe: not answered yet", started=True))),
        (READY, asked(Which.READINESS, FAILED),
         Standing(need=Next(need=Need.WAIT, reason="app: readiness probe: status 503", started=True))),
        (Next(need=Need.WAIT, reason="app has not run for 3 s yet", started=True), asked(Which.READINESS, FAILED),
         Standing(need=Next(need=Need.WAIT, started=True,
                            reason="app has not run for 3 s yet; app: readiness probe: status 503"))),
        (READY, asked(Which.READINESS, UNKNOWN), Standing(need=READY, unknown=UNKNOWN)),
        (READY, asked(Which.STARTUP, FAILED, ran=100.0, period_seconds=2),
         Standing(need=Next(need=Need.FAILED, containers=("app",), started=True, reason="app: its startup probe failed "
                            "for longer than the 6 s that it has: status 503"))),
        (Next(need=Need.FAILED, reason="gone"), asked(Which.READINESS, FAILED),
         Standing(need=Next(need=Need.FAILED, reason="gone"))),
        (Next(need=Need.START, containers=("other",)), asked(Which.STARTUP, FAILED),
         Standing(need=Next(need=Need.START, containers=("other",)))),
    ],
    ids=["well", "not asked yet", "not ready", "young and not ready", "unknown", "never started", "failed anyway",
         "nobody is held back by what is no sidecar"],
)  # fmt: skip
def test_a_pod_waits_for_the_answers_that_it_needs(need, asking, expected):
    assert with_probes(need, pod(), {"app": asking}) == expected


@pytest.mark.parametrize(
    ("answers", "need"),
    [
        ((), Next(need=Need.WAIT, reason="side: startup probe: not answered yet")),
        ((FAILED,), Next(need=Need.WAIT, reason="side: startup probe: status 503")),
        ((FAILED, OK), Next(need=Need.START, containers=("app",))),
        ((UNKNOWN,), Next(need=Need.START, containers=("app",))),
    ],
)
def test_the_startup_probe_of_a_sidecar_holds_back_what_is_behind_it(answers, need):
    start = Next(need=Need.START, containers=("app",))
    held = pod(manifest=manifest(initContainers=[SIDE]))
    assert with_probes(start, held, {"side": asked(Which.STARTUP, *answers)}).need == need


# ----------------------------------------------------------------------------------------------------- for who looks


def probed(answers, **given):
    both = manifest(containers=names("app", "two"))
    return pod(container("app"), container("two"), manifest=both, probed=answers, **given)


@pytest.mark.parametrize(
    ("answers", "cell", "condition"),
    [
        ({}, "2/2", {"status": "True"}),
        ({("app", Which.READINESS): OK, ("app", Which.LIVENESS): FAILED}, "2/2", {"status": "True"}),
        ({("app", Which.READINESS): FAILED}, "1/2",
         {"status": "False", "reason": "ContainersNotReady",
          "message": "containers with unready status: [app]; app: readiness probe: status 503"}),
        ({("app", Which.STARTUP): FAILED}, "1/2",
         {"status": "False", "reason": "ContainersNotReady",
          "message": "containers with unready status: [app]; app: startup probe: status 503"}),
        ({("app", Which.STARTUP): OK, ("app", Which.READINESS): UNKNOWN}, "?/2",
         {"status": "Unknown", "reason": "ProbeUnknown", "message": "app: readiness probe: sshd forwards nothing"}),
        ({("app", Which.READINESS): UNKNOWN, ("two", Which.READINESS): FAILED}, "?/2",
         {"status": "False", "reason": "ContainersNotReady",
          "message": "containers with unready status: [app two]; app: readiness probe: sshd forwards nothing; "
                     "two: readiness probe: status 503"}),
    ],
)  # fmt: skip
def test_ready_follows_the_answers_and_is_unknown_where_nobody_could_ask(answers, cell, condition):
    seen = probed(answers)
    status = pod_status(seen, minion(seen))
    _, ready, containers_ready, _ = conditions(seen, status)
    assert status.ready_text == cell
    assert ready == {"type": "Ready", **condition}
    assert containers_ready == {"type": "ContainersReady", **condition}


def test_what_is_cut_off_from_its_pod_is_not_ready_whatever_was_answered():
    seen = probed({("app", Which.READINESS): UNKNOWN}, infra=infra(started_at=ago(minutes=1)))
    status = pod_status(seen, minion(seen))
    assert (status.ready_text, status.unknown) == ("0/2", False)
