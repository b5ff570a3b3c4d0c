"""The Document on real Minions: it outlives any of them, hands that remove it, and a podctl that is killed."""

from __future__ import annotations

import subprocess

import pytest
from copies import NAMES, copies, document_on, is_everywhere_alike, lose_copies, pods_on
from faults import Gate, small_pod, wait_until_gone
from waiting import wait_for

from podctl.core.model import PodKey

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: site}
data: {page: hello}
---
"""


def apply(podctl, namespace, manifests, *flags):
    return podctl("apply", "-n", namespace, *flags, "-f", "-", input=manifests)


def applied(podctl, namespace, manifests, *flags):
    """The words on stdout of an apply that succeeds."""
    done = apply(podctl, namespace, manifests, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def names(podctl, namespace, what):
    return podctl("get", what, "-n", namespace, "-o", "name").stdout.splitlines()


@pytest.mark.parametrize("gone", ["alpha", pytest.param("charlie", marks=pytest.mark.long)])
def test_any_minion_may_vanish_and_nothing_is_forgotten_and_writing_goes_on(podctl, sandbox, namespace, gone):
    left = [name for name in NAMES if name != gone]
    applied(podctl, namespace, CONFIG + small_pod("stays", left[0]) + small_pod("lost", gone))
    sandbox[gone].kill()
    assert names(podctl, namespace, "configmaps") == ["configmap/site"]
    assert names(podctl, namespace, "pods") == ["pod/lost", "pod/stays"]
    done = apply(podctl, namespace, small_pod("new", left[1]))
    assert (done.returncode, done.stdout) == (4, "pod/new created\n"), done.stderr
    document = document_on(sandbox[left[1]])
    assert {key.name: each.minion for key, each in document.pods.items()} == {
        "stays": left[0], "lost": gone, "new": left[1],
    }  # fmt: skip


def test_a_copy_that_is_lost_is_made_again_by_the_next_command_that_writes(podctl, sandbox, namespace):
    applied(podctl, namespace, CONFIG)
    assert is_everywhere_alike(sandbox)
    lose_copies(sandbox, ["bravo"])
    assert applied(podctl, namespace, CONFIG) == ["configmap/site unchanged"]
    assert copies(sandbox, ["bravo"]) == {"bravo": []}, "it has written nothing"
    assert applied(podctl, namespace, CONFIG.replace("hello", "welcome")) == ["configmap/site configured"]
    assert is_everywhere_alike(sandbox)


def test_without_a_majority_of_the_copies_nothing_changes_until_adopt_has_made_them_whole(podctl, sandbox, namespace):
    applied(podctl, namespace, CONFIG + small_pod("web", "alpha"))
    lose_copies(sandbox, ["alpha", "bravo"])
    before = pods_on(sandbox, namespace), copies(sandbox)
    for words, text in ((("apply",), small_pod("new")), (("delete", "--yes"), small_pod("web"))):
        done = podctl(*words, "-n", namespace, "-f", "-", input=text)
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr == (
            "error: nothing was changed: only 1 of the 3 keepers of the Document answer and hold it; "
            "missing: alpha, bravo\n"
            "Hint: podctl adopt makes a Document of what is in sight; podctl adopt --dry-run shows it first.\n"
        )
    assert (pods_on(sandbox, namespace), copies(sandbox)) == before

    done = podctl("adopt")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "the Document is whole again: revision 100" in done.stderr
    assert ", on alpha, bravo, charlie; 1 Pod is remembered as before\n" in done.stderr
    assert is_everywhere_alike(sandbox)
    assert applied(podctl, namespace, CONFIG + small_pod("web")) == ["configmap/site unchanged", "pod/web configured"]


def test_what_is_done_on_the_operators_word_stands_when_the_others_come_back(podctl, sandbox, namespace):
    applied(podctl, namespace, CONFIG + small_pod("old", "alpha"))
    before = copies(sandbox, ["alpha"]), pods_on(sandbox, namespace, ["alpha"])
    for name in ("bravo", "charlie"):
        sandbox[name].kill()
    done = apply(podctl, namespace, small_pod("new", "alpha"))
    assert (done.returncode, done.stdout) == (4, "")
    assert "missing: bravo, charlie\n  bravo: " in done.stderr
    assert "--without-quorum is your word for it" in done.stderr
    assert (copies(sandbox, ["alpha"]), pods_on(sandbox, namespace, ["alpha"])) == before
    done = apply(podctl, namespace, small_pod("new", "alpha"), "--without-quorum")
    assert (done.returncode, done.stdout) == (4, "pod/new created\n"), done.stderr

    for name in ("bravo", "charlie"):
        sandbox.start(name)
    assert applied(podctl, namespace, small_pod("more", "bravo")) == ["pod/more created"]
    assert pods_on(sandbox, namespace) == {"alpha": ["new", "old"], "bravo": ["more"], "charlie": []}
    assert is_everywhere_alike(sandbox)


# Between the steps of writing, for which two are asked first, and after them.
@pytest.mark.long  # test_crash.py has the like of it
@pytest.mark.parametrize("points", [(1, 1, 0), (2, 2, 0), (3, 3, 1), (5, 5, 3)], ids=str)
def test_a_podctl_killed_while_it_writes_or_before_it_acts_leaves_what_the_next_completes(
    podctl, sandbox, namespace, points
):
    wanted = "".join(small_pod(f"on-{name}", name) for name in NAMES)
    applied(podctl, namespace, CONFIG)
    gates = [Gate(sandbox[name], point) for name, point in zip(NAMES, points, strict=True)]
    for gate in gates:
        gate.__enter__()
    try:
        process = podctl.start(
            "apply", "-n", namespace, "-f", "-", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        process.stdin.write(wanted)
        process.stdin.close()
        wait_for(lambda: not any(gate.awaited for gate in gates), f"all stand at their points {points}", 120)
        process.kill()
        process.wait()
        wait_until_gone(sandbox.minions)
    finally:
        for gate in gates:
            gate.__exit__()
    applied(podctl, namespace, wanted)
    assert pods_on(sandbox, namespace) == {name: [f"on-{name}"] for name in NAMES}
    assert is_everywhere_alike(sandbox)
    assert names(podctl, namespace, "configmaps") == ["configmap/site"]


def test_a_delete_that_is_killed_before_it_acts_is_carried_out_by_the_next_command(podctl, sandbox, namespace):
    applied(podctl, namespace, small_pod("trial", "alpha") + small_pod("gone", "alpha"))
    with Gate(sandbox["alpha"]) as gate:
        assert podctl("delete", "pod", "trial", "-n", namespace).returncode == 0
        first = gate.commands.index("update")  # its first act is to mark the Pod: the rename before this
    with Gate(sandbox["alpha"], first) as gate:
        process = podctl.start("delete", "pod", "gone", "-n", namespace)
        wait_for(lambda: gate.reached, "the delete is written, and not yet done", 120)
        process.kill()
        process.communicate()
        wait_until_gone(sandbox.minions)
    assert pods_on(sandbox, namespace, ["alpha"]) == {"alpha": ["gone"]}
    done = apply(podctl, namespace, CONFIG)
    assert (done.returncode, done.stdout) == (0, "configmap/site created\n"), done.stderr
    assert "note: stopped the copy of pod/gone on alpha: stale: nothing names it any more" in done.stderr
    assert pods_on(sandbox, namespace, ["alpha"]) == {"alpha": []}


def git(folder, *words):
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example", *words],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_who_did_what_from_which_revision_of_the_files_is_remembered(podctl, sandbox, namespace, tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "web.yaml").write_text(small_pod("web", "alpha"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "web")
    path = str(tmp_path / "web.yaml")
    assert podctl("apply", "-n", namespace, "-f", path).returncode == 0
    assert podctl("apply", "-n", namespace, "-f", path).returncode == 0, "changes nothing, and leaves nothing"
    assert podctl("delete", "pod", "web", "-n", namespace).returncode == 0
    applied(podctl, namespace, CONFIG)  # in its Document is how the command before it ended
    document = document_on(sandbox["charlie"])
    acts = document.acts[:2]
    assert [(each.command, each.git, each.result) for each in acts] == [
        (f"apply -n {namespace} -f {path}", git(tmp_path, "rev-parse", "HEAD")[:10], "done"),
        (f"delete pod web -n {namespace}", "", "done"),
    ]
    assert all("@" in each.who and each.clock == "alpha" for each in acts)
    assert [(deed.reason, deed.object) for act in acts for deed in act.deeds] == [
        ("Created", "pod/web"), ("Deleted", "pod/web"),
    ]  # fmt: skip
    assert PodKey(namespace, "web") not in document.pods
