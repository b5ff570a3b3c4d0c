"""What is wrong with the Minions, and with what the cluster remembers."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.memory import Why

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from podctl.core.health.model import Checkup, Clock, Machine
    from podctl.core.memory import Remembered
    from podctl.core.model import ObservedMinion, PodKey

_FEW = 3  # Pods that are named one by one
_GIB = 2**30


def silent_finding(seen: ObservedMinion, unknown: tuple[PodKey, ...]) -> Finding:
    """`unknown`: the Pods that it has, as far as anybody remembers."""
    ailment = Ailment.ENGINE_DOWN if seen.reached else Ailment.MINION_UNREACHABLE
    pods = f"; unknown because of it: {_names(unknown)}" if unknown else ""
    return Finding(
        ailment=ailment, level=Level.CRITICAL, message=f"{seen.problem}{pods}", minion=seen.minion.name, hint=seen.hint,
        pods=unknown,
    )  # fmt: skip


def unknown_pods(remembered: Remembered, minion: str) -> tuple[PodKey, ...]:
    return tuple(each.key for each in remembered.absent if each.why is Why.SILENT and each.entry.minion == minion)


def _names(keys: Collection[PodKey]) -> str:
    ordered = sorted(keys)
    if len(ordered) <= _FEW:
        return ", ".join(map(str, ordered))
    return f"{len(ordered)} Pods ({', '.join(map(str, ordered[:_FEW]))} …)"


def pressure(seen: ObservedMinion, machine: Machine) -> Iterator[Finding]:
    """One a kind: a Minion whose engine keeps its data on a disk of its own has two to watch."""
    limits, name = seen.minion.health, seen.minion.name
    full = [
        f"{disk.path} is {disk.used_percent}% full, {disk.free_bytes / _GIB:.1f}Gi left"
        for disk in machine.disks
        if disk.used_percent >= limits.disk_percent
    ] + [
        f"{disk.path} has used {disk.inodes_percent}% of its inodes"
        for disk in machine.disks
        if disk.inodes_percent is not None and disk.inodes_percent >= limits.disk_percent
    ]
    if full:
        yield Finding(
            ailment=Ailment.DISK_PRESSURE, level=Level.WARNING, message="; ".join(full), minion=name,
            hint=f"There: {_PRUNE} frees what no container uses; the limit is health: {{disk: "
            f"{limits.disk_percent}%}} of the inventory.",
        )  # fmt: skip
    if machine.memory_bytes and machine.available_bytes is not None:
        used = 100 - 100 * machine.available_bytes / machine.memory_bytes
        if used >= limits.memory_percent:
            yield Finding(
                ailment=Ailment.MEMORY_PRESSURE, level=Level.WARNING, minion=name,
                message=f"{used:.0f}% of its memory is in use, {machine.available_bytes / _GIB:.1f}Gi of "
                f"{machine.memory_bytes / _GIB:.1f}Gi left",
                hint=f"Move Pods elsewhere: podctl drain {name} --dry-run; the limit is health: {{memory: "
                f"{limits.memory_percent}%}} of the inventory.",
            )  # fmt: skip


_PRUNE = "`image prune -a` of its container engine"
_NTP = "Let them keep their time by NTP (chrony, systemd-timesyncd); ages and silences are told by their clocks."


def skews(cluster: Collection[ObservedMinion], machines: Mapping[str, Machine]) -> Iterator[Finding]:
    """Clocks that are too far from the median of all. Of two nobody knows which is right: one finding names both."""
    clocks = {name: each.clock for name, each in machines.items() if each.clock}
    limits = {each.minion.name: each.minion.health.clock_seconds for each in cluster}
    if len(clocks) == 2:  # noqa: PLR2004 - two, as said
        (one, first), (other, second) = sorted(clocks.items())
        apart = _between(first, second)
        if apart > min(limits[one], limits[other]):
            yield Finding(
                ailment=Ailment.CLOCK_SKEW, level=Level.WARNING, hint=_NTP,
                message=f"the clocks of {one} and {other} are {_amount(apart)} apart",
            )  # fmt: skip
        return
    middle = median(each.middle for each in clocks.values()) if clocks else 0
    for name, clock in clocks.items():
        apart = max(clock.least - middle, middle - clock.most, 0)
        if apart > limits[name]:
            way = "ahead of" if clock.middle > middle else "behind"
            yield Finding(
                ailment=Ailment.CLOCK_SKEW, level=Level.WARNING, minion=name, hint=_NTP,
                message=f"its clock is {_amount(apart)} {way} the others",
            )  # fmt: skip


def _between(first: Clock, second: Clock) -> float:
    return max(first.least - second.most, second.least - first.most, 0)


def _amount(seconds: float) -> str:
    return f"{seconds:.0f} s"


def memory_findings(checkup: Checkup) -> Iterator[Finding]:
    """What the cluster remembers: copies that are missing where they should be, and doubts about those in sight."""
    remembered = checkup.remembered
    recalled, document = remembered.recalled, remembered.document
    if checkup.changing:
        return
    if recalled.found and not recalled.unreadable and not recalled.rivals:
        lacking = list(_lacking(remembered))
        if lacking:
            yield Finding(
                ailment=Ailment.KEEPERS_SHORT, level=Level.WARNING,
                message=f"{len(lacking)} of the {len(document.keepers)} keepers of the Document lack a copy: "
                f"{'; '.join(lacking)}",
                hint="The next command that changes something writes it again, and so does podctl health --repair.",
            )  # fmt: skip
            if not recalled.settled and not remembered.doubt:
                return
    if remembered.doubt and (recalled.found or recalled.unreadable or recalled.highest):
        yield Finding(
            ailment=Ailment.KEEPERS_SHORT,
            level=Level.UNKNOWN if _for_silence(remembered) else Level.CRITICAL,
            message=f"what the cluster remembers may be out of date: {remembered.doubt}",
            hint="Bring the silent Minions back." if _for_silence(remembered) else
            "podctl adopt --dry-run shows what a Document of what runs would be.",
        )  # fmt: skip


def _for_silence(remembered: Remembered) -> bool:
    """True when the doubt is a consequence of Minions that do not answer, which have a finding already."""
    recalled, cluster = remembered.recalled, remembered.cluster
    silent = {each.minion.name for each in cluster.silent}
    if recalled.unreadable or recalled.rivals or not silent:
        return False
    if not recalled.found:
        return True
    document = remembered.document
    ahead = any(pod.revision > document.revision for pod in cluster.pods)
    lacking = {*document.keepers, *document.elders} - recalled.vouching
    return not ahead and bool(lacking) and bool(lacking & silent)


def _lacking(remembered: Remembered) -> Iterator[str]:
    """The keepers that answer and hold no running committed copy of this very Document."""
    minions = {each.minion.name: each for each in remembered.cluster.minions if not each.silent}
    document = remembered.document
    for name in document.keepers:
        if name not in minions:
            continue
        held = [each for each in minions[name].copies if each.committed and each.revision == document.revision]
        if any(each.running for each in held):
            continue
        older = max((each.revision for each in minions[name].copies if each.committed), default=0)
        behind = f"it has revision {older} of {document.revision}" if older else "it has none"
        yield f"{name}: {'it does not run' if held else behind}"
