"""PersistentVolumeClaims: named volumes that carry the claim in their labels, and what is remembered of others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from podctl.core.model import PodKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, ObservedMinion

_SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedClaim:
    """`size` is the quantity that was asked for, "" when nothing was noted; `modes` are spelled out.

    `phase` is Bound where the volume was seen; else Pending (none was made yet), Unknown (it is on a Minion that does
    not answer) or Lost (its Minion answers, and has not got it); then `volume` is "".
    """

    key: PodKey
    volume: str
    minion: str
    size: str
    modes: tuple[str, ...]
    created_at: datetime | None
    phase: str = "Bound"


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


def unseen_claims(document: Document, cluster: Cluster) -> tuple[ObservedClaim, ...]:
    """What the Document remembers of claims of which no volume was seen, sorted by key."""
    seen = {claim.key for minion in cluster.minions for claim in claims_on(minion)}
    raws = {
        PodKey(key.namespace, key.name): raw
        for key, raw in document.objects.items()
        if key.kind == "PersistentVolumeClaim"
    }
    answering = {each.minion.name for each in cluster.minions if not each.silent}
    found = []
    for key in sorted((raws.keys() | document.claims.keys()) - seen):
        minion = document.claims.get(key, "")
        phase = "Pending" if not minion else "Lost" if minion in answering else "Unknown"
        size, modes = _asked(raws.get(key, {}))
        found.append(
            ObservedClaim(key=key, volume="", minion=minion, size=size, modes=modes, created_at=None, phase=phase)
        )
    return tuple(found)


def _asked(raw: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    spec = raw.get("spec") or {}
    requests = (spec.get("resources") or {}).get("requests") or {}
    return str(requests.get("storage") or ""), tuple(spec.get("accessModes") or ())


def short_modes(modes: tuple[str, ...]) -> str:
    """`RWO,ROX`, as kubectl shortens them."""
    return ",".join(_SHORT.get(mode, mode) for mode in modes)


def _time(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
