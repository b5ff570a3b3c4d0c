"""A packing in the making: which Pod is where, and what is left of every Minion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.packing.relations import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.placement.packing.classes import PodClass, Problem
    from podctl.core.placement.packing.relations import Need, Tally, Ties

WAITING = -1


class _Spread:
    """Pods by domain, and how many the domain with the fewest has: found in one step at every change."""

    __slots__ = ("counts", "domain", "least", "levels", "strict")

    def __init__(self, tally: Tally) -> None:
        self.domain = tally.domain
        self.counts = [tally.base.get(each, 0) for each in range(tally.domains)]
        self.strict = tally.domains < tally.min_domains  # then the least counts as 0
        self.levels: dict[int, int] = {}
        for count in self.counts:
            self.levels[count] = self.levels.get(count, 0) + 1
        self.least = min(self.counts, default=0)

    def takes(self, minion: int, most: int) -> bool:
        """Whether the Minion's domain has at most so many more than the one with the fewest."""
        domain = self.domain[minion]
        return domain != NOWHERE and self.counts[domain] - (0 if self.strict else self.least) <= most

    def add(self, minion: int, change: int) -> None:
        domain = self.domain[minion]
        if domain == NOWHERE:
            return
        count = self.counts[domain]
        self.counts[domain] = count + change
        self.levels[count] -= 1
        self.levels[count + change] = self.levels.get(count + change, 0) + 1
        self.least = min(self.least, count + change)
        while not self.levels.get(self.least):
            self.least += 1


class State:
    """Changed in place by the fills; `where` maps every Pod to its Minion, or WAITING."""

    __slots__ = (
        "_counts",
        "_domain",
        "_holders",
        "_spreads",
        "_totals",
        "cpu",
        "extras",
        "memory",
        "problem",
        "taken",
        "where",
    )

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.cpu = list(problem.cpu)
        self.memory = list(problem.memory)
        self.extras = [list(each) for each in problem.extras]
        self.taken = list(problem.taken)
        self.where = [WAITING] * problem.pods
        web = problem.web
        if web:
            self._domain = web.domain
            self._counts = [dict(each) for each in web.counts]
            self._holders = [dict(each) for each in web.holders]
            self._totals = [sum(each.values()) for each in web.counts]
            self._spreads = [_Spread(each) for each in web.tallies]

    @classmethod
    def of(cls, problem: Problem, where: Sequence[int]) -> State:
        state = cls(problem)
        for pod, minion in enumerate(where):
            if minion != WAITING:
                state.put(pod, problem.class_of[pod], minion)
        return state

    @property
    def waiting(self) -> list[int]:
        return [pod for pod, minion in enumerate(self.where) if minion == WAITING]

    @property
    def placed(self) -> list[int]:
        return [pod for pod, minion in enumerate(self.where) if minion != WAITING]

    def used(self) -> set[int]:
        """Minions with anything on them."""
        used = {*self.problem.loaded, *self.where}
        used.discard(WAITING)
        return used

    def fits(self, each: PodClass, minion: int) -> bool:
        return (
            self.cpu[minion] >= each.cpu
            and self.memory[minion] >= each.memory
            and (each.allowed is None or each.allowed[minion] == 1)
            and self.permits(each, minion)
        )

    def fits_alone(self, each: PodClass, minion: int) -> bool:
        """As `fits`, but whatever other Pods of the batch could still bring about counts as given."""
        room = self.cpu[minion] >= each.cpu and self.memory[minion] >= each.memory
        if not room or each.clash & self.taken[minion]:
            return False
        if any(self.extras[resource][minion] < amount for resource, amount in each.extras):
            return False
        return each.ties is None or not self._is_kept_away(each.ties, minion)

    def permits(self, each: PodClass, minion: int) -> bool:
        """Whether all that is not cpu, memory and `allowed` lets the class go there."""
        if each.clash & self.taken[minion]:
            return False
        for resource, amount in each.extras:
            if self.extras[resource][minion] < amount:
                return False
        return each.ties is None or self._ties_permit(each.ties, minion)

    def _ties_permit(self, ties: Ties, minion: int) -> bool:
        if (ties.refuses or ties.refused) and self._is_kept_away(ties, minion):
            return False
        for number, most, own in ties.spreads:
            if not self._spreads[number].takes(minion, most - own):
                return False
        return not ties.needs or self.has_needs(ties, minion)

    def _is_kept_away(self, ties: Ties, minion: int) -> bool:
        if ties.is_named:
            return self._is_kept_away_by_the_batch(ties, minion)
        for watch in ties.refuses:
            if self._counts[watch].get(self._domain[watch][minion]):
                return True
        return any(self._holders[watch].get(self._domain[watch][minion]) for watch in ties.refused)

    def _is_kept_away_by_the_batch(self, ties: Ties, minion: int) -> bool:
        web = self.problem.web
        if web is None:
            return False
        return any(
            now[watch].get(self._domain[watch][minion], 0) > before[watch].get(self._domain[watch][minion], 0)
            for watches, now, before in (
                (ties.refuses, self._counts, web.counts),
                (ties.refused, self._holders, web.holders),
            )
            for watch in watches
        )

    def seat(self, each: PodClass) -> int:
        """The only Minion that a need leaves, as a claim does once its first Pod is placed; else NOWHERE.

        Only where every Minion is a domain of its own: whoever looks for a place is spared a look at all Minions.
        """
        web = self.problem.web
        for need in each.ties.needs if each.ties and web else ():
            watch = need.watches[0]
            if web and web.domain[watch] is web.itself and self._totals[watch]:
                found = [domain for domain, many in self._counts[watch].items() if many > 0]
                if len(found) == 1:
                    return found[0]
        return NOWHERE

    def has_needs(self, ties: Ties, minion: int) -> bool:
        for need in ties.needs:  # noqa: SIM110 - asked for every Minion of every Pod: a generator costs as much again
            if not self._has(need, minion):
                return False
        return True

    def is_level(self, ties: Ties, minion: int) -> bool:
        """Whether the spread constraints of a Pod that is there hold."""
        return all(self._spreads[number].takes(minion, most) for number, most, _ in ties.spreads)

    def _has(self, need: Need, minion: int) -> bool:
        has_all = True
        for watch in need.watches:
            domain = self._domain[watch][minion]
            if domain == NOWHERE:
                return False
            has_all = has_all and self._counts[watch].get(domain, 0) > 0
        return has_all or (need.own and not any(self._totals[watch] for watch in need.watches))

    def put(self, pod: int, each: PodClass, minion: int) -> None:
        self.where[pod] = minion
        self.cpu[minion] -= each.cpu
        self.memory[minion] -= each.memory
        if each.is_checked:
            self.taken[minion] |= each.ports
            self._count(each, minion, 1)

    def take(self, pod: int, each: PodClass) -> None:
        minion = self.where[pod]
        self.where[pod] = WAITING
        self.cpu[minion] += each.cpu
        self.memory[minion] += each.memory
        if each.is_checked:
            self.taken[minion] &= ~each.ports
            self._count(each, minion, -1)

    def _count(self, each: PodClass, minion: int, change: int) -> None:
        for resource, amount in each.extras:
            self.extras[resource][minion] -= change * amount
        if each.ties is None:
            return
        for watches, counts in ((each.ties.counted, self._counts), (each.ties.holds, self._holders)):
            for watch in watches:
                domain = self._domain[watch][minion]
                if domain != NOWHERE:
                    counts[watch][domain] = counts[watch].get(domain, 0) + change
        for watch in each.ties.counted:
            if self._domain[watch][minion] != NOWHERE:
                self._totals[watch] += change
        for number in each.ties.tallied:
            self._spreads[number].add(minion, change)
