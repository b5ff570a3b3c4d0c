"""What Pods ask of each other, as linear constraints."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from podctl.core.model import Taint
from podctl.core.placement.affinity import term_matches, tolerates, untolerated
from podctl.core.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.placement.exact import Kind, Model
    from podctl.core.placement import Candidate, Demand, PodTerm, Spread

Expr = Any
_CORDON = Taint(key="node.kubernetes.io/unschedulable")


def add_anti_affinity(model: Model) -> None:
    """Required terms of new and of running Pods; two Pods with nodeName do not mind each other."""
    for one, kind in enumerate(model.kinds):
        for term in kind.pod.apart:
            for ats in _domains(model.minions, term.topology_key).values():
                meant = [other for other, it in enumerate(model.kinds) if _means(term, kind.pod, it.pod)]
                runs = any(_means(term, kind.pod, pod) for at in ats for pod in _running(model.minions[at]))
                _keep_apart(model, one, meant, ats, runs=runs)
    for minion in model.minions:
        for pod in _running(minion):
            for term in pod.apart:
                here = minion.labels.get(term.topology_key)
                ats = _domains(model.minions, term.topology_key)[here] if here is not None else []
                for number, kind in enumerate(model.kinds):
                    if not kind.pod.node_name and _means(term, pod, kind.pod):
                        for other in ats:
                            model.forbid(number, other)


def _keep_apart(model: Model, one: int, meant: Sequence[int], ats: Sequence[int], *, runs: bool) -> None:
    named = bool(model.kinds[one].pod.node_name)
    if runs and not named:
        for at in ats:
            model.forbid(one, at)
    for other in meant:
        if named and model.kinds[other].pod.node_name:
            continue
        if other == one:
            model.cp.add(sum(model.count[one, at] for at in ats if (one, at) in model.count) <= 1)
        else:
            model.cp.add(_any_there(model, one, ats) + _any_there(model, other, ats) <= 1)


def add_spreads(model: Model) -> None:
    for number, kind in enumerate(model.kinds):
        hard = [each for each in kind.pod.spreads if each.hard]
        for spread in hard if not kind.pod.node_name else ():
            keys = {each.topology_key for each in hard}
            pool = {at for at, it in enumerate(model.minions) if keys <= it.labels.keys() and _counts(kind, spread, it)}
            counts = {
                domain: _alike(model, kind.pod, spread, [at for at in ats if at in pool])
                for domain, ats in _domains(model.minions, spread.topology_key).items()
            }
            eligible = {model.minions[at].labels[spread.topology_key] for at in pool}
            least: Expr = 0
            if len(eligible) >= spread.min_domains:
                least = model.cp.new_int_var(0, 10_000, "least")
                for domain in eligible:
                    model.cp.add(least <= counts[domain])
            for at, minion in enumerate(model.minions):
                here = minion.labels.get(spread.topology_key)
                if here is None:
                    model.forbid(number, at)
                elif (number, at) in model.count:
                    model.cp.add(counts[here] - least <= spread.max_skew).only_enforce_if(model.there(number, at))


def _counts(kind: Kind, spread: Spread, minion: Candidate) -> bool:
    """Whether the Minion counts as part of a domain."""
    pod = kind.pod
    if spread.honors_affinity:
        if any(minion.labels.get(key) != value for key, value in pod.node_selector.items()):
            return False
        if pod.required_terms is not None and not any(term_matches(term, minion) for term in pod.required_terms):
            return False
    if not spread.honors_taints:
        return True
    if minion.unschedulable and not any(tolerates(each, _CORDON) for each in pod.tolerations):
        return False
    return not untolerated(pod, minion, "NoSchedule", "NoExecute")


def _alike(model: Model, pod: Demand, spread: Spread, ats: Sequence[int]) -> Expr:
    """How many running Pods match there, and new ones that carry the same constraint."""
    selector, namespace = spread.selector, pod.key.namespace
    if selector is None:
        return 0
    total: Expr = 0
    for at in ats:
        total += sum(
            it.key.namespace == namespace and matches(selector, it.labels) for it in _running(model.minions[at])
        )
    for number, kind in enumerate(model.kinds):
        other = kind.pod
        same = any(
            it.hard and (it.topology_key, it.selector) == (spread.topology_key, selector) for it in other.spreads
        )
        if same and other.key.namespace == namespace and matches(selector, other.labels):
            total += sum(model.count[number, at] for at in ats if (number, at) in model.count)
    return total


def add_affinity(model: Model) -> None:
    """Each group of a kind's Pods that share all domains has a level, and stands on what has a lower one.

    So nothing holds itself up. Level 0: what runs, and what asks for no company.
    """
    groups: dict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    for number, kind in enumerate(model.kinds):
        if not kind.pod.near or kind.pod.node_name:
            continue
        for at, minion in enumerate(model.minions):
            here = tuple(minion.labels.get(term.topology_key) for term in kind.pod.near)
            if None in here:
                model.forbid(number, at)
            elif (number, at) in model.count:
                groups[number, tuple(map(str, here))].append(at)
    levels = {
        (number, at): level
        for (number, _), ats in groups.items()
        for level in [model.cp.new_int_var(1, len(groups), "level")]
        for at in ats
    }
    for (number, here), ats in groups.items():
        _add_group(model, levels, number, here, ats)


def _add_group(
    model: Model, levels: dict[tuple[int, int], Expr], number: int, here: tuple[str, ...], ats: list[int]
) -> None:
    pod, level = model.kinds[number].pod, levels[number, ats[0]]
    present = _any_there(model, number, ats)
    members = [other for other, it in enumerate(model.kinds) if _all_mean(pod, it.pod)]
    keys = [term.topology_key for term in pod.near]
    first = _first_of_its_kind(model, levels, number, members, ats)
    runs = [minion for minion in model.minions if any(_all_mean(pod, it) for it in _running(minion))]
    for key, domain in zip(keys, here, strict=True):
        if any(minion.labels.get(key) == domain for minion in runs):
            continue
        held_by = [first]
        for other in members:
            for at, minion in enumerate(model.minions):
                own = other == number and at in ats
                if (other, at) in model.count and minion.labels.get(key) == domain and not own:
                    held = model.cp.new_bool_var("")
                    model.cp.add(held <= model.there(other, at))
                    model.cp.add(level >= levels.get((other, at), 0) + 1).only_enforce_if(held)
                    held_by.append(held)
        model.cp.add(sum(held_by) >= present)


def _first_of_its_kind(
    model: Model, levels: dict[tuple[int, int], Expr], number: int, members: Sequence[int], ats: Sequence[int]
) -> Expr:
    """Whether the group stands by itself: it is of the kind that it wants, and none of that kind has a lower level."""
    pod = model.kinds[number].pod
    first = model.cp.new_bool_var("first of its kind")
    known = [at for at, it in enumerate(model.minions) if any(term.topology_key in it.labels for term in pod.near)]
    runs = any(_all_mean(pod, it) for at in known for it in _running(model.minions[at]))
    if runs or number not in members:
        model.cp.add(first == 0)
    for other in members:
        for at in known:
            if (other, at) in model.count and not (other == number and at in ats):
                later = levels.get((other, at), 0)
                model.cp.add(later >= levels[number, ats[0]] + 1).only_enforce_if(first, model.there(other, at))
    return first


def _any_there(model: Model, number: int, ats: Sequence[int]) -> Expr:
    """Whether the kind has a Pod on any of these Minions."""
    present = model.cp.new_bool_var("")
    for at in ats:
        model.cp.add(model.there(number, at) <= present)
    return present


def _domains(minions: Sequence[Candidate], key: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, minion in enumerate(minions):
        if key in minion.labels:
            found[minion.labels[key]].append(at)
    return found


def _running(minion: Candidate) -> list[Demand]:
    return [used.pod for used in minion.used if used.pod]


def _means(term: PodTerm, own: Demand, other: Demand) -> bool:
    if term.selector is None or not matches(term.selector, other.labels):
        return False
    namespace = other.key.namespace
    if not term.namespaces and term.namespace_selector is None:
        return namespace == own.key.namespace
    if namespace in term.namespaces:
        return True
    name = {"kubernetes.io/metadata.name": namespace}
    return term.namespace_selector is not None and matches(term.namespace_selector, name)


def _all_mean(pod: Demand, other: Demand) -> bool:
    return all(_means(term, pod, other) for term in pod.near)
