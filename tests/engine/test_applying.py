"""`apply --pull` from end to end: what the registry refuses is told, and what runs is left alone."""

from __future__ import annotations

import json

import pytest
from keepers import ALICE, Keeper, session
from test_observe import answers, look

from podctl.core.document.adopting import adopted
from podctl.core.document.model import ObjectKey
from podctl.core.manifest import parse
from podctl.core.outcome import Word
from podctl.engine.adopting import AdoptWish
from podctl.engine.adopting import run as adopt
from podctl.engine.applying import Wish, run
from podctl.engine.keeping import Keeping
from podctl.errors import ExitCode, InputError, UnreachableError

SEEN, _ = look(answers("old"))
HOST = parse([("host.json", json.dumps(next(pod.manifest for pod in SEEN.pods if pod.key.name == "host")))])
REFUSED = (1, b"", b"Error response from daemon: pull access denied")
IMAGE = "sandbox/busybox:1"
(IMAGE_ID,) = {each.image_id for pod in SEEN.pods for each in pod.containers.values()}


def said_by(pulled):
    """Of bravo, with what it answers to a pull."""
    return answers("old", **({f"pull {IMAGE}": pulled} if pulled else {}))


def cluster_of(pulled=None):
    """bravo with the Pods that were captured, which the cluster remembers."""
    bravo = Keeper("bravo", seen=said_by(pulled))
    with session({"bravo": bravo}, ("bravo",), "sandbox") as opened:
        keeping = Keeping.look(opened, ALICE)
        keeping.write(adopted(keeping.cluster), [])
    bravo.steps.clear()
    return bravo


def apply(bravo, manifests=HOST, **wish):
    wanted = Wish(manifests=manifests, uids=lambda: "n3w", caller=ALICE, lock_timeout_seconds=0, **wish)
    with session({"bravo": bravo}, ("bravo",), "sandbox") as opened:
        return run(opened, wanted, lambda _pruned: None, lambda _progress: None)


def applied(pulled, *, wait=False, pull=True):
    """What becomes of the Pod `host`, which runs as wanted, when its image is asked for; None: the link breaks then."""
    bravo = cluster_of(pulled)
    bravo.dies_at = None if pulled else "pull"
    done = apply(bravo, wait=wait, pull=pull)
    return [(str(each.key), each.word, each.code, each.message) for each in done.outcomes], bravo


def test_a_pod_whose_image_is_the_same_is_unchanged_and_content():
    outcomes, _ = applied((0, f"{IMAGE_ID}\n".encode(), b""))
    assert outcomes == [("default/host", Word.UNCHANGED, ExitCode.DONE, "")]


def test_without_pull_the_registry_is_not_asked():
    outcomes, bravo = applied(REFUSED, pull=False)
    assert outcomes == [("default/host", Word.UNCHANGED, ExitCode.DONE, "")]
    assert not [step for step in bravo.steps if step.title.startswith("pull")]


def test_a_pod_whose_image_cannot_be_had_is_unchanged_and_told_of():
    outcomes, _ = applied(REFUSED)
    message = "ErrImagePull: cannot pull sandbox/busybox:1; it keeps the image that it has"
    assert outcomes == [
        ("default/host", Word.FAILED, ExitCode.FAILED, message),
        ("default/host", Word.UNCHANGED, ExitCode.DONE, ""),
    ]


@pytest.mark.parametrize("wait", [False, True])
def test_a_pod_whose_minion_breaks_off_meanwhile_is_unknown_and_told_of_once(wait):
    outcomes, _ = applied(None, wait=wait)
    message = "Minion bravo: pull sandbox/busybox:1: the connection ended"
    assert outcomes == [("default/host", Word.UNKNOWN, ExitCode.UNREACHABLE, message)]


def test_an_apply_that_changes_nothing_runs_no_step_that_could():
    bravo = cluster_of()
    done = apply(bravo, wait=False)
    assert [each.word for each in done.outcomes] == [Word.UNCHANGED]
    assert bravo.changes == []


def test_a_configmap_by_itself_is_remembered_and_the_second_time_nothing_is_written():
    bravo = cluster_of()
    site = parse([("site.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\ndata: {a: b}\n")])
    done = apply(bravo, site)
    assert (done.outcomes, done.notes) == ([], ())
    assert bravo.names == ("state.2.done",)
    bravo.steps.clear()
    assert apply(bravo, site).document.objects.keys() == {ObjectKey("ConfigMap", "default", "site")}
    assert bravo.changes == []


HUGE = parse([("huge.yaml", """
apiVersion: v1
kind: Pod
metadata: {name: huge}
spec: {containers: [{name: c, image: "i:1", resources: {requests: {memory: 9Ti}}}]}
""")])  # fmt: skip


def test_a_pod_that_fits_nowhere_is_remembered_with_why_and_tried_again_by_an_apply_of_something_else():
    bravo = cluster_of()
    (held,) = apply(bravo, HUGE).plan.held
    done = apply(bravo, wait=False)
    entry = done.document.pods[held.key]
    assert (entry.minion, entry.uid, entry.waiting) == ("", "", held.diagnosis)
    assert (done.retried, [each.key for each in done.plan.held]) == ({held.key}, [held.key])
    bravo.steps.clear()
    apply(bravo, wait=False)
    assert bravo.changes == []


def test_a_rehearsal_takes_no_lock_and_writes_nothing():
    bravo = cluster_of()
    bravo.locked = True
    done = apply(bravo, HUGE, dry_run=True)
    assert (len(done.plan.held), bravo.changes) == (1, [])


def test_what_the_user_does_not_want_pruned_is_not_touched():
    def no(_pruned):
        raise InputError("nothing was changed")

    bravo = cluster_of()
    wish = Wish(manifests=HUGE, uids=lambda: "n3w", caller=ALICE, lock_timeout_seconds=0)
    with session({"bravo": bravo}, ("bravo",), "sandbox") as opened, pytest.raises(InputError):
        run(opened, wish, no, lambda _progress: None)
    assert bravo.changes == []


def test_pods_and_no_document_are_not_for_apply_to_judge():
    bravo = cluster_of()
    bravo.copies.clear()
    with pytest.raises(UnreachableError) as caught:
        apply(bravo)
    assert caught.value.message == "nothing was changed: there are Pods on bravo, but no Document that names them"
    assert "podctl adopt" in caught.value.hint


def test_a_pod_that_was_to_go_to_another_minion_and_stayed_is_remembered_where_it_is():
    """Were it remembered where it never came to be, the next command would take the one that runs for stale."""
    both = {"alpha": Keeper("alpha"), "bravo": Keeper("bravo", seen=said_by(None))}
    with session(both, tuple(both), "sandbox") as opened:
        keeping = Keeping.look(opened, ALICE)
        keeping.write(adopted(keeping.cluster), [])
        before = keeping.document
    both["alpha"].refuses = "pull"
    (host,) = HOST.pods
    elsewhere = {**host.raw, "spec": {**host.raw["spec"], "nodeName": "alpha"}}
    wish = Wish(
        manifests=parse([("host.json", json.dumps(elsewhere))]), uids=lambda: "n3w", caller=ALICE,
        lock_timeout_seconds=0, wait=False,
    )  # fmt: skip
    vars(both["alpha"]).update(locked=False)
    vars(both["bravo"]).update(locked=False)
    with session(both, tuple(both), "sandbox") as opened:
        (outcome,) = run(opened, wish, lambda _pruned: None, lambda _progress: None).outcomes
        after = Keeping.look(opened, ALICE).document
    assert (outcome.word, outcome.minion, outcome.stays) == (Word.FAILED, "alpha", True)
    assert (after.pods[host.key], after.leaving) == (before.pods[host.key], {})
    assert after.acts[-1].result == "1 of 1 failed"


def test_adoption_does_not_say_that_second_copies_are_gone():
    """A copy that is marked as done says so of what was to leave; adopt removes nothing."""
    bravo = Keeper("bravo", seen=said_by(None))
    wish = AdoptWish(caller=ALICE, allow=lambda _adoption: None, lock_timeout_seconds=0)
    with session({"bravo": bravo}, ("bravo",), "sandbox") as opened:
        adopt(opened, wish)
        (act,) = Keeping.look(opened, ALICE).document.acts
    assert act.result == "adopted"
    assert not [name for name in bravo.names if name.endswith(".done")]
