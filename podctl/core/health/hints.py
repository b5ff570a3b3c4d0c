"""What to do about each finding of a Pod: a line for an operator in a hurry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.health.model import Ailment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podctl.core.model import PodKey

_REPAIR = "podctl health --repair"
_HINTS: Mapping[Ailment, str] = {
    Ailment.POD_MISSING: f"{_REPAIR} makes it again.",
    Ailment.UNSCHEDULABLE: "podctl describe pod {where} has the reasons; every apply tries it again.",
    Ailment.CONTAINER_DOWN: f"podctl logs {{where}} says why; {_REPAIR} starts it.",
    Ailment.FAILED: "podctl logs {where} says why. Its restartPolicy lets it end: delete it and apply it again.",
    Ailment.CRASH_LOOPING: "podctl logs --previous {where} says why.",
    Ailment.OOM_KILLED: "Raise its resources.limits.memory, or find what uses so much: podctl logs --previous {where}.",
    Ailment.IMAGE_PULL_FAILING: "Check the image's name, the way from that Minion to its registry, and "
    f"imagePullSecrets; then {_REPAIR}, or apply its manifest again.",
    Ailment.STARTUP_FAILING: f"podctl logs {{where}} says why; {_REPAIR} restarts the container.",
    Ailment.LIVENESS_FAILING: f"podctl logs {{where}} says why; {_REPAIR} restarts the container.",
    Ailment.READINESS_FAILING: "podctl logs {where} says why; nothing restarts a container for it.",
    Ailment.STALE_NETWORK: f"{_REPAIR} restarts what lost its network.",
    Ailment.WRONG_SPEC: f"{_REPAIR} makes it again as it was applied.",
    Ailment.ORPHAN: f"The next command that changes anything removes it, and so does {_REPAIR}.",
}


def hint_for(ailment: Ailment, key: PodKey, containers: tuple[str, ...] = ()) -> str:
    """Empty where there is nothing to say. The infra container has no log."""
    if ailment is Ailment.CONTAINER_DOWN and containers == ("",):
        return f"{_REPAIR} starts it, and the others in its network."
    container = next(filter(None, containers), "")
    where = f"{key.name} -n {key.namespace}" + (f" -c {container}" if container else "")
    return _HINTS.get(ailment, "").format(where=where)
