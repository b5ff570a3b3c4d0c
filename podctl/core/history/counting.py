"""What happened again and again is told once, with how often, as Kubernetes' events are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.history.model import Tale

_ANY = datetime.fromtimestamp(0, UTC)


def counted(every: Iterable[Tale]) -> tuple[Tale, ...]:
    """In the order in which each was first told. Counts are sums; nobody's first and last moment is lost."""
    groups: dict[Tale, Tale] = {}
    for each in every:
        key = replace(each, first=_ANY, last=_ANY, count=0)
        known = groups.get(key)
        groups[key] = each if known is None else _sum(known, each)
    return tuple(groups.values())


def _sum(one: Tale, other: Tale) -> Tale:
    return replace(
        one, first=min(one.first, other.first), last=max(one.last, other.last), count=one.count + other.count
    )
