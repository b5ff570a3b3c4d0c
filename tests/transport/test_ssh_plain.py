"""SSH against an sshd of our own: ways in, ways to fail, bastions, links that die. No docker needed."""

from __future__ import annotations

import dataclasses
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from contract import read_all, step, wait_until
from sshd import MISSING, Sshd, free_port, make_key

from podctl.core.model import Minion
from podctl.errors import ConnectError, InventoryError, LinkLostError, UnreachableError
from podctl.transport.asker import Asker
from podctl.transport.connect import connect, connect_all
from podctl.transport.shell import Script

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def folder():
    path = Path(tempfile.mkdtemp(prefix="podctl-ssh-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def sshd(folder):
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True
    ).stdout.strip()
    server = Sshd(folder / "one", host_keys=("ed25519", "rsa", "ecdsa"), password=hashed)
    yield server
    server.stop()


@pytest.fixture
def minion(sshd):
    return Minion(
        name="alpha",
        address="127.0.0.1",
        port=sshd.port,
        user="dash",
        identity_file=str(sshd.key),
        known_hosts=str(sshd.known_hosts),
        ssh_config="/dev/null",
        connect_timeout_seconds=3,
    )


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def change(minion, **values):
    return dataclasses.replace(minion, **values)


def works(minion, asker=None):
    transport = connect(minion, asker or Asker())
    conversation = transport.conversation()
    (result,) = conversation.run((step("echo here"),))
    conversation.close()
    transport.close()
    return result.stdout == b"here\n"


def problem(minion, asker=None):
    with pytest.raises(ConnectError) as caught:
        connect(minion, asker or Asker()).close()
    return caught.value


def serve(answer):
    """A port of our own where `answer(connection)` answers each that comes; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


class TestWaysIn:
    def test_a_key_file(self, minion):
        assert works(minion)

    @pytest.mark.parametrize(
        "options",
        [
            ("-t", "rsa"), ("-t", "ecdsa"), ("-t", "rsa", "-m", "PEM"), ("-t", "ecdsa", "-m", "PEM"),
            ("-t", "rsa", "-m", "PKCS8"), ("-t", "ed25519"),
        ],
        ids=" ".join,
    )  # fmt: skip
    @pytest.mark.parametrize("passphrase", ["", "sécret wörd"])
    def test_every_kind_of_key_with_and_without_a_passphrase(self, sshd, minion, tmp_path, options, passphrase):
        key = make_key(tmp_path / "key", *options)
        with (sshd.folder / "more_keys").open("a") as more:
            more.write(Path(f"{key}.pub").read_text())
        if passphrase:
            subprocess.run(["ssh-keygen", "-q", "-p", "-N", passphrase, "-f", key], check=True, capture_output=True)
        asked = []
        asker = Asker(lambda question: asked.append(question) or passphrase)
        assert works(change(minion, identity_file=str(key)), asker)
        assert asked == ([f"Passphrase for {key}: "] if passphrase else [])

    def test_a_key_of_the_agent(self, sshd, minion, tmp_path, monkeypatch):
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
        try:
            wait_until((tmp_path / "agent").exists)
            monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
            other = make_key(tmp_path / "other")
            assert "accepts no key" in problem(change(minion, identity_file=str(other))).message
            subprocess.run(["ssh-add", "-q", sshd.key], check=True)
            assert works(change(minion, identity_file=str(other)))
            assert works(change(minion, identity_file=f"{sshd.key}.pub"))  # the public half picks the agent's key
            config = tmp_path / "config"
            config.write_text("IdentitiesOnly yes\n")
            only = change(minion, identity_file=str(other), ssh_config=str(config))
            assert "accepts no key" in problem(only).message
        finally:
            agent.terminate()
            agent.wait()

    def test_a_password_is_asked_once_for_all_minions(self, minion, tmp_path):
        asked = []
        minions = [
            change(minion, name=name, identity_file=str(make_key(tmp_path / name))) for name in ("alpha", "bravo")
        ]
        found = connect_all(minions, Asker(lambda question: asked.append(question) or PASSWORD))
        assert [isinstance(each, UnreachableError) for each in found.values()] == [False, False]
        assert asked == ["Password of dash: "]
        for each in found.values():
            each.close()

    @pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
    def test_the_host_key_that_is_known_is_the_one_that_is_asked_for(self, sshd, minion, tmp_path, kind):
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{sshd.port} {(sshd.folder / f'host_{kind}.pub').read_text()}")
        assert works(change(minion, known_hosts=str(known)))
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", known], check=True, capture_output=True)
        assert works(change(minion, known_hosts=str(known)))

    def test_a_host_key_alias(self, sshd, minion, tmp_path):
        known = tmp_path / "known_hosts"
        known.write_text(f"shop-alpha {(sshd.folder / 'host_rsa.pub').read_text()}")
        assert works(change(minion, known_hosts=str(known), host_key_alias="shop-alpha"))

    def test_ssh_config_alone(self, sshd, tmp_path):
        config = tmp_path / "config"
        config.write_text(
            f"Host web\n HostName 127.0.0.1\n Port {sshd.port}\n User dash\n IdentityFile {sshd.key}\n"
            f" UserKnownHostsFile {sshd.known_hosts}\n"
        )
        assert works(Minion(name="alpha", address="web", ssh_config=str(config)))

    def test_no_minions_no_connections(self):
        assert connect_all([], Asker()) == {}

    def test_sixty_logins_at_once_to_one_sshd_all_get_in(self, minion):
        minions = [change(minion, name=f"m{number}", connect_timeout_seconds=30) for number in range(60)]
        found = connect_all(minions, Asker())
        assert [str(each) for each in found.values() if isinstance(each, UnreachableError)] == []
        assert list(found) == [each.name for each in minions]
        for each in found.values():
            each.close()


class TestWaysToFail:
    def test_refused(self, minion):
        error = problem(change(minion, port=1))
        assert error.message == "Minion alpha: 127.0.0.1 port 1: connection refused"
        assert "systemctl start ssh" in error.hint

    def test_name_not_found(self, minion):
        error = problem(change(minion, address="no-such-machine.invalid"))
        assert error.message == "Minion alpha: the name no-such-machine.invalid was not found"
        assert "getent hosts no-such-machine.invalid" in error.hint

    def test_no_route(self, minion):
        error = problem(change(minion, address="255.255.255.255"))
        assert re.search(r"255\.255\.255\.255 port \d+: (no route to it|Permission denied)", error.message)

    def test_nobody_says_anything(self, minion):
        held = []
        with serve(held.append) as listener:
            error = problem(change(minion, port=listener.getsockname()[1], connect_timeout_seconds=1))
        assert "connected, but no SSH handshake within 1 s" in error.message
        assert error.evidence == "it said nothing"

    def test_not_an_ssh_server(self, minion):
        def web(connection):
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with serve(web) as listener:
            error = problem(change(minion, port=listener.getsockname()[1]))
        assert error.message.endswith("is not an SSH server")
        assert error.evidence == "it said 'HTTP/1.1 400 Bad Request'"

    def test_hung_up_at_first_is_tried_again(self, sshd, minion):
        came = []

        def drop_two(connection):
            came.append(connection)
            with connection:
                if len(came) <= 2:
                    return
                with socket.create_connection(("127.0.0.1", sshd.port)) as onward:
                    both = [(connection, onward), (onward, connection)]
                    threads = [threading.Thread(target=pump, args=pair, daemon=True) for pair in both]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()

        with serve(drop_two) as listener:
            assert works(change(minion, port=listener.getsockname()[1], host_key_alias=f"[127.0.0.1]:{sshd.port}"))
        assert len(came) == 3

    def test_always_hung_up(self, minion):
        with serve(lambda connection: connection.close()) as listener:
            error = problem(change(minion, port=listener.getsockname()[1], connect_timeout_seconds=1))
        assert error.message.endswith("hangs up before it says anything")
        assert "MaxStartups" in error.hint

    def test_unknown_host_key(self, sshd, minion, tmp_path):
        empty = tmp_path / "known_hosts"
        error = problem(change(minion, known_hosts=str(empty)))
        shown = fingerprint_of(sshd.folder / "host_ed25519.pub")
        assert error.message == "Minion alpha: its host key is not known yet"
        assert error.evidence == f"[127.0.0.1]:{sshd.port} shows ssh-ed25519 {shown}; looked in {empty}"
        assert f"ssh -o UserKnownHostsFile={empty} -p {sshd.port} dash@127.0.0.1 true" in error.hint

    def test_the_command_of_the_hint_adds_the_key(self, sshd, minion, tmp_path):
        known = tmp_path / "known_hosts"
        command = problem(change(minion, known_hosts=str(known))).hint.partition("logging in once: ")[2]
        yes = ["ssh", "-F/dev/null", "-i", str(sshd.key), "-oStrictHostKeyChecking=accept-new", *command.split()[1:]]
        subprocess.run(yes, check=True, capture_output=True)
        assert works(change(minion, known_hosts=str(known)))

    def test_wrong_host_key(self, sshd, minion, tmp_path):
        known, wrong = tmp_path / "known_hosts", make_key(tmp_path / "wrong")
        known.write_text(f"# ours\n[127.0.0.1]:{sshd.port} {Path(f'{wrong}.pub').read_text()}")
        error = problem(change(minion, known_hosts=str(known)))
        assert "ITS HOST KEY HAS CHANGED" in error.message
        assert error.evidence == (
            f"known   ssh-ed25519 {fingerprint_of(f'{wrong}.pub')} ({known}:2)\n"
            f"shown   ssh-ed25519 {fingerprint_of(sshd.folder / 'host_ed25519.pub')}"
        )

    def test_revoked_host_key(self, sshd, minion, tmp_path):
        known = tmp_path / "known_hosts"
        key = (sshd.folder / "host_ed25519.pub").read_text()
        known.write_text(f"[127.0.0.1]:{sshd.port} {key}@revoked * {key}")
        error = problem(change(minion, known_hosts=str(known)))
        assert (error.message, f"{known}:2" in error.evidence) == (
            "Minion alpha: it shows a host key that is revoked",
            True,
        )

    def test_no_key_is_accepted(self, minion, tmp_path):
        key = make_key(tmp_path / "stranger")
        error = problem(change(minion, identity_file=str(key)))
        assert error.message == "Minion alpha: dash@127.0.0.1 accepts no key of ours"
        assert error.evidence == (
            f"tried ssh-ed25519 {fingerprint_of(f'{key}.pub')} ({key})\n"
            "it takes: publickey, password, keyboard-interactive"
        )
        assert "ssh-copy-id" in error.hint

    def test_key_file_missing(self, minion, tmp_path):
        error = problem(change(minion, identity_file=str(tmp_path / "none")))
        assert error.message == f"Minion alpha: the key file {tmp_path}/none is not there"

    def test_key_file_open_to_others(self, minion, tmp_path):
        key = make_key(tmp_path / "open")
        key.chmod(0o644)
        error = problem(change(minion, identity_file=str(key)))
        assert "can be read by others" in error.message
        assert error.hint == f"chmod 600 {key}"

    def test_key_file_that_is_no_key(self, minion, tmp_path):
        key = tmp_path / "text"
        key.write_text("hello\n")
        key.chmod(0o600)
        assert f"{key} holds no private key" in problem(change(minion, identity_file=str(key))).message

    def test_key_file_with_a_passphrase_and_nobody_to_ask(self, minion, tmp_path):
        key = make_key(tmp_path / "locked")
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", key], check=True, capture_output=True)
        error = problem(change(minion, identity_file=str(key)))
        assert error.message == (
            f"Minion alpha: the key file {key} needs a passphrase (there is no terminal to ask for it on)"
        )
        assert error.hint == f"ssh-add {key}"

    def test_a_wrong_passphrase(self, minion, tmp_path):
        key = make_key(tmp_path / "locked")
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", key], check=True, capture_output=True)
        error = problem(change(minion, identity_file=str(key)), Asker(lambda _question: "wrong"))
        assert "that is not its passphrase" in error.evidence

    def test_no_key_at_all(self, minion, monkeypatch, tmp_path):
        monkeypatch.setenv("HOME", str(tmp_path))
        error = problem(change(minion, identity_file=None))
        assert error.message == "Minion alpha: there is no key to log in with as dash"

    def test_an_account_without_a_shell(self, sshd, minion):
        text = (sshd.folder / "passwd").read_text()
        without = re.sub(r"^(csh:.*):[^:]*$", r"\1:/usr/sbin/nologin", text, flags=re.MULTILINE)
        (sshd.folder / "passwd").write_text(without)
        transport = connect(change(minion, user="csh"), Asker())
        try:
            with pytest.raises(LinkLostError, match="Minion alpha: this account lets nobody in") as caught:
                transport.conversation().run((step("true"),))
            assert "chsh -s /bin/sh csh" in caught.value.hint
            stream = transport.stream(Script("true", ""))
            with pytest.raises(ConnectError, match="Minion alpha: this account lets nobody in"):
                read_all(stream)
        finally:
            transport.close()

    def test_sudo_that_asks_for_a_password(self, sshd, minion):
        sudo = sshd.folder / "sh-dash/sudo"
        sudo.write_text("#!/bin/dash\necho 'sudo: a password is required' >&2; exit 1\n")
        sudo.chmod(0o755)
        transport = connect(change(minion, sudo=True), Asker())
        try:
            with pytest.raises(LinkLostError, match="Minion alpha: sudo asks for a password there") as caught:
                transport.conversation().run((step("true"),))
            assert "dash ALL=(ALL) NOPASSWD: ALL" in caught.value.hint
            with pytest.raises(ConnectError, match="Minion alpha: sudo asks for a password there"):
                read_all(transport.stream(Script("true", "")))
        finally:
            transport.close()
            sudo.unlink()

    def test_one_dead_minion_holds_up_no_other(self, minion):
        dead = change(minion, name="bravo", port=free_port())
        found = connect_all([dead, minion], Asker())
        assert list(found) == ["bravo", "alpha"]
        assert isinstance(found["bravo"], ConnectError)
        assert found["alpha"].minion == minion
        found["alpha"].close()

    def test_a_way_in_that_is_not_supported_stops_before_anything_is_tried(self, sshd, minion, tmp_path):
        config = tmp_path / "config"
        config.write_text("ProxyCommand nc %h %p\n")
        before = sshd.log.count("Connection from ")  # the end of an earlier one may be written late
        with pytest.raises(InventoryError, match="proxycommand is not supported: use ProxyJump"):
            connect_all([minion, change(minion, name="bravo", ssh_config=str(config))], Asker())
        assert sshd.log.count("Connection from ") == before


def fingerprint_of(path):
    text = subprocess.run(["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True).stdout
    return text.split()[1]


def pump(source, sink, frozen=None):
    while True:
        try:
            data = source.recv(1 << 16)
            cut = frozen is not None and frozen.is_set()
            if data and not cut:
                sink.sendall(data)
            elif not data:
                if not cut:
                    sink.shutdown(socket.SHUT_WR)
                return
        except OSError:
            return


class Wire:
    """A link to the sshd that can be cut so that neither side notices: it swallows everything."""

    def __init__(self, port):
        self.frozen, self._port, self._open = threading.Event(), port, []
        self._listener = serve(self._join)
        self.port = self._listener.getsockname()[1]

    def _join(self, connection):
        onward = socket.create_connection(("127.0.0.1", self._port))
        self._open += [connection, onward]
        threading.Thread(target=pump, args=(connection, onward, self.frozen), daemon=True).start()
        pump(onward, connection, self.frozen)

    def close(self):
        for each in (*self._open, self._listener):
            each.close()


@pytest.fixture
def wire(sshd):
    wire = Wire(sshd.port)
    yield wire
    wire.close()


@pytest.fixture
def wired(minion, wire, sshd):
    return change(minion, port=wire.port, host_key_alias=f"[127.0.0.1]:{sshd.port}", connect_timeout_seconds=2)


class TestLinksThatDie:
    def test_a_cut_link_is_noticed_within_the_connect_timeout_and_closing_is_quick(self, wire, wired):
        transport = connect(wired, Asker())
        conversation = transport.conversation()
        conversation.run((step("true"),))
        threading.Timer(0.5, wire.frozen.set).start()
        start = time.monotonic()
        with pytest.raises(LinkLostError, match=r"sleep 60: (no sign of life for|the connection or its shell ended)"):
            conversation.run((step("sleep 60", timeout_seconds=60),))
        assert time.monotonic() - start < 0.5 + 2 + 3
        start = time.monotonic()
        transport.close()
        assert time.monotonic() - start < 1

    def test_a_stream_over_a_cut_link_ends(self, wire, wired):
        transport = connect(wired, Asker())
        stream = transport.stream(Script("echo on; cat", ""))
        wait_until(lambda: stream.receive(0.1) == (b"on\n", b""))
        wire.frozen.set()
        wait_until(lambda: stream.receive(0.1) is None, 2 + 3)
        with pytest.raises(LinkLostError, match="Minion alpha"):
            stream.exit_status()
        with pytest.raises(LinkLostError, match="Minion alpha"):
            stream.send(b"x")
        stream.close()
        transport.close()

    def test_a_new_session_over_a_cut_link_fails_in_time(self, wire, wired):
        transport = connect(wired, Asker())
        wire.frozen.set()
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="Minion alpha"):
            transport.conversation()
        assert time.monotonic() - start < 2 + 3
        transport.close()

    def test_the_watchdog_frees_the_lock_of_a_link_that_was_cut_and_an_idle_one_stays(self, minion, wire, wired):
        lost, kept = connect(wired, Asker()), connect(minion, Asker())
        holder, waiting = lost.conversation(), kept.conversation()
        wait_until(holder.lock)
        assert not waiting.lock()
        wire.frozen.set()
        wait_until(waiting.lock, 20 + 5)
        lost.close()
        kept.close()

    def test_sshd_gone_is_a_lost_link(self, folder):
        server = Sshd(folder / "gone")
        transport = connect(
            Minion(name="alpha", address="127.0.0.1", port=server.port, user="dash", identity_file=str(server.key),
                   known_hosts=str(server.known_hosts), ssh_config="/dev/null"), Asker(),
        )  # fmt: skip
        conversation = transport.conversation()
        threading.Timer(0.3, server.stop).start()
        with pytest.raises(LinkLostError, match="sleep 60: "):
            conversation.run((step("sleep 60", timeout_seconds=60),))
        transport.close()
        server.process.wait()


@pytest.fixture(scope="module")
def bastion(folder):
    server = Sshd(folder / "bastion")
    yield server
    server.stop()


class TestBastions:
    @pytest.fixture
    def behind(self, sshd, bastion, minion, tmp_path):
        config = tmp_path / "config"
        config.write_text(
            f"Host gate\n HostName 127.0.0.1\n Port {bastion.port}\n User bash\n IdentityFile {bastion.key}\n"
            f" UserKnownHostsFile {bastion.known_hosts}\n"
        )
        return change(minion, proxy_jump="gate", ssh_config=str(config))

    def test_all_minions_behind_a_bastion_share_one_connection(self, bastion, behind):
        before = bastion.log.count("Accepted publickey")
        found = connect_all([change(behind, name=f"m{number}") for number in range(12)], Asker())
        assert [each for each in found.values() if isinstance(each, UnreachableError)] == []
        more = connect(behind, Asker())
        assert bastion.log.count("Accepted publickey") == before + 1
        for each in (*found.values(), more):
            conversation = each.conversation()
            assert conversation.run((step("echo hi"),))[0].stdout == b"hi\n"
            each.close()
        wait_until(lambda: bastion.sessions() == [])

    def test_two_hops(self, sshd, bastion, behind):
        config = Path(behind.ssh_config)
        config.write_text(
            config.read_text() + f"Host second\n HostName 127.0.0.1\n Port {sshd.port}\n User dash\n"
            f" IdentityFile {sshd.key}\n UserKnownHostsFile {sshd.known_hosts}\n"
        )
        assert works(change(behind, proxy_jump="gate,second"))

    def test_a_port_that_is_not_open_behind_it(self, behind):
        error = problem(change(behind, port=1))
        assert error.message == (
            "Minion alpha: 127.0.0.1 port 1: cannot be reached from bastion gate: Connection refused"
        )

    def test_a_bastion_that_is_down_is_named_for_each_minion(self, behind):
        Path(behind.ssh_config).write_text("Host gate\n HostName 127.0.0.1\n Port 1\n")
        found = connect_all([behind, change(behind, name="bravo")], Asker())
        assert [str(each) for each in found.values()] == [
            "Minion alpha: bastion gate: 127.0.0.1 port 1: connection refused",
            "Minion bravo: bastion gate: 127.0.0.1 port 1: connection refused",
        ]

    def test_forwarding_that_is_forbidden_is_named(self, folder, behind):
        closed = Sshd(folder / "closed", "AllowTcpForwarding no")
        try:
            values = {"port": closed.port, "identity_file": str(closed.key), "known_hosts": str(closed.known_hosts)}
            transport = connect(change(behind, proxy_jump="none", **values), Asker())
            with pytest.raises(ConnectError, match="sshd does not forward connections") as caught:
                transport.open_socket("127.0.0.1", closed.port)
            assert "AllowTcpForwarding yes" in caught.value.hint
            transport.close()
        finally:
            closed.stop()


class TestSockets:
    def test_a_forwarded_port_speaks_http_to_the_end(self, minion):
        body = b"x" * 300_000

        def web(connection):
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)

        with serve(web) as listener:
            transport = connect(minion, Asker())
            forwarded = transport.open_socket("127.0.0.1", listener.getsockname()[1])
            forwarded.settimeout(5)
            forwarded.sendall(b"GET / HTTP/1.0\r\n\r\n")
            forwarded.shutdown_write()
            seen = bytearray()
            while data := forwarded.recv(1 << 16):
                seen += data
            forwarded.close()
            transport.close()
        assert bytes(seen) == b"HTTP/1.0 200 OK\r\n\r\n" + body


def test_a_process_that_forgets_to_close_ends_at_once_and_says_nothing(minion):
    text = f"""
from podctl.core.model import *
from podctl.transport.asker import Asker
from podctl.transport.connect import connect
transport = connect({minion!r}, Asker())
conversation = transport.conversation()
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
