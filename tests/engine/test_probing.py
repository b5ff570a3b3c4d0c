"""Probes that are asked for real: by network of servers on this machine, commands by a docker that runs them here."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from observed import ago, container, infra, manifest, minion, pod

from podctl.core.model import Cluster, Inventory, Mark, Minion
from podctl.core.probes.address import Place
from podctl.core.probes.model import Answer, Probe, Verdict, Which
from podctl.engine import probing
from podctl.engine.docker.probing import LANES
from podctl.engine.probing import commands, network
from podctl.engine.session import Session
from podctl.errors import LinkLostError, NoForwardingError
from podctl.transport.fake import FakeTransport
from podctl.transport.local import LocalTransport

HERE = LocalTransport(Minion(name="alpha", transport="local"))
# As docker: what `exec` runs is not a child that holds the client's own streams. The container `gone` is gone, and
# where a file `down` is the daemon does not run.
DOCKER = """#!{python}
import os, subprocess, sys
if os.path.exists({folder!r} + "/down"):
    sys.exit("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?")
if sys.argv[1] == "exec":
    _, _, _, mark, container, *argv = sys.argv
    if container == "gone":
        sys.exit("Error response from daemon: No such container: gone")
    name, _, value = mark.partition("=")
    os.environ[name] = value
    run = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    while data := os.read(run.stdout.fileno(), 65536):
        os.write(1, data)
    sys.exit(run.wait() % 256 if run.wait() >= 0 else 128 - run.wait())
"""


@pytest.fixture
def here(tmp_path):
    """This machine as a Minion, with a docker of its own."""
    docker = tmp_path / "docker"
    docker.write_text(DOCKER.format(folder=str(tmp_path), python=sys.executable))
    docker.chmod(0o755)
    return LocalTransport(Minion(name="alpha", transport="local", docker=str(docker)))


@pytest.fixture
def server():
    """`server(behave)` gives a port; each connection there is handed to `behave` in a thread of its own."""
    listeners = []

    def handle(behave, connection):
        with connection, contextlib.suppress(OSError):
            behave(connection)

    def serve(listener, behave):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(behave, connection), daemon=True).start()

    def begin(behave):
        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, behave), daemon=True).start()
        return listener.getsockname()[1]

    yield begin
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def http(port, **action) -> Probe:
    given = {"port": port, "path": "/x", **action}
    return Probe(container="app", which=Which.READINESS, kind="httpGet", action=given, timeout_seconds=1)


def asked(port, **action) -> tuple[str, str]:
    """The verdict and its message, without the address."""
    found = network.ask(http(port, **action), Place(host="127.0.0.1", port=port), HERE)
    return str(found.verdict), found.message.replace(f"127.0.0.1:{port}", "HERE")


def telling(answers, seen=None):
    """A server with one answer for each path."""

    def behave(connection):
        request = connection.recv(65536).decode()
        if seen is not None:
            seen.append(request)
        connection.sendall(answers[request.split()[1]].encode())

    return behave


def redirect(to, status=302):
    return f"HTTP/1.1 {status} Go\r\nServer: x\r\nlocation: {to}\r\n\r\n"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "ok"), (204, "ok"), (304, "ok"), (399, "ok"), (400, "failed"), (503, "failed"), (101, "failed")],
)
def test_a_status_from_200_to_399_is_well(server, status, verdict):
    port = server(telling({"/x": f"HTTP/1.0 {status} Whatever\n\n"}))
    assert asked(port) == (verdict, f"GET http://HERE/x: status {status}")


@pytest.mark.parametrize(
    ("answers", "last", "verdict"),
    [
        ({"/x": redirect("/y"), "/y": redirect("z?a=b"), "/z?a=b": "HTTP/1.1 200 OK\r\n\r\n"}, 200, "ok"),
        ({"/x": redirect("/y", 308), "/y": "HTTP/1.1 404 No\r\n\r\n"}, 404, "failed"),
        ({"/x": redirect("http://elsewhere.example/")}, 302, "ok"),
        ({"/x": redirect("ftp://127.0.0.1/")}, 302, "ok"),
        ({"/x": "HTTP/1.1 302 Found\r\n\r\n"}, 302, "ok"),
    ],
    ids=["twice", "to what is not there", "to another host", "to no web", "to nowhere"],
)
def test_redirects_are_followed_on_the_same_host(server, answers, last, verdict):
    assert asked(server(telling(answers))) == (verdict, f"GET http://HERE/x: status {last}")


def test_a_circle_of_redirects_is_left_after_ten(server):
    seen = []
    assert asked(server(telling({"/x": redirect("/x")}, seen))) == (
        "failed", "GET http://HERE/x: stopped after 10 redirects",
    )  # fmt: skip
    assert len(seen) == 11


def test_a_request_has_the_headers_of_the_manifest_before_ours(server):
    seen = []
    port = server(telling({"/a%20b?c=d": "HTTP/1.1 200 OK\r\n\r\n"}, seen))
    headers = [{"name": "host", "value": "shop.example"}, {"name": "X-A", "value": "1"}, {"name": "X-A", "value": "2"}]
    assert asked(port, path="a b?c=d", httpHeaders=headers)[0] == "ok"
    assert seen[0].split("\r\n") == [
        "GET /a%20b?c=d HTTP/1.1", "User-Agent: podctl", "Accept: */*", "Connection: close",
        "host: shop.example", "X-A: 1", "X-A: 2", "", "",
    ]  # fmt: skip
    asked(port, path="a b?c=d")
    assert f"Host: 127.0.0.1:{port}" in seen[1]
    broken = asked(port, httpHeaders=[{"name": "X", "value": "a\r\nb"}])
    assert broken == ("failed", "GET http://HERE/x: a header of the request has a line break in it")


def test_what_does_not_listen_and_what_only_listens(server):
    port = server(lambda connection: connection.recv(1))
    tcp = Probe(container="app", which=Which.LIVENESS, kind="tcpSocket", action={"port": port})
    assert network.ask(tcp, Place(host="127.0.0.1", port=port), HERE).verdict is Verdict.OK
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    assert asked(closed) == ("failed", "GET http://HERE/x: connection refused")


class Blocked(FakeTransport):
    def __init__(self, error):
        super().__init__(minion(name="alpha").minion, lambda _: (0, b"", b""))
        self.error = error

    def open_socket(self, address, port, timeout_seconds=None):
        raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            NoForwardingError("10.0.0.1:80 on Minion alpha: no", hint="Fix it."),
            "sshd there does not forward connections",
        ),
        (LinkLostError("Minion alpha: the connection ended", hint="Fix it."), "the connection ended"),
    ],
)
def test_where_nobody_can_ask_the_answer_is_unknown_with_a_way_out(error, message):
    found = network.ask(http(80), Place(host="10.0.0.1", port=80), Blocked(error))
    assert found == Answer(verdict=Verdict.UNKNOWN, message=message, hint="Fix it.")


# ------------------------------------------------------------------------------------------------------------ commands


def shell(script, seconds=60) -> Probe:
    action = {"command": ["sh", "-c", script]}
    return Probe(container="app", which=Which.READINESS, kind="exec", action=action, timeout_seconds=seconds)


def ran(here, *probes, where="box") -> list[tuple[str, str]]:
    talk = here.conversation()
    try:
        found = commands.ask([(where, each) for each in probes], talk, here)
    finally:
        talk.close()
    return [(str(each.verdict), each.message) for each in found]


def test_each_command_has_its_own_answer_whatever_it_prints(here):
    assert ran(
        here,
        shell("echo one; echo two >&2"),
        shell("exit 3"),
        shell("printf 'a\\035b\\r\\n\\n 7 x \\n\\n'; exit 1"),
        shell("head -c 100000 /dev/zero | tr '\\0' x"),
        shell("printf '\\377\\n'; false"),
        shell("kill -9 $$"),
        shell(""),
    ) == [
        ("ok", "two"),
        ("failed", "exec: exit code 3"),
        ("failed", "exec: 7 x"),
        ("ok", "x" * 200),
        ("failed", "exec: \ufffd"),
        ("failed", "exec: exit code 137"),
        ("ok", ""),
    ]


def test_more_commands_than_lanes_are_all_answered_and_a_lane_each_runs_at_once(here, tmp_path):
    wait = f"until [ $(ls {tmp_path}/met-* | wc -l) -ge {LANES} ]; do sleep 0.1; done"
    scripts = [f": > {tmp_path}/met-{nth}; {wait}; echo {nth}" for nth in range(2 * LANES + 3)]
    assert ran(here, *(shell(each, 60) for each in scripts)) == [("ok", str(nth)) for nth in range(len(scripts))]


def test_a_command_that_hangs_is_ended_at_its_timeout_with_all_that_it_started(here):
    script = "echo waiting; (sleep 3131; :) & sleep 3131"
    assert ran(here, shell(script, 3), shell("echo well")) == [
        ("failed", "exec: no answer within 3 s (timeoutSeconds); it said: waiting"), ("ok", "well"),
    ]  # fmt: skip
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert "sleep 3131" not in running


def test_a_container_that_is_gone_has_failed_and_an_engine_that_is_down_is_unknown(here, tmp_path):
    assert ran(here, shell("true"), where="gone") == [
        ("failed", "exec: Error response from daemon: No such container: gone")
    ]
    says_so_itself = shell("echo 'Cannot connect to the Docker daemon at unix:///inner'; exit 1")
    assert ran(here, says_so_itself)[0][0] == "failed"
    (tmp_path / "down").touch()
    assert ran(here, shell("true")) == [("unknown", "docker is not running")]


# --------------------------------------------------------------------------------------------------- a whole cluster


def probed(here, *pods, ask=probing.ask_readiness, wanted=lambda _: True):
    seen = minion(*pods, name="alpha", address="")
    session = Session(Inventory(cluster="shop", minions=(here.minion,), source="-"), {"alpha": here})
    with session:
        found = ask(session, Cluster(name="shop", minions=(seen,)), wanted)
    return [{name: str(answer.verdict) for (_, name), answer in each.probed.items()} for each in found.pods]


def web(port, *, uid="5eed", started=None, **probes):
    containers = [{"name": "app", **{f"{name}Probe": {**probe} for name, probe in probes.items()}}]
    running = container("app", **({"started_at": started} if started else {}))
    return pod(running, uid=uid, manifest=manifest(f"web-{uid}", containers=containers), infra=infra(ip="127.0.0.1"))


def test_only_running_containers_of_wanted_committed_pods_are_asked(here, server):
    seen = []
    port = server(telling({"/": "HTTP/1.1 200 OK\r\n\r\n"}, seen))
    probe = {"httpGet": {"port": port}}
    well, other, going, stale, ended = (web(port, uid=str(number), readiness=probe) for number in range(5))
    going = replace(going, mark=Mark.OLD)
    stale = replace(stale, infra=infra(ip="127.0.0.1", started_at=ago(minutes=1)))
    ended = replace(ended, containers={"app": container("app", "exited")})
    found = probed(here, well, other, going, stale, ended, wanted=lambda each: each.uid != "1")
    assert found == [{"readiness": "ok"}, {}, {}, {}, {}]
    assert len(seen) == 1


def test_what_fails_is_asked_again_up_to_its_threshold_all_of_them_side_by_side(here, server):
    hits = []
    port = server(lambda connection: hits.append(time.monotonic()) or connection.sendall(b"HTTP/1.1 500 No\r\n\r\n"))
    failing = {"httpGet": {"port": port}, "periodSeconds": 1, "failureThreshold": 3}
    late = {"exec": {"command": ["sleep", "100"]}, "periodSeconds": 1, "failureThreshold": 2, "timeoutSeconds": 1}
    pods = [web(port, uid=f"{number}", liveness=failing) for number in range(20)] + [
        web(port, uid="late", liveness=late)
    ]
    begun = time.monotonic()
    assert probed(here, *pods, ask=probing.ask_all) == [{"liveness": "failed"}] * 21
    assert len(hits) == 60
    assert 2 <= max(hits) - min(hits) < 20
    assert time.monotonic() - begun < 30


def test_a_startup_probe_that_fails_holds_back_the_others_and_one_that_is_well_does_not(here, server):
    port = server(telling({"/": "HTTP/1.1 200 OK\r\n\r\n"}))
    good, bad = {"httpGet": {"port": port}}, {"exec": {"command": ["false"]}}
    held = web(port, uid="1", startup={**bad, "failureThreshold": 9999}, readiness=good, liveness=good)
    free = web(port, uid="2", startup=good, readiness=good, liveness=good)
    assert probed(here, held, free, ask=probing.ask_all) == [
        {"startup": "failed"}, {"startup": "ok", "readiness": "ok", "liveness": "ok"},
    ]  # fmt: skip
