"""`apply --pull` from end to end: what the registry refuses is told, and what runs is left alone."""

from __future__ import annotations

import json

import pytest
from test_observe import BRAVO, answers, look

from podctl.core.manifest import parse
from podctl.core.model import Inventory
from podctl.core.outcome import Word
from podctl.engine.applying import Wish, run
from podctl.engine.session import Session
from podctl.errors import ExitCode
from podctl.transport.fake import FakeTransport

SEEN, _ = look(answers("old"))
HOST = parse([("host.json", json.dumps(next(pod.manifest for pod in SEEN.pods if pod.key.name == "host")))])
REFUSED = (1, b"", b"Error response from daemon: pull access denied")
(IMAGE_ID,) = {each.image_id for pod in SEEN.pods for each in pod.containers.values()}


def applied(pulled, *, wait=False, pull=True):
    """What becomes of the Pod `host`, which runs as wanted, when its image is asked for; None: the link breaks then."""
    said = answers("old")

    def reply(step):
        if step.title.startswith("pull"):
            return pulled
        bravo.dead = pulled is None and step.title == "read the clock"  # the last that a look asks
        return said[step.title]

    bravo = FakeTransport(BRAVO, reply)
    session = Session(Inventory(cluster="sandbox", minions=(BRAVO,), source="i.yaml"), {"bravo": bravo})
    done = run(session, Wish(manifests=HOST, uids=lambda: "n3w", wait=wait, pull=pull), lambda _progress: None)
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
