"""What is wrong with the Pods that are wanted: those in sight, and those that should be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from podctl.core.document.stale import current
from podctl.core.health.containers import ill_containers
from podctl.core.health.drift import drift
from podctl.core.health.hints import hint_for
from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.health.probes import ill_probes
from podctl.core.health.scope import labels_in
from podctl.core.memory import Why
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podctl.core.document.model import Deed, PodEntry
    from podctl.core.health.model import Checkup
    from podctl.core.memory import Absent
    from podctl.core.model import ObservedMinion, ObservedPod, PodKey

_PULLS = ("ErrImagePull", "ErrImageNeverPull")  # how the message of a Deed tells of an image that could not be had


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A Pod that counts, on its Minion. `entry` is what the Document wants of it, where it is not in doubt."""

    pod: ObservedPod
    on: ObservedMinion
    entry: PodEntry | None


def pods_seen(checkup: Checkup) -> tuple[Seen, ...]:
    """By key, those that the checkup is about; where the Document is in doubt or missing, all that are committed."""
    remembered = checkup.remembered
    minions = {each.minion.name: each for each in remembered.cluster.minions}
    by_key: defaultdict[PodKey, list[ObservedPod]] = defaultdict(list)
    for pod in remembered.cluster.pods:
        if pod.mark is Mark.COMMITTED:
            by_key[pod.key].append(pod)
    found: list[Seen] = []
    for key, copies in sorted(by_key.items()):
        standing = remembered.standing if not remembered.doubt else None
        entry = standing.pods.get(key) if standing else None
        right = copies
        if standing:
            counts = current(entry, copies, remembered.cluster)
            right = [counts] if counts else []
        found += [Seen(pod=pod, on=minions[pod.minion], entry=entry) for pod in right]
    scope = checkup.scope
    return tuple(each for each in found if scope.has(each.pod.key, labels_in(each.pod.manifest), each.pod.minion))


def pods_absent(checkup: Checkup) -> tuple[Absent, ...]:
    """Those that the checkup is about. None is where the Document is in doubt: it may have been deleted since."""
    remembered = checkup.remembered
    found = (each for each in remembered.absent if each.why is not Why.DELETED)
    return tuple(
        each for each in found if checkup.scope.has(each.key, labels_in(each.entry.manifest), each.entry.minion)
    )


def pod_findings(seen: Seen, checkup: Checkup) -> Iterator[Finding]:
    """One a cause. A Pod that another podctl is just making is not judged."""
    pod, entry, document = seen.pod, seen.entry, checkup.remembered.document
    if checkup.changing and pod.revision >= document.revision:
        return
    now = seen.on.now
    machine = checkup.machines.get(pod.minion)
    if now is None:
        return
    if entry and entry.uid != pod.uid:
        if not checkup.changing:
            yield _behind(pod, entry, checkup)
    else:
        yield from _wrong(pod, entry)
    ills = list(ill_containers(pod, now, machine.killed if machine else {}))
    for ailment, group in groupby(sorted(ills, key=lambda each: each.ailment), key=lambda each: each.ailment):
        found = tuple(group)
        yield finding(
            pod, ailment, _told((each.name, each.message) for each in found), tuple(each.name for each in found)
        )
    yield from ill_probes(pod, {each.name for each in ills})


def finding(pod: ObservedPod, ailment: Ailment, message: str, containers: tuple[str, ...] = ()) -> Finding:
    level = Level.WARNING if ailment is Ailment.WRONG_SPEC else Level.CRITICAL
    return Finding(
        ailment=ailment, level=level, message=message, minion=pod.minion, pod=pod.key, uid=pod.uid,
        containers=containers, hint=hint_for(ailment, pod.key, containers),
    )  # fmt: skip


def _wrong(pod: ObservedPod, entry: PodEntry | None) -> Iterator[Finding]:
    if entry and (pod.spec_hash, dict(pod.config_hashes)) != (entry.spec_hash, dict(entry.config_hashes)):
        yield finding(pod, Ailment.WRONG_SPEC, "it was made from another manifest than the cluster remembers")
    elif told := list(drift(pod)):
        yield finding(pod, Ailment.WRONG_SPEC, _told(told), tuple(dict.fromkeys(name for name, _ in told)))


def _told(parts: Iterable[tuple[str, str]]) -> str:
    """`a, b: what; infra: what`: those of the same words together."""
    by_text: defaultdict[str, list[str]] = defaultdict(list)
    for name, text in parts:
        by_text[text].append(name or "infra")
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in by_text.items())


def _behind(pod: ObservedPod, entry: PodEntry, checkup: Checkup) -> Finding:
    """It is the one before: its successor was never made."""
    pull = pull_trouble(pod.key, checkup)
    if pull:
        return finding(pod, Ailment.IMAGE_PULL_FAILING, f"it is the one before: {pull}")
    where = f" on {entry.minion}" if entry.minion not in ("", pod.minion) else ""
    return finding(pod, Ailment.WRONG_SPEC, f"it is the one before: its successor{where} was never made")


def absent_finding(absent: Absent, checkup: Checkup) -> Finding | None:
    """None for one on a silent Minion: that is the Minion's finding."""
    if absent.why is Why.SILENT or (checkup.changing and absent.why is Why.MISSING) or checkup.remembered.doubt:
        return None
    ailment, message = Ailment.POD_MISSING, f"it is to be on {absent.entry.minion}, and is not there"
    if absent.why is Why.WAITING:
        ailment, message = Ailment.UNSCHEDULABLE, absent.message
    elif pull := pull_trouble(absent.key, checkup):
        ailment, message = Ailment.IMAGE_PULL_FAILING, pull
    return Finding(
        ailment=ailment, level=Level.CRITICAL, message=message, minion=absent.entry.minion, pod=absent.key,
        uid=absent.entry.uid, hint=hint_for(ailment, absent.key),
    )  # fmt: skip


def half_made(checkup: Checkup) -> Iterator[Finding]:
    """Pods that are wanted, and of which there are only containers that count for nothing."""
    remembered = checkup.remembered
    if checkup.changing or remembered.doubt or remembered.standing is None:
        return
    answering = {each.minion.name for each in remembered.cluster.minions if not each.silent}
    absent = {each.key for each in remembered.absent}
    committed = {pod.key for pod in remembered.cluster.pods if pod.mark is Mark.COMMITTED}
    for key, entry in sorted(remembered.standing.pods.items()):
        if key in committed | absent or entry.minion not in answering:
            continue
        if not checkup.scope.has(key, labels_in(entry.manifest), entry.minion):
            continue
        pull = pull_trouble(key, checkup)
        ailment = Ailment.IMAGE_PULL_FAILING if pull else Ailment.POD_MISSING
        message = pull or f"it is to be on {entry.minion}, and only half made or half removed ones are there"
        yield Finding(
            ailment=ailment, level=Level.CRITICAL, message=message, minion=entry.minion, pod=key, uid=entry.uid,
            hint=hint_for(ailment, key),
        )  # fmt: skip


def pull_trouble(key: PodKey, checkup: Checkup) -> str:
    """What the newest act about this Pod said of an image that could not be had; "" when it is not for want of one."""
    name = f"pod/{key.name}"
    for act in reversed(checkup.remembered.document.acts):
        about = [each for each in act.deeds if each.object == name and each.namespace == key.namespace]
        if about:
            return next((each.message for each in reversed(about) if _is_pull(each)), "")
    return ""


def _is_pull(deed: Deed) -> bool:
    return deed.failed and any(word in deed.message for word in _PULLS)


def not_applied(checkup: Checkup) -> Iterator[Finding]:
    """What the files of -f name and the cluster does not know, or knows otherwise."""
    remembered, wanted = checkup.remembered, checkup.scope.wanted or ()
    known = {} if remembered.standing is None else dict(remembered.standing.pods)
    seen = {pod.key: pod for pod in remembered.cluster.pods if pod.mark is Mark.COMMITTED}
    for each in wanted:
        if not checkup.scope.has(each.key, each.labels, minion_of(each.key, known, seen)):
            continue
        found = known.get(each.key) or seen.get(each.key)
        if found is None:
            yield Finding(
                ailment=Ailment.POD_MISSING, level=Level.CRITICAL, pod=each.key, hint="podctl apply -f of these files.",
                message="these files name it, and the cluster does not know it",
            )  # fmt: skip
        elif each.problem or found.spec_hash != each.spec_hash:
            yield Finding(
                ailment=Ailment.WRONG_SPEC, level=Level.WARNING, pod=each.key, minion=found.minion,
                message=each.problem or "these files say otherwise than what was applied",
                hint="podctl diff -f shows how; podctl apply -f brings it there.",
            )  # fmt: skip


def minion_of(key: PodKey, known: dict[PodKey, PodEntry], seen: dict[PodKey, ObservedPod]) -> str:
    found = known.get(key) or seen.get(key)
    return found.minion if found else ""
