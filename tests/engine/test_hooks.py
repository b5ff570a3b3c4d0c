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

from podctl.core.model import Minion
from podctl.engine.hooks import http_get
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
