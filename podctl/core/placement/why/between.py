"""The rules between Pods: each returns None, or why this Pod cannot go to that Minion while others are where they are.

Like the rules of one Pod and one Minion, with what the Pod meets around it. A place is told by the label that makes it,
`zone a`; the Minion itself (kubernetes.io/hostname) is `there`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.affinity import label_text
from podctl.core.selectors import selector_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from podctl.core.placement.model import Candidate, Demand, PodTerm
    from podctl.core.placement.why.surroundings import Crowd, Surroundings, Tally

    RuleBetween = Callable[[Demand, Candidate, Surroundings], str | None]

_HOSTNAME = "kubernetes.io/hostname"


def keeps_apart(_: Demand, candidate: Candidate, around: Surroundings) -> str | None:
    if not (crowd := _first_met(around.apart, candidate)):
        return None
    return f"anti-affinity (topologyKey {crowd.key}): {crowd.at(candidate)[0]} is {_place(crowd.key, candidate)}"


def is_not_kept_away(_: Demand, candidate: Candidate, around: Surroundings) -> str | None:
    """Replicas keep away from each other: what `keeps_apart` says of the same Pod and place is not said again."""
    if not (crowd := _first_met(around.kept, candidate)):
        return None
    there = crowd.at(candidate)[0]
    told = _first_met(around.apart, candidate)
    if told and told.key == crowd.key and told.at(candidate)[0] is there:
        return None
    where = f"it is {_place(crowd.key, candidate)}"
    return f"{there} keeps away from it: anti-affinity (topologyKey {crowd.key}), {where}"


def is_near(demand: Demand, candidate: Candidate, around: Surroundings) -> str | None:
    for crowd in around.near:
        if crowd.key not in candidate.labels:
            return f"{label_text(candidate, crowd.key)}, pod affinity wants it"
        if not crowd.at(candidate) and not around.is_first():
            where = _place(crowd.key, candidate)
            return f"pod affinity (topologyKey {crowd.key}): no {meant_text(demand, around)} is {where}"
    return None


def spreads_out(_: Demand, candidate: Candidate, around: Surroundings) -> str | None:
    for tally in around.spreads:
        if tally.key not in candidate.labels:
            return f"{label_text(candidate, tally.key)}, a topologySpreadConstraint wants it"
        place = candidate.labels[tally.key]
        if tally.too_many(place):
            would = f"{tally.key} {place} would have {tally.counts[place] + tally.itself}"
            return f"spread: {would}, {_fewest(tally)}: maxSkew {tally.spread.max_skew}"
    return None


BETWEEN: tuple[RuleBetween, ...] = (keeps_apart, is_not_kept_away, is_near, spreads_out)


def _first_met(crowds: Iterable[Crowd], candidate: Candidate) -> Crowd | None:
    return next((each for each in crowds if each.at(candidate)), None)


def meant_text(demand: Demand, around: Surroundings) -> str:
    """The Pods that the affinity terms speak of."""
    return " that is also a ".join(dict.fromkeys(_term_text(demand, crowd) for crowd in around.near))


def _term_text(demand: Demand, crowd: Crowd) -> str:
    term = crowd.term
    pod = f"Pod with {selector_text(term.selector)}" if term.selector else "Pod"
    return f"{pod}{_namespaces(demand, term)}"


def _namespaces(demand: Demand, term: PodTerm) -> str:
    if term.namespace_selector is not None:
        return f" of a namespace with {selector_text(term.namespace_selector)}" if term.namespace_selector else ""
    foreign = [name for name in term.namespaces if name != demand.key.namespace]
    return f" of namespace {' or '.join(foreign)}" if foreign else ""


def _fewest(tally: Tally) -> str:
    if len(tally.counts) < tally.spread.min_domains:
        return f"and as {len(tally.counts)} of {tally.spread.min_domains} minDomains exist, the fewest count as 0"
    place, count = min(tally.counts.items(), key=lambda pair: (pair[1], pair[0]))
    return f"{tally.key} {place} has {count}"


def _place(key: str, candidate: Candidate) -> str:
    return "there" if key == _HOSTNAME else f"in {key} {candidate.labels[key]}"
