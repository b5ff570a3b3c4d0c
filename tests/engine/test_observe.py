"""One look at a Minion, over real answers: Pods put together, strangers set apart, and every failure with its cause."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from captured import CLIENTS, NOW, captured

from podctl.core.model import Mark, Minion, PodKey
from podctl.core.status import pod_status
from podctl.engine.observe import observe, questions
from podctl.errors import DockerError
from podctl.transport.fake import FakeTransport

BRAVO = Minion(name="bravo", address="198.18.66.12", user="deploy")


def answers(client, **changed):
    """What each question is answered, by its title."""
    said = {
        "list the containers": captured(client, "containers"),
        "list the volumes": captured(client, "volumes"),
        "ask the engine for its version and capacity": captured(client, "facts"),
        "read resolv.conf": "nameserver 9.9.9.9\n",
        "read the address": "198.18.66.12\n",
        "read the clock": f"{NOW}\n",
    }
    return {title: (0, text.encode(), b"") for title, text in said.items()} | changed


def look(said, cluster="sandbox"):
    transport = FakeTransport(BRAVO, lambda step: said[step.title])
    return observe(transport.conversation(), BRAVO, cluster), transport


@pytest.fixture(params=CLIENTS)
def client(request):
    return request.param


def test_the_pods_of_the_cluster_are_put_together_and_strangers_set_apart(client):
    seen, _ = look(answers(client))
    assert [(str(pod.key), pod.mark, sorted(pod.containers)) for pod in seen.pods] == [
        ("default/ended", Mark.COMMITTED, ["c"]),
        ("default/host", Mark.COMMITTED, ["c"]),
        ("default/loop", Mark.COMMITTED, ["c"]),
        ("default/nocmd", Mark.COMMITTED, ["c"]),
        ("default/oom", Mark.COMMITTED, ["c"]),
        ("default/web", Mark.COMMITTED, ["clock", "server"]),
    ]
    assert sorted(each.name for each in seen.others) == ["not-started", "paused", "stranger"]
    assert (seen.foreign_pods, seen.silent) == ((), False)
    assert seen.now == datetime(2026, 11, 22, 16, 47, 19, tzinfo=UTC)
    assert [volume.claim for volume in seen.volumes if volume.claim] == [PodKey("default", "store")]


def test_each_pod_stands_in_kubernetes_words(client):
    seen, _ = look(answers(client))
    words = {pod.key.name: pod_status(pod, seen).word for pod in seen.pods}
    assert words == {
        "ended": "Completed", "host": "Running", "loop": "CrashLoopBackOff", "nocmd": "RunContainerError",
        "oom": "OOMKilled", "web": "Running",
    }  # fmt: skip


def test_to_another_cluster_on_the_same_machine_they_are_foreign(client):
    seen, _ = look(answers(client), cluster="shop")
    assert (seen.pods, len(seen.foreign_pods)) == ((), 6)
    assert {pod.cluster for pod in seen.foreign_pods} == {"sandbox"}


def test_an_empty_minion_is_seen_as_empty(client):
    nothing = (0, b"", b"")
    seen, _ = look(answers(client, **{"list the containers": nothing, "list the volumes": nothing}))
    assert (seen.pods, seen.foreign_pods, seen.others, seen.volumes, seen.silent) == ((), (), (), (), False)


def test_one_look_asks_each_question_once_and_the_clock_last(client):
    _, transport = look(answers(client))
    assert [step.title for step in transport.steps] == [step.title for step in questions(BRAVO, "sandbox")]
    assert transport.steps[-1].title == "read the clock"


def test_a_container_that_went_between_two_questions_is_no_failure(client):
    gone = (1, captured(client, "named_one_missing").encode(), captured(client, "named_one_missing.stderr").encode())
    seen, _ = look(answers(client, **{"list the containers": gone}))
    assert [str(pod.key) for pod in seen.pods] == ["default/host"]


def test_a_pod_whose_infra_container_is_gone_is_to_be_removed(client):
    lines = [
        line for line in captured(client, "containers").splitlines() if '"/podctl_sandbox_default_web"' not in line
    ]
    seen, _ = look(answers(client, **{"list the containers": (0, "\n".join(lines).encode(), b"")}))
    web = next(pod for pod in seen.pods if pod.key.name == "web")
    assert (web.mark, web.infra, web.manifest, web.spec_hash) == (Mark.OLD, None, {}, "")


FAILURES = {
    "an engine that does not run": (
        (1, b"", captured("old", "not_running.stderr").encode()),
        "Minion bravo: docker is not running", "There: systemctl start docker"),
    "a user who may not use it": (
        (1, b"", b"Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/d.sock"),
        "Minion bravo: this user may not use docker",
        "There: usermod -aG docker deploy (it counts from the next login on), or `sudo: true` in the inventory."),
    "an engine whose socket is gone": (
        (1, b"", b'Get "http://x/v1.24/info": dial unix /var/run/docker.sock: connect: no such file or directory'),
        "Minion bravo: docker is not running", "There: systemctl start docker"),
    "an answer of another program": (
        (0, b"Emulate Docker CLI using podman.\n", b""),
        "Minion bravo: what docker answers there cannot be read",
        "There: docker version; the `docker:` of the inventory must be docker's own command."),
    "an answer that breaks off": (
        (0, captured("new", "containers")[:500].encode(), b""),
        "Minion bravo: what docker answers there cannot be read",
        "There: docker version; the `docker:` of the inventory must be docker's own command."),
    "a failure that nobody foresaw": (
        (1, b"", b"Error response from daemon: layer does not exist"),
        "Minion bravo: cannot list the containers", ""),
}  # fmt: skip


@pytest.mark.parametrize("answer, message, hint", FAILURES.values(), ids=FAILURES)
def test_a_minion_that_cannot_be_seen_says_why(answer, message, hint):
    with pytest.raises(DockerError) as caught:
        look(answers("old", **{"list the containers": answer}))
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.evidence


def test_a_docker_that_is_not_where_the_inventory_says_is_no_empty_minion():
    """With bash as sh the shell itself says `No such file`, which must not pass for `no such container`."""
    bravo = Minion(name="bravo", docker="/opt/x/docker")
    missing = (127, b"", b"sh: line 1: /opt/x/docker: No such file or directory")
    transport = FakeTransport(bravo, lambda _step: missing)
    with pytest.raises(DockerError) as caught:
        observe(transport.conversation(), bravo, "sandbox")
    assert caught.value.message == "Minion bravo: the command /opt/x/docker was not found"
