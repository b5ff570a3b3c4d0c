"""What the findings come to: how many are healthy, how bad it is, and the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.health.findings import findings, minions_meant
from podctl.core.health.model import Ailment, Level
from podctl.core.health.pods import pods_absent, pods_seen
from podctl.errors import ExitCode

if TYPE_CHECKING:
    from podctl.core.health.model import Checkup, Finding

_OUT_OF_REACH = (Ailment.MINION_UNREACHABLE, Ailment.ENGINE_DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`healthy` are Pods that nothing was found of, but perhaps what nobody could see of their probes.

    A Pod is neither healthy nor not where its Minion does not answer: it counts in `pods` alone.
    """

    cluster: str
    findings: tuple[Finding, ...]
    pods: int
    healthy: int
    minions: int
    silent: int  # of the Minions
    changing: bool = False  # another podctl is at work
    strict: bool = False  # what nobody could see counts as well

    @property
    def counting(self) -> tuple[Finding, ...]:
        """Those for which it is not healthy."""
        return tuple(each for each in self.findings if self.strict or each.level is not Level.UNKNOWN)

    @property
    def exit_code(self) -> ExitCode:
        """5 when something was seen to be wrong, 4 when only Minions are out of reach."""
        if any(each.ailment not in _OUT_OF_REACH for each in self.counting):
            return ExitCode.NOT_READY
        return ExitCode.UNREACHABLE if self.counting else ExitCode.DONE


def summarize(checkup: Checkup, *, strict: bool = False) -> Summary:
    seen, absent = pods_seen(checkup), pods_absent(checkup)
    found = findings(checkup)
    named = {each.key for each in checkup.scope.wanted or () if checkup.scope.has(each.key, each.labels, "")}
    keys = {each.pod.key for each in seen} | {each.key for each in absent} | named
    ill = {each.pod for each in found if each.pod and each.level is not Level.UNKNOWN and not _is_beside(each)}
    unseen = {each.key for each in absent}
    minions = minions_meant(checkup, seen)
    return Summary(
        cluster=checkup.remembered.cluster.name, findings=found, pods=len(keys), healthy=len(keys - ill - unseen),
        minions=len(minions), silent=sum(each.silent for each in minions), changing=checkup.changing, strict=strict,
    )  # fmt: skip


def _is_beside(finding: Finding) -> bool:
    """Another copy of a Pod is not the Pod; a container too many in it is."""
    return finding.ailment is Ailment.ORPHAN and not finding.containers
