"""What every transport does. Each test here runs over local, fake and ssh, under dash, bash and busybox sh.

A class that inherits gives the fixture `transport`; `TransportContract` is what a fake can do too, `ShellContract`
what takes a real shell and a real link, `KilledContract` what takes a client of its own that can be killed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from podctl.core.document.model import Caller
from podctl.errors import ConnectError, DeadlineError, LinkLostError
from podctl.transport.base import Terminal
from podctl.transport.shell import Hidden, Script, Step, StepResult, bind, quote

CLIENT = Path(__file__).with_name("client.py")
MIB = 1 << 20
AWKWARD = "line 1\nline 2\n\n  'single' \"double\" $HOME `id` \\n !! é 🦊 # end\n"


def step(text, **values):
    return Step(title=text[:20], script=Script(text, text), **values)


def ended(step, status=0, stdout=b"", stderr=b""):
    return StepResult(step=step, status=status, stdout=stdout, stderr=stderr)


def skipped(step):
    return StepResult(step=step, status=-1, stdout=b"", stderr=b"", skipped=True)


def read_all(stream, seconds=30):
    """Both streams to their end, and the exit status."""
    out, err, end = bytearray(), bytearray(), time.monotonic() + seconds
    while (received := stream.receive(1.0)) is not None:
        out += received[0]
        err += received[1]
        assert time.monotonic() < end, (bytes(out[-200:]), bytes(err[-200:]))
    return stream.exit_status(), bytes(out), bytes(err)


def wait_until(true, seconds=10.0):
    """The first true answer of `true()`; AssertionError when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.05)
    return answer


def processes_with(needle):
    """The command lines on this machine (and so in its sandbox Minions) with `needle`, our own clients apart."""
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if needle in line and str(CLIENT) not in line]


class TransportContract:
    @pytest.fixture
    def conversation(self, transport):
        conversation = transport.conversation()
        yield conversation
        conversation.close()

    def test_no_steps_give_no_results(self, conversation):
        assert conversation.run(()) == ()

    def test_each_step_has_its_own_status_and_streams(self, conversation):
        steps = (step("printf out; printf err >&2; exit 3"), step("true"), step("echo a; echo b >&2; false"))
        assert conversation.run(steps) == (
            ended(steps[0], 3, b"out", b"err"),
            ended(steps[1]),
            ended(steps[2], 1, b"a\n", b"b\n"),
        )

    def test_a_step_that_reads_its_stdin_does_not_eat_the_next(self, conversation):
        steps = (step('cat; read x; echo "[$x]"'), step("cat"), step("echo next"))
        assert conversation.run(steps) == (ended(steps[0], 0, b"[]\n"), ended(steps[1]), ended(steps[2], 0, b"next\n"))

    def test_stdin_arrives_byte_for_byte(self, conversation):
        every_byte = bytes(range(256)) * 300
        steps = (step("cat", stdin=every_byte), step("cat", stdin=b""), step("head -c 3", stdin=b"abcdef"), step("cat"))
        results = conversation.run(steps)
        assert [result.stdout for result in results] == [every_byte, b"", b"abc", b""]
        assert [result.status for result in results] == [0, 0, 0, 0]

    def test_files_on_descriptors_3_and_4_and_exported_values_arrive_unchanged(self, conversation):
        one = step(
            'cat <&3; cat /dev/fd/4; printf "%s|%s" "$ONE" "$TWO"',
            files={3: AWKWARD, 4: "no last newline"},
            env={"ONE": AWKWARD, "TWO": "-n"},
        )
        both = step("cat <&4; cat", files={4: ""}, stdin=AWKWARD.encode())
        assert conversation.run((one, both)) == (
            ended(one, 0, (AWKWARD + "no last newline\n" + AWKWARD + "|-n").encode()),
            ended(both, 0, AWKWARD.encode()),
        )

    def test_what_one_step_exports_the_next_does_not_see(self, conversation):
        steps = (step('echo "$ONE"; ONE=2; cd /', env={"ONE": "1"}), step('echo "[$ONE]"'))
        assert [result.stdout for result in conversation.run(steps)] == [b"1\n", b"[]\n"]

    def test_a_group_stops_at_its_first_failure_and_others_go_on(self, conversation):
        steps = (
            step("echo 1", group="web"), step("exit 7", group="web"), step("echo never", group="web"),
            step("echo 2", group="db"), step("echo 3"), step("echo never", group="web"),
        )  # fmt: skip
        assert conversation.run(steps) == (
            ended(steps[0], 0, b"1\n"), ended(steps[1], 7), skipped(steps[2]),
            ended(steps[3], 0, b"2\n"), ended(steps[4], 0, b"3\n"), skipped(steps[5]),
        )  # fmt: skip

    def test_results_are_told_in_order_as_they_come(self, conversation):
        told = []
        steps = tuple(step(f"echo {number}") for number in range(30))
        assert conversation.run(steps, on_result=told.append) == tuple(told)
        assert [result.step for result in told] == list(steps)

    def test_output_is_told_byte_for_byte(self, conversation):
        every_byte = r"printf '\n\n'; printf '\000\001\377\n'; printf 'b 0\n e 0 0\n'; printf 'no newline'"
        first, second = step(every_byte), step(r"printf '\n' >&2")
        assert conversation.run((first, second)) == (
            ended(first, 0, b"\n\n\0\x01\xff\nb 0\n e 0 0\nno newline"),
            ended(second, 0, b"", b"\n"),
        )

    def test_ten_mebibytes_on_both_streams_at_once(self, conversation):
        loud = step(f"head -c {10 * MIB} /dev/zero & head -c {10 * MIB} /dev/zero >&2; wait", timeout_seconds=60)
        (result,) = conversation.run((loud,))
        assert (result.status, len(result.stdout), len(result.stderr)) == (0, 10 * MIB, 10 * MIB)

    def test_bound_words_arrive_as_one_argument_each(self, conversation):
        script = bind("printf '<%s>' {one} {two} {three} {four}", one=AWKWARD, two="", three=7, four=Hidden("s3cret"))
        (result,) = conversation.run((Step(title="print", script=script),))
        assert result.stdout.decode() == f"<{AWKWARD}><><7><s3cret>"
        assert str(script).endswith("'' 7 ***")

    def test_the_lock_is_held_by_one_conversation_until_it_ends(self, transport):
        first, second = transport.conversation(), transport.conversation()
        wait_until(first.lock, 60)
        assert not second.lock()
        assert first.run((step("echo still there"),))[0].stdout == b"still there\n"
        first.close()
        wait_until(second.lock)
        second.close()

    def test_who_has_the_lock_is_told_to_those_who_have_not(self, transport):
        first = transport.conversation(Caller(who="alice@laptop", command="apply -f web.yaml"))
        second = transport.conversation(Caller(who="bob@desk", command="delete pod web"))
        wait_until(first.lock, 60)
        assert not second.lock()
        assert (second.holder().who, second.holder().command) == ("alice@laptop", "apply -f web.yaml")
        first.close()
        wait_until(second.lock)
        second.close()

    def test_a_stream_joins_stdin_and_both_outputs(self, transport):
        stream = transport.stream(Script("cat; echo problem >&2; exit 9", ""))
        stream.send(b"one\n")
        stream.send(b"\0two")
        stream.close_input()
        assert read_all(stream) == (9, b"one\n\0two", b"problem\n")
        stream.close()

    def test_a_stream_without_input_or_output_ends(self, transport):
        stream = transport.stream(Script("true", ""))
        assert read_all(stream) == (0, b"", b"")
        assert stream.receive(0) is None
        stream.close()

    def test_a_port_where_nothing_listens_is_refused_by_name(self, transport):
        with pytest.raises(ConnectError, match=r"^127\.0\.0\.1:1 on Minion [a-z]+: connection refused$"):
            transport.open_socket("127.0.0.1", 1)


class ShellContract(TransportContract):
    """`processes(needle)` gives the command lines of the Minion that contain it."""

    def test_ten_mebibytes_on_both_outputs_of_a_stream_at_once(self, transport):
        text = f"head -c {10 * MIB} /dev/zero & head -c {10 * MIB} /dev/zero >&2; wait; exit 4"
        stream = transport.stream(Script(text, ""))
        status, out, err = read_all(stream, 60)
        assert (status, len(out), len(err)) == (4, 10 * MIB, 10 * MIB)
        stream.close()

    def test_ten_mebibytes_there_and_back(self, transport):
        stream = transport.stream(Script("wc -c", ""))
        for _ in range(10):
            stream.send(bytes(MIB))
        stream.close_input()
        status, out, err = read_all(stream, 60)
        assert (status, out.strip(), err) == (0, str(10 * MIB).encode(), b"")
        stream.close()

    def test_receive_gives_nothing_at_its_timeout(self, transport):
        stream = transport.stream(Script("cat", ""))
        assert stream.receive(0.1) == (b"", b"")
        stream.send(b"x")
        assert wait_until(lambda: stream.receive(0.1)[0]) == b"x"
        stream.close()

    def test_any_text_survives_the_login_shell(self, transport):
        words = [AWKWARD, "%s %d \\045", "`$(!)*?[a]{b,c}~;&|<>^\t", "x" * 20_000]
        stream = transport.stream(Script("printf '<%s>' " + " ".join(quote(word) for word in words), ""))
        assert read_all(stream) == (0, "".join(f"<{word}>" for word in words).encode(), b"")
        stream.close()

    def test_a_stream_ended_by_a_signal_gives_128_and_its_number(self, transport):
        stream = transport.stream(Script("kill -9 $$", ""))
        assert read_all(stream)[0] == 137
        stream.close()

    def test_a_terminal_has_the_size_and_the_type_that_were_asked_for(self, transport):
        text = "tty >/dev/null && echo yes; stty size; echo $TERM; "
        text += "trap 'stty size; exit 5' WINCH; while sleep 0.1; do :; done"
        stream = transport.stream(Script(text, ""), terminal=Terminal(term="vt220", columns=91, rows=33))
        seen = bytearray()

        def see(what):
            received = stream.receive(0.1)
            assert received is not None, bytes(seen)
            seen.extend(received[0])
            return what in seen

        wait_until(lambda: see(b"vt220"))
        assert bytes(seen) == b"yes\r\n33 91\r\nvt220\r\n"
        stream.resize(120, 40)
        assert read_all(stream) == (5, b"40 120\r\n", b"")
        stream.close()

    def test_closing_a_stream_ends_its_command_and_runs_what_was_left_for_that(
        self, transport, processes, tmp_path_there
    ):
        name, mark = f"86400.{uuid.uuid4().int % 10**9}", f"{tmp_path_there}/{uuid.uuid4().hex}"
        stream = transport.stream(Script(f"echo on; sleep {name}", ""), abandoned=Script(f"echo gone >{mark}", ""))
        wait_until(lambda: b"on" in (stream.receive(1) or (b"", b""))[0])
        wait_until(lambda: processes(f"sleep {name}"))
        stream.close()
        wait_until(lambda: not processes(name))
        check = transport.conversation()
        wait_until(lambda: check.run((step(f"cat {mark}"),))[0].stdout == b"gone\n")
        check.close()

    def test_a_finished_stream_leaves_nothing_to_clean_up(self, transport, processes, tmp_path_there):
        mark = f"{tmp_path_there}/{uuid.uuid4().hex}"
        stream = transport.stream(Script(f"echo {mark}", ""), abandoned=Script(f"echo gone >{mark}", ""))
        read_all(stream)
        stream.close()
        wait_until(lambda: not processes(mark))
        check = transport.conversation()
        assert check.run((step(f"ls {mark}"),))[0].status != 0
        check.close()

    def test_a_step_past_its_deadline_is_named_and_ended(self, transport, processes):
        name = f"86400.{uuid.uuid4().int % 10**9}"
        conversation = transport.conversation()
        steps = (step("echo before"), Step(title="sleep long", script=Script(f"sleep {name}", ""), timeout_seconds=1))
        with pytest.raises(DeadlineError, match="sleep long: not done within 1 s") as caught:
            conversation.run(steps)
        assert caught.value.results == (ended(steps[0], 0, b"before\n"),)
        wait_until(lambda: not processes(name), 5)
        with pytest.raises(LinkLostError):
            conversation.run((step("true"),))

    def test_a_shell_that_dies_is_named_with_its_step(self, transport):
        conversation = transport.conversation()
        steps = (step("echo before"), Step(title="suicide", script=Script("kill -9 $$", "")), step("echo never"))
        with pytest.raises(LinkLostError, match="suicide: the connection or its shell ended") as caught:
            conversation.run(steps)
        assert caught.value.results == (ended(steps[0], 0, b"before\n"),)
        conversation.close()


class KilledContract(ShellContract):
    """`as_json` is what client.py needs to be the same client."""

    def start_client(self, as_json, *words):
        return subprocess.Popen([sys.executable, str(CLIENT), as_json, *words])

    @pytest.mark.parametrize("kind", ["conversation", "stream"])
    def test_nothing_is_left_five_seconds_after_a_client_was_killed(self, as_json, kind, transport, tmp_path_there):
        name, mark = f"86400.{uuid.uuid4().int % 10**9}", f"{tmp_path_there}/{uuid.uuid4().hex}"
        client = self.start_client(as_json, kind, f"sleep {name}; echo $?", *([mark] if kind == "stream" else []))
        wait_until(lambda: processes_with(f"sleep {name}"))
        client.send_signal(signal.SIGKILL)
        client.wait()
        wait_until(lambda: not processes_with(name), 5)
        if kind == "stream":
            look = transport.conversation()
            wait_until(lambda: look.run((step(f"cat {mark}"),))[0].stdout == b"gone\n", 1)
            look.close()

    def test_the_lock_of_a_client_that_was_killed_is_free_at_once(self, as_json, transport):
        name = f"86400.{uuid.uuid4().int % 10**9}"
        client = self.start_client(as_json, "lock", f"sleep {name}")
        wait_until(lambda: processes_with(f"sleep {name}"), 60)
        waiting = transport.conversation()
        assert not waiting.lock()
        client.send_signal(signal.SIGKILL)
        client.wait()
        wait_until(waiting.lock, 5)
        waiting.close()
