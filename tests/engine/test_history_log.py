"""docker's log of events, read: what a real daemon told of Pods that ran, crashed, ran out of memory and went."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from captured import CLIENTS, captured

from podctl.core.document.model import Document
from podctl.core.events import events
from podctl.core.history.model import What
from podctl.core.model import Cluster, Minion, PodKey
from podctl.engine.docker import history
from podctl.engine.observe import observe, questions
from podctl.transport.fake import FakeTransport

ALPHA = Minion(name="alpha")
NOW = b"1795398447\n"  # the Minion's clock when it was asked
TITLE = "read the log of events"
FACTS = captured("old", "facts").encode()
CUT_OFF = "The infra container ended: the Pod's containers are cut off until they are restarted"


@pytest.fixture(params=CLIENTS)
def client(request):
    return request.param


def look(log, client="old"):
    said = {
        "list the containers": (0, captured(client, "events_containers").encode(), b""),
        "list the volumes": (0, b"", b""),
        "ask the engine for its version and capacity": (0, FACTS, b""),
        "read the clock": (0, NOW, b""),
        TITLE: log,
    }
    transport = FakeTransport(ALPHA, lambda step: said.get(step.title, (0, b"", b"")))
    return observe(transport.conversation(), ALPHA, "sandbox", history=True)


def told(seen):
    found = events(Document(cluster="sandbox", revision=4), Cluster(name="sandbox", minions=(seen,)))
    return [(each.object, each.reason, each.count, each.message.split(": OCI")[0]) for each in found]


def test_every_line_is_read(client):
    found = history.parse_events(captured(client, "events"), "alpha")
    assert Counter(each.what for each in found) == {
        What.STARTED: 34, What.ENDED: 30, What.OUT_OF_MEMORY: 1, What.SIGNALLED: 7, What.STOPPED: 3, What.REMOVED: 5,
    }  # fmt: skip
    memory = next(each for each in found if each.what is What.OUT_OF_MEMORY)
    assert (memory.pod, memory.container, memory.minion) == (PodKey("default", "oom"), "c", "alpha")
    assert memory.at == memory.logged_at == datetime(2026, 11, 23, 1, 32, 57, 549192, tzinfo=UTC)
    assert {each.exit_code for each in found if each.what is What.ENDED} == {0, 3, 137}
    assert sorted(each.signal for each in found if each.signal) == [1, 9, 9, 9, 9, 15, 15]


def test_the_state_and_the_log_make_one_story_of_what_happened(client):
    assert told(look((0, captured(client, "events").encode(), b""), client)) == [
        ("pod/nocmd", "Failed", 1, "Error: failed to start container c: failed to create shim task"),
        ("pod/oom", "Started", 1, "Started container c"),
        ("pod/ok", "Started", 1, "Started container c"),
        ("pod/ok", "Completed", 1, "Container c ended with exit code 0"),
        ("pod/gone", "Started", 1, "Started container c"),
        ("pod/oom", "OOMKilled", 1, "Container c ran out of memory and ended with exit code 137 (signal 9)"),
        ("pod/gone", "Killing", 1, "Stopped container c: it did not end within 30 s and was killed"),
        *(("pod/gone", "Removed", 1, f"{which} was removed, and podctl remembers no act that did it")
          for which in ("Container c", "The infra container")),
        ("pod/loop", "Started", 23, "Started container c"),
        ("pod/loop", "Failed", 23, "Container c ended with exit code 3"),
        *(("pod/loop", "Removed", 1, f"{which} was removed, and podctl remembers no act that did it")
          for which in ("Container c", "The infra container")),
        ("pod/ok", "Killing", 1, "Stopped container d: it did not end within 1 s and was killed"),
        ("pod/ok", "Started", 2, "Started container d"),
        ("pod/ok", "Removed", 1, "Container c was removed, and podctl remembers no act that did it"),
        ("pod/ok", "SandboxChanged", 1, CUT_OFF),
    ]  # fmt: skip


def test_where_the_log_is_empty_the_state_tells_what_it_can():
    assert told(look((0, b"", b""))) == [
        ("pod/nocmd", "Failed", 1, "Error: failed to start container c: failed to create shim task"),
        ("pod/oom", "Started", 1, "Started container c"),
        ("pod/oom", "OOMKilled", 1, "Container c ran out of memory and ended with exit code 137 (signal 9)"),
        ("pod/ok", "Ended", 1, "Container d ended; its exit code is not known any more"),
        ("pod/ok", "Started", 1, "Started container d"),
        ("pod/ok", "SandboxChanged", 1, CUT_OFF),
    ]  # fmt: skip


LAMENTS = {
    "it fails": ((1, b"", b"Error: unknown flag --until"), "Error: unknown flag --until"),
    "it fails without a word": ((125, b"", b""), "status 125"),
    "its answer breaks off": ((0, b'{"at":179', b""), "its answer cannot be read: JSONDecodeError"),
    "it tells of what was not asked": (
        (0, captured("old", "events").replace('"start"', '"pause"').encode(), b""),
        "its answer cannot be read: ValueError",
    ),
}


@pytest.mark.parametrize("log, problem", LAMENTS.values(), ids=LAMENTS)
def test_a_minion_whose_log_cannot_be_read_is_seen_all_the_same(log, problem):
    seen = look(log)
    assert (seen.log, seen.silent, len(seen.pods)) == ((), False, 3)
    assert seen.log_problem.startswith(problem)


def test_the_log_is_one_more_step_of_the_same_message_and_only_where_it_is_wanted():
    plain, more = ([step.title for step in questions(ALPHA, "shop", history=wanted)] for wanted in (False, True))
    assert [title for title in more if title not in plain] == [TITLE]
    assert [title for title in more if title in plain] == plain
    assert more[-1] == "read the clock"
