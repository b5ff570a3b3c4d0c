"""PersistentVolumeClaims as they are seen: named volumes that carry the claim in their labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podctl.core.model import PodKey

if TYPE_CHECKING:
    from podctl.core.model import ObservedMinion

_SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedClaim:
    """`size` is the quantity that was asked for, "" when nothing was noted; `modes` are spelled out."""

    key: PodKey
    volume: str
    minion: str
    size: str
    modes: tuple[str, ...]
    created_at: datetime | None


def claims_on(minion: ObservedMinion) -> tuple[ObservedClaim, ...]:
    """Sorted by key. Volumes that belong to one Pod are none."""
    found = (
        ObservedClaim(
            key=PodKey(volume.labels.get("podctl.namespace", "default"), volume.labels["podctl.claim"]),
            volume=volume.name,
            minion=minion.minion.name,
            size=volume.labels.get("podctl.claim-size", ""),
            modes=tuple(mode for mode in volume.labels.get("podctl.claim-modes", "").split(",") if mode),
            created_at=_time(volume.labels.get("podctl.created-at", "")),
        )
        for volume in minion.volumes
        if volume.labels.get("podctl.claim")
    )
    return tuple(sorted(found, key=lambda claim: claim.key))


def short_modes(modes: tuple[str, ...]) -> str:
    """`RWO,ROX`, as kubectl shortens them."""
    return ",".join(_SHORT.get(mode, mode) for mode in modes)


def _time(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
