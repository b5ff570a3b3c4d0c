"""One schedule from an empty cluster to its verdict."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import lives
from clients import Client, inventory
from sampler import Sampler
from schedules import CPU_MILLIS, NOWHERE, POOL, Op, Schedule, Verb, manifests
from troubles import Faults, mend_all, wipe_all
from verdicts import wrong

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from podctl.engine.sandbox import Sandbox

NAMESPACE = "chaos"
_WHERE = ("-n", NAMESPACE)
_QUICK = ("--lock-timeout", "6s")
_PATIENT = ("--lock-timeout", "100s")  # the lock of a client that died behind a cut link outlives it
_DEAD_AFTER = "2s"
_LAST_TIMES = 2
_KEPT_PORT = re.compile(r"'docker ps' on (\w+) shows which container has that port")
_IDLE_SECONDS = 0.8  # of a `podctl get` of three Minions
_MOST_PACE = 4.0


@dataclass
class Trial:
    """`violations`: what must never be. Empty: all that the issue asks for holds."""

    schedule: Schedule
    violations: list[str] = field(default_factory=list)
    handovers: int = 0
    rounds: int = 0  # that the last desired state needed
    seconds: float = 0
    codes: Counter[int] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)  # what kept a fault from being a fault
    log: list[str] = field(default_factory=list)  # everything that happened, for a failure

    def __str__(self) -> str:
        return "\n".join([str(self.schedule), *(f"  VIOLATION: {each}" for each in self.violations), *self.log])


def carry_out(schedule: Schedule, sandbox: Sandbox, scratch: Path, sources: Path) -> Trial:
    """Leaves the sandbox whole and empty."""
    began = time.monotonic()
    trial = Trial(schedule=schedule)
    cluster = f"chaos{schedule.seed}"
    mend_all(sandbox)
    wipe_all(sandbox)
    told = inventory(sandbox.inventory, scratch, cluster, cpu_millis=CPU_MILLIS)
    clients = [Client(told, scratch, f"client{number}", sources) for number in range(len(schedule.clients))]
    last = Client(told, scratch, "last", sources)
    with Sampler({each.name: each.folder for each in sandbox.minions}) as sampler:
        faults = Faults(sandbox, clients)
        try:
            pace = _pace(last)
            first = manifests(schedule.before)
            last("apply", *_WHERE, "--no-wait", "--strategy", "spread", "-f", "-", stdin=first)
            faults.begin(schedule.faults, pace)
            _all_of(clients, schedule.clients)
        finally:
            faults.lift()
        trial.rounds = _last_state(last, schedule, sandbox, trial.remarks)
        if trial.rounds > _LAST_TIMES:
            trial.violations.append("the last desired state could not be applied: its last answer was not 0")
        trial.violations += wrong(sandbox, cluster, dict(schedule.desired))
        health = last("health")
        if health.code:
            trial.violations.append(f"health exits {health.code} in the end: {health.out.strip()}")
        happenings = sampler.so_far()
    _judge(trial, happenings)
    trial.remarks += faults.problems
    _note(trial, [*clients, last], happenings)
    wipe_all(sandbox)
    trial.seconds = time.monotonic() - began
    return trial


def _pace(client: Client) -> float:
    """How much slower than on an idle machine a command is now: faults are to hit commands, not what follows."""
    return min(max(client("get", "pods", "-A").seconds / _IDLE_SECONDS, 1), _MOST_PACE)


def _all_of(clients: Sequence[Client], ops: Sequence[Sequence[Op]]) -> None:
    """Both clients at once, each its commands one after the other."""

    def serve(client: Client, mine: Sequence[Op]) -> None:
        for op in mine:
            time.sleep(op.pause_seconds)
            run_op(client, op)

    threads = [threading.Thread(target=serve, args=pair) for pair in zip(clients, ops, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def run_op(client: Client, op: Op) -> None:
    waiting = ("--timeout", "6s") if op.wait else ("--no-wait",)
    match op.verb:
        case Verb.APPLY:
            client("apply", *_WHERE, *_QUICK, *waiting, "-f", "-", stdin=manifests(op.pods))
        case Verb.REFUSED:
            client("apply", *_WHERE, *_QUICK, *waiting, "-f", "-", stdin=manifests(op.pods, NOWHERE))
        case Verb.DELETE:
            names = [name for name, _version in op.pods]
            client("delete", "pod", *names, *_WHERE, *_QUICK, "--ignore-not-found")
        case Verb.DRAIN:
            client("drain", op.minion, *_QUICK, "--timeout", "8s")
        case Verb.REPAIR:
            client("health", "--repair", "--repair-timeout", "8s", *_QUICK)
        case Verb.FAILOVER:
            after = ("--failover", "--failover-after", _DEAD_AFTER)
            client("health", "--repair", "--repair-timeout", "8s", *after, *_QUICK)
        case _:
            client(str(op.verb), op.minion, *_QUICK)


def _last_state(client: Client, schedule: Schedule, sandbox: Sandbox, remarks: list[str]) -> int:
    """Brings the cluster to it; the rounds that it took, one too many when the last failed, too."""
    desired = dict(schedule.desired)
    undesired = [name for name in POOL if name not in desired]
    cordoned = sorted({op.minion for mine in schedule.clients for op in mine if op.verb in (Verb.CORDON, Verb.DRAIN)})
    for attempt in range(1, _LAST_TIMES + 1):
        answers = [client("uncordon", *cordoned, *_PATIENT)] if cordoned else []
        if undesired:
            answers.append(client("delete", "pod", *undesired, *_WHERE, *_PATIENT, "--ignore-not-found"))
        answers.append(
            client("apply", *_WHERE, *_PATIENT, "--timeout", "30s", "-f", "-", stdin=manifests(schedule.desired))
        )
        if not any(each.code for each in answers):
            return attempt
        for name in sorted({name for each in answers for name in _KEPT_PORT.findall(each.err)}):
            remarks.append(f"{name}: its dockerd had kept a port over a crash, and was restarted as the hint says")
            sandbox[name].restart_docker()
    return _LAST_TIMES + 1


def _judge(trial: Trial, happenings: Sequence[lives.Happening]) -> None:
    copies = lives.copies(happenings)
    movable = {f"{NAMESPACE}/{name}" for name, kind in POOL.items() if kind.movable}
    for each in lives.twice(copies, movable):
        if each.excused:
            trial.handovers += 1
        elif not trial.schedule.fails_over:
            trial.violations.append(str(each))


def _note(trial: Trial, clients: Sequence[Client], happenings: Sequence[lives.Happening]) -> None:
    answers = sorted((each for client in clients for each in client.answers), key=lambda each: each.began)
    trial.codes = Counter(each.code for each in answers)
    trial.log += [f"  {each}" for each in answers]
    trial.log += [f"  {each}" for each in happenings]
    for each in answers:
        if "Traceback (most recent call last)" in each.err:
            trial.violations.append(f"a bug was shown: podctl {' '.join(each.argv)}: {each.err.splitlines()[-1]}")
        if "CHAOS: it did not end" in each.err:
            trial.violations.append(f"podctl {' '.join(each.argv)} did not end")
