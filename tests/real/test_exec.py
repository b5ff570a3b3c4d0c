"""`podctl exec` in real containers."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
from conftest import Podctl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaching import apply, ended, nothing_left, pod

from podctl.engine.sandbox.machine import wait_until

FOREVER = "exec sleep 100000"
WORDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50), max_size=5)


@pytest.fixture
def screen(podctl, namespace):
    """Raises Screens, and leaves none running."""
    raised = []

    def start(*arguments):
        raised.append(Screen(podctl, "exec", "-n", namespace, *arguments))
        return raised[-1]

    yield start
    for each in raised:
        each.process.kill()
        each.process.wait()


class Screen:
    """A terminal of 100 by 30 in which podctl runs, and what it has shown."""

    def __init__(self, podctl, *arguments):
        self.master, self.slave = pty.openpty()
        self.size(100, 30)
        self.before = termios.tcgetattr(self.slave)
        self.shown = b""
        self.process = subprocess.Popen(
            podctl.argv(*arguments), env=podctl.environment({"TERM": "vt220"}), stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True,
        )  # fmt: skip

    def size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, data):
        os.write(self.master, data)

    def until(self, text, timeout=30):
        end = time.monotonic() + timeout
        while text not in self.shown:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"{text!r} never came: {self.shown!r}"
            self.shown += os.read(self.master, 4096)
        seen, _, self.shown = self.shown.partition(text)
        return seen

    def end(self):
        code = self.process.wait(20)
        restored = termios.tcgetattr(self.slave) == self.before
        os.close(self.master)
        os.close(self.slave)
        return code, restored


@pytest.fixture
def run(podctl, namespace):
    """`podctl exec` in a Pod `web` of two containers, in bytes."""
    apply(podctl, namespace, pod("web", ("a", FOREVER), ("b", FOREVER)))

    def execute(*arguments, stdin=b""):
        argv = podctl.argv("exec", "-n", namespace, *arguments)
        return subprocess.run(argv, input=stdin, capture_output=True, env=podctl.environment(), check=False, timeout=60)

    return execute


def test_streams_status_and_stdin(run):
    done = run("web", "-c", "b", "--", "sh", "-c", "echo out; echo err >&2; cat; exit 7", stdin=b"not read")
    assert (done.returncode, done.stdout) == (7, b"out\n")
    assert done.stderr == b"err\ncommand terminated with exit code 7\n"

    data = bytes(range(256)) * 4096
    done = run("web", "-i", "-q", "--", "cat", stdin=data)
    assert (done.returncode, done.stdout == data, done.stderr) == (0, True, b"")

    done = run("pod/web", "--", "sh", "-c", "hostname; kill -9 $$")
    assert (done.returncode, done.stdout) == (137, b"web\n")
    assert done.stderr.startswith(b'Defaulted container "a" out of: a, b\n')

    done = run("web", "-c", "a", "-it", "--", "tty", stdin=b"")
    assert (done.returncode, done.stdout) == (1, b"not a tty\n")
    assert done.stderr.startswith(b"Unable to use a TTY - input is not a terminal or the right kind of file\n")

    done = run("web", "-c", "a", "--", "no-such-program")
    assert done.returncode == 126
    assert b'exec: "no-such-program": executable file not found in $PATH' in done.stdout + done.stderr
    assert done.stderr.endswith(b"command terminated with exit code 126\n")

    for wrong in (["nope", "--", "ls"], ["web", "-c", "x", "--", "ls"], ["web", "ls"], ["web", "--"], ["web"], []):
        done = run(*wrong)
        assert (done.returncode, done.stdout) == (125, b"")
        assert done.stderr.startswith(b"error: ")

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(WORDS)
    def any_words_arrive(words):
        shown = run("web", "-q", "--", "printf", "%s\\0", "", *words)
        assert shown.stdout.split(b"\0")[1:-1] == [word.encode() for word in words]

    any_words_arrive()


def test_a_container_that_does_not_run_is_podctls_own_failure(podctl, namespace):
    apply(podctl, namespace, pod("job", ("a", "true"), restartPolicy="Never"))
    done = podctl("exec", "-n", namespace, "job", "--", "ls")
    assert (done.returncode, done.stdout) == (125, "")
    assert "container a of pod job is not running (terminated: Completed)" in done.stderr


@pytest.mark.usefixtures("run")
def test_a_real_terminal(screen, sandbox):
    with nothing_left(sandbox["alpha"]):
        screen = screen("-it", "web", "-c", "a", "--", "sh")
        screen.until(b"# ")
        screen.type(b"tty; echo $TERM; stty size\n")
        shown = screen.until(b"30 100")
        assert b"/dev/pts/" in shown
        assert b"vt220" in shown
        screen.until(b"# ")

        screen.size(61, 17)
        screen.process.send_signal(signal.SIGWINCH)
        screen.type(b"while [ \"$(stty size)\" != '17 61' ]; do sleep 0.1; done; echo res''ized\n")
        screen.until(b"resized")

        screen.type(b'sh -c \'trap "echo inter""rupted; exit" INT; echo re""ady; while :; do sleep 0.1; done\'\n')
        screen.until(b"ready")
        screen.type(b"\x03")
        screen.until(b"interrupted")
        screen.until(b"# ")
        screen.type(b"exit 9\n")
        screen.until(b"command terminated with exit code 9")
        assert screen.end() == (9, True)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="TERM"),
        pytest.param(signal.SIGHUP, 129, id="HUP", marks=pytest.mark.long),
    ],
)
def test_the_terminal_is_restored_when_podctl_is_told_to_end(screen, sandbox, end, code):
    with nothing_left(sandbox["alpha"]):
        screen = screen("-it", "web", "-c", "a", "--", "sh", "-c", "echo up; cat")
        screen.until(b"up")
        screen.process.send_signal(end)
        assert screen.end() == (code, True)


PROGRAM = ["sh", "-c", "trap '' HUP INT; (sleep 4242; :) & echo up; while :; do sleep 1717; done"]


def sleeps(minion):
    return [
        line for line in minion.run(["ps", "-eo", "args"]).stdout.splitlines() if line in ("sleep 4242", "sleep 1717")
    ]


@pytest.mark.usefixtures("run")
def test_killed_on_a_terminal_podctl_takes_the_program_in_the_container_with_it(screen, sandbox):
    alpha = sandbox["alpha"]
    with nothing_left(alpha):
        screen = screen("-it", "web", "-c", "a", "--", *PROGRAM)
        screen.until(b"up")
        assert wait_until(lambda: len(sleeps(alpha)) == 2, seconds=5)
        screen.process.kill()
        assert wait_until(lambda: not sleeps(alpha), seconds=5)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(signal.SIGKILL, -9, id="kill -9"),
        pytest.param(signal.SIGINT, 130, id="Ctrl-C", marks=pytest.mark.long),
    ],
)
def test_without_a_terminal_too(podctl, namespace, sandbox, end, code):
    alpha = sandbox["alpha"]
    with nothing_left(alpha):
        running = podctl.start("exec", "-n", namespace, "-i", "web", "-c", "a", "--", *PROGRAM)
        assert running.stdout.readline() == "up\n"
        assert wait_until(lambda: len(sleeps(alpha)) == 2, seconds=5)
        running.send_signal(end)
        assert ended(running)[0] == code
        assert wait_until(lambda: not sleeps(alpha), seconds=5)


@pytest.mark.usefixtures("run")
def test_a_user_who_is_not_root_on_the_minion_leaves_nothing_either(podctl, namespace, sandbox):
    alpha = sandbox["alpha"]
    for name, line in {"passwd": "deploy:x:1500:1500::/tmp:/bin/sh", "group": "deploy:x:1500:",
                       "shadow": "deploy:*:19000:0:99999:7:::"}.items():  # fmt: skip
        file = alpha.folder / "etc" / name
        if line not in file.read_text():
            file.write_text(f"{file.read_text()}{line}\n")
    inventory = sandbox.inventory.with_name("deploy.yaml")
    inventory.write_text(sandbox.inventory.read_text().replace("user: root", "user: deploy"))
    deploy = Podctl(inventory=inventory, home=podctl.home)
    alpha.run(["chown", "deploy", "/run/docker.sock"])
    try:
        with nothing_left(alpha):
            running = deploy.start("exec", "-n", namespace, "-i", "web", "-c", "a", "--", *PROGRAM)
            assert running.stdout.readline() == "up\n"
            assert wait_until(lambda: len(sleeps(alpha)) == 2, seconds=5)
            running.kill()
            ended(running)
            assert wait_until(lambda: not sleeps(alpha), seconds=5)
    finally:
        alpha.run(["chown", "root", "/run/docker.sock"])
        inventory.unlink()
