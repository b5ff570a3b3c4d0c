"""Durations as kubectl prints them: apimachinery `util/duration`, HumanDuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime, timedelta

UNKNOWN = "<unknown>"


class _Unit(NamedTuple):
    seconds: int
    letter: str


_SECOND, _MINUTE, _HOUR = _Unit(1, "s"), _Unit(60, "m"), _Unit(3600, "h")
_DAY, _YEAR = _Unit(24 * 3600, "d"), _Unit(365 * 24 * 3600, "y")

# Below so many seconds: the unit, and the one for the rest, which is left out where it is 0.
_FORMS: tuple[tuple[int, _Unit, _Unit | None], ...] = (
    (2 * _MINUTE.seconds, _SECOND, None),
    (10 * _MINUTE.seconds, _MINUTE, _SECOND),
    (3 * _HOUR.seconds, _MINUTE, None),
    (8 * _HOUR.seconds, _HOUR, _MINUTE),
    (2 * _DAY.seconds, _HOUR, None),
    (8 * _DAY.seconds, _DAY, _HOUR),
    (2 * _YEAR.seconds, _DAY, None),
    (8 * _YEAR.seconds, _YEAR, _DAY),
)


def duration_text(duration: timedelta) -> str:
    """`119s`, `5m30s`, `179m`, `3h20m`, `47h`, `2d5h`, `729d`, `3y120d`, `9y`; `<invalid>` from two seconds below 0."""
    seconds = int(duration.total_seconds())  # towards 0, as Go does
    if seconds < 0:
        return "0s" if seconds == -1 else "<invalid>"
    large, small = next(((one, two) for limit, one, two in _FORMS if seconds < limit), (_YEAR, None))
    rest = f"{seconds % large.seconds // small.seconds}{small.letter}" if small else ""
    return f"{seconds // large.seconds}{large.letter}" + ("" if rest.startswith("0") else rest)


def age_text(since: datetime | None, now: datetime | None) -> str:
    """The time from `since` to `now`, both by the same clock; `<unknown>` where either is."""
    return duration_text(now - since) if since and now else UNKNOWN
