"""`describe pvc`, in the order of kubectl's `pkg/describe`, describePVC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.claims import short_modes
from podctl.report.describe_event import event_lines
from podctl.report.text import NONE, UNKNOWN, columns

if TYPE_CHECKING:
    from podctl.core.claims import ObservedClaim
    from podctl.core.finding import Found
    from podctl.core.model import ObservedPod

_WHY = {
    "Pending": "its volume is made with the first Pod that uses it",
    "Unknown": "its Minion does not answer",
    "Lost": "its Minion answers, and the volume is not there",
}


def claim_text(found: Found) -> str:
    claim = found.claim or found.unseen_claim
    assert claim  # noqa: S101 - a Found of this kind has one or the other
    first, *more = [pod.key.name for pod in found.minion.pods if _uses(pod, claim)] or [NONE]
    return columns(
        [
            f"Name:\t{claim.key.name}",
            f"Namespace:\t{claim.key.namespace}",
            f"Status:\t{claim.phase}",
            *([f"Message:\t{_WHY[claim.phase]}"] if claim.phase in _WHY else []),
            f"Volume:\t{claim.volume or NONE}",
            f"Minion:\t{claim.minion or NONE}",
            f"Capacity:\t{claim.size or UNKNOWN}",
            f"Access Modes:\t{short_modes(claim.modes) or NONE}",
            "VolumeMode:\tFilesystem",
            f"Used By:\t{first}",
            *(f"\t{name}" for name in more),
            *event_lines(found),
        ]
    )


def _uses(pod: ObservedPod, claim: ObservedClaim) -> bool:
    volumes = (pod.manifest.get("spec") or {}).get("volumes") or ()
    names = [(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes]
    return pod.key.namespace == claim.key.namespace and claim.key.name in names
