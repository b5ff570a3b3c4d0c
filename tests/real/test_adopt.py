"""`podctl adopt` on real Minions: a Document of what runs, where it was lost or never was."""

from __future__ import annotations

import json

import pytest
from copies import NAMES, copies, document_on, is_everywhere_alike, lose_copies, pods_on
from faults import small_pod

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: site}
data: {page: hello}
---
"""
READER = small_pod("reader", "bravo").replace(
    "  - name: c0\n", "  - name: c0\n    envFrom: [{configMapRef: {name: site}}]\n"
)
NONE_NAMES_THEM = "there are Pods on {}, but no Document that names them"


def apply(podctl, namespace, manifests, *flags):
    return podctl("apply", "-n", namespace, *flags, "-f", "-", input=manifests)


def applied(podctl, namespace, manifests, *flags):
    """The words on stdout of an apply that succeeds."""
    done = apply(podctl, namespace, manifests, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def without_revision(minion, namespace):
    """Makes the Pods of that Minion anew as a podctl made them that knew no Document: without that label."""
    label = f"label=podctl.namespace={namespace}"
    ids = minion.docker("ps", "-aq", "--filter", label).stdout.split()
    found = json.loads(minion.docker("container", "inspect", *ids).stdout)
    minion.docker("rm", "-f", *ids)
    for each in sorted(found, key=lambda one: one["Config"]["Labels"]["podctl.role"] != "infra"):
        config, host = each["Config"], each["HostConfig"]
        own = {name: text for name, text in config["Labels"].items() if name != "podctl.revision"}
        network = host["NetworkMode"]
        if network.startswith("container:"):
            network = f"container:podctl_sandbox_{namespace}_{own['podctl.pod']}"
        entry = ["--entrypoint", config["Entrypoint"][0]] if config["Entrypoint"] else []
        rest = [*(config["Entrypoint"] or [])[1:], *(config["Cmd"] or [])]
        minion.docker(
            "run", "-d", "--name", each["Name"].removeprefix("/"), "--restart", "unless-stopped", "--ipc", "shareable",
            "--network", network, *(f"--label={name}={text}" for name, text in own.items()), *entry, config["Image"],
            *rest,
        )  # fmt: skip


def test_pods_of_a_podctl_that_had_no_document_are_left_alone_until_they_are_adopted(podctl, sandbox, namespace):
    wanted = small_pod("old", "alpha")
    applied(podctl, namespace, wanted)
    without_revision(sandbox["alpha"], namespace)
    lose_copies(sandbox)
    before = pods_on(sandbox, namespace)
    done = apply(podctl, namespace, small_pod("old", "bravo") + small_pod("new"))
    assert (done.returncode, done.stdout) == (4, "")
    assert f"error: nothing was changed: {NONE_NAMES_THEM.format('alpha')}\n" in done.stderr
    assert "Hint: podctl adopt makes a Document of what is in sight" in done.stderr
    assert pods_on(sandbox, namespace) == before == {"alpha": ["old"], "bravo": [], "charlie": []}

    done = podctl("adopt")
    assert (done.returncode, done.stdout) == (0, f"pod/old of {namespace} adopted on alpha\n"), done.stderr
    assert applied(podctl, namespace, wanted) == ["pod/old unchanged"]
    assert pods_on(sandbox, namespace) == before


def test_what_no_container_tells_is_asked_for_and_a_rehearsal_writes_nothing(podctl, sandbox, namespace):
    applied(podctl, namespace, CONFIG + READER)
    lose_copies(sandbox)
    note = "note: configmap/site of {0} is used by pod/reader, but its content is not remembered: apply its file again"
    for flags, ending in ((["--dry-run"], " (dry run)"), ([], "")):
        assert copies(sandbox) == {name: [] for name in NAMES}
        done = podctl("adopt", *flags)
        line = f"pod/reader of {namespace} adopted on bravo{ending}\n"
        assert (done.returncode, done.stdout) == (0, line), done.stderr
        assert note.format(namespace) in done.stderr
    assert len(copies(sandbox)["alpha"]) == 1
    done = apply(podctl, namespace, READER)
    assert done.returncode == 2, "its ConfigMap is nowhere"
    assert applied(podctl, namespace, CONFIG + READER) == ["configmap/site created", "pod/reader unchanged"]


@pytest.mark.long
def test_of_two_copies_the_newer_counts_and_the_other_goes_with_the_next_command_once_that_is_wanted(
    podctl, sandbox, namespace
):
    applied(podctl, namespace, small_pod("twice", "charlie"))
    sandbox["charlie"].kill()
    done = apply(podctl, namespace, small_pod("twice", "alpha"), "--failover")
    assert (done.returncode, done.stdout) == (4, "pod/twice created\n"), done.stderr
    sandbox.start("charlie")
    lose_copies(sandbox)

    done = podctl("adopt")
    assert (done.returncode, done.stdout) == (2, "")
    lost = f"the copy of pod/twice of {namespace} on charlie counts no more: alpha has the one that counts\n"
    assert done.stderr.startswith(lost), done.stderr
    assert "error: nothing was changed, as nobody can be asked here: Adopt what is there, and give up 1 copy" in (
        done.stderr
    )  # fmt: skip
    assert copies(sandbox) == {name: [] for name in NAMES}

    done = podctl("adopt", "--yes")
    assert (done.returncode, done.stdout) == (0, f"pod/twice of {namespace} adopted on alpha\n"), done.stderr
    assert all(pods_on(sandbox, namespace, ["alpha", "charlie"]).values()), "none is touched"
    done = apply(podctl, namespace, CONFIG)
    assert "note: stopped the copy of pod/twice on charlie: stale: " in done.stderr
    assert pods_on(sandbox, namespace) == {"alpha": ["twice"], "bravo": [], "charlie": []}


def test_while_one_is_silent_it_takes_the_operators_word_and_what_is_there_goes_at_its_return(
    podctl, sandbox, namespace
):
    applied(podctl, namespace, small_pod("here", "alpha") + small_pod("there", "charlie"))
    lose_copies(sandbox, ["alpha", "bravo"])
    sandbox["charlie"].kill()
    done = podctl("adopt")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(
        "error: nothing was changed: what is on charlie cannot be seen, and would be no longer wanted\n"
    )
    done = podctl("adopt", "--without-quorum")
    assert (done.returncode, done.stdout) == (4, f"pod/here of {namespace} adopted on alpha\n"), done.stderr
    assert "note: what is on charlie and is not remembered is no longer wanted: " in done.stderr

    sandbox.start("charlie")
    done = apply(podctl, namespace, CONFIG)
    assert (done.returncode, done.stdout) == (0, "configmap/site created\n"), done.stderr
    assert "note: stopped the copy of pod/there on charlie: stale: nothing names it any more" in done.stderr
    assert pods_on(sandbox, namespace) == {"alpha": ["here"], "bravo": [], "charlie": []}


def test_where_the_document_is_whole_there_is_nothing_to_adopt_and_nothing_is_written(podctl, sandbox, namespace):
    applied(podctl, namespace, CONFIG + READER)
    before = copies(sandbox)
    assert is_everywhere_alike(sandbox)
    done = podctl("adopt")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    revision = document_on(sandbox["alpha"]).revision
    assert done.stderr == f"nothing to adopt: the Document (revision {revision}) is whole and names every Pod\n"
    assert copies(sandbox) == before
    assert [act.command.split()[0] for act in document_on(sandbox["alpha"]).acts] == ["apply"]
