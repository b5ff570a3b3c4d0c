"""Events: what was done to the cluster, from the acts that the Document remembers, and what happened to containers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from podctl.core.document.model import Act, Deed
from podctl.core.document.silences import clock_of
from podctl.core.history.tales import every_tale
from podctl.core.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podctl.core.document.model import Document
    from podctl.core.history.model import Tale
    from podctl.core.model import Cluster, PodKey

_NO_RESULT = "(no result: it still runs, or was broken off)"
_MADE = ("Created", "Moved", "Replaced")  # reasons since which a Pod is there
_WAITS = "Pending"  # the reason of a Pod that was left waiting
_LONG_AGO = timedelta(days=36525)  # of what nobody knows when
# When an act may have removed a container, from its begin on; one that makes a Pod takes away leftovers first.
_BEFORE, _AFTER, _MAKING_AFTER = timedelta(seconds=5), timedelta(hours=1), timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to an object `count` times, from `first` to `at`.

    These and `now` are by one clock, so that their differences are ages; None where no clock tells.
    """

    name: str
    object: str  # "pod/web", "minion/alpha"
    namespace: str  # what has none of its own stands in `default`, as in Kubernetes
    reason: str
    message: str
    type: str  # Normal, Warning
    first: datetime | None
    at: datetime | None
    now: datetime | None
    count: int = 1
    act: Act | None = None  # that tells of it; None for what nobody did by podctl
    failed: bool = False  # with an act: this is what went wrong
    minion: str = ""  # without an act: where it happened, as its engine told; "" for what podctl saw itself
    uid: str = ""
    container: str = ""

    @property
    def age(self) -> timedelta:
        return self.now - self.at if self.at and self.now else _LONG_AGO


def events(document: Document, cluster: Cluster) -> tuple[Event, ...]:
    """The oldest first, by their ages: the clocks of two Minions need not agree.

    What happened to containers is among them where the look asked the engines' logs, too.
    """
    done = [*_of_acts(document, cluster), *_of_silences(document, cluster)]
    clocks = {each.minion.name: each.now for each in cluster.minions}
    told = [(each.removal, _of_tale(each, clocks[each.minion])) for each in every_tale(cluster)]
    tales = [each for removal, each in told if not removal]
    removed = [each for removal, each in told if removal]
    whole = {pod.uid for pod in cluster.pods if pod.mark is Mark.COMMITTED}  # no act took anything of these away
    by_hand = [
        each
        for each in removed
        if document.revision and (each.uid in whole or not any(_may_have_done(one, each) for one in done))
    ]
    return tuple(sorted([*done, *tales, *by_hand], key=lambda each: each.age, reverse=True))


def _of_acts(document: Document, cluster: Cluster) -> Iterator[Event]:
    clocks = {each.minion.name: each.now for each in cluster.minions if each.now}
    other = clock_of(document, cluster)
    for act in document.acts:
        now = clocks.get(act.clock) or (other.now if other else None)
        at = datetime.fromtimestamp(act.at_seconds, UTC) if act.at_seconds > 0 else None
        for number, deed in enumerate(_deeds(act, document.cluster)):
            yield Event(
                name=f"{deed.object.rpartition('/')[2]}.{act.revision}.{number}",
                object=deed.object,
                namespace=deed.namespace or "default",
                reason=deed.reason,
                message=deed.message if act.result else f"{deed.message} {_NO_RESULT}".lstrip(),
                type="Warning" if deed.failed or not act.result else "Normal",
                first=at, at=at, now=now, act=act, failed=deed.failed,
            )  # fmt: skip


def _of_silences(document: Document, cluster: Cluster) -> Iterator[Event]:
    """Of Minions that are silent still: since when, as commands that wrote something remember it."""
    clocks = {each.minion.name: each.now for each in cluster.minions}
    for each in cluster.silent:
        if silence := document.silences.get(each.minion.name):
            since = datetime.fromtimestamp(silence.since_seconds, UTC)
            yield Event(
                name=f"{each.minion.name}.silent", object=f"minion/{each.minion.name}", namespace="default",
                reason="NotReady", message=f"It does not answer: {each.problem}", type="Warning",
                first=since, at=since, now=clocks.get(silence.clock),
            )  # fmt: skip


def _of_tale(tale: Tale, now: datetime | None) -> Event:
    """Its name stays the same from look to look, while the count goes up."""
    what = (tale.minion, tale.uid, tale.container, tale.reason, tale.message)
    digest = hashlib.sha256("\0".join(what).encode("utf-8", "surrogatepass")).hexdigest()
    return Event(
        name=f"{tale.pod.name}.{digest[:16]}",
        object=f"pod/{tale.pod.name}",
        namespace=tale.pod.namespace,
        reason=tale.reason,
        message=tale.message,
        type="Warning" if tale.warning else "Normal",
        first=tale.first, at=tale.last, now=now, count=tale.count,
        minion=tale.minion, uid=tale.uid, container=tale.container,
    )  # fmt: skip


def _may_have_done(act: Event, removal: Event) -> bool:
    """Whether a container was removed by that act: it tells of the same Pod, or of too many to name them."""
    same = (act.object, act.namespace) == (removal.object, removal.namespace)
    more = bool(act.act and act.act.more_deeds)
    after = _MAKING_AFTER if act.reason in ("Created", "Started") else _AFTER
    return (same or more) and -_BEFORE <= act.age - removal.age <= after


def _deeds(act: Act, cluster: str) -> Iterator[Deed]:
    """Those that it names; and one for itself where it did nothing to anything, or more than it names."""
    yield from act.deeds
    itself = f"cluster/{cluster}"
    if act.more_deeds:
        yield Deed(reason="More", object=itself, message=f"{act.more_deeds} more, too many to remember one by one")
    if not act.deeds:
        yield Deed(reason="Done", object=itself, message=act.command)


class Events:
    """All of them, and quickly those about one object."""

    def __init__(self, every: Iterable[Event]) -> None:
        self.every = tuple(every)
        self._about: dict[tuple[str, str], list[Event]] = {}
        for each in self.every:
            self._about.setdefault((each.object, each.namespace), []).append(each)

    def about(self, kind: str, name: str, namespace: str = "") -> tuple[Event, ...]:
        """`kind` as in `pod/web`."""
        return tuple(self._about.get((f"{kind}/{name}", namespace or "default"), ()))

    def about_minion(self, name: str) -> tuple[Event, ...]:
        """Those about it, and what went wrong with containers on it."""
        key = (f"minion/{name}", "default")
        return tuple(
            each
            for each in self.every
            if (each.object, each.namespace) == key or (each.minion == name and each.type == "Warning")
        )

    def made(self, kind: str, name: str, namespace: str) -> Event | None:
        """The one that made it as it is; None where that is not remembered any more."""
        good = [each for each in self.about(kind, name, namespace) if each.act and not each.failed]
        return next((each for each in reversed(good) if each.reason in _MADE), None)

    def waits(self, key: PodKey) -> Event | None:
        """The first since which that Pod has done nothing but wait."""
        first = None
        for each in reversed([one for one in self.about("pod", key.name, key.namespace) if one.act]):
            if each.reason != _WAITS:
                break
            first = each
        return first
