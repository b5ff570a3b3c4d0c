"""Kubernetes quantities as exact numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.quantity import bytes_text, cpu_millis, cpu_text, quantity, whole


@pytest.mark.parametrize(
    "given, expected",
    [
        ("250m", "0.25"), ("1.5", "1.5"), (".5", "0.5"), ("1.", "1"), ("1e3", "1000"), ("1E-1", "0.1"),
        ("-2k", "-2000"), ("1Ki", "1024"), ("3Gi", "3221225472"), ("1n", "0.000000001"), (" 7 ", "7"),
        (2, "2"), (2.5, "2.5"),
    ],
)  # fmt: skip
def test_a_quantity_is_its_exact_value(given, expected):
    assert quantity(given) == Decimal(expected)


@pytest.mark.parametrize("given", ["", "m", "1 m", "1x", "1KI", "1e", "0x1", "nan", "1_0", True])
def test_what_is_no_quantity_is_said(given):
    with pytest.raises(ValueError, match="is not a quantity such as 250m"):
        quantity(given)


def test_a_boolean_is_no_quantity_after_the_number_that_equals_it_was_read():
    assert quantity(1) == 1
    with pytest.raises(ValueError, match="True is not a quantity"):
        quantity(True)


def test_a_fraction_is_rounded_up():
    assert (cpu_millis("0.0001"), cpu_millis("1500u"), whole("100m"), whole("1.5")) == (1, 2, 1, 2)


@given(st.integers(0, 2**70))
def test_what_is_printed_is_read_back(count):
    assert whole(bytes_text(count)) == count
    assert cpu_millis(cpu_text(count)) == count
