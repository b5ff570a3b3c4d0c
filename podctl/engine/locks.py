"""What is said of Minions whose lock another podctl has: while waiting for it, and when it is given up. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.errors import HeldError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.transport.holder import Holder

_HINT = "Wait for it and try again; --lock-timeout waits longer. A lock goes with its holder."


def by_holder(held: Mapping[str, Holder]) -> Iterable[tuple[Holder, list[str]]]:
    """Each holder with its Minions. Its age is that of its oldest shell: they are not begun in the same second."""
    names: dict[str, list[str]] = {}
    oldest: dict[str, Holder] = {}
    for name, holder in held.items():
        names.setdefault(str(holder), []).append(name)
        known = oldest.setdefault(str(holder), holder)
        oldest[str(holder)] = max(known, holder, key=lambda each: each.age_seconds)
    return [(oldest[text], minions) for text, minions in names.items()]


def waiting_lines(held: Mapping[str, Holder]) -> dict[tuple[str, ...], str]:
    """A line for each holder; its key is the same as long as the same holder has the same Minions."""
    lines = {}
    for holder, minions in by_holder(held):
        running = f", running for {holder.age_text}" if holder.who else ""
        lines[str(holder), *minions] = f"waiting for {holder}{running} on {', '.join(minions)}"
    return lines


def _with_age(holder: Holder) -> str:
    return f"{holder} (for {holder.age_text})" if holder.who else str(holder)


def held_error(minion: str, holder: Holder) -> HeldError:
    """Why nothing is done on this Minion."""
    return HeldError(f"Minion {minion}: locked by {_with_age(holder)}", hint=_HINT)


def locked_error(held: Mapping[str, Holder], waited_seconds: float) -> LockedError:
    """Why nothing is done at all. The evidence names each holder that is known, with command and age."""
    known = [(holder, minions) for holder, minions in by_holder(held) if holder.who]
    return LockedError(
        f"another podctl is changing {', '.join(held)}: waited {waited_seconds:.0f} s for it",
        evidence="\n".join(f"{', '.join(minions)}: {_with_age(holder)}" for holder, minions in known),
        hint=_HINT,
    )
