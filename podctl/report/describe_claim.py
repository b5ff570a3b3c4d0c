"""`describe pvc`, in the order of kubectl's `pkg/describe`, describePVC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.claims import short_modes
from podctl.report.text import NONE, UNKNOWN, columns

if TYPE_CHECKING:
    from podctl.core.claims import ObservedClaim
    from podctl.core.model import ObservedMinion, ObservedPod


def claim_text(claim: ObservedClaim, minion: ObservedMinion) -> str:
    first, *more = [pod.key.name for pod in minion.pods if _uses(pod, claim)] or [NONE]
    return columns(
        [
            f"Name:\t{claim.key.name}",
            f"Namespace:\t{claim.key.namespace}",
            "Status:\tBound",
            f"Volume:\t{claim.volume}",
            f"Minion:\t{claim.minion}",
            f"Capacity:\t{claim.size or UNKNOWN}",
            f"Access Modes:\t{short_modes(claim.modes) or NONE}",
            "VolumeMode:\tFilesystem",
            f"Used By:\t{first}",
            *(f"\t{name}" for name in more),
            f"Events:\t{NONE}",
        ]
    )


def _uses(pod: ObservedPod, claim: ObservedClaim) -> bool:
    volumes = (pod.manifest.get("spec") or {}).get("volumes") or ()
    names = [(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes]
    return pod.key.namespace == claim.key.namespace and claim.key.name in names
