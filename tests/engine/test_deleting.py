"""Claims: what holds them, and what is said of those that are still there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from keepers import ALICE, Keeper, session
from observed import claim_volume, container, minion, pod
from test_observe import answers

from podctl.core.claims import claims_on
from podctl.core.deletion import Doomed, check_unused
from podctl.core.document.adopting import adopted
from podctl.core.document.model import ObjectKey
from podctl.core.model import Cluster, Inventory, Mark, PodKey
from podctl.core.outcome import Word
from podctl.engine.deleting import Deletion, run
from podctl.engine.keeping import Keeping
from podctl.engine.session import Session
from podctl.engine.volumes import ClaimsRemoved, remove_claims
from podctl.errors import ConnectError, ExitCode, InputError, UnreachableError
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
    """What became of a claim on a Minion that gives this answer or none."""
    doomed, cluster = doomed_claim()
    transport = FakeTransport(cluster.minions[0].minion, lambda _: answer)
    transport.dead = dead
    inventory = Inventory(cluster="shop", minions=(transport.minion,), source="shop.yaml")
    return remove_claims(Session(inventory, {"alpha": transport}), doomed.claims)


def test_a_claim_whose_volume_goes_is_nothing_to_speak_of():
    assert removed() == ClaimsRemoved(removed={VOLUME.name})


def test_a_claim_whose_volume_does_not_go_is_a_failure_with_dockers_words():
    done = removed(answer=(1, b"", b"volume is in use"))
    assert done == ClaimsRemoved(problems={VOLUME.name: "volume is in use"}, codes={ExitCode.FAILED})


def test_a_claim_whose_minion_breaks_off_is_one_that_could_not_be_reached():
    done = removed(dead=True)
    assert (done.codes, done.removed, list(done.problems)) == ({ExitCode.UNREACHABLE}, set(), [VOLUME.name])


# ------------------------------------------------------------------------------------------------- a whole delete

HOST = PodKey("default", "host")
OBJECTS = {ObjectKey("ConfigMap", "default", "site"): {"data": {}}}


def cluster_of(**given):
    """bravo with the Pods that were captured, and alpha, which has nothing; both remember them, and more."""
    bravo, alpha = Keeper("bravo", seen=answers("old")), Keeper("alpha")
    those = {"alpha": alpha, "bravo": bravo}
    with session(those, tuple(those), "sandbox") as opened:
        keeping = Keeping.look(opened, ALICE)
        keeping.write(replace(adopted(keeping.cluster), **given), [])
    for each in those.values():
        each.steps.clear()
    return those


def deleted(those, *, keys=(), objects=(), **given):
    def choose(cluster, _document):
        return Doomed(pods=tuple(pod for pod in cluster.pods if pod.key in keys), keys=tuple(keys), objects=objects)

    wish = Deletion(
        choose=choose, allow=lambda _doomed: None, caller=ALICE, grace_seconds=0, lock_timeout_seconds=0, **given
    )
    for each in those.values():
        vars(each).update(locked=False)
    with session(those, tuple(those), "sandbox") as opened:
        return run(opened, wish, lambda _progress: None)


def remembered(those):
    with session(those, tuple(those), "sandbox") as opened:
        return Keeping.look(opened, ALICE).document


def test_a_pod_is_forgotten_before_it_is_stopped_and_the_end_is_remembered():
    those = cluster_of()
    order = []
    bravo = those["bravo"]
    bravo.answer = lambda step: (order.append(step.title), bravo.reply(step))[1]
    done = deleted(those, keys=[HOST])
    assert [(each.key, each.word) for each in done.outcomes] == [(HOST, Word.DELETED)]
    begun, marked, ended = (
        next(at for at, title in enumerate(order) if title.startswith(what))
        for what in ("commit the Document's revision 2", "mark pod", "mark the Document's revision 2 as done")
    )
    assert begun < marked < ended
    document = remembered(those)
    assert HOST not in document.pods
    assert [(each.result, [deed.reason for deed in each.deeds]) for each in document.acts] == [
        ("", []), ("done", ["Deleted"]),
    ]  # fmt: skip


def test_an_object_goes_by_being_forgotten():
    those = cluster_of(objects=OBJECTS)
    done = deleted(those, objects=tuple(OBJECTS))
    assert (done.outcomes, remembered(those).objects) == ([], {})


def test_a_delete_of_nothing_writes_nothing():
    those = cluster_of()
    assert deleted(those).outcomes == []
    assert [each.changes for each in those.values()] == [[], []]


def test_a_pod_on_a_silent_minion_is_not_named_as_wanted_any_more_and_goes_when_that_is_back():
    names = ("alpha", "bravo", "charlie")
    those = {name: Keeper(name, seen=answers("old") if name == "bravo" else None) for name in names}
    with session(those, names, "sandbox") as opened:
        keeping = Keeping.look(opened, ALICE)
        keeping.write(adopted(keeping.cluster), [])
    away = {**those, "bravo": ConnectError("Minion bravo: no route")}
    done = deleted(away, keys=[HOST])
    assert (done.outcomes, [each.minion.name for each in done.cluster.silent]) == ([], ["bravo"])
    those["bravo"].locked = False
    gone = deleted(those)
    assert [(each.key, each.word) for each in gone.outcomes] == [(HOST, Word.DELETED)]
    assert HOST not in remembered(those).pods


def test_what_cannot_be_remembered_is_not_deleted():
    those = cluster_of()
    those["alpha"].refuses = "write the Document"
    with pytest.raises(UnreachableError):
        deleted(those, keys=[HOST])
    assert not [title for title in those["bravo"].changes if title.startswith(("mark", "stop"))]
