"""PostStart hooks by exec and sleep: bounded in the shell, so that a slow one costs its own Pod alone."""

from __future__ import annotations

import time
import uuid

import pytest
from making import making

from podctl.core.actions import Create
from podctl.core.lifecycle import Need, Next
from podctl.core.model import Minion
from podctl.core.outcome import Outcome, Word
from podctl.engine import recipe
from podctl.engine.bring_up import _start
from podctl.engine.docker import change
from podctl.engine.work import Work
from podctl.errors import ExitCode
from podctl.transport.conversation import ShellConversation
from podctl.transport.fake import FakeTransport
from podctl.transport.local import LocalStream
from podctl.transport.shell import Script, Step

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
EXEC = "lifecycle: {postStart: {exec: {command: [warm, up]}}}"
SLEEP = "lifecycle: {postStart: {sleep: {seconds: 9}}}"


@pytest.fixture(params=SHELLS.values(), ids=SHELLS)
def talk(request):
    conversation = ShellConversation(LocalStream([*request.param, "-s"]), Minion(name="alpha"))
    yield conversation
    conversation.close()


def bounded(text, seconds):
    return Step(title="hook", script=change.within(Script(text, text), seconds), timeout_seconds=30)


def test_a_hook_that_does_not_end_is_ended_and_the_conversation_goes_on(talk):
    name = f"86400.{uuid.uuid4().int % 10**9}"
    look = Script(f"! ps -eo args | grep -q '^sleep {name}'", "")
    hook, look = talk.run([bounded(f"sleep {name}", 1), Step(title="look", script=look)])
    assert (hook.status, hook.error_text, change.ran_out(hook)) == (124, *["did not end within 1 s"] * 2)
    assert look.status == 0


@pytest.mark.parametrize("status", [0, 7, 124])
def test_a_hook_that_ends_keeps_its_status_and_its_words(talk, status):
    (hook,) = talk.run([bounded(f"sh -c 'echo out; echo said >&2; exit {status}'", 20)])
    assert (hook.status, hook.stdout, hook.error_text, change.ran_out(hook)) == (status, b"out\n", "said", "")


@pytest.mark.parametrize(("hook", "shown"), [(EXEC, "docker exec podctl_c_shop_web_app warm up"), (SLEEP, "sleep 9")])
def test_the_hook_has_the_time_that_is_given_and_its_step_a_little_more(hook, shown):
    steps = recipe.start(making(hook), ["app"], 7)
    assert [(step.title, step.script.shown, step.group, step.timeout_seconds) for step in steps] == [
        ("start app", "docker start podctl_c_shop_web_app", "u-1/app", 60),
        ("run the postStart hook of app", shown, "u-1/app", 22),
    ]


def test_without_a_hook_there_is_nothing_to_bound():
    assert [step.title for step in recipe.start(making(), ["app"], 7)] == ["start app"]


def started(answer):
    """What becomes of the Pod when its hook's step is answered so, with some five seconds left; and the steps."""
    pod = making(EXEC)
    transport = FakeTransport(pod.minion, lambda step: answer if "hook" in step.title else (0, b"", b""))
    action = Create(pod=pod.manifest, minion="alpha", reason="it is nowhere", placement_reason="it fits")
    work = Work(action=action, making=pod, word=Word.CREATED)
    need = Next(need=Need.START, containers=("app",), reason="app not running")
    return _start(work, need, transport.conversation(), transport, time.monotonic() + 4.99), transport.steps


def test_a_pod_whose_hook_ran_out_of_time_is_not_ready():
    outcome, steps = started((124, b"", b"warming\ndid not end within 5 s"))
    assert outcome == Outcome(
        key=making().key, minion="alpha", word=Word.CREATED, code=ExitCode.NOT_READY,
        message="the postStart hook of app did not end within 5 s", evidence="warming",
        hint="'podctl describe pod web -n shop' and 'podctl logs web -n shop' tell more.",
    )  # fmt: skip
    assert [step.timeout_seconds for step in steps] == [60, 20]


def test_a_pod_whose_hook_failed_has_failed_also_when_its_status_is_that_of_a_timeout():
    outcome, _ = started((124, b"", b"timeout: sending signal TERM"))
    assert outcome is not None
    assert (outcome.code, outcome.message, outcome.evidence) == (
        ExitCode.FAILED, "cannot run the postStart hook of app", "timeout: sending signal TERM",
    )  # fmt: skip


def test_a_pod_whose_hook_ended_well_goes_on():
    assert started((0, b"", b""))[0] is None
