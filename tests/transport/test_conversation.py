"""What ends a conversation, and what the lock's tool may answer."""

from __future__ import annotations

import shutil

import pytest
from contract import step

from podctl.core.model import Minion
from podctl.errors import LinkLostError, LockToolError
from podctl.transport.conversation import ShellConversation
from podctl.transport.local import LocalStream

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}


@pytest.fixture
def talk():
    """Over a real shell, whose lock is taken there: `talk("...")` puts that script in flock's place."""
    opened = []

    def begin(flock=None, shell=("dash",), **of):
        before = []
        if flock is not None:
            function = f"flock() {{ {flock}\n}}"
            before = [step(function, in_shell=True)]
        conversation = ShellConversation(LocalStream([*shell, "-s"]), Minion(name="alpha", **of))
        opened.append(conversation)
        conversation.run(before)
        return conversation

    yield begin
    for each in opened:
        each.close()


@pytest.mark.parametrize(
    ("connect_timeout", "silence", "lost"),
    [(1, 1.9, False), (1, 5, False), (1, 5.1, True), (10, 9.9, False), (10, 10.1, True)],
)
def test_a_minion_that_beats_every_second_or_so_is_not_lost_however_short_its_connect_timeout_is(
    talk, connect_timeout, silence, lost
):
    conversation = talk(connect_timeout_seconds=connect_timeout)
    try:
        conversation._check_clocks(step("true"), silence, 0)
        ended = ""
    except LinkLostError as error:
        ended = error.message
    assert ended == (f"Minion alpha: true: no sign of life for {silence:.0f} s" if lost else "")


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_flock_says_that_somebody_else_has_the_lock_by_its_status_1_alone(talk, shell):
    assert talk("return 0", shell).lock()
    assert not talk("return 1", shell).lock()


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
@pytest.mark.parametrize("status", [2, 66, 71, 126])
def test_a_flock_that_cannot_do_its_work_is_not_somebody_else_who_has_the_lock(talk, shell, status):
    with pytest.raises(LockToolError) as caught:
        talk(f"echo 'flock: Permission denied' >&2; return {status}", shell).lock()
    told = (caught.value.message, caught.value.evidence, caught.value.hint)
    assert told == (
        f"Minion alpha: it cannot be locked, so nothing can be changed safely: flock ended with status {status}",
        "flock: Permission denied",
        "Mend flock there until 'flock -n /run true' succeeds; then run the same command again.",
    )


def test_a_real_flock_that_may_not_be_run_is_told_with_what_the_shell_says_of_it(talk, tmp_path):
    tool = tmp_path / "flock"
    tool.write_text("#!/dev/null\n")
    tool.chmod(0o755)
    (tmp_path / "sleep").symlink_to(shutil.which("sleep"))  # the shell's watchdog must live
    conversation = talk()
    conversation.run([step(f"PATH={tmp_path}", in_shell=True)])  # dash would look for another one further on
    with pytest.raises(LockToolError, match="flock ended with status 126") as caught:
        conversation.lock()
    assert "flock: Permission denied" in caught.value.evidence


def test_a_missing_flock_is_told_with_the_package_that_has_it(talk, tmp_path):
    (tmp_path / "sleep").symlink_to(shutil.which("sleep"))  # the shell's watchdog must live
    conversation = talk()
    conversation.run([step(f"PATH={tmp_path}", in_shell=True)])
    with pytest.raises(LockToolError, match="flock is not installed there") as caught:
        conversation.lock()
    assert caught.value.hint == "Install the package util-linux there (Alpine: util-linux-misc, or flock)."
