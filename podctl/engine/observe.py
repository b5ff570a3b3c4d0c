"""Observe: one message of questions to a Minion, and the ObservedMinion that its answers make."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from podctl.core import naming
from podctl.core.document.model import DocumentCopy
from podctl.core.model import Mark, ObservedMinion, ObservedPod, PodKey, Role
from podctl.core.naming import mark_of
from podctl.engine import metrics
from podctl.engine.docker import answers, ask, labels
from podctl.engine.docker import history as past
from podctl.engine.problems import engine_problem
from podctl.errors import DockerError
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.model import Minion, ObservedContainer
    from podctl.transport.base import Conversation
    from podctl.transport.shell import StepResult

_HISTORY = "read the log of events"


def questions(minion: Minion, cluster: str, *, history: bool = False) -> tuple[Step, ...]:
    """What one look asks; with `history` the engine's log, too. The clock comes last: no age is then negative."""
    return (
        Step(title="list the containers", script=ask.containers(minion.docker)),
        Step(title="list the volumes", script=ask.volumes(minion.docker, cluster)),
        Step(title="ask the engine for its version and capacity", script=ask.facts(minion.docker)),
        Step(title="read resolv.conf", script=ask.resolv_conf()),
        Step(title="read the address", script=ask.address()),
        *([Step(title=_HISTORY, script=past.events(minion.docker, cluster))] if history else []),
        Step(title="read the clock", script=ask.now()),
    )


def observe(
    conversation: Conversation, minion: Minion, cluster: str, *, history: bool = False, usage: bool = False
) -> ObservedMinion:
    """One look at one Minion; with `usage` it takes a good second more, and measures.

    Raises UnreachableError with the cause when it cannot be seen.
    """
    asked = questions(minion, cluster, history=history)
    if not usage:
        return _understood(minion, cluster, conversation.run(asked))
    first, *results, second = conversation.run(metrics.measuring(minion, asked))
    return replace(_understood(minion, cluster, results), usage=metrics.measured(minion, first, second))


def _understood(minion: Minion, cluster: str, results: Sequence[StepResult]) -> ObservedMinion:
    """The answers to `questions`, in their order."""
    told = [result for result in results if result.step.title == _HISTORY]
    results = [result for result in results if result.step.title != _HISTORY]
    for result in results:
        check(minion, result)
    try:
        seen = read(minion, cluster, results)
    except (ValueError, LookupError, TypeError) as error:
        raise DockerError(
            f"Minion {minion.name}: what {minion.docker} answers there cannot be read",
            evidence=f"{type(error).__name__}: {error}",
            hint=f"There: {minion.docker} version; the `docker:` of the inventory must be docker's own command.",
        ) from error
    return _with_history(seen, told[0]) if told else seen


def _with_history(seen: ObservedMinion, told: StepResult) -> ObservedMinion:
    """An engine that tells nothing of its past can be seen as well as any other."""
    if not told.ok:
        return replace(seen, log=(), log_problem=told.error_text or f"status {told.status}")
    try:
        return replace(seen, log=past.parse_events(told.text, seen.minion.name))
    except (ValueError, LookupError, TypeError) as error:
        return replace(seen, log=(), log_problem=f"its answer cannot be read: {type(error).__name__}: {error}")


def check(minion: Minion, result: StepResult) -> None:
    """Raises DockerError for a question that was not answered; what is merely gone is an answer."""
    if problem := engine_problem(minion, result.status, result.error_text):
        raise problem
    if not result.ok and not ask.is_gone(result.error_text):
        raise DockerError(f"Minion {minion.name}: cannot {result.step.title}", evidence=result.error_text)


def read(minion: Minion, cluster: str, results: Sequence[StepResult]) -> ObservedMinion:
    """The answers to `questions`, in their order, as one value."""
    containers, volumes, facts, resolv_conf, address, now = (result.text for result in results)
    every = answers.parse_containers(containers)
    of_pods = [each for each in every if labels.UID in each.labels and labels.CLUSTER in each.labels]
    copies = [each for each in every if each.labels.get(labels.ROLE) == labels.DOCUMENT]
    ids = {each.id for each in (*of_pods, *copies)}
    found = pods(minion.name, of_pods)
    return ObservedMinion(
        minion=minion,
        now=answers.parse_now(now),
        facts=answers.parse_facts(facts, resolv_conf=resolv_conf, address=address.strip()),
        pods=tuple(pod for pod in found if pod.cluster == cluster),
        foreign_pods=tuple(pod for pod in found if pod.cluster != cluster),
        others=tuple(each for each in every if each.id not in ids),
        volumes=answers.parse_volumes(volumes),
        copies=tuple(_copy(each) for each in copies if each.labels.get(labels.CLUSTER) == cluster),
    )


def _copy(container: ObservedContainer) -> DocumentCopy:
    return DocumentCopy(
        revision=_number(container.labels),
        committed=not container.name.endswith(f".{Mark.NEW}"),
        running=container.running,
        done=container.name.endswith(naming.DONE),
        container=container.id,
        payload=labels.unpack_document(container.labels),
    )


def _number(found: Mapping[str, str]) -> int:
    text = found.get(labels.REVISION, "")
    return int(text) if text.isdecimal() else 0


def pods(minion: str, members: Iterable[ObservedContainer]) -> tuple[ObservedPod, ...]:
    """Containers of Pods, put together by their Pod's uid, sorted by the Pods' keys."""
    by_uid: defaultdict[str, list[ObservedContainer]] = defaultdict(list)
    for each in members:
        by_uid[each.labels[labels.UID]].append(each)
    found = [_pod(minion, uid, containers) for uid, containers in by_uid.items()]
    return tuple(sorted(found, key=lambda pod: (pod.key, pod.mark, pod.uid)))


def _pod(minion: str, uid: str, members: Sequence[ObservedContainer]) -> ObservedPod:
    infra = next((each for each in members if each.labels.get(labels.ROLE) == Role.INFRA), None)
    first = (infra or members[0]).labels
    return ObservedPod(
        key=PodKey(first.get(labels.NAMESPACE, ""), first.get(labels.POD, "")),
        uid=uid,
        minion=minion,
        # Without its infra container a Pod is beyond repair: what is left of it is to be removed.
        mark=mark_of(infra.name, uid) if infra else Mark.OLD,
        manifest=labels.unpack_manifest(first) if infra else {},
        spec_hash=first.get(labels.SPEC_HASH, "") if infra else "",
        config_hashes=_json_map(first.get(labels.CONFIG_HASHES, "")),
        placement_reason=first.get(labels.REASON, ""),
        infra=infra,
        cluster=first.get(labels.CLUSTER, ""),
        revision=_number(first),
        containers={each.labels.get(labels.CONTAINER, each.name): each for each in members if each is not infra},
    )


def _json_map(text: str) -> Mapping[str, str]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
