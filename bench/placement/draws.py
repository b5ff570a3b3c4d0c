"""A stream of draws that is the same on every Python 3: it uses random.Random(seed).random() and nothing else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Draws:
    def __init__(self, seed: int) -> None:
        self.share = random.Random(seed).random  # from 0 to below 1

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.share() * (high - low + 1))

    def pick(self, table: Sequence[tuple[int, T]]) -> T:
        """One of (weight, value)."""
        left = self.share() * sum(weight for weight, _ in table)
        for weight, value in table:
            left -= weight
            if left < 0:
                return value
        return table[-1][1]

    def shuffle(self, values: list[T]) -> None:
        """Fisher and Yates, from the end."""
        for last in range(len(values) - 1, 0, -1):
            other = int(self.share() * (last + 1))
            values[last], values[other] = values[other], values[last]
