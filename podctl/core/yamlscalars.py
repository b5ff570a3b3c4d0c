"""Scalars without quotes as kubectl reads them: YAML 1.1 as in sigs.k8s.io/yaml (go-yaml v2 `resolve.go`).

`yes`, `no`, `on`, `off`, `y`, `n` are booleans, `0644` is octal, `1_000` is a number, `12:30` and dates stay strings.
"""

from __future__ import annotations

import math
import re

MOST_DIGITS = 100  # of a number

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"), False),
}
_BASES = (
    (16, re.compile(r"[-+]?0[xX]([0-9a-fA-F_]+)$")),
    (2, re.compile(r"[-+]?0[bB]([01_]+)$")),
    (8, re.compile(r"[-+]?0[oO]?([0-7_]+)$")),
    (10, re.compile(r"[-+]?(0|[1-9][0-9_]*)$")),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NO_NUMBER = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")
_NO_JSON_NUMBER = re.compile(r"(NaN|-?Infinity)$")


def plain_scalar(text: str, *, json: bool) -> str | float | bool | None:
    """Raises ValueError with a sentence for numbers that JSON does not know; in `json` NaN is one of them."""
    if text in _WORDS:
        return _WORDS[text]
    if _NO_NUMBER.match(text) or (json and _NO_JSON_NUMBER.match(text)):
        raise ValueError(f"{text} is not a number that JSON knows")
    number = _number(text)
    if number is None:
        return text
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of more than {MOST_DIGITS} digits; text needs quotes")
    return number


def _number(text: str) -> int | float | None:
    for base, form in _BASES:
        if found := form.match(text):
            digits = found[1].replace("_", "")
            if not digits:
                return None
            value = int(digits[: MOST_DIGITS + 1], base)
            return -value if text.startswith("-") else value
    if _FLOAT.match(text):
        number = float(text)
        return number if math.isfinite(number) else None
    return None
