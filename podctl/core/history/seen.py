"""What the state of a container tells of its past: its last start, its last end, and a start that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.history.model import Happening, What
from podctl.core.state import KILLED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from podctl.core.model import ObservedContainer, ObservedMinion, ObservedPod


def seen_happenings(minion: ObservedMinion) -> Iterator[Happening]:
    for pod in minion.pods:
        for name, container in pod.containers.items():
            yield from _of(container, pod, name)
        if pod.infra:
            yield from _of(pod.infra, pod, "")


def _of(container: ObservedContainer, pod: ObservedPod, name: str) -> Iterator[Happening]:
    def happened(what: What, at: datetime, **more: Any) -> Happening:
        return Happening(
            minion=pod.minion, pod=pod.key, uid=pod.uid, container=name, id=container.id, what=what, at=at, seen=True,
            **more,
        )  # fmt: skip

    if container.started_at:
        yield happened(What.STARTED, container.started_at)
    over = not container.running and not container.error  # else the exit code is none, or that of the failed start
    if container.finished_at:
        yield happened(
            What.ENDED,
            container.finished_at,
            exit_code=container.exit_code if over else None,
            out_of_memory=over and container.oom_killed and container.exit_code == KILLED,
        )
    if container.error and not container.running:
        # The engine keeps no time of it: not before the end that it followed.
        yield happened(What.NOT_STARTED, container.finished_at or container.created_at, message=container.error)
