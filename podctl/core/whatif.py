"""Clusters that are only thought of: as the inventory declares them, without some Minions, with some more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podctl.core.minion_names import new_names
from podctl.core.model import Cluster, Mark, MinionFacts, ObservedMinion
from podctl.errors import InputError, InventoryError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from podctl.core.document.model import Document, PodEntry
    from podctl.core.model import Inventory, Minion, ObservedPod

_HOSTNAME = "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different. Names are known to be Minions."""

    without: tuple[str, ...] = ()
    more: tuple[tuple[int, str], ...] = ()  # how many more, like which Minion


def declared(inventory: Inventory, without: Collection[str] = ()) -> Cluster:
    """What the inventory says that there is, with nothing running anywhere; `without` need not say anything.

    Raises InventoryError that names every Minion which does not declare its cpu and memory.
    """
    problems = [
        f"{inventory.source}: minions.{each.name}.capacity: does not say its {' and '.join(missing)}"
        for each in inventory.minions
        if each.name not in without and (missing := _undeclared(each))
    ]
    if problems:
        hint = "Without a connection nobody knows what a Minion has: say it as in `capacity: {cpu: 4, memory: 8Gi}`."
        raise InventoryError(problems, hint=hint)
    return Cluster(
        name=inventory.cluster,
        minions=tuple(
            ObservedMinion(minion=each, facts=None if _undeclared(each) else _declared_facts(each))
            for each in inventory.minions
        ),
    )


def _undeclared(minion: Minion) -> list[str]:
    amounts = {"cpu": minion.capacity.cpu_millis, "memory": minion.capacity.memory_bytes}
    return [name for name, amount in amounts.items() if amount is None]


def _declared_facts(minion: Minion) -> MinionFacts:
    return MinionFacts(
        cpu_millis=minion.capacity.cpu_millis or 0, memory_bytes=minion.capacity.memory_bytes or 0,
        engine_version="", api_version=(0, 0), os_image="", kernel="", architecture="", security_options=(),
        resolv_conf="", address=minion.address,
    )  # fmt: skip


def changed(cluster: Cluster, change: Change) -> Cluster:
    """The cluster without those that go and with those that come, which are as new: nothing on them, no cordon.

    Raises InputError where nobody knows what a further Minion would have.
    """
    minions = [each for each in cluster.minions if each.minion.name not in change.without]
    names = {each.minion.name for each in cluster.minions}
    by_name = {each.minion.name: each for each in cluster.minions}
    for number, like in change.more:
        added = new_names(like, number, names)
        names.update(added)
        minions += [_another(by_name[like], name) for name in added]
    return replace(cluster, minions=tuple(minions))


def _another(like: ObservedMinion, name: str) -> ObservedMinion:
    minion = like.minion
    if like.facts is None and (missing := _undeclared(minion)):
        raise InputError(
            f"nobody knows what another {minion.name} would have: it does not answer, "
            f"and its capacity in the inventory does not say its {' and '.join(missing)}"
        )
    labels = {key: value for key, value in minion.labels.items() if key != _HOSTNAME}  # which is one machine's own
    return ObservedMinion(
        minion=replace(minion, name=name, address=name, labels=labels, unschedulable=False),
        facts=like.facts or _declared_facts(minion),
    )


def displaced(
    cluster: Cluster, change: Change, staying: Collection[object], document: Document | None = None
) -> Iterator[ObservedPod | PodEntry]:
    """The Pods that would be nowhere, sorted by key: on Minions that go, and their keys not among `staying`.

    With a Document only those that it names; of a Minion that does not answer, what it remembers.
    """
    rest = {
        pod.key for each in cluster.minions if each.minion.name not in change.without for pod in each.pods
    }  # fmt: skip
    there: list[ObservedPod | PodEntry] = [
        pod
        for each in cluster.minions
        if each.minion.name in change.without
        for pod in each.pods
        if pod.mark is Mark.COMMITTED and pod.manifest and (document is None or pod.key in document.pods)
    ]
    there += remembered_on(cluster, change, document)
    seen = set(staying) | rest
    for pod in sorted(there, key=lambda pod: (pod.key, pod.minion)):
        if pod.key not in seen:
            seen.add(pod.key)
            yield pod


def remembered_on(cluster: Cluster, change: Change, document: Document | None) -> list[PodEntry]:
    """What the Document has on those of the Minions that go which do not answer."""
    silent = {each.minion.name for each in cluster.silent} & set(change.without)
    every = document.pods.values() if document else ()
    return [each for each in every if each.minion in silent and not each.doomed]
