"""Hooks by HTTP, against servers on this machine that behave and servers that do not."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from observed import container, infra, manifest, minion, pod

from podctl.core.actions import Plan, Remove
from podctl.core.model import Cluster, Inventory, Mark, Minion
from podctl.core.outcome import Word
from podctl.engine.execute import Execution
from podctl.engine.hooks import http_get
from podctl.engine.session import Session
from podctl.engine.work import Job
from podctl.transport.fake import FakeTransport
from podctl.transport.local import LocalTransport

HERE = LocalTransport(Minion(name="alpha", transport="local"))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def server():
    """`server(behave)` gives a port; each connection there is handed to `behave`, and closed when that ends."""
    listeners, threads = [], []

    def begin(behave):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve():
            with contextlib.suppress(OSError):  # the listener, or the connection, is closed
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        behave(connection)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return listener.getsockname()[1]

    yield begin
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    own = tmp_path_factory.mktemp("certificate") / "both.pem"
    own.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context


def asked(port, seconds=30, **action):
    return http_get({"port": port, "path": "/x", **action}, (), "127.0.0.1", HERE, timeout_seconds=seconds)


def answering(*parts):
    def behave(connection):
        connection.recv(4096)
        for part in parts:
            connection.sendall(part)

    return behave


def dripping(connection):
    """A byte now and then, for ever: no single read is late."""
    connection.recv(4096)
    ended = threading.Event()
    while not ended.wait(0.05):
        connection.sendall(b"H")


def flooding(connection):
    connection.recv(4096)
    while True:
        connection.sendall(b"x" * 65536)


def through(certificate, behave):
    def secured(connection):
        with certificate.wrap_socket(connection, server_side=True) as tunnel:
            behave(tunnel)
            tunnel.unwrap().close()  # sends close_notify, and waits for the other side's

    return secured


@pytest.fixture(params=["HTTP", "HTTPS"])
def scheme(request):
    return request.param


@pytest.fixture
def serving(server, scheme, request):
    def begin(behave):
        return server(through(request.getfixturevalue("certificate"), behave) if scheme == "HTTPS" else behave)

    return begin


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((OK,), ""),
        ((OK[:3], OK[3:]), ""),
        ((b"HTTP/1.1 302 Found\r\n\r\n",), ""),
        ((b"HTTP/1.1 404 Not Found\r\n\r\n",), "it answered with status 404"),
        ((b"HTTP/1.1 204",), ""),
        ((b"SSH-2.0-OpenSSH\r\n",), "the answer is not HTTP"),
        ((b"HTTP/1.1 ",), "the answer is not HTTP"),
        ((), "the answer is not HTTP"),
    ],
)
def test_what_a_server_answers(serving, scheme, parts, problem):
    port = serving(answering(*parts))
    told = asked(port, scheme=scheme)
    assert told.removeprefix(f"GET {scheme.lower()}://127.0.0.1:{port}/x: ") == problem


def test_a_server_that_drips_is_not_waited_for_for_ever(serving, scheme):
    port = serving(dripping)
    assert asked(port, 1, scheme=scheme) == f"GET {scheme.lower()}://127.0.0.1:{port}/x: no answer within 1 s"


def test_a_server_that_says_nothing_is_not_waited_for_longer_than_the_deadline(server, scheme):
    port = server(lambda connection: connection.recv(1 << 20) and connection.recv(1))
    assert asked(port, 0.5, scheme=scheme) == f"GET {scheme.lower()}://127.0.0.1:{port}/x: no answer within 0.5 s"


def test_a_server_that_floods_is_read_to_64_kibibytes(serving, scheme):
    port = serving(flooding)
    told = asked(port, scheme=scheme)
    assert told == f"GET {scheme.lower()}://127.0.0.1:{port}/x: the answer's first line has no end within 64 kB"


def test_a_port_where_nothing_listens_and_a_port_without_that_name():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert asked(port).endswith(f"127.0.0.1:{port} on Minion alpha: connection refused")
    assert asked("web") == "no port of the container is named web"


class Machine(FakeTransport):
    """Does every step of a removal at once; its ports are those of this machine."""

    def __init__(self, failing=""):
        super().__init__(minion(name="alpha").minion, self.reply)
        self.failing = failing

    def reply(self, step):
        return (1, b"", b"no") if self.failing and step.title == self.failing else (0, b"", b"")

    def open_socket(self, address, port, timeout_seconds=None):
        return HERE.open_socket(address, port, timeout_seconds)

    @property
    def titles(self):
        return [step.title for step in self.steps]

    @property
    def stops(self):
        return [step.script.shown for step in self.steps if step.title.startswith("stop")]


def going(name, port, *, mark=Mark.COMMITTED, grace=30):
    """The removal of a Pod whose container is to be asked at `port` before it is stopped."""
    hook = {"preStop": {"httpGet": {"port": port, "path": "/bye"}}}
    spec = manifest(name, terminationGracePeriodSeconds=grace, containers=[{"name": "app", "lifecycle": hook}])
    found = pod(
        container("app", id=f"app-of-{name}"), manifest=spec, uid=f"uid-{name}", mark=mark, infra=infra(ip="127.0.0.1")
    )
    return Remove(minion="alpha", uid=found.uid, reason="deleted", pod=found)


def removed(machine, *actions, grace_seconds=None):
    """The words and messages of these removals."""
    seen = minion(name="alpha")
    session = Session(Inventory(cluster="shop", minions=(seen.minion,), source="shop.yaml"), {"alpha": machine})
    job = Job(
        cluster=Cluster(name="shop", minions=(seen,)), manifests=None, uids=lambda: "n3w", grace_seconds=grace_seconds
    )
    outcomes = Execution(Plan(actions=actions), session, job, lambda _: None).run()
    return [(str(each.key), each.word, each.message) for each in outcomes]


@pytest.fixture
def counting(server):
    """A server that answers well, and what `machine` had done when it was asked."""

    def begin(machine):
        seen = []

        def behave(connection):
            seen.append(list(machine.titles))
            answering(OK)(connection)

        return server(behave), seen

    return begin


def test_a_pod_is_marked_as_going_before_its_hook_is_asked_and_stopped_after_it(counting):
    machine = Machine()
    port, seen = counting(machine)
    assert removed(machine, going("web", port)) == [("default/web", Word.DELETED, "")]
    assert seen == [["mark pod default/web as going", "switch off its restart policies"]]
    assert machine.titles[2:] == [
        "stop pod default/web", "remove the containers of pod default/web", "remove its infra container",
    ]  # fmt: skip


def test_no_hook_is_asked_when_there_is_no_time_for_it_or_the_pod_is_half_removed(counting):
    machine = Machine()
    port, seen = counting(machine)
    removed(machine, going("forced", port), grace_seconds=0)
    removed(machine, going("short", port, grace=0))
    removed(machine, going("half", port, mark=Mark.OLD))
    removed(machine, going("half", port, mark=Mark.NEW), grace_seconds=30)
    assert seen == []


def test_a_pod_that_could_not_be_marked_is_neither_asked_nor_stopped_and_others_are(counting):
    machine = Machine(failing="mark pod default/web as going")
    port, seen = counting(machine)
    told = removed(machine, going("web", port), going("db", port))
    assert told == [
        ("default/web", Word.FAILED, "cannot mark pod default/web as going"), ("default/db", Word.DELETED, ""),
    ]  # fmt: skip
    assert len(seen) == 1
    assert [stop.partition(" -t ")[2].split()[1:] for stop in machine.stops] == [["app-of-db"]]


def test_the_hooks_of_all_pods_are_asked_side_by_side(server):
    met = threading.Barrier(3)
    together = []

    def behave(connection):
        with contextlib.suppress(threading.BrokenBarrierError):
            met.wait(10)
            together.append(True)
        answering(OK)(connection)

    machine = Machine()
    removed(machine, *(going(name, server(behave)) for name in ("a", "b", "c")))
    assert together == [True] * 3


def test_a_hook_that_is_not_answered_takes_its_own_pods_grace_and_no_more(server):
    silence = threading.Event()
    port = server(lambda _: silence.wait(20))
    machine = Machine()
    assert removed(machine, going("slow", port, grace=1)) == [("default/slow", Word.DELETED, "")]
    assert machine.stops == ["docker stop -t 1 app-of-slow"]
    silence.set()
