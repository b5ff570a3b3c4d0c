"""The contract over local, over fake, and over ssh to an sshd of our own. (Over ssh to sandbox Minions: tests/real.)"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from contract import KilledContract, TransportContract, processes_with, step
from sshd import MISSING, SHELLS, Sshd

from podctl.core.model import Minion
from podctl.errors import LinkLostError
from podctl.transport.asker import Asker
from podctl.transport.connect import connect
from podctl.transport.fake import FakeTransport
from podctl.transport.local import LocalTransport

LOCAL_SHELLS = {"dash": ("dash",), "bash": ("bash", "--posix"), "busybox": ("busybox", "sh")}


@pytest.fixture
def processes():
    return processes_with


@pytest.fixture
def tmp_path_there():
    return "/tmp"


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
class TestLocal(KilledContract):
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
class TestSsh(KilledContract):
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
class TestSshLoginShells(KilledContract):
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
