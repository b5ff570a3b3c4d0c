"""The probes of a Pod, read from its manifest as it stands: whoever only looks imports no schema for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.lifecycle import is_sidecar
from podctl.core.probes.model import Probe, Which

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIELDS = (
    (Which.STARTUP, "startupProbe"), (Which.READINESS, "readinessProbe"), (Which.LIVENESS, "livenessProbe"),
)  # fmt: skip
KINDS = ("exec", "httpGet", "tcpSocket", "grpc")  # the last is refused by the schema; an older podctl let it pass
_DEFAULTS = {
    "initial_delay_seconds": ("initialDelaySeconds", 0),
    "period_seconds": ("periodSeconds", 10),
    "timeout_seconds": ("timeoutSeconds", 1),
    "success_threshold": ("successThreshold", 1),
    "failure_threshold": ("failureThreshold", 3),
}  # Kubernetes reads 0 as not given


def probes_of(manifest: Mapping[str, Any]) -> Mapping[str, tuple[Probe, ...]]:
    """By container, sidecars included; startup first. A container without probes is not in it."""
    spec = manifest.get("spec") or {}
    containers = (*filter(is_sidecar, spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    read = {str(each["name"]): tuple(_probes(each)) for each in containers}
    return {name: probes for name, probes in read.items() if probes}


def _probes(container: Mapping[str, Any]) -> Iterator[Probe]:
    for which, name in _FIELDS:
        raw = container.get(name) or {}
        if kind := next((each for each in KINDS if raw.get(each)), ""):
            figures = {field: int(raw.get(given) or default) for field, (given, default) in _DEFAULTS.items()}
            yield Probe(
                container=str(container["name"]), which=which, kind=kind, action=raw[kind],
                ports=tuple(container.get("ports") or ()), **figures,
            )  # fmt: skip
