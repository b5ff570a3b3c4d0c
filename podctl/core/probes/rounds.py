"""Which probes of a container are to be asked when, and what their answers come to. Pure: clocks come in as values.

Thresholds, delays and the order are the kubelet's (`pkg/kubelet/prober/worker.go`): the startup probe holds back the
others until it was answered well. Nothing is kept from an earlier look, so that the startup probe is asked each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from podctl.core.probes.model import Answer, Probe, Verdict, Which

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_PAUSE_SECONDS = 1  # between two questions while somebody waits for the container to be ready


class Manner(StrEnum):
    """What is wanted to be known, which decides how often a probe is asked."""

    ONCE = "once"  # how it is now
    THOROUGH = "thorough"  # what fails is asked again, each period, up to its failureThreshold
    WAITING = "waiting"  # until it is ready: successThreshold times in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last answer to a probe, since when in this run it was asked for, and how often in a row it was the same."""

    answer: Answer
    asked_at_seconds: float
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One running container that is being asked. Seconds count from when the asking began.

    `ran_seconds`: how long the container had run by then.
    """

    probes: tuple[Probe, ...]
    ran_seconds: float
    manner: Manner
    told: Mapping[Which, Told] = field(default_factory=dict)


def expected(asking: Asking) -> tuple[tuple[Probe, float], ...]:
    """Each probe that is still to be asked, with the second from which on it is due. Nothing: all is known."""
    return tuple((probe, at) for probe in _open(asking) if (at := _due_at(asking, probe)) is not None)


def heard(asking: Asking, which: Which, answer: Answer, asked_at_seconds: float) -> Asking:
    before = asking.told.get(which)
    same = before is not None and before.answer.verdict is answer.verdict
    times = before.times + 1 if same and before else 1
    told = Told(answer=answer, asked_at_seconds=asked_at_seconds, times=times)
    return replace(asking, told={**asking.told, which: told})


def answers(asking: Asking) -> Mapping[Which, Answer]:
    """What each probe that was asked came to; and one that is not to be asked yet, but for liveness, as early."""
    return dict(_answers(asking))


def is_over(asking: Asking) -> bool:
    """True of a container whose startup probe fails and whose time to start is over."""
    startup = next((each for each in asking.probes if each.which is Which.STARTUP), None)
    told = asking.told.get(Which.STARTUP)
    return bool(startup and told and told.answer.verdict is Verdict.FAILED and not _granted(asking, startup, told))


def granted_seconds(startup: Probe) -> int:
    """How long after its start a container may fail its startup probe."""
    return startup.initial_delay_seconds + startup.failure_threshold * startup.period_seconds


def _open(asking: Asking) -> tuple[Probe, ...]:
    """Those that nothing holds back."""
    startup = next((each for each in asking.probes if each.which is Which.STARTUP), None)
    if startup is None:
        return asking.probes
    told = asking.told.get(Which.STARTUP)
    if told is None or told.answer.verdict is not Verdict.OK:
        return (startup,)
    return tuple(each for each in asking.probes if each is not startup)


def _due_at(asking: Asking, probe: Probe) -> float | None:
    told = asking.told.get(probe.which)
    if told is None:
        delay = probe.initial_delay_seconds - asking.ran_seconds
        return None if delay > 0 and asking.manner is not Manner.WAITING else max(0.0, delay)
    if _settled(asking, probe, told):
        return None
    waiting = asking.manner is Manner.WAITING
    return told.asked_at_seconds + (min(probe.period_seconds, _MOST_PAUSE_SECONDS) if waiting else probe.period_seconds)


def _settled(asking: Asking, probe: Probe, told: Told) -> bool:
    match told.answer.verdict, asking.manner:
        case (Verdict.UNKNOWN, _) | (_, Manner.ONCE) | (Verdict.OK, Manner.THOROUGH):
            return True
        case Verdict.OK, _:
            return told.times >= probe.success_threshold
        case _, Manner.THOROUGH:
            return told.times >= probe.failure_threshold or _granted(asking, probe, told)
    return is_over(asking) if probe.which is Which.STARTUP else False


def _granted(asking: Asking, probe: Probe, told: Told) -> bool:
    """True of a startup probe that may still fail."""
    ran = asking.ran_seconds + told.asked_at_seconds
    return probe.which is Which.STARTUP and ran < granted_seconds(probe)


def _answers(asking: Asking) -> Iterator[tuple[Which, Answer]]:
    held = _open(asking)
    for probe in asking.probes:
        if told := asking.told.get(probe.which):
            early = told.answer.verdict is Verdict.FAILED and _granted(asking, probe, told)
            yield probe.which, replace(told.answer, early=early, times=told.times)
        elif probe in held and probe.which is not Which.LIVENESS:
            message = f"not asked before it has run for {probe.initial_delay_seconds} s (initialDelaySeconds)"
            yield probe.which, Answer(verdict=Verdict.FAILED, message=message, early=True)
