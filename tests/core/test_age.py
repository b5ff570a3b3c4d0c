from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import NOON, ago

from podctl.core.age import age_text, duration_text

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400
ANY_SECONDS = st.integers(0, 100 * YEAR)


@pytest.mark.parametrize(
    "seconds, text",
    [
        (-2, "<invalid>"), (-1.9, "0s"), (-1, "0s"), (-0.5, "0s"), (0, "0s"), (0.99, "0s"), (119, "119s"),
        (119.999, "119s"),
        (2 * MINUTE, "2m"), (2 * MINUTE + 1, "2m1s"), (5 * MINUTE, "5m"), (330, "5m30s"), (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE, "10m"), (10 * MINUTE + 59, "10m"), (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"), (3 * HOUR + 59, "3h"), (3 * HOUR + 20 * MINUTE, "3h20m"), (8 * HOUR - 1, "7h59m"),
        (8 * HOUR, "8h"), (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"), (2 * DAY + 5 * HOUR, "2d5h"), (8 * DAY - 1, "7d23h"),
        (8 * DAY, "8d"), (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"), (3 * YEAR + 120 * DAY, "3y120d"), (8 * YEAR - 1, "7y364d"),
        (8 * YEAR, "8y"), (9 * YEAR + 364 * DAY, "9y"),
    ],
)  # fmt: skip
def test_a_duration_reads_as_in_kubectl(seconds, text):
    assert duration_text(timedelta(seconds=seconds)) == text


def test_an_age_is_unknown_where_either_end_of_it_is():
    assert [age_text(None, NOON), age_text(NOON, None), age_text(ago(hours=1), NOON)] == [
        "<unknown>",
        "<unknown>",
        "60m",
    ]


def seconds_of(text):
    units = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "y": YEAR}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smhdy])", text))


@given(ANY_SECONDS)
def test_what_is_read_is_never_more_than_what_was_and_little_less(seconds):
    read = seconds_of(duration_text(timedelta(seconds=seconds)))
    assert read <= seconds < read + max(1, read / 8) + 1


@given(ANY_SECONDS, ANY_SECONDS)
def test_the_longer_duration_never_reads_as_the_shorter_one(one, other):
    short, long = sorted((one, other))
    assert seconds_of(duration_text(timedelta(seconds=short))) <= seconds_of(duration_text(timedelta(seconds=long)))


@given(ANY_SECONDS)
def test_a_duration_has_at_most_two_units_and_never_a_zero_behind_the_first(seconds):
    assert re.fullmatch(r"\d+[smhdy]([1-9]\d*[smhd])?", duration_text(timedelta(seconds=seconds)))
