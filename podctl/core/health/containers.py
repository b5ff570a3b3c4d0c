"""What is wrong with a Pod's containers, as they were seen: down, cut off, killed for want of memory, or looping."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from podctl.core.age import age_text
from podctl.core.health.model import Ailment
from podctl.core.lifecycle import Need, is_down, is_stale, is_through, next_need, parts, why
from podctl.core.state import KILLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from podctl.core.lifecycle import Part
    from podctl.core.model import ObservedContainer, ObservedPod

OFTEN = 3  # restarts by the engine since somebody last started it
STEADY = timedelta(minutes=10)  # one that looped has recovered: when the kubelet forgets its back-off
STEADY_ONCE = timedelta(minutes=1)  # one that ended once or twice has: nobody needs ten mails about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ill:
    """One container, and what it has. `name` is "" for the infra container."""

    ailment: Ailment
    name: str
    message: str


def ill_containers(pod: ObservedPod, now: datetime, killed: Mapping[str, datetime]) -> Iterator[Ill]:
    """One cause a container: who is down runs out of nothing else. Of a Pod without its infra container that alone."""
    infra = pod.infra
    if infra is None or not infra.running:
        state = "it is gone" if infra is None else _ended(infra, now)
        yield Ill(ailment=Ailment.CONTAINER_DOWN, name="", message=f"{state}: nobody reaches this Pod")
        return
    every = tuple(part for part in parts(pod.manifest) if part.name in pod.containers)
    for part in every:
        container = pod.containers[part.name]
        if container.running and is_stale(container, infra):
            message = "the infra container was started again, and the network that this one holds is gone"
            yield Ill(ailment=Ailment.STALE_NETWORK, name=part.name, message=message)
        elif found := _by_itself(part, container, now, killed.get(container.id)):
            yield found
    yield from _down(every, pod, infra, now)


def _by_itself(part: Part, container: ObservedContainer, now: datetime, killed_at: datetime | None) -> Ill | None:
    """One that keeps ending, or did until a moment ago."""
    times = f"restarted {container.restart_count} times"
    if container.status == "restarting":
        if _out_of_memory(container):
            return Ill(ailment=Ailment.OOM_KILLED, name=part.name, message=f"out of memory, {times}")
        message = f"{why(container)}, {times}; the engine waits longer before each new start"
        return Ill(ailment=Ailment.CRASH_LOOPING, name=part.name, message=message)
    often = container.restart_count >= OFTEN
    recovery = STEADY if often else STEADY_ONCE
    if not container.running or container.started_at is None or now - container.started_at >= recovery:
        return None
    ran = age_text(container.started_at, now)
    if killed_at and killed_at <= container.started_at:
        message = f"killed for want of memory {age_text(killed_at, now)} ago, {times}; it has run for {ran} since"
        return Ill(ailment=Ailment.OOM_KILLED, name=part.name, message=message)
    if often:
        return Ill(ailment=Ailment.CRASH_LOOPING, name=part.name, message=f"{times}, and has run for {ran} only")
    return None


def _down(every: tuple[Part, ...], pod: ObservedPod, infra: ObservedContainer, now: datetime) -> Iterator[Ill]:
    """Those that should run, or should have ended well, and that nobody starts."""
    need = next_need(pod, now)
    inits = {part.name for part in every if part.init}
    if need.need in (Need.START, Need.FAILED):
        ailment = Ailment.FAILED if need.need is Need.FAILED else Ailment.CONTAINER_DOWN
        for name in (each for each in need.containers if each in inits):
            yield _ill(name, pod.containers[name], now, ailment)
    if not is_through(every, pod) and inits:
        return  # it is not their turn yet
    for part in (each for each in every if not each.init):
        container = pod.containers[part.name]
        failed = container.status in ("exited", "dead") and container.exit_code != 0
        if is_down(part, container, infra):
            yield _ill(part.name, container, now)
        elif failed:
            yield _ill(part.name, container, now, Ailment.FAILED)


def _ill(name: str, container: ObservedContainer, now: datetime, ailment: Ailment = Ailment.CONTAINER_DOWN) -> Ill:
    if _out_of_memory(container):
        message = f"killed for want of memory {age_text(container.finished_at, now)} ago"
        return Ill(ailment=Ailment.OOM_KILLED, name=name, message=message)
    return Ill(ailment=ailment, name=name, message=_ended(container, now))


def _out_of_memory(container: ObservedContainer) -> bool:
    """The flag alone also tells of a child that was killed."""
    return container.oom_killed and container.exit_code == KILLED


def _ended(container: ObservedContainer, now: datetime) -> str:
    if container.started_at is None or container.status == "created":
        return f"never started{f': {container.error}' if container.error else ''}"
    return f"{why(container)} {age_text(container.finished_at, now)} ago"
