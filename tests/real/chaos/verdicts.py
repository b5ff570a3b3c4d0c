"""What must be true once faults are lifted and the last desired state was applied: asked of docker, not of podctl."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dockerd import Dockerd, pid_of
from faults import lock_is_free, of_sessions
from schedules import CPU_MILLIS, POOL
from waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.engine.sandbox import Sandbox

_LOCK_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A container of ours, as docker tells it."""

    minion: str
    name: str
    role: str
    pod: str
    uid: str
    status: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} on {self.minion} ({self.status}{f', v{self.version}' if self.version else ''})"


def look(sandbox: Sandbox, cluster: str) -> list[Seen]:
    """Every container of that cluster on every Minion that is on."""
    return [
        _seen(minion.name, each)
        for minion in sandbox.minions
        if minion.running
        for each in Dockerd(pid_of(minion.folder)).containers(f"podctl.cluster={cluster}")
    ]


def _seen(minion: str, raw: dict[str, Any]) -> Seen:
    labels = raw["Config"]["Labels"]
    environment = dict(each.split("=", 1) for each in raw["Config"]["Env"] or ())
    return Seen(
        minion=minion, name=raw["Name"].removeprefix("/"), role=labels.get("podctl.role", ""),
        pod=labels.get("podctl.pod", ""), uid=labels.get("podctl.uid", ""), status=raw["State"]["Status"],
        version=environment.get("VERSION", ""),
    )  # fmt: skip


def wrong(sandbox: Sandbox, cluster: str, desired: Mapping[str, int]) -> list[str]:
    """Each thing that is not as it must be, in a sentence."""
    seen = [each for each in look(sandbox, cluster) if each.role != "document"]
    return [*_pods(seen, desired), *_room(seen), *_locks(sandbox)]


def _pods(seen: Iterable[Seen], desired: Mapping[str, int]) -> list[str]:
    """Every desired Pod exactly once, whole and of its version; nothing else of ours."""
    by_pod: defaultdict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        by_pod[each.pod].append(each)
    problems = [
        f"{pod} is not wanted, but there is {', '.join(map(str, found))}"
        for pod, found in by_pod.items()
        if pod not in desired
    ]
    for pod, version in desired.items():
        found = by_pod[pod]
        whole = sorted((each.role, each.status, each.version) for each in found)
        if whole != [("app", "running", str(version)), ("infra", "running", "")]:
            problems.append(f"{pod} v{version} is wanted once, but there is {', '.join(map(str, found)) or 'nothing'}")
        elif len({(each.uid, each.minion) for each in found}) > 1 or any(".new." in each.name for each in found):
            problems.append(f"{pod} is not whole: {', '.join(map(str, found))}")
    return problems


def _room(seen: Iterable[Seen]) -> list[str]:
    asked: defaultdict[str, int] = defaultdict(int)
    for minion, pod, _uid in {(each.minion, each.pod, each.uid) for each in seen if each.role == "app"}:
        asked[minion] += POOL[pod].cpu_millis
    return [
        f"{name} has {CPU_MILLIS}m, and its Pods ask for {sum_}m" for name, sum_ in asked.items() if sum_ > CPU_MILLIS
    ]


def _locks(sandbox: Sandbox) -> list[str]:
    problems = []
    for minion in sandbox.minions:
        try:
            wait_for(lambda minion=minion: lock_is_free(minion), "", _LOCK_SECONDS)
        except AssertionError:
            problems.append(f"{minion.name} is locked, by one of: {'; '.join(of_sessions(minion))}")
    return problems
