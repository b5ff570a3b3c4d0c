"""A probe as its manifest has it, and the answer to one.

Fields and defaults: Kubernetes' core/v1 Probe; units stand in the names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Which(StrEnum):
    STARTUP = "startup"  # until it was answered once, no other is asked
    READINESS = "readiness"
    LIVENESS = "liveness"


class Verdict(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"  # podctl could not ask: shown with its cause and the way out, and never repaired


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    container: str
    which: Which
    kind: str  # exec, httpGet, tcpSocket
    action: Mapping[str, Any]  # as the manifest has it
    ports: Sequence[Mapping[str, Any]] = ()  # of the container, for a port by its name
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    success_threshold: int = 1
    failure_threshold: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`message`: what was seen, for people. `hint`: with UNKNOWN, what would make it known.

    `early` stands with FAILED: the start that the manifest grants the container is not over yet. It is not ready, and
    that is no fault. `times` is how often in a row the probe failed in this run.
    """

    verdict: Verdict
    message: str = ""
    hint: str = ""
    early: bool = False
    times: int = 1
