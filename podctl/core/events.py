"""What was done to the cluster, one event a Deed, from the acts that the Document remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podctl.core.document.model import Act, Deed
from podctl.core.document.silences import clock_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podctl.core.document.model import Document
    from podctl.core.model import Cluster, PodKey

_NO_RESULT = "(no result: it still runs, or was broken off)"
_MADE = ("Created", "Moved", "Replaced")  # reasons since which a Pod is there
_WAITS = "Pending"  # the reason of a Pod that was left waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`at` and `now` are by one clock, so that their difference is an age; None where no clock tells."""

    act: Act
    deed: Deed
    number: int  # among those of its act
    at: datetime | None
    now: datetime | None

    @property
    def name(self) -> str:
        return f"{self.deed.object.rpartition('/')[2]}.{self.act.revision}.{self.number}"

    @property
    def namespace(self) -> str:
        """What has none of its own stands in `default`, as in Kubernetes."""
        return self.deed.namespace or "default"

    @property
    def type(self) -> str:
        return "Warning" if self.deed.failed or not self.act.result else "Normal"

    @property
    def message(self) -> str:
        return self.deed.message if self.act.result else f"{self.deed.message} {_NO_RESULT}".lstrip()


def events(document: Document, cluster: Cluster) -> tuple[Event, ...]:
    """The oldest first."""
    clocks = {each.minion.name: each.now for each in cluster.minions if each.now}
    other = clock_of(document, cluster)
    found = []
    for act in document.acts:
        now = clocks.get(act.clock) or (other.now if other else None)
        at = datetime.fromtimestamp(act.at_seconds, UTC) if act.at_seconds > 0 else None
        found += [
            Event(act=act, deed=deed, number=number, at=at, now=now)
            for number, deed in enumerate(_deeds(act, document.cluster))
        ]
    return tuple(found)


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
            self._about.setdefault((each.deed.object, each.namespace), []).append(each)

    def about(self, kind: str, name: str, namespace: str = "") -> tuple[Event, ...]:
        """`kind` as in `pod/web`."""
        return tuple(self._about.get((f"{kind}/{name}", namespace or "default"), ()))

    def made(self, kind: str, name: str, namespace: str) -> Event | None:
        """The one that made it as it is; None where that is not remembered any more."""
        good = [each for each in self.about(kind, name, namespace) if not each.deed.failed]
        return next((each for each in reversed(good) if each.deed.reason in _MADE), None)

    def waits(self, key: PodKey) -> Event | None:
        """The first since which that Pod has done nothing but wait."""
        first = None
        for each in reversed(self.about("pod", key.name, key.namespace)):
            if each.deed.reason != _WAITS:
                break
            first = each
        return first
