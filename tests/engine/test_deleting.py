"""Claims: what holds them, and what is said of those that are still there."""

from __future__ import annotations

import pytest
from observed import claim_volume, container, minion, pod

from podctl.core.claims import claims_on
from podctl.core.deletion import Doomed, check_unused
from podctl.core.model import Cluster, Inventory, Mark
from podctl.engine.deleting import _remove_claims
from podctl.engine.session import Session
from podctl.errors import ExitCode, InputError
from podctl.transport.fake import FakeTransport

VOLUME = claim_volume("data")


def doomed_claim(*pods):
    seen = minion(*pods, volumes=(VOLUME,))
    return Doomed(claims=tuple(claims_on(seen))), Cluster(name="shop", minions=(seen,))


def user(mark):
    return pod(container("app", volumes=(VOLUME.name,)), mark=mark)


def test_a_claim_that_a_pod_uses_stays():
    with pytest.raises(InputError, match="data is in use by pod default/web; nothing was deleted"):
        check_unused(*doomed_claim(user(Mark.COMMITTED)))


@pytest.mark.parametrize("mark", [Mark.NEW, Mark.OLD])
def test_what_an_interrupted_command_left_holds_no_claim_as_it_goes_in_passing(mark):
    check_unused(*doomed_claim(user(mark)))


def removed(*, dead=False, answer=(0, b"", b"")):
    """The exit codes, the volumes' problems and the volumes that went, on a Minion that gives this answer or none."""
    doomed, cluster = doomed_claim()
    transport = FakeTransport(cluster.minions[0].minion, lambda _: answer)
    transport.dead = dead
    inventory = Inventory(cluster="shop", minions=(transport.minion,), source="shop.yaml")
    problems, gone = {}, set()
    return _remove_claims(Session(inventory, {"alpha": transport}), doomed, problems, gone), problems, gone


def test_a_claim_whose_volume_goes_is_nothing_to_speak_of():
    assert removed() == (set(), {}, {VOLUME.name})


def test_a_claim_whose_volume_does_not_go_is_a_failure_with_dockers_words():
    assert removed(answer=(1, b"", b"volume is in use")) == (
        {ExitCode.FAILED},
        {VOLUME.name: "volume is in use"},
        set(),
    )


def test_a_claim_whose_minion_breaks_off_is_one_that_could_not_be_reached():
    codes, problems, gone = removed(dead=True)
    assert (codes, gone) == ({ExitCode.UNREACHABLE}, set())
    assert list(problems) == [VOLUME.name]
