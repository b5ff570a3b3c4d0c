"""Proven optima, kept in optima.json: `python -m bench.placement --solve` finds those that are missing.

An entry is the number of Minions in use, the Pods that wait and the placed Pods by priority (highest first); null where
the solver came to no proof in its time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.placement.batch import Batch

_FILE = Path(__file__).with_name("optima.json")
_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    minions_used: int
    waiting: int
    placed: tuple[int, ...]  # by priority, highest first


class References:
    def __init__(self, *, solve: bool) -> None:
        self._solve = solve
        self._known: dict[str, list[int] | None] = json.loads(_FILE.read_text()) if _FILE.exists() else {}

    def of(self, key: str, batch: Batch) -> Reference | None:
        """The optimum: as many Pods as possible by priority, then the fewest Minions. None when it is not proven."""
        if key not in self._known and self._solve:
            self._known[key] = _solved(batch)
            lines = ",\n".join(
                f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(self._known.items())
            )
            _FILE.write_text(f"{{\n{lines}\n}}\n")
        entry = self._known.get(key)
        return None if entry is None else Reference(minions_used=entry[0], waiting=entry[1], placed=tuple(entry[2:]))


def _solved(batch: Batch) -> list[int] | None:
    from bench.placement.exact import InfeasibleError, UndecidedError, fewest_minions, most_pods  # noqa: PLC0415 - slow

    try:
        try:
            found = fewest_minions(batch, _SECONDS)
        except InfeasibleError:
            found = most_pods(batch, _SECONDS)
    except UndecidedError:
        return None
    return [found.minions_used, found.waiting(), *placed_by_priority(batch, found.minions)]


def placed_by_priority(batch: Batch, minions: tuple[str | None, ...]) -> list[int]:
    placed = [each.priority for each, name in zip(batch.demands, minions, strict=True) if name]
    return [placed.count(priority) for priority in sorted({each.priority for each in batch.demands}, reverse=True)]
