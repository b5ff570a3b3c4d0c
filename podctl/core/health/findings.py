"""Everything that is wrong, from one Checkup: one Finding a cause, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.health.leftovers import orphans
from podctl.core.health.minions import memory_findings, pressure, silent_finding, skews, unknown_pods
from podctl.core.health.model import Finding, Level
from podctl.core.health.pods import absent_finding, half_made, not_applied, pod_findings, pods_absent, pods_seen
from podctl.core.health.probes import unknown_probes
from podctl.core.health.scope import labels_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podctl.core.health.model import Checkup
    from podctl.core.health.pods import Seen
    from podctl.core.model import ObservedMinion, PodKey

_LEVELS = (Level.CRITICAL, Level.WARNING, Level.UNKNOWN)


def findings(checkup: Checkup) -> tuple[Finding, ...]:
    """By level, then those of the cluster, then by Minion and Pod. Empty: all is well."""
    seen = pods_seen(checkup)
    found = {(each.ailment, each.minion, each.pod, each.uid, each.containers): each for each in _all(checkup, seen)}
    return tuple(sorted(found.values(), key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    key = finding.pod
    place = (key.namespace, key.name) if key else ("", "")
    return (
        _LEVELS.index(finding.level), finding.minion, place, finding.ailment, finding.containers, finding.uid,
        finding.message,
    )  # fmt: skip


def _all(checkup: Checkup, seen: tuple[Seen, ...]) -> Iterator[Finding]:
    yield from _of_minions(checkup, seen)
    if not checkup.scope.narrowed or checkup.remembered.doubt:
        yield from memory_findings(checkup)
    for each in pods_absent(checkup):
        if absent := absent_finding(each, checkup):
            yield absent
    yield from half_made(checkup)
    yield from orphans(checkup, seen)
    yield from not_applied(checkup)
    for one in seen:
        yield from pod_findings(one, checkup)
    yield from unknown_probes(each.pod for each in seen)


def _of_minions(checkup: Checkup, seen: tuple[Seen, ...]) -> Iterator[Finding]:
    remembered = checkup.remembered
    minions = minions_meant(checkup, seen)
    for each in minions:
        if each.silent:
            yield silent_finding(each, _unknown(checkup, each))
        elif machine := checkup.machines.get(each.minion.name):
            yield from pressure(each, machine)
    if not checkup.scope.narrowed:
        for skew in skews(remembered.cluster.minions, checkup.machines):
            if not skew.minion or skew.minion in {each.minion.name for each in minions}:
                yield skew


def minions_meant(checkup: Checkup, seen: tuple[Seen, ...]) -> tuple[ObservedMinion, ...]:
    """Those that the checkup is about. Where the Document is in doubt, a silent one may have any Pod."""
    remembered = checkup.remembered
    with_pods = {each.pod.minion for each in seen} | {each.entry.minion for each in pods_absent(checkup)}
    if remembered.doubt:
        with_pods |= {each.minion.name for each in remembered.cluster.silent}
    every = remembered.cluster.minions
    return tuple(each for each in every if checkup.scope.has_minion(each.minion.name, with_pods))


def _unknown(checkup: Checkup, minion: ObservedMinion) -> tuple[PodKey, ...]:
    keys = unknown_pods(checkup.remembered, minion.minion.name)
    entries = checkup.remembered.document.pods
    return tuple(key for key in keys if checkup.scope.has(key, labels_in(entries[key].manifest), minion.minion.name))
