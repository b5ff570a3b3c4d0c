"""Names of Minions as people type them, and names for Minions that are only thought of."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import count
from typing import TYPE_CHECKING

from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from podctl.core.model import Inventory


def check_minions(names: Iterable[str], inventory: Inventory) -> None:
    """Raises InputError for a name that is no Minion."""
    known = {each.name: None for each in inventory.minions}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise InputError(
                f"{inventory.source}: there is no Minion {name}" + (f": did you mean {near[0]}?" if near else "")
            )


def new_names(like: str, number: int, taken: Container[str]) -> tuple[str, ...]:
    """`alpha-new-1`, `alpha-new-2`, …, without those that are taken; as wide as the widest, to sort as they count."""
    width = len(str(number))
    free = (name for at in count(1) if (name := f"{like}-new-{at:0{width}}") not in taken)
    return tuple(next(free) for _ in range(number))
