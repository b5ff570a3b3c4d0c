"""What a Step shows of itself."""

from __future__ import annotations

from contract import step


def test_what_a_step_is_given_to_read_is_not_shown_with_it():
    shown = repr(step("cat", stdin=b"s3cret", files={3: "s3cret"}, env={"TOKEN": "s3cret"}))
    assert "s3cret" not in shown
    assert "title='cat'" in shown
