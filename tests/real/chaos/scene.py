"""A cluster of its own on a sandbox's Minions, with its clients, under the sampler's eyes."""

from __future__ import annotations

import contextlib
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lives
from clients import Answer, Client, inventory
from sampler import Sampler
from schedules import CPU_MILLIS
from trial import NAMESPACE
from troubles import mend_all, wipe_all
from verdicts import Seen, look, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from podctl.engine.sandbox import Sandbox

WHERE = ("-n", NAMESPACE)


@dataclass
class Scene:
    sandbox: Sandbox
    sampler: Sampler
    cluster: str
    one: Client
    other: Client

    def apply(self, text: str, *flags: str, client: Client | None = None) -> Answer:
        return (client or self.one)("apply", *WHERE, *flags, "-f", "-", stdin=text)

    def both(self, one: str, other: str, *flags: str) -> tuple[Answer, Answer]:
        """Two applies that begin at the same instant."""
        gate = threading.Barrier(2)
        found: dict[str, Answer] = {}

        def begin(client: Client, text: str) -> None:
            gate.wait()
            found[client.name] = self.apply(text, *flags, client=client)

        threads = [threading.Thread(target=begin, args=pair) for pair in ((self.one, one), (self.other, other))]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return found[self.one.name], found[self.other.name]

    def seen(self) -> list[Seen]:
        """Every container of the cluster, but for the Document's."""
        return [each for each in look(self.sandbox, self.cluster) if each.role != "document"]

    def wrong(self, desired: Mapping[str, int]) -> list[str]:
        return wrong(self.sandbox, self.cluster, desired)

    def twice(self, *movable: str) -> list[str]:
        """Every time that two copies of a Pod ran at one moment so far, but for handovers of the `movable`."""
        found = lives.twice(lives.copies(self.sampler.so_far()), {f"{NAMESPACE}/{name}" for name in movable})
        return [str(each) for each in found if not each.excused]

    def since(self, at: int, minion: str = "") -> list[str]:
        """What docker's logs have of the cluster since that moment."""
        return [str(each) for each in self.sampler.so_far() if each.at > at and minion in ("", each.minion)]


@contextlib.contextmanager
def scene(sandbox: Sandbox, scratch: Path, *, cpu_millis: int = CPU_MILLIS, **defaults: object) -> Iterator[Scene]:
    """Begins and ends with Minions that are whole and empty of podctl's. `defaults` are the inventory's."""
    mend_all(sandbox)
    wipe_all(sandbox)
    cluster = f"c{uuid.uuid4().hex[:8]}"
    told = inventory(sandbox.inventory, scratch, cluster, cpu_millis=cpu_millis, **defaults)
    clients = [Client(told, scratch, name) for name in ("one", "other")]
    try:
        with Sampler({each.name: each.folder for each in sandbox.minions}) as sampler:
            yield Scene(sandbox, sampler, cluster, *clients)
    finally:
        mend_all(sandbox)
        wipe_all(sandbox)
