"""One writer at a time on each Minion, readers never held up, and no writing where nothing can be locked."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
from faults import Gate, lock_is_free, small_pod, wait_until_gone
from waiting import wait_for

ALICE = {"LOGNAME": "alice"}  # what getpass believes first
ONE, OTHER = small_pod("one", "alpha"), small_pod("other", "bravo")


@contextmanager
def writing(podctl, sandbox, namespace):
    """An apply of alice's that holds every lock and stands before its first change; let go and ended at the end."""
    with Gate(sandbox["alpha"], 1) as gate:
        writer = podctl.start(
            "apply", "-n", namespace, "-f", "-", env=ALICE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        writer.stdin.write(ONE)
        writer.stdin.close()
        wait_for(lambda: gate.reached, "the writer holds the locks")
        try:
            yield writer, gate
        finally:
            writer.kill()
            writer.wait()
            wait_until_gone(sandbox.minions)


def names(sandbox, namespace):
    """The Pods' complete infra containers, by Minion."""
    label = f"label=podctl.namespace={namespace}"
    flags = ("ps", "--filter", label, "--filter", "label=podctl.role=infra", "--format", '{{.Label "podctl.pod"}}')
    return {minion.name: minion.docker(*flags).stdout.split() for minion in sandbox.minions}


def test_of_two_applies_at_once_both_succeed_one_after_the_other(podctl, sandbox, namespace):
    both = [podctl.start("apply", "-n", namespace, "-f", "-") for _ in range(2)]
    for process, manifest in zip(both, (ONE, OTHER), strict=True):
        process.stdin.write(manifest)
        process.stdin.close()
        process.stdin = None
    ends = [(*process.communicate(timeout=90), process.returncode) for process in both]
    assert [(out, code) for out, _, code in ends] == [("pod/one created\n", 0), ("pod/other created\n", 0)]
    assert names(sandbox, namespace) == {"alpha": ["one"], "bravo": ["other"], "charlie": []}


def without_ages(text, namespace):
    """Its lines with N for each number of seconds, HERE for this machine, NS for the namespace."""
    told = text.replace(socket.gethostname(), "HERE").replace(namespace, "NS")
    return [re.sub(r"\b\d+( ?)s\b", r"N\1s", line) for line in told.splitlines()]


def seconds_in(text, before):
    """The number of seconds behind `before`."""
    return int(re.search(rf"{before} ?(\d+) ?s\b", text)[1])


@pytest.mark.parametrize("command", ["apply", pytest.param("delete", marks=pytest.mark.long)])
def test_who_waits_is_told_for_whom_and_in_the_end_that_it_was_in_vain_and_changes_nothing(
    podctl, sandbox, namespace, command
):
    with writing(podctl, sandbox, namespace):
        begin = time.monotonic()
        done = podctl(command, "-n", namespace, "--lock-timeout", "4s", "-f", "-", input=OTHER)
        assert (done.returncode, done.stdout) == (6, "")
        assert without_ages(done.stderr, namespace) == [
            "waiting for alice@HERE: apply -n NS -f -, running for Ns on alpha, bravo, charlie",
            "error: another podctl is changing alpha, bravo, charlie: waited N s for it",
            "  alpha, bravo, charlie: alice@HERE: apply -n NS -f - (for Ns)",
            "Hint: Wait for it and try again; --lock-timeout waits longer. A lock goes with its holder.",
        ]
        passed = time.monotonic() - begin
        assert 4 <= seconds_in(done.stderr, "waited") <= passed
        assert seconds_in(done.stderr, "running for") < seconds_in(done.stderr, "\\(for")
        assert names(sandbox, namespace)["bravo"] == []


def test_the_age_of_a_holder_is_by_the_minions_own_clock(podctl, sandbox, namespace):
    for minion in sandbox.minions:
        minion.skew(-7200)
    begin = time.monotonic()
    with writing(podctl, sandbox, namespace):
        done = podctl("apply", "-n", namespace, "--lock-timeout", "0s", "-f", "-", input=OTHER)
        assert (done.returncode, done.stdout) == (6, "")
        assert seconds_in(done.stderr, "\\(for") <= time.monotonic() - begin + 1


def test_reading_never_waits_for_a_writer_and_locks_nothing(podctl, sandbox, namespace):
    with writing(podctl, sandbox, namespace):
        for words in (("get", "pods"), ("describe", "pods"), ("get", "minions")):
            done = podctl(*words, *(("-n", namespace) if "minions" not in words else ()))
            assert done.returncode == 0, done.stderr
        for words in (("apply", "--dry-run"), ("diff",)):
            done = podctl(*words, "-n", namespace, "-f", "-", input=OTHER)
            assert done.returncode in (0, 1), done.stderr
            assert "another podctl" not in done.stderr


def test_a_writer_that_is_killed_frees_its_locks_for_the_next(podctl, sandbox, namespace):
    with writing(podctl, sandbox, namespace) as (writer, _gate):
        waiting = podctl.start("apply", "-n", namespace, "--lock-timeout", "20s", "-f", "-")
        waiting.stdin.write(OTHER)
        waiting.stdin.close()
        waiting.stdin = None
        line = waiting.stderr.readline()
        assert without_ages(line, namespace) == [
            "waiting for alice@HERE: apply -n NS -f -, running for Ns on alpha, bravo, charlie"
        ]
        writer.kill()
        out, err = waiting.communicate(timeout=60)
        assert (out, waiting.returncode) == ("pod/other created\n", 0), err


def test_an_idle_holder_that_is_killed_frees_its_locks_too(podctl, sandbox, namespace):
    """It waits for its Pod to get ready, with no step running."""
    slow = small_pod("slow", "alpha").replace("  containers:", """\
  initContainers:
  - name: never
    image: sandbox/busybox:1
    command: [sleep, "1000"]
  containers:""")  # fmt: skip
    holder = podctl.start("apply", "-n", namespace, "-f", "-", stdout=subprocess.DEVNULL)
    holder.stdin.write(slow)
    holder.stdin.close()
    line = next(each for each in holder.stderr if "init container never runs" in each)
    assert line == f"alpha: pod {namespace}/slow: init container never runs\n"
    assert not any(map(lock_is_free, sandbox.minions)), "the Minions without work, too"
    holder.kill()
    holder.wait()
    holder.stderr.close()
    wait_for(lambda: all(map(lock_is_free, sandbox.minions)), "the locks are free", 5)


@pytest.fixture
def remembered(podctl, sandbox, namespace):
    """A Document on all Minions: where none is in sight, a Minion that is not seen might hold one."""
    done = podctl("apply", "-n", namespace, "--no-wait", "-f", "-", input=small_pod("first", "charlie"))
    assert done.returncode == 0, done.stderr


@contextmanager
def held(minion):
    """Locked by a program that is no podctl."""
    script = "exec 9</run; flock 9; sleep 1000 >/dev/null 2>&1 & echo $!"
    holder = minion.run(["sh", "-c", script]).stdout.strip()
    assert not lock_is_free(minion)
    try:
        yield
    finally:
        minion.run(["kill", holder])


def test_a_minion_that_another_holds_for_long_is_left_alone_and_the_others_are_done(
    podctl, sandbox, namespace, remembered
):
    with held(sandbox["bravo"]):
        done = podctl("apply", "-n", namespace, "--lock-timeout", "1s", "-f", "-", input=ONE)
    assert (done.returncode, done.stdout) == (4, "pod/one created\n"), done.stderr
    assert "minion bravo did not answer: locked by another podctl" in done.stderr
    assert "Hint: Wait for it and try again; --lock-timeout waits longer." in done.stderr
    assert names(sandbox, namespace) == {"alpha": ["one"], "bravo": [], "charlie": ["first"]}


def test_where_others_hold_more_than_half_of_the_keepers_nothing_is_changed(podctl, sandbox, namespace, remembered):
    with held(sandbox["bravo"]), held(sandbox["charlie"]):
        done = podctl("apply", "-n", namespace, "--lock-timeout", "1s", "-f", "-", input=ONE)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith("error: another podctl is changing bravo, charlie: waited "), done.stderr
    assert names(sandbox, namespace) == {"alpha": [], "bravo": [], "charlie": ["first"]}


_ALL_BUT_FLOCK = """\
mkdir -p /run/no-flock && cd /run/no-flock && ln -sf /usr/sbin/* /usr/bin/* /usr/local/bin/* . && rm flock
"""


@pytest.fixture
def without_flock(sandbox):
    """bravo has no flock(1) on the PATH of its sessions."""
    bravo = sandbox["bravo"]
    bravo.run(["sh", "-c", _ALL_BUT_FLOCK])
    setting = bravo.folder / "sshd_config.d" / "no-flock.conf"
    setting.write_text("SetEnv PATH=/run/no-flock\n")
    bravo.reload_sshd()
    yield bravo
    setting.unlink()
    bravo.reload_sshd()


def test_a_minion_without_flock_is_read_but_not_written_to_and_the_others_are_done(
    podctl, sandbox, namespace, remembered, without_flock
):
    done = podctl("apply", "-n", namespace, "-f", "-", input=ONE)
    assert (done.returncode, done.stdout) == (4, "pod/one created\n"), done.stderr
    assert "minion bravo did not answer: flock is not installed there, so nothing can be changed safely" in done.stderr
    assert "Hint: Install the package util-linux there (Alpine: util-linux-misc, or flock)." in done.stderr
    assert names(sandbox, namespace) == {"alpha": ["one"], "bravo": [], "charlie": ["first"]}
    done = podctl("get", "minions")
    assert (done.returncode, done.stderr) == (0, "")
