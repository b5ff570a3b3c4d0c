"""Amounts as people read them in a reason."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from podctl.core.quantity import bytes_text, cpu_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEBI = 2**20
_IN_BYTES = ("memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"
_NAMED = 3  # so many are named one by one where there are many
_KNOWN = 2**16  # texts that are kept: a large batch asks for the same few amounts again and again


@lru_cache(maxsize=_KNOWN)
def asked_text(resource: str, amount: int) -> str:
    """Bytes that fill no unit are rounded up to Mi, so that what is asked never looks smaller than what is free."""
    if resource == "cpu":
        return cpu_text(amount)
    if not _counts_bytes(resource):
        return str(amount)
    return bytes_text(-(-amount // _MEBI) * _MEBI if amount > _MEBI else amount)


@lru_cache(maxsize=_KNOWN)
def free_text(resource: str, amount: int) -> str:
    """Bytes that fill no unit are rounded down to Mi; what is over-committed is 0."""
    amount = max(amount, 0)
    if resource == "cpu":
        return cpu_text(amount)
    if not _counts_bytes(resource):
        return str(amount)
    return bytes_text(amount // _MEBI * _MEBI if amount > _MEBI else amount)


def minions_text(count: int) -> str:
    return "1 Minion" if count == 1 else f"{count} Minions"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`, and of more the first ones: `a, b, c and 4 more`."""
    if len(names) > _NAMED + 1:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _counts_bytes(resource: str) -> bool:
    return resource in _IN_BYTES or resource.startswith(_HUGE_PAGES)
