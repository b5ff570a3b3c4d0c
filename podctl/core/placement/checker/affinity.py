"""The checker's judgement of required Pod affinity and anti-affinity.

Semantics: kube-scheduler's plugin InterPodAffinity, held against a final state.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from podctl.core.placement.checker.census import Census, Resident
    from podctl.core.placement.model import PodTerm


def too_close(residents: Sequence[Resident], census: Census) -> Iterator[str]:
    """Anti-affinity, both ways. A Minion without the topology key is in no domain, and nothing is close there.

    Who stays at home is held against those that were there before: whoever comes later is judged itself.
    """
    keepers: defaultdict[tuple[PodTerm, str], list[Resident]] = defaultdict(list)
    for each in residents:
        for term in each.pod.apart:
            keepers[term, each.pod.key.namespace].append(each)
    for (term, own), keeping in keepers.items():
        key = term.topology_key
        kept_away = _by_domain(census.found(term, own), key)
        for domain, keep in _by_domain(keeping, key).items():
            kept = kept_away.get(domain, [])
            for one, others in (*((each, keep) for each in kept), *((each, kept) for each in keep)):
                rivals = (each for each in others if each is not one and (each.is_there or not one.is_there))
                if one.is_judged and (other := next(rivals, None)):
                    yield f"{one}: {other.pod.key} is to be apart from it by {key}, and is in {domain} too"


def too_far(residents: Sequence[Resident], census: Census) -> Iterator[str]:
    """Affinity, replayed: a Pod stands when what it wants stands there already, or when it is the first of its kind.

    So two Pods that want each other, and neither itself, cannot hold each other up. Pods that are made anew where they
    run come before those that are new.
    """
    wishes: dict[tuple[tuple[PodTerm, ...], str], _Wish] = {}
    waiting: dict[Resident, _Wish] = {}
    for each in residents:
        near, own = each.pod.near, each.pod.key.namespace
        if near and each.is_judged:
            if (near, own) not in wishes:
                wishes[near, own] = _Wish(near, own, census)
            waiting[each] = wishes[near, own]
    meant_by: defaultdict[Resident, list[_Wish]] = defaultdict(list)
    for wish in wishes.values():
        for each in wish.meant:
            meant_by[each].append(wish)
    company = [each for each in residents if each not in waiting]
    _stand([each for each in company if each.runs], meant_by)
    stays = {each: wish for each, wish in waiting.items() if each.is_there}
    _replay(stays, meant_by)
    waiting = {each: wish for each, wish in waiting.items() if each in stays or not each.is_there}
    _stand([each for each in company if not each.runs], meant_by)
    _replay(waiting, meant_by)
    for each, wish in waiting.items():
        yield f"{each}: no Pod that its affinity wants is in its {' and '.join(dict.fromkeys(wish.keys))}"


class _Wish:
    """The required affinity of Pods with the same terms: whom it means, and the domains where one of them stands."""

    def __init__(self, terms: tuple[PodTerm, ...], own: str, census: Census) -> None:
        """Only a Pod that all the terms mean counts for any of them, as in Kubernetes."""
        self.keys = tuple(term.topology_key for term in terms)
        times = Counter(chain.from_iterable(census.found(term, own) for term in terms))
        self.meant = [each for each, found in times.items() if found == len(terms)]
        self._domains: set[tuple[str, str]] = set()

    def add(self, resident: Resident) -> None:
        here = ((key, resident.domain(key)) for key in self.keys)
        self._domains.update((key, domain) for key, domain in here if domain is not None)

    def holds(self, resident: Resident) -> bool:
        return all((key, resident.domain(key)) in self._domains for key in self.keys)

    def lets_be_first(self, resident: Resident) -> bool:
        """None of its kind stands in any domain, it is of its kind itself, and the Minion has the topology keys."""
        alone = not self._domains and resident in self.meant
        return alone and all(resident.domain(key) is not None for key in self.keys)


def _replay(waiting: dict[Resident, _Wish], meant_by: defaultdict[Resident, list[_Wish]]) -> None:
    """Takes out of `waiting` who stands in the end."""
    while waiting:
        held = [each for each, wish in waiting.items() if wish.holds(each)]
        _stand(held, meant_by)
        held = held or _stand_first(waiting, meant_by)
        if not held:
            break
        for each in held:
            del waiting[each]


def _stand(residents: Iterable[Resident], meant_by: defaultdict[Resident, list[_Wish]]) -> None:
    for each in residents:
        for wish in meant_by[each]:
            wish.add(each)


def _stand_first(waiting: dict[Resident, _Wish], meant_by: defaultdict[Resident, list[_Wish]]) -> list[Resident]:
    """Those that fewest wishes mean go first: they take the right to be first from the fewest others."""
    first = []
    for each in sorted(waiting, key=lambda each: len(meant_by[each])):
        if waiting[each].lets_be_first(each):
            _stand([each], meant_by)
            first.append(each)
    return first


def _by_domain(residents: Iterable[Resident], key: str) -> dict[str, list[Resident]]:
    found: defaultdict[str, list[Resident]] = defaultdict(list)
    for each in residents:
        if (domain := each.domain(key)) is not None:
            found[domain].append(each)
    return found
