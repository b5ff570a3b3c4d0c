"""Amounts as people read them in a reason."""

from __future__ import annotations

from podctl.core.quantity import bytes_text, cpu_text

_MEBI = 2**20
_IN_BYTES = ("memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"


def asked_text(resource: str, amount: int) -> str:
    """Bytes that fill no unit are rounded up to Mi, so that what is asked never looks smaller than what is free."""
    if resource == "cpu":
        return cpu_text(amount)
    if not _counts_bytes(resource):
        return str(amount)
    return bytes_text(-(-amount // _MEBI) * _MEBI if amount > _MEBI else amount)


def free_text(resource: str, amount: int) -> str:
    """Bytes that fill no unit are rounded down to Mi; what is over-committed is 0."""
    amount = max(amount, 0)
    if resource == "cpu":
        return cpu_text(amount)
    if not _counts_bytes(resource):
        return str(amount)
    return bytes_text(amount // _MEBI * _MEBI if amount > _MEBI else amount)


def _counts_bytes(resource: str) -> bool:
    return resource in _IN_BYTES or resource.startswith(_HUGE_PAGES)
