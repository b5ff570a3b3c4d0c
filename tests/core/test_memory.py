"""What the Document adds to a look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observed import minion, pod, silent
from remembering import CLUSTER, DOCUMENT, WEB, copy, entry, holding

from podctl.core.claims import unseen_claims
from podctl.core.document.model import Document
from podctl.core.memory import Why, remember
from podctl.core.model import Cluster, Mark, PodKey


def absent(cluster: Cluster) -> dict[str, Why]:
    return {each.key.name: each.why for each in remember(cluster).absent}


def document(*pods) -> Document:
    return Document(cluster="shop", revision=7, keepers=("alpha",), pods={each.key: each for each in pods})


def test_a_pod_that_is_wanted_and_not_seen_has_its_reason():
    assert absent(CLUSTER) == {"away": Why.SILENT, "big": Why.WAITING, "far": Why.SILENT, "lost": Why.MISSING}
    assert {each.key.name: (each.phase, each.message) for each in remember(CLUSTER).absent} == {
        "away": ("Unknown", "omega has it, and is not in this inventory"),
        "big": ("Pending", "needs 64 CPUs, and no Minion has them; every apply tries it again"),
        "far": ("Unknown", "gamma has it, and does not answer: connection refused"),
        "lost": ("Pending", "it is to be on beta, and is not there: apply its manifest again"),
    }


def test_a_pod_that_was_deleted_out_of_sight_is_going_until_its_minion_answers():
    going = document(entry("web", "gamma", doomed=True))
    (found,) = remember(holding(going, minion(), silent())).absent
    assert (found.why, found.phase, found.word) == (Why.DELETED, "Unknown", "Terminating")
    assert absent(holding(going, minion(), minion(name="gamma"))) == {}


def test_what_waits_is_what_apply_tries_again():
    assert remember(CLUSTER).waiting == (PodKey("default", "big"),)


SEEN = {
    "the one that is named": pod(uid="uid-web"),
    "its predecessor, whose successor was never made": pod(uid="before"),
    "one that is half made": pod(uid="uid-web", mark=Mark.NEW),
    "one that is half removed": pod(uid="before", mark=Mark.OLD),
}


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_a_pod_that_is_there_is_not_absent(seen):
    assert absent(holding(document(entry("web", "alpha")), minion(seen))) == {}


def test_an_old_copy_is_not_the_pod_of_a_silent_minion():
    looked = holding(document(entry("web", "gamma")), minion(pod(uid="before")), silent())
    assert absent(looked) == {"web": Why.SILENT}


def test_a_cluster_without_a_document_remembers_nothing_and_is_not_warned_about():
    known = remember(Cluster(name="shop", minions=(minion(pod()), silent())))
    assert (known.absent, known.document.revision, known.warning) == ((), 0, "")


def test_the_cordons_of_the_document_hold():
    assert {each.minion.name: each.minion.unschedulable for each in remember(CLUSTER).cluster.minions} == {
        "alpha": False,
        "beta": True,
        "gamma": False,
        "omega": False,
    }


def test_two_of_three_keepers_are_enough_and_one_is_not():
    assert remember(CLUSTER).warning == ""
    alone = holding(DOCUMENT, minion(WEB), silent("beta"), silent("gamma"))
    assert remember(alone).warning == (
        "what the cluster remembers may be out of date: only 1 of the 3 keepers of the Document answer and hold it; "
        "missing: beta, gamma"
    )


def test_a_change_that_too_few_hold_is_told_of():
    newer = replace(DOCUMENT, revision=8)
    alpha, beta, gamma = CLUSTER.minions
    looked = replace(CLUSTER, minions=(replace(alpha, copies=(copy(newer),)), beta, gamma))
    assert remember(looked).warning.startswith("the newest change was not written to enough Minions yet")


def test_claims_without_a_volume_in_sight_have_their_phase():
    found = {each.key.name: (each.phase, each.minion, each.size) for each in unseen_claims(DOCUMENT, CLUSTER)}
    assert found == {"later": ("Pending", "", "2Gi"), "old": ("Unknown", "gamma", ""), "torn": ("Lost", "beta", "")}
