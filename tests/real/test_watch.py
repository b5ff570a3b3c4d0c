"""`get -w` and `wait` on real Minions: what comes, changes, crashes and goes, and a Minion that is away for a while."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

from faults import log_end, logins, small_pod, wait_until_gone
from screen import Screen
from waiting import wait_for

AWAY_SECONDS = 60  # within which a cut is noticed, and a Minion that is back is found again: 15 s of pause at most


class Watched:
    """A podctl that runs, and the lines of its two streams so far."""

    def __init__(self, process):
        self.process = process
        self.out, self.err = [], []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((process.stdout, self.out), (process.stderr, self.err))
        ]
        for each in self._readers:
            each.start()

    def _read(self, stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def rows(self):
        """The words of each row but its age."""
        return [tuple(line.split()[:-1]) for line in self.out]

    def comes(self, *words, after=0):
        """Waits for a row that begins with these words; how many rows there are then."""
        wait_for(lambda: self._find(words, after) is not None, f"{words} in {self.out} {self.err}", AWAY_SECONDS)
        return self._find(words, after) + 1

    def _find(self, words, after):
        rows = (at for at, row in enumerate(self.rows()) if at >= after and row[: len(words)] == words)
        return next(rows, None)

    def says(self, text):
        wait_for(lambda: any(text in line for line in self.err), f"{text!r} in {self.err}", AWAY_SECONDS)

    def interrupt(self):
        """Ctrl-C; the exit code, and how many seconds it took."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        for each in self._readers:
            each.join(10)
        return code, time.monotonic() - begin


@contextmanager
def watching(podctl, *arguments):
    process = podctl.start(*arguments, stdin=subprocess.DEVNULL)
    with process:
        try:
            yield Watched(process)
        finally:
            process.kill()


def test_a_row_for_each_change_of_a_pod_on_one_login_and_ctrl_c_leaves_nothing(podctl, sandbox, namespace):
    ends = {each: log_end(each) for each in sandbox.minions}
    with watching(podctl, "get", "pods", "-n", namespace, "-w", "--output-watch-events") as watched:
        watched.says(f"No resources found in {namespace} namespace.")
        before = {each: logins(each, ends[each]).connections for each in sandbox.minions}
        assert set(before.values()) == {1}

        assert podctl("apply", "-n", namespace, "-f", "-", input=small_pod("web", "alpha")).returncode == 0
        wait_for(lambda: any(row[1:4] == ("web", "1/1", "Running") for row in watched.rows()), "web runs", AWAY_SECONDS)
        assert watched.rows()[1][:2] == ("ADDED", "web")
        at = len(watched.rows())
        label = f"label=podctl.namespace={namespace}"
        app = sandbox["alpha"].docker("ps", "-q", "--filter", label, "--filter", "label=podctl.role=app").stdout.strip()
        sandbox["alpha"].run(["sh", "-c", f"kill -9 $(docker inspect -f '{{{{.State.Pid}}}}' {app})"])
        at = watched.comes("MODIFIED", "web", "1/1", "Running", "1", after=at)
        assert podctl("delete", "-n", namespace, "pod", "web").returncode == 0
        watched.comes("DELETED", "web", after=at)
        rows = len(watched.out)
        with watching(podctl, "get", "minions", "-w") as other:
            other.comes("charlie", "Ready")  # some looks later
        assert len(watched.out) == rows, "ages alone are no change"

        known = {each: logins(each, ends[each]) for each in sandbox.minions}
        assert watched.interrupt()[0] == 130
        assert watched.err == [f"No resources found in {namespace} namespace."]
        # Those of apply, delete and get minions, and its own one.
        assert {each.connections for each in known.values()} == {4}
    wait_until_gone(sandbox.minions)


def test_a_minion_that_loses_power_is_told_once_and_so_is_its_return(podctl, sandbox, namespace):
    pods = small_pod("here", "alpha") + small_pod("there", "charlie")
    assert podctl("apply", "-n", namespace, "-f", "-", input=pods).returncode == 0
    with (
        watching(podctl, "get", "pods", "-n", namespace, "-w") as watched,
        watching(podctl, "get", "pods", "-n", namespace, "--watch-only", "-o", "json") as program,
    ):
        at = watched.comes("there", "1/1", "Running")
        with watching(
            podctl, "wait", "-n", namespace, "--for=jsonpath={.status.phase}=Unknown", "pod", "there", "--timeout=60s"
        ) as unknown:
            sandbox["charlie"].kill()
            at = watched.comes("there", "0/1", "Unknown", after=at)
            assert unknown.process.wait(30) == 0
        watched.says("minion charlie went away: ")
        waits = ("wait", "-n", namespace, "--for=condition=Ready", "pods", "--all", "--timeout")
        done = podctl(*waits, "1s")
        assert (done.returncode, done.stdout) == (1, "pod/here condition met\n")
        assert "error: timed out waiting for the condition on pods/there\n" in done.stderr
        assert "  pods/there: Ready is Unknown: charlie has it, and does not answer: " in done.stderr
        with watching(podctl, *waits, "90s") as ready:
            ready.says("minion charlie did not answer: ")
            # The others are watched meanwhile.
            assert podctl("delete", "-n", namespace, "pod", "here").returncode == 4
            watched.comes("here", after=at)  # it is gone
            sandbox.start("charlie")
            watched.comes("there", "1/1", "Running", after=at)
            assert ready.process.wait(60) == 0
            assert sorted(ready.out) == ["pod/here condition met", "pod/there condition met"]
        assert watched.interrupt()[0] == program.interrupt()[0] == 130
        assert len([line for line in watched.err if "charlie" in line]) == 2
        assert watched.err[-1] == "minion charlie answers again"
        told = [json.loads(text + "}") for text in "\n".join(program.out).split("\n}") if text.strip()]
        phases = [each["status"]["phase"] for each in told if each["metadata"]["name"] == "there"]
        assert phases[0] == "Unknown"
        assert phases[-1] == "Running"
    wait_until_gone(sandbox.minions)


def test_behind_a_cut_link_ctrl_c_ends_at_once_and_quietly(podctl, sandbox, namespace):
    with watching(podctl, "get", "minions", "-w") as watched:
        watched.comes("charlie", "Ready")
        sandbox["charlie"].cut()
        watched.says("minion charlie went away: ")
        code, seconds = watched.interrupt()  # while it is tried again
        assert (code, len(watched.err)) == (130, 1)
        assert seconds < 3
    sandbox["charlie"].mend()
    wait_until_gone(sandbox.minions, 40)


def test_what_wait_waits_for_comes_true_or_not(podctl, namespace):
    wait = lambda *arguments: podctl("wait", "-n", namespace, *arguments)  # noqa: E731
    probe = "readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1}"
    slow = small_pod("slow").replace("    image:", f"    {probe}\n    image:")
    assert wait("--for=delete", "pod/slow").returncode == 0
    with watching(podctl, "wait", "-n", namespace, "--for=create", "pod/slow", "--timeout", "60s") as created:
        applying = podctl.start("apply", "-n", namespace, "--timeout", "1s", "-f", "-")
        applying.communicate(slow, timeout=60)
        assert created.process.wait(30) == 0
        assert created.out == ["pod/slow condition met"]
    done = wait("--for=condition=Ready", "pod/slow", "--timeout", "2s")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "error: timed out waiting for the condition on pods/slow\n  pods/slow: Ready is False"
    )
    with watching(
        podctl, "wait", "-n", namespace, "--for=condition=Ready", "pods", "--all", "--timeout", "60s"
    ) as ready:
        assert podctl("exec", "-n", namespace, "slow", "--", "touch", "/tmp/ready").returncode == 0
        assert (ready.process.wait(30), ready.out) == (0, ["pod/slow condition met"])
    with watching(podctl, "wait", "-n", namespace, "--for=delete", "pod", "--all", "--timeout", "60s") as gone:
        assert podctl("delete", "-n", namespace, "pod", "slow").returncode == 0
        assert gone.process.wait(30) == 0
    done = wait("--for=condition=Ready", "pod/nope")
    assert (done.returncode, done.stderr) == (1, 'error: pods "nope" not found\n')


def test_on_a_terminal_rows_come_below_each_other_and_ctrl_c_is_quiet(podctl):
    child, terminal = pty.fork()
    if child == 0:
        argv = podctl.argv("get", "minions", "-w")
        os.execve(argv[0], argv, podctl.environment())
    written = b""
    while b"charlie" not in written:
        written += os.read(terminal, 1 << 16)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    screen = Screen()
    screen.feed(written.decode())
    assert os.waitstatus_to_exitcode(status) == 130
    assert [line.split()[0] for line in screen.shown] == ["NAME", "alpha", "bravo", "charlie"]
