"""The contract of transports over SSH to a sandbox Minion, and what only a Minion of its own can show."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "transport"))  # the contract is shared

from contract import KilledContract, processes_with, read_all, step, wait_until

from podctl.core.document.model import Caller
from podctl.core.inventory import parse_inventory
from podctl.core.model import Minion
from podctl.errors import LinkLostError, UnreachableError
from podctl.transport.asker import Asker
from podctl.transport.connect import connect, connect_all
from podctl.transport.holder import marker
from podctl.transport.shell import Script

ALICE = Caller(who="alice@laptop", command="apply -f web.yaml")
ACCOUNTS = {  # login shell, and what `sh` is on the PATH
    "dash": ("/bin/dash", "/bin/dash"),
    "bash": ("/bin/bash", "/bin/bash"),
    "busybox": ("/bin/sh", "/bin/busybox"),
    "fish": ("/usr/bin/fish", "/bin/dash"),
    "csh": ("/usr/bin/csh", "/bin/dash"),
    "ash": ("/srv/ash/bin/sh", "/bin/busybox"),
    "noisy": ("/bin/bash", "/bin/dash"),
}


@pytest.fixture(scope="module")
def alpha(sandbox):
    """The Minion, with an account for each kind of shell."""
    minion = sandbox["alpha"]
    key = Path(f"{_inventory(sandbox)['alpha'].identity_file}.pub").read_text()
    passwd, lines = minion.folder / "etc/passwd", ""
    for number, (name, (login, sh)) in enumerate(ACCOUNTS.items()):
        uid = 61_000 + number
        script = f"""mkdir -p /srv/{name}/bin /srv/{name}/.ssh; ln -sf {sh} /srv/{name}/bin/sh
cat >/srv/{name}/.ssh/authorized_keys; chown -R {uid}:{uid} /srv/{name}"""
        minion.run(["sh", "-c", script], key)
        lines += f"{name}:x:{uid}:{uid}::/srv/{name}:{login}\n"
    minion.run(["sh", "-c", "cat >/srv/noisy/.bashrc"], "echo good morning; echo 'mind the gap' >&2\n")
    before = passwd.read_text()
    passwd.write_text(before + lines)
    settings = minion.folder / "sshd_config.d/50-shells.conf"
    blocks = [f"Match User {name}\n  SetEnv PATH=/srv/{name}/bin:/usr/bin:/bin\n" for name in ACCOUNTS]
    settings.write_text("".join(blocks) + "Match all\n")
    minion.reload_sshd()
    yield minion
    settings.unlink()
    passwd.write_text(before)
    minion.reload_sshd()


def _inventory(sandbox):
    return {each.name: each for each in parse_inventory(sandbox.inventory.read_text(), str(sandbox.inventory)).minions}


def _minion(sandbox, **values):
    return dataclasses.replace(_inventory(sandbox)["alpha"], ssh_config="/dev/null", **values)


@pytest.fixture
def processes():
    return processes_with


@pytest.fixture
def tmp_path_there():
    return "/tmp"


@pytest.mark.parametrize("user", ["dash", "bash", "busybox"])
class TestSshContract(KilledContract):
    @pytest.fixture
    def transport(self, alpha, sandbox, user):
        transport = connect(_minion(sandbox, user=user), Asker())
        yield transport
        transport.close()

    @pytest.fixture
    def as_json(self, alpha, sandbox, user):
        minion = _minion(sandbox, user=user)
        told = {field.name: getattr(minion, field.name) for field in dataclasses.fields(Minion)}
        return json.dumps({name: value for name, value in told.items() if isinstance(value, str | int | float)})


@pytest.mark.parametrize("user", ACCOUNTS)
def test_every_login_shell_gives_a_conversation_and_a_stream_without_a_word_of_its_own(alpha, sandbox, user):
    transport = connect(_minion(sandbox, user=user), Asker())
    conversation = transport.conversation()
    (result,) = conversation.run((step("id -un; echo ! >&2"),))
    assert (result.status, result.stdout, result.stderr) == (0, f"{user}\n".encode(), b"!\n")
    stream = transport.stream(Script("id -un; echo ! >&2; exit 3", ""))
    assert read_all(stream) == (3, f"{user}\n".encode(), b"!\n")
    transport.close()


@pytest.mark.parametrize("user", ACCOUNTS)
def test_every_login_shell_lets_the_words_of_a_locks_holder_through(alpha, sandbox, user):
    holder = Caller(
        who="a b!@$HOME", command="apply -l 'app in (a,b)' -f \"*.yaml\" ; `id` !! {a} ~ <>| % \\ # é [x] a=b"
    )
    transport = connect(_minion(sandbox, user=user), Asker())
    first, second = transport.conversation(holder), transport.conversation(Caller(who="bob@desk"))
    wait_until(first.lock)
    assert not second.lock()
    told = second.holder()
    assert (told.who, told.command) == ("a_b_@_HOME", " ".join(marker(holder, 1)[3:]))
    assert told.age_seconds < 30
    transport.close()


def test_of_a_holder_that_is_another_user_the_words_are_read_too(alpha, sandbox):
    """Its descriptors may not be looked at: who has been there longest is taken for it."""
    theirs, ours = (connect(_minion(sandbox, user=user), Asker()) for user in ("dash", "bash"))
    first, second = theirs.conversation(ALICE), ours.conversation(Caller(who="bob@desk"))
    wait_until(first.lock)
    assert not second.lock()
    assert (second.holder().who, second.holder().command) == (ALICE.who, ALICE.command)
    theirs.close()
    wait_until(second.lock)
    ours.close()


def test_a_link_that_is_cut_ends_the_conversation_and_then_frees_the_lock(alpha, sandbox):
    minion = _minion(sandbox, connect_timeout_seconds=3)
    transport = connect(minion, Asker())
    conversation = transport.conversation()
    wait_until(conversation.lock)
    alpha.cut()
    start = time.monotonic()
    with pytest.raises(LinkLostError, match="Minion alpha: sleep 300"):
        conversation.run((step("sleep 300", timeout_seconds=2),))
    start_of_close = time.monotonic()
    transport.close()
    assert (start_of_close - start < 3 + 5, time.monotonic() - start_of_close < 1) == (True, True)
    alpha.mend()
    again = connect(minion, Asker())
    waiting = again.conversation()
    wait_until(waiting.lock, 2 + 15 + 5)  # the message's deadline, the watchdog's grace, and a little
    again.close()


def test_a_power_cut_is_noticed_within_the_connect_timeout_and_told_for_each_minion(alpha, sandbox):
    minion = _minion(sandbox, connect_timeout_seconds=3)
    transport = connect(minion, Asker())
    stream = transport.stream(Script("echo on; cat", ""))
    wait_until(lambda: stream.receive(0.2) == (b"on\n", b""))
    alpha.kill()
    wait_until(lambda: stream.receive(0.2) is None, 3 + 5)
    with pytest.raises(LinkLostError, match="Minion alpha"):
        stream.exit_status()
    stream.close()
    transport.close()
    start = time.monotonic()
    found = connect_all([dataclasses.replace(each, connect_timeout_seconds=3, ssh_config="/dev/null")
                         for each in _inventory(sandbox).values()], Asker())  # fmt: skip
    assert time.monotonic() - start < 3 + 5
    assert [name for name, each in found.items() if isinstance(each, UnreachableError)] == ["alpha"]
    for each in found.values():
        if not isinstance(each, UnreachableError):
            each.close()


def test_a_connection_is_one_login_however_much_is_done_on_it(alpha, sandbox):
    log = alpha.folder / "sshd.log"
    before = log.read_text(errors="replace").count("Accepted publickey")
    transport = connect(_minion(sandbox), Asker())
    conversation = transport.conversation()
    for number in range(5):
        assert conversation.run((step(f"echo {number}"),))[0].stdout == f"{number}\n".encode()
        assert read_all(transport.stream(Script("docker version >/dev/null 2>&1 || docker ps -q", "")))[0] == 0
    transport.close()
    assert log.read_text(errors="replace").count("Accepted publickey") == before + 1
