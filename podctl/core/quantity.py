"""Kubernetes quantities (`250m`, `1Gi`, `1e3`) as whole numbers.

Grammar and suffixes: Kubernetes API reference, "Quantity" (apimachinery `pkg/api/resource`). Fractions are rounded up,
as Kubernetes does: a request never shrinks.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

_FORM = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$")
_SUFFIX = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": Decimal(10) ** 3, "M": Decimal(10) ** 6, "G": Decimal(10) ** 9, "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15, "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30, "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50, "Ei": Decimal(2) ** 60,
}  # fmt: skip


@lru_cache(maxsize=4096, typed=True)  # thousands of Pods ask for the same few amounts; typed: True is no 1
def quantity(text: str | float) -> Decimal:
    """The exact value. Raises ValueError with a sentence for anything that is no quantity."""
    found = _FORM.match(str(text).strip()) if not isinstance(text, bool) else None
    if not found:
        raise ValueError(f"{text!r} is not a quantity such as 250m, 1.5, 128Mi or 2Gi")
    number, exponent, suffix = found.groups()
    return Decimal(number + (exponent or "")) * _SUFFIX.get(suffix, Decimal(1))


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def cpu_millis(text: str | float) -> int:
    return _up(quantity(text) * 1000)


def whole(text: str | float) -> int:
    """Bytes, or a count of an extended resource."""
    return _up(quantity(text))


def cpu_text(millis: int) -> str:
    return str(millis // 1000) if millis % 1000 == 0 else f"{millis}m"


def bytes_text(count: int) -> str:
    """The shortest exact form: 536870912 is 512Mi."""
    for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        unit = int(_SUFFIX[suffix])
        if count and count % unit == 0:
            return f"{count // unit}{suffix}"
    return str(count)
