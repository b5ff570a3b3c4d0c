"""The words of a writer's shell, through every login shell; and whom the answer to the question names."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.document.model import Caller
from podctl.core.model import Minion
from podctl.transport.holder import ASK, Holder, holder_of, marker
from podctl.transport.local import LocalTransport

SHELLS = {"dash": ("dash",), "bash": ("bash", "--posix"), "busybox": ("busybox", "sh")}
LOGINS = [shell for shell in ("dash", "bash", "fish", "csh") if shutil.which(shell)]
ODD = "apply -l 'app in (a,b)' -f \"$HOME/*.yaml\" ; reboot `id` !! {a,b} ~ <>| % \\ # é 🦊 [x] a=b"


def shell_line(pid, start, *, held="-", parent=1, words="sh -s podctl alice@laptop 1700000000 apply -f web.yaml"):
    numbers = " ".join(["7"] * 17)
    return f"{pid} {held} S {parent} {numbers} {start} 2654208 386 18446744073709551615 | {words} "


def asked(*lines, me=99, uptime="1000.50"):
    return "\n".join([f"{me} {uptime}", *lines, ""])


ALICE = Holder(who="alice@laptop", command="apply -f web.yaml", age_seconds=990)
BOBS = "sh -s podctl bob@desk 1700000000 delete pod web"
BOB = Holder(who="bob@desk", command="delete pod web", age_seconds=100)


@pytest.mark.parametrize(
    ("lines", "holder"),
    [
        pytest.param((), Holder(), id="nobody"),
        pytest.param((shell_line(5, 1050),), ALICE, id="the only one"),
        pytest.param((shell_line(9, 90_050, words=BOBS), shell_line(5, 1050)), ALICE, id="who has been there longest"),
        pytest.param(
            (shell_line(9, 90_050, words=BOBS, held="9"), shell_line(5, 1050)), BOB, id="who has descriptor 9"
        ),
        pytest.param((shell_line(99, 50, words=BOBS), shell_line(5, 1050)), ALICE, id="not who asks"),
        pytest.param((shell_line(7, 50, parent=99, words=BOBS), shell_line(5, 1050)), ALICE, id="nor its children"),
        pytest.param((shell_line(5, 200_000),), Holder(who="alice@laptop", command="apply -f web.yaml"), id="new"),
        pytest.param((shell_line(5, 1, words="sh -s podctl a@b 1 \x1b[2J"),), Holder(), id="words that are not ours"),
        pytest.param((shell_line(5, 1, words="sh -s podctl a@b"),), Holder(), id="too few words"),
        pytest.param(("5 - ",), Holder(), id="one that ended meanwhile"),
    ],
)
def test_the_holder_is(lines, holder):
    assert holder_of(asked(*lines)) == holder


@pytest.mark.parametrize("answer", ["", "\n", "no proc here\n", "99\n"])
def test_without_proc_nobody_can_be_told(answer):
    assert holder_of(answer) == Holder()


@given(st.text(), st.text())
def test_no_answer_is_too_odd(first, rest):
    assert isinstance(holder_of(f"{first}\n{rest}"), Holder)
    assert isinstance(holder_of(asked(rest)), Holder)


def test_the_words_are_plain_and_few():
    assert marker(Caller(who="jörg m@büro", command="apply -f 'a b.yaml'"), 1_700_000_000.9) == (
        "podctl", "j_rg_m@b_ro", "1700000000", "apply", "-f", "_a", "b.yaml_",
    )  # fmt: skip
    assert marker(Caller(who="a@b", command=" ".join(f"{n}" for n in range(30))), 1)[3:] == (
        *(f"{n}" for n in range(20)), "...",
    )  # fmt: skip
    assert marker(Caller(who="a@b", command=f"get {'x' * 300}"), 1) == ("podctl", "a@b", "1", "get", "...")


@pytest.mark.parametrize("caller", [None, Caller(), Caller(command="get pods")])
def test_without_a_name_there_are_no_words(caller):
    assert marker(caller, 1) == ()


@given(who=st.text(min_size=1), command=st.text())
def test_the_words_come_back_as_they_were_written(who, command):
    words = marker(Caller(who=who, command=command), 1_700_000_000)
    assert all(re.fullmatch(r"[A-Za-z0-9@._/,:+-]+", word) for word in words)
    assert len(" ".join(words)) < 450
    found = holder_of(asked(shell_line(5, 1050, words="sh -s " + " ".join(words))))
    assert (found.who, found.command) == (words[1], " ".join(words[3:]))


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_shell_takes_the_words_as_they_are(login):
    words = marker(Caller(who="a b!@$HOME", command=ODD), 1_700_000_000)
    line = " ".join(["exec sh -s", *words])
    done = subprocess.run([login, "-c", line], input="printf '<%s>' \"$@\"", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("".join(f"<{word}>" for word in words), "")


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_the_question_finds_the_words_under_every_sh_and_not_the_asker(shell):
    transport = LocalTransport(Minion(name="here", transport="local"), shell=shell)
    first, second = transport.conversation(Caller(who="a@b", command=ODD)), transport.conversation(Caller(who="c@d"))
    result = second.run((ASK,))[0]
    assert (result.status, result.stderr) == (0, b"")
    lines = result.text.splitlines()
    assert any(line.endswith(" ".join(["", *marker(Caller(who="a@b", command=ODD), 1)[3:], ""])) for line in lines)
    assert "c@d" in result.text
    assert holder_of(result.text).who != "c@d"
    first.close()
    second.close()
