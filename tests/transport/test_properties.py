"""Any text survives quoting in the real shells; any cut of the byte streams gives the same results."""

from __future__ import annotations

import subprocess

import pytest
from contract import step
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.transport.conversation import _Frames
from podctl.transport.shell import Hidden, StepResult, bind, quote, words
from podctl.transport.ssh import any_shell

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
LOGIN_SHELLS = {**SHELLS, "fish": ["fish", "--no-config"], "csh": ["csh", "-f"]}
NONCE = "0123456789abcdef01234567"

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=200) | st.sampled_from(
    ["-n", "-e", "\\", "\n", "$(id)", "`id`", "!!", "'", '"', "*", "~", "{a,b}", "%s", "\\0145", "é\n\n", " "]
)


def said(shell, text):
    done = subprocess.run([*shell, "-c", text], capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
@settings(max_examples=60, deadline=None)
@given(values=st.lists(texts, max_size=8))
def test_any_words_arrive_as_they_are(shell, values):
    script = "for word; do printf '%s\\001' \"$word\"; done"
    told = said(shell, f"set -- {words(values)}; {script}")
    assert told == "".join(f"{value}\1" for value in values)


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
@settings(max_examples=60, deadline=None)
@given(value=texts, hidden=texts)
def test_any_bound_value_arrives_as_it_is_and_a_hidden_one_is_never_shown(shell, value, hidden):
    script = bind("printf '%s\\001%s' {value} {hidden}", value=value, hidden=Hidden(hidden))
    assert said(shell, script.text) == f"{value}\1{hidden}"
    assert script.shown == f"printf '%s\\001%s' {quote(value)} ***"


@pytest.mark.parametrize("shell", LOGIN_SHELLS.values(), ids=LOGIN_SHELLS)
@settings(max_examples=40, deadline=None)
@given(value=texts)
def test_any_script_survives_any_login_shell(shell, value):
    assert said(shell, any_shell(f"printf %s {quote(value)}")) == value


def test_a_nul_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


def rendered(results):
    """What a shell prints for these results: both streams, with heartbeats between."""
    out, err = bytearray(), bytearray()
    for index, result in enumerate(results):
        if result.skipped:
            out += f"{NONCE}s{index}.".encode()
            continue
        begin, end = f"{NONCE}b{index}.".encode(), f"{NONCE}e{index},{result.status}.".encode()
        out += begin + result.stdout + end
        beat = f"{NONCE}h.".encode()
        half = len(result.stderr) // 2
        err += beat + begin + result.stderr[:half] + beat + result.stderr[half:] + end
    return bytes(out), bytes(err)


outputs = st.binary(max_size=80) | st.sampled_from([NONCE.encode(), NONCE.encode() + b"b", b"\n", NONCE[:7].encode()])
answers = st.lists(st.tuples(st.integers(0, 255), outputs, outputs, st.booleans()), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(answers=answers, cuts=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 60)), max_size=200))
def test_any_cut_of_the_streams_gives_the_same_results(answers, cuts):
    expected = tuple(
        StepResult(step=step(str(number)), status=-1, stdout=b"", stderr=b"", skipped=True)
        if skipped
        else StepResult(step=step(str(number)), status=status, stdout=out, stderr=err)
        for number, (status, out, err, skipped) in enumerate(answers)
    )
    streams = list(rendered(expected))
    frames = _Frames(NONCE, [each.step for each in expected])
    for which, size in cuts:
        frames.feed(which, streams[which][:size])
        streams[which] = streams[which][size:]
    for which in (1, 0):
        frames.feed(which, streams[which])
    assert frames.complete
    assert tuple(frames.results) == expected


def test_what_a_shell_says_instead_of_a_frame_is_kept_as_evidence():
    frames = _Frames(NONCE, [step("true")])
    frames.feed(0, b"This account is currently ")
    frames.feed(0, b"not available.\n")
    frames.flush()
    assert (frames.results, frames.loose) == ([], b"This account is currently not available.\n")
