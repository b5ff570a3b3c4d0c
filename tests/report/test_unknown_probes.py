"""Where probes could not be asked: one line for a Minion and a cause."""

from __future__ import annotations

from observed import minion, pod

from podctl.core.model import Cluster
from podctl.core.probes.model import Answer, Verdict, Which
from podctl.report.answers import unknown_text

UNKNOWN = Answer(verdict=Verdict.UNKNOWN, message="sshd forwards nothing", hint="Set it.")


def test_each_minion_names_a_cause_and_its_fix_once():
    two = [pod(probed={(name, Which.READINESS): UNKNOWN for name in ("app", "two")}, uid=uid) for uid in ("1", "2")]
    well = pod(probed={("app", Which.READINESS): Answer(verdict=Verdict.FAILED, message="status 503")})
    cluster = Cluster(
        name="shop", minions=(minion(*two), minion(two[0], well, name="beta"), minion(well, name="gamma"))
    )
    assert unknown_text(cluster) == (
        "note: minion alpha: probes of 2 Pods are unknown: sshd forwards nothing. Set it.\n"
        "note: minion beta: probes of 1 Pod are unknown: sshd forwards nothing. Set it.\n"
    )
