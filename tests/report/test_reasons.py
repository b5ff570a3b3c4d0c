"""Reasons of many Minions in few lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.report.reasons import reason_lines, used_text

TAINT = "taint gpu:NoSchedule is not tolerated"


def cpu(free):
    return f"cpu: 4 asked, {free} free of 8"


CASES = {
    "few are told one by one, though alike": (
        {f"m{n}": TAINT for n in range(6)}, [f"m{n}: {TAINT}" for n in range(6)]),
    "many of one reason are one line": (
        {f"m{n:02}": TAINT for n in range(12)}, [f"12 Minions (m00 … m11): {TAINT}"]),
    "the most frequent comes first, two are named": (
        {"a": cpu(1), "b": "is cordoned (unschedulable)", "c": cpu(1),
         "d": TAINT, "e": TAINT, "f": TAINT, "g": TAINT},
        [f"4 Minions (d … g): {TAINT}", f"a and c: {cpu(1)}", "b: is cordoned (unschedulable)"]),
    "what differs in its figures alone goes together": (
        {**{f"m{n}": cpu(n) for n in range(7)}, "x": TAINT},
        [f"7 Minions (m0 … m6): {cpu(0)}, or alike", f"x: {TAINT}"]),
    "what is short of other things does not": (
        {**{f"m{n}": cpu(n) for n in range(7)},
         **{f"n{n}": f"{cpu(n)}; memory: 2Gi asked, {n}Mi free" for n in range(2)}},
        [f"7 Minions (m0 … m6): {cpu(0)}, or alike", f"n0 and n1: {cpu(0)}; memory: 2Gi asked, 0Mi free, or alike"]),
    "so does what differs in the Pod alone that is in the way": (
        {f"m{n}": f"host port 80/TCP is taken by pod shop/web-{n}; {cpu(n)}" for n in range(7)},
        [f"7 Minions (m0 … m6): host port 80/TCP is taken by pod shop/web-0; {cpu(0)}, or alike"]),
    "a long tail is counted": (
        {f"m{n:02}": f"reason {n}" for n in range(15)},
        [*(f"m{n:02}: reason {n}" for n in range(10)), "5 more Minions, each for a reason of its own"]),
    "no Minion, no reason": ({}, []),
}  # fmt: skip


@pytest.mark.parametrize("reasons, lines", CASES.values(), ids=CASES)
def test_reasons_are_grouped_when_they_are_many(reasons, lines):
    assert reason_lines(reasons) == lines


@given(st.dictionaries(st.text("mn0123456789", min_size=1, max_size=4), st.text("ab,; ", min_size=1, max_size=6)))
def test_there_are_never_many_lines_and_few_minions_are_all_named(reasons):
    lines = reason_lines(reasons)
    assert len(lines) <= 11
    if len(reasons) <= 6:
        assert lines == [f"{name}: {reason}" for name, reason in reasons.items()]


@pytest.mark.parametrize("used, bound, text", [
    (38, 38, "38 Minions in use, fewer than 38 is impossible"),
    (40, 38, "40 Minions in use, fewer than 38 is impossible"),
    (1, 1, "1 Minion in use, fewer than 1 is impossible"),
    (5, 0, "5 Minions in use"),
    (0, 0, "0 Minions in use"),
])  # fmt: skip
def test_how_many_minions_are_in_use_and_how_few_it_could_be(used, bound, text):
    assert used_text(used, bound, "in use") == text
