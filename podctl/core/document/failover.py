"""What an operator's `--failover` moves away from Minions that do not answer, and what it leaves there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from podctl.core.age import duration_text
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, PodKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """`lost` are Pods to place anew, each with why; `kept` those that stay lost for now, each with why."""

    lost: Mapping[PodKey, str] = field(default_factory=dict)
    kept: Mapping[PodKey, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverWish:
    """The operator's word. `after_seconds` None: whoever is silent now is dead."""

    after_seconds: float | None = None
    force: bool = False  # data that is there only is given up


def fail_over(document: Document, cluster: Cluster, wish: FailoverWish) -> Failover:
    lost: dict[PodKey, str] = {}
    kept: dict[PodKey, str] = {}
    for seen in (each for each in cluster.silent if not each.busy):
        name = seen.minion.name
        too_soon = _too_soon(document, cluster, name, wish.after_seconds)
        for key in sorted(_may_be_on(name, document, cluster)):
            entry = document.pods.get(key)
            bound = bound_to(entry.manifest) if entry else ()
            if too_soon and entry:
                kept[key] = f"{name} {too_soon}"
            elif bound and not wish.force:
                kept[key] = f"its data is on {name}: {', '.join(bound)}; --force gives it up"
            elif not too_soon:
                given_up = f"; its data there is given up: {', '.join(bound)}" if bound else ""
                lost[key] = f"{name} is silent: {seen.problem}; a copy may still run there{given_up}"
    return Failover(lost=lost, kept=kept)


def _may_be_on(name: str, document: Document, cluster: Cluster) -> set[PodKey]:
    """The Pods that are remembered there; and those of which a copy was to leave it, and that are nowhere else."""
    elsewhere = {pod.key for pod in cluster.pods if pod.mark is Mark.COMMITTED}
    left = {each.key for each in document.leaving.values() if each.minion == name}
    return {key for key, each in document.pods.items() if each.minion == name and not each.doomed} | (left - elsewhere)


def _too_soon(document: Document, cluster: Cluster, name: str, after_seconds: float | None) -> str:
    """Why this Minion does not count as dead yet; "" when it does."""
    if after_seconds is None:
        return ""
    silence = document.silences.get(name)
    if silence is None:
        return f"is silent for the first time; its Pods are failed over after {_text(after_seconds)} of silence"
    now = next((each.now for each in cluster.minions if each.minion.name == silence.clock), None)
    if now is None:
        return f"is silent since a time that only the clock of {silence.clock} tells, which is silent, too"
    so_far = now.timestamp() - silence.since_seconds
    return "" if so_far >= after_seconds else f"has been silent for {_text(so_far)} of {_text(after_seconds)}"


def _text(seconds: float) -> str:
    return duration_text(timedelta(seconds=round(seconds)))


def bound_to(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The volumes of a Pod whose data is on one Minion and outlives the Pod: claims and hostPaths."""
    return tuple(_bound((manifest.get("spec") or {}).get("volumes") or ()))


def _bound(volumes: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for volume in volumes:
        if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
            yield f"claim {claim}"
        elif host_path := volume.get("hostPath"):
            yield f"hostPath {host_path.get('path')}"
