"""A checkup: one look, one message more to each Minion, and every probe asked. No lock, and no second connection."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core.health.containers import STEADY
from podctl.core.health.model import Checkup, Machine
from podctl.core.health.pods import pods_seen
from podctl.core.health.scope import Wanted, labels_in
from podctl.core.memory import remember
from podctl.core.probes.model import Verdict
from podctl.engine.docker import machine as questions
from podctl.engine.probing import ask_all, ask_once
from podctl.engine.session import side_by_side
from podctl.errors import PodctlError
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from podctl.core.health.scope import Scope
    from podctl.core.manifest import Manifests
    from podctl.core.memory import Remembered
    from podctl.core.model import Cluster, ObservedMinion, ObservedPod
    from podctl.engine.session import Session
    from podctl.transport.shell import StepResult


def check_up(session: Session, scope: Scope, files: Manifests | None = None) -> Checkup:
    """All Minions as they are now, with their machines, and the answers of the Pods that `scope` is about.

    `files`: about their Pods alone. What these take from ConfigMaps and Secrets that are in none of the files is taken
    from what the cluster remembers.
    """
    remembered, changing = _look(session)
    remembered, machines = _with_machines(session, remembered)
    if files is not None:
        scope = replace(scope, wanted=_wanted(files, remembered))
    checkup = Checkup(remembered=remembered, scope=scope, machines=machines, changing=changing)
    return _probed(session, checkup)


def checked(session: Session, before: Checkup, cluster: Cluster) -> Checkup:
    """`before` once more on `cluster`, a look that was taken with the locks.

    Who failed a probe is asked again, once: it has failed often enough. A container that was started meanwhile is not:
    what was found of it was found of another run.
    """
    failed = {
        (pod.uid, name, pod.containers[name].started_at)
        for pod in before.remembered.cluster.pods
        for (name, _), answer in pod.probed.items()
        if answer.verdict is Verdict.FAILED and not answer.early and name in pod.containers
    }
    uids = {uid for uid, _, _ in failed}
    remembered = remember(cluster)
    asked = ask_once(session, remembered.cluster, lambda pod: pod.uid in uids)
    minions = tuple(replace(each, pods=tuple(_of_runs(pod, failed) for pod in each.pods)) for each in asked.minions)
    return replace(before, remembered=replace(remembered, cluster=replace(asked, minions=minions)), changing=False)


def _of_runs(pod: ObservedPod, runs: Collection[tuple[str, str, datetime | None]]) -> ObservedPod:
    """With the answers of these runs of its containers alone."""
    same = {name for name, each in pod.containers.items() if (pod.uid, name, each.started_at) in runs}
    return replace(pod, probed={key: answer for key, answer in pod.probed.items() if key[0] in same})


def _look(session: Session) -> tuple[Remembered, bool]:
    """Beside the look whether another podctl is at work.

    An act without a result is one that runs, or was broken off: who holds locks tells which. Between a look and that
    answer it may have ended; then what was seen half done is done, and is looked at again.
    """
    seen = remember(session.look())
    acts = seen.document.acts
    if not acts or acts[-1].result:
        return seen, False
    if _is_held(session):
        return seen, True
    return remember(session.look()), False


def _wanted(files: Manifests, remembered: Remembered) -> tuple[Wanted, ...]:
    from podctl.core.references import attempt  # noqa: PLC0415 - pydantic only where manifests are read
    from podctl.core.remembered import known_objects  # noqa: PLC0415 - as above

    done, problems = attempt(files, known_objects(remembered.document, files))
    closed = {pod.key: pod for pod in done.pods}
    return tuple(
        Wanted(
            key=pod.key,
            spec_hash=closed[pod.key].spec_hash if pod.key in closed else "",
            labels=labels_in(pod.raw),
            problem="; ".join(problems.get(pod.key, ())),
        )
        for pod in files.pods
    )


def _is_held(session: Session) -> bool:
    """Of another user's shell nobody can tell; one that runs `health` has a lock for a moment only, if at all."""
    answers = side_by_side(lambda name: session.conversation(name).holder(), session.reached)
    holders = [each for each in answers.values() if not isinstance(each, PodctlError)]
    return any(each.sure or (each.who and "health" not in each.command.split()) for each in holders)


def _with_machines(session: Session, remembered: Remembered) -> tuple[Remembered, dict[str, Machine]]:
    """A Minion that breaks off meanwhile is silent from then on."""
    cluster = remembered.cluster
    seen = {each.minion.name: each for each in cluster.minions if not each.silent}
    answers = side_by_side(lambda name: _machine(session, seen[name], cluster), seen)
    machines = {name: each for name, each in answers.items() if isinstance(each, Machine)}
    broken = {name: each for name, each in answers.items() if isinstance(each, PodctlError)}
    if broken:
        minions = tuple(
            session.as_seen(each.minion, broken[each.minion.name]) if each.minion.name in broken else each
            for each in cluster.minions
            if not each.unlisted
        )
        remembered = remember(replace(cluster, minions=minions))
    return remembered, machines


def _machine(session: Session, seen: ObservedMinion, cluster: Cluster) -> Machine:
    """The clock comes first: nothing but the way to it lies between asking and its answer."""
    minion = seen.minion
    steps = [
        Step(title="read the clock", script=questions.clock()),
        Step(title="ask how full its disks are", script=questions.disks(seen.facts.root_dir if seen.facts else "")),
        Step(title="ask how much memory is in use", script=questions.memory()),
    ]
    if _restarted_lately(seen):
        script = questions.out_of_memory(minion.docker, cluster.name, int(STEADY.total_seconds()))
        steps.append(Step(title="ask who was out of memory", script=script))
    answered: list[float] = []
    asked = time.monotonic()
    results = session.conversation(minion.name).run(steps, on_result=lambda _: answered.append(time.monotonic()))
    return _read(results, asked, answered[0])


def _read(results: tuple[StepResult, ...], asked: float, answered: float) -> Machine:
    clock, disks, memory, *killed = (result.text if result.ok else "" for result in results)
    amounts = questions.parse_memory(memory)
    return Machine(
        clock=questions.parse_clock(clock, asked, answered),
        disks=questions.parse_disks(disks),
        memory_bytes=amounts[0] if amounts else None,
        available_bytes=amounts[1] if amounts else None,
        killed=questions.parse_out_of_memory(killed[0]) if killed else {},
    )


def _restarted_lately(seen: ObservedMinion) -> bool:
    """Whether the engine's log may tell of a container why it was restarted."""
    return any(
        each.running and each.restart_count and each.started_at and seen.now and seen.now - each.started_at < STEADY
        for pod in seen.pods
        for each in pod.containers.values()
    )


def _probed(session: Session, checkup: Checkup) -> Checkup:
    """With the answers of the Pods that it is about."""
    uids = {each.pod.uid for each in pods_seen(checkup)}
    cluster = ask_all(session, checkup.remembered.cluster, lambda pod: pod.uid in uids)
    return replace(checkup, remembered=replace(checkup.remembered, cluster=cluster))
