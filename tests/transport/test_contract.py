"""The contract over local, over fake, and over ssh to an sshd of our own. (Over ssh to sandbox Minions: tests/real.)"""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest
from contract import ShellContract, TransportContract, step, wait_until
from sshd import MISSING, SHELLS, Sshd

from podctl.core.model import Minion
from podctl.errors import LinkLostError
from podctl.transport.asker import Asker
from podctl.transport.connect import connect
from podctl.transport.fake import FakeTransport
from podctl.transport.local import LocalTransport

CLIENT = Path(__file__).with_name("client.py")
LOCAL_SHELLS = {"dash": ("dash",), "bash": ("bash", "--posix"), "busybox": ("busybox", "sh")}


def local_processes(needle):
    """The command lines on this machine that contain `needle`, our own clients apart."""
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if needle in line and str(CLIENT) not in line]


@pytest.fixture
def processes():
    return local_processes


@pytest.fixture
def tmp_path_there():
    return "/tmp"


class Killed(ShellContract):
    """`as_json` is what client.py needs to be the same client."""

    def start_client(self, as_json, *words):
        return subprocess.Popen([sys.executable, str(CLIENT), as_json, *words])

    @pytest.mark.parametrize("kind", ["conversation", "stream"])
    def test_five_seconds_after_a_client_was_killed_nothing_of_it_is_left(self, as_json, kind):
        name, mark = f"86400.{uuid.uuid4().int % 10**9}", f"/tmp/{uuid.uuid4().hex}"
        client = self.start_client(as_json, kind, f"sleep {name}; echo $?", *([mark] if kind == "stream" else []))
        wait_until(lambda: local_processes(f"sleep {name}"))
        client.send_signal(signal.SIGKILL)
        client.wait()
        wait_until(lambda: not local_processes(name), 5)
        if kind == "stream":
            wait_until(lambda: Path(mark).exists() and Path(mark).read_text() == "gone\n", 1)

    def test_the_lock_of_a_client_that_was_killed_is_free_at_once(self, as_json, transport):
        name = f"86400.{uuid.uuid4().int % 10**9}"
        client = self.start_client(as_json, "lock", f"sleep {name}")
        wait_until(lambda: local_processes(f"sleep {name}"), 60)
        waiting = transport.conversation()
        assert not waiting.lock()
        client.send_signal(signal.SIGKILL)
        client.wait()
        wait_until(waiting.lock, 5)
        waiting.close()


class TestFake(TransportContract):
    """A fake whose function is a real shell: so its bookkeeping is held against the same sentences."""

    @pytest.fixture
    def transport(self):
        behind = LocalTransport(Minion(name="alpha", transport="local")).conversation()

        def answer(one):
            (result,) = behind.run((dataclasses.replace(one, group=""),))
            return result.status, result.stdout, result.stderr

        yield FakeTransport(Minion(name="alpha"), answer)
        behind.close()

    def test_a_dead_fake_has_lost_its_link(self, transport):
        conversation = transport.conversation()
        transport.dead = True
        with pytest.raises(LinkLostError, match="Minion alpha"):
            conversation.run((step("true"),))
        assert transport.steps == []


@pytest.mark.parametrize("shell", LOCAL_SHELLS)
class TestLocal(Killed):
    @pytest.fixture
    def transport(self, shell):
        transport = LocalTransport(Minion(name="here", transport="local"), shell=LOCAL_SHELLS[shell])
        yield transport
        transport.close()

    @pytest.fixture
    def as_json(self, shell):
        return json.dumps({"name": "here", "transport": "local", "shell": LOCAL_SHELLS[shell]})


@pytest.fixture(scope="module")
def sshd():
    server = Sshd(Path(tempfile.mkdtemp(prefix="podctl-sshd-")))  # pytest's own folders are closed to other users
    yield server
    server.stop()
    shutil.rmtree(server.folder)


def values(sshd, user):
    return {
        "name": "alpha", "address": "127.0.0.1", "port": sshd.port, "user": user,
        "identity_file": str(sshd.key), "known_hosts": str(sshd.known_hosts),
        "ssh_config": "/dev/null",
    }  # fmt: skip


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("user", ["dash", "bash", "busybox"])
class TestSsh(Killed):
    @pytest.fixture
    def transport(self, sshd, user):
        transport = connect(Minion(**values(sshd, user)), Asker())
        yield transport
        transport.close()

    @pytest.fixture
    def as_json(self, sshd, user):
        return json.dumps(values(sshd, user))


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("user", [user for user in SHELLS if user not in ("dash", "bash", "busybox")])
class TestSshLoginShells(Killed):
    """fish, csh, busybox sh as login shell, and a bash whose .bashrc prints text."""

    @pytest.fixture
    def transport(self, sshd, user):
        transport = connect(Minion(**values(sshd, user)), Asker())
        yield transport
        transport.close()

    @pytest.fixture
    def as_json(self, sshd, user):
        return json.dumps(values(sshd, user))


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_the_noisy_account_is_noisy(sshd):
    """Else the tests above prove nothing."""
    login = [
        "ssh",
        "-F/dev/null",
        "-p",
        str(sshd.port),
        "-i",
        str(sshd.key),
        f"-oUserKnownHostsFile={sshd.known_hosts}",
    ]
    said = subprocess.run([*login, "noisy@127.0.0.1", "true"], capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == ("good morning\n", "mind the gap\n")
