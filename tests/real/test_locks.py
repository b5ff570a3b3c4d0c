"""One writer at a time on each Minion, readers never held up, and no writing where nothing can be locked."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager

import pytest
from faults import Gate, lock_is_free, of_sessions, small_pod, wait_for, wait_until_gone

ONE, OTHER = small_pod("one", "alpha"), small_pod("other", "bravo")


@contextmanager
def writing(podctl, sandbox, namespace):
    """An apply that holds every lock and stands before its first change; let go and ended at the end."""
    with Gate(sandbox["alpha"], 1) as gate:
        writer = podctl.start("apply", "-n", namespace, "-f", "-", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


def test_who_waits_longer_than_it_may_is_told_which_minions_are_held_and_changes_nothing(podctl, sandbox, namespace):
    with writing(podctl, sandbox, namespace):
        done = podctl("apply", "-n", namespace, "--lock-timeout", "2s", "-f", "-", input=OTHER)
        assert (done.returncode, done.stdout) == (6, "")
        assert done.stderr.splitlines() == [
            "error: another podctl is changing alpha, bravo, charlie: waited 2 s for it",
            "Hint: Wait for it and try again; --lock-timeout waits longer. A lock goes with its holder.",
        ]
        assert names(sandbox, namespace)["bravo"] == []


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
        wait_for(lambda: len([each for each in of_sessions(sandbox["charlie"]) if each == "sh -s "]) > 0, "it has come")
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
    podctl, sandbox, namespace, without_flock
):
    done = podctl("apply", "-n", namespace, "--assume-empty", "bravo", "-f", "-", input=ONE + OTHER)
    assert (done.returncode, done.stdout) == (4, "pod/one created\n"), done.stderr
    assert "minion bravo did not answer: flock is not installed there, so nothing can be changed safely" in done.stderr
    assert "Hint: Install the package util-linux there (Alpine: util-linux-misc, or flock)." in done.stderr
    assert names(sandbox, namespace) == {"alpha": ["one"], "bravo": [], "charlie": []}
    done = podctl("get", "minions")
    assert (done.returncode, done.stderr) == (0, "")
