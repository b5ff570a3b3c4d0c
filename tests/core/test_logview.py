"""What of a log is asked for, and how lines of several are kept apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import NOON, ago, container, manifest, names, pod

from podctl.core.logview import (
    LineWriter,
    LogOptions,
    LogRequest,
    check_concurrency,
    current_run,
    log_request,
    log_requests,
    parse_since_time,
    previous_run,
)
from podctl.errors import InputError, NotFoundError, PodctlError

EARLY = timedelta(milliseconds=150)


def test_the_first_run_of_a_container_that_runs_is_its_whole_log():
    assert (current_run(container()), previous_run(container())) == (None, None)


def test_a_container_that_runs_again_began_where_its_last_run_ended():
    again = container(finished_at=ago(minutes=60), restart_count=1)
    assert current_run(again) == ago(minutes=60)
    assert previous_run(again) == (None, ago(minutes=60))


def test_the_run_of_a_container_that_has_ended_begins_a_little_before_its_start():
    ended = container(status="exited")
    assert (current_run(ended), previous_run(ended)) == (ago(minutes=59) - EARLY, None)
    second = container(status="exited", restart_count=1)
    assert previous_run(second) == (None, ago(minutes=59) - EARLY)


def test_between_two_runs_the_last_one_is_the_current_and_the_previous_one():
    waiting = container(status="restarting", restart_count=3)
    assert (current_run(waiting), previous_run(waiting)) == (ago(minutes=59) - EARLY, (ago(minutes=59) - EARLY, None))


def request(**given_):
    return LogRequest(**{"minion": "alpha", "pod": "web", "container": "app", "id": "id-of-app", **given_})


def test_since_narrows_the_run_and_never_widens_it():
    again = pod(container(finished_at=ago(minutes=10)))
    ask = lambda **options: log_request(again, "app", LogOptions(**options), NOON)  # noqa: E731
    assert ask() == request(since=ago(minutes=10))
    assert ask(since_seconds=60) == request(since=ago(minutes=1))
    assert ask(since_seconds=3600) == request(since=ago(minutes=10))
    assert ask(since_time=ago(minutes=2), follow=True) == request(since=ago(minutes=2), follow=True)
    assert ask(previous=True, follow=True) == request(until=ago(minutes=10))


@pytest.mark.parametrize(
    ("seen", "options", "kind", "said"),
    [
        (
            container(status="created"),
            {},
            PodctlError,
            'container "app" in pod "web" is waiting to start: ContainerCre',
        ),
        (container(), {"previous": True}, NotFoundError, 'previous terminated container "app" in pod "web" not found'),
        (container("other"), {}, NotFoundError, 'container "app" in pod "web" is no longer on Minion alpha'),
    ],
    ids=["not started", "never restarted", "removed"],
)
def test_a_container_without_such_a_log_says_why(seen, options, kind, said):
    problem = log_request(pod(seen), "app", LogOptions(**options), NOON).problem
    assert isinstance(problem, kind)
    assert problem.message.startswith(said)


def test_all_containers_come_in_the_order_in_which_they_run():
    several = pod(
        container("a"), container("b"), container("setup", "exited"),
        manifest=manifest(containers=names("a", "b"), initContainers=names("setup")),
    )  # fmt: skip
    requests, notes = log_requests([several], "", LogOptions(), {"alpha": NOON}, every=True)
    assert ([each.container for each in requests], notes) == (["setup", "a", "b"], ())
    requests, notes = log_requests([several], "", LogOptions(), {"alpha": NOON}, every=False)
    assert [each.container for each in requests] == ["a"]
    assert notes == ('Defaulted container "a" out of: a, b, setup (init)',)
    assert log_requests([], "", LogOptions(), {}, every=True) == ((), ())


def test_no_more_streams_are_followed_than_allowed():
    followed = (request(follow=True),) * 6
    check_concurrency((request(),) * 100, 5)
    check_concurrency(followed[:5], 5)
    with pytest.raises(InputError) as raised:
        check_concurrency(followed, 5)
    assert raised.value.message == ("you are attempting to follow 6 log streams, but maximum allowed concurrency is 5")


def test_a_time_has_a_zone():
    assert parse_since_time("2026-03-01T13:00:00+01:00") == NOON
    for wrong in ("2026-03-01T12:00:00", "yesterday", ""):
        with pytest.raises(InputError):
            parse_since_time(wrong)


def through(prefix, chunks):
    writer = LineWriter(prefix)
    return [*(writer.feed(each) for each in chunks), writer.end()]


def test_each_line_is_marked_once_and_leaves_when_it_is_whole():
    assert through(b"> ", [b"a", b"b\nc", b"\n\n", b"d"]) == [b"", b"> ab\n", b"> c\n> \n", b"", b"> d"]
    assert through(b"> ", []) == [b""]


def test_a_line_without_end_leaves_in_pieces_with_one_mark():
    piece = b"x" * (1 << 20)
    assert b"".join(through(b"> ", [piece, b"y", piece, b"z\n"])) == b"> " + piece + b"y" + piece + b"z\n"


@given(st.lists(st.binary()))
def test_without_a_prefix_nothing_is_changed_however_it_is_cut(chunks):
    assert b"".join(through(b"", chunks)) == b"".join(chunks)


@given(st.lists(st.text("ab\n").map(str.encode)))
def test_every_line_is_marked_however_it_is_cut(chunks):
    marked = b"".join(through(b"> ", chunks))
    lines = b"".join(chunks).split(b"\n")
    last = [b"> " + lines[-1]] if lines[-1] else [b""]
    assert marked == b"\n".join([*(b"> " + line for line in lines[:-1]), *last])
