"""Containers of ours that nothing wants any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.health.hints import hint_for
from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.health.scope import labels_in
from podctl.core.lifecycle import parts
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.health.model import Checkup
    from podctl.core.health.pods import Seen
    from podctl.core.model import ObservedPod


def orphans(checkup: Checkup, seen: tuple[Seen, ...]) -> Iterator[Finding]:
    """None while another podctl is at work, and none where the Document is in doubt: it may be wanted."""
    remembered = checkup.remembered
    if checkup.changing or remembered.doubt or remembered.standing is None:
        return
    for pod, why in remembered.stale:
        if _is_meant(checkup, pod):
            yield _orphan(pod, f"it counts no more: {why}")
    for pod in remembered.cluster.pods:
        if pod.mark is not Mark.COMMITTED and _is_meant(checkup, pod):
            how = "half made" if pod.mark is Mark.NEW else "half removed"
            yield _orphan(pod, f"containers of a Pod that is {how}: {_names(pod)}")
    for each in seen:
        known = {part.name for part in parts(each.pod.manifest)}
        if strange := tuple(sorted(name for name in each.pod.containers if name not in known)):
            called = ", ".join(each.pod.containers[name].name for name in strange)
            yield _orphan(each.pod, f"no container of its manifest: {called}", strange)


def _is_meant(checkup: Checkup, pod: ObservedPod) -> bool:
    return checkup.scope.has(pod.key, labels_in(pod.manifest), pod.minion)


def _orphan(pod: ObservedPod, message: str, containers: tuple[str, ...] = ()) -> Finding:
    return Finding(
        ailment=Ailment.ORPHAN, level=Level.WARNING, message=message, minion=pod.minion, pod=pod.key, uid=pod.uid,
        containers=containers, hint=hint_for(Ailment.ORPHAN, pod.key),
    )  # fmt: skip


def _names(pod: ObservedPod) -> str:
    every = ([pod.infra] if pod.infra else []) + list(pod.containers.values())
    return ", ".join(each.name for each in every)
