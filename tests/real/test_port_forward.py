"""`podctl port-forward` to real Pods."""

from __future__ import annotations

import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from reaching import apply, ended, nothing_left, pod, until

from podctl.engine.sandbox import IMAGE

WEB = {
    "name": "http", "image": IMAGE, "command": ["httpd", "-f", "-p", "80", "-h", "/www"],
    "ports": [{"name": "http", "containerPort": 80}],
}  # fmt: skip
# Answers only when its client has said all, so that it needs the half-close.
COUNT = ("count", "while :; do nc -l -p 7000 -e wc -c; done")


@contextmanager
def forwarded(podctl, namespace, *arguments, listeners=2):
    """The running command, and the local port of each line that it printed."""
    running = podctl.start("port-forward", "-n", namespace, *arguments)
    lines = [running.stdout.readline() for _ in range(listeners)]
    found = [re.fullmatch(r"Forwarding from (\S+):(\d+) -> (\d+)\n", line) for line in lines]
    assert all(found), (lines, running.stderr.read() if running.poll() is not None else "")
    try:
        yield running, [(each[1], int(each[2]), int(each[3])) for each in found]
    finally:
        running.kill()
        running.communicate()


def get(port, host="127.0.0.1"):
    with socket.create_connection((host, port), timeout=20) as link:
        link.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while data := link.recv(4096):
            answer += data
    return answer.partition(b"\r\n\r\n")[2]


def test_fifty_connections_at_once_and_a_refused_one(podctl, namespace, sandbox):
    apply(podctl, namespace, pod("web", WEB, COUNT))
    with (
        nothing_left(sandbox["alpha"]),
        forwarded(podctl, namespace, "web", ":http", ":81", ":7000", listeners=6) as (
            running,
            ports,
        ),
    ):
        assert [(host, remote) for host, _, remote in ports[:2]] == [("127.0.0.1", 80), ("[::1]", 80)]
        port, closed, count = (ports[at][1] for at in (0, 2, 4))
        assert ports[1][1] == port
        with ThreadPoolExecutor(50) as pool:
            assert set(pool.map(get, [port] * 50)) == {b"<h1>Hello from a Pod</h1>\n"}
        assert get(port, "::1") == b"<h1>Hello from a Pod</h1>\n"

        try:
            refused = get(closed)
        except ConnectionResetError:
            refused = b""
        assert refused == b""
        assert "connection refused" in until(running.stderr, "error: ")[-1]

        with socket.create_connection(("127.0.0.1", count), timeout=20) as link:
            link.sendall(b"x" * 100_000)
            link.shutdown(socket.SHUT_WR)
            assert link.recv(100) == b"100000\n"

        assert get(port) == b"<h1>Hello from a Pod</h1>\n"
        running.send_signal(signal.SIGINT)
        code, out, _ = ended(running)
        assert code == 130
        assert out.count(f"Handling connection for {port}\n") == 52


def test_the_end_of_the_pod_ends_it_with_the_reason(podctl, namespace, sandbox):
    apply(podctl, namespace, pod("web", WEB))
    with nothing_left(sandbox["bravo"]), forwarded(podctl, namespace, "web", ":80") as (running, _):
        for name in (
            sandbox["alpha"].docker("ps", "-q", "--filter", f"label=podctl.namespace={namespace}").stdout.split()
        ):
            sandbox["alpha"].docker("rm", "-f", name)
        code, _, err = ended(running)
        assert (code, err.splitlines()[0]) == (
            1,
            f"error: lost connection to pod: pod {namespace}/web on Minion alpha has ended",
        )


def test_a_lost_link_ends_it(podctl, namespace, sandbox):
    apply(podctl, namespace, pod("web", WEB))
    with forwarded(podctl, namespace, "web", ":80") as (running, _):
        sandbox["alpha"].kill()
        code, _, err = ended(running, timeout=60)
        assert (code, "error: Minion alpha: " in err) == (4, True)


def test_a_pod_on_its_minions_own_network(podctl, namespace):
    host = {**WEB, "command": ["httpd", "-f", "-p", "127.0.0.1:8123", "-h", "/www"], "ports": []}
    apply(podctl, namespace, pod("web", host, hostNetwork=True))
    with forwarded(podctl, namespace, "web", ":8123") as (_, ports):
        assert get(ports[0][1]) == b"<h1>Hello from a Pod</h1>\n"


def test_what_cannot_be_forwarded_says_why(podctl, namespace):
    apply(podctl, namespace, pod("web", WEB))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = podctl("port-forward", "-n", namespace, "web", f"{port}:80")
        assert done.returncode == 1
        assert f"unable to listen on 127.0.0.1:{port}: address already in use" in done.stderr
    for wrong in (["nope"], ["0"], ["80", "--address", "example.com"]):
        assert podctl("port-forward", "-n", namespace, "web", *wrong).returncode == 2
