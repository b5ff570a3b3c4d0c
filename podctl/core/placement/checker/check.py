"""Whether an answer keeps every hard rule: what one Pod asks of one Minion, and what all that is on it comes to."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from podctl.core.placement.checker.affinity import too_close, too_far
from podctl.core.placement.checker.census import Census, residents_of
from podctl.core.placement.checker.labels import is_repelled, tolerates_the_cordon, wants_the_labels
from podctl.core.placement.checker.spread import too_uneven

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from podctl.core.placement.model import Candidate, Demand, HostPort

_NONE: Mapping[str, str] = MappingProxyType({})
_ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared, nothing is bound here
_PODS = 110  # where the inventory names no number: the kubelet's default
_NAMED = 3  # so many Pods are named one by one where many share a fault

Taker: TypeAlias = "tuple[HostPort, str]"


def check(
    demands: Sequence[Demand],
    candidates: Sequence[Candidate],
    minions: Sequence[str | None],
    *,
    bound_claims: Mapping[str, str] = _NONE,
) -> tuple[str, ...]:
    """Every way in which this answer breaks a hard rule, one sentence each; empty when the answer is valid.

    `minions` has the Minion of each demand, in the order of the demands; None waits. Whether a Pod that waits could
    have been placed is not judged. `bound_claims` is what `place` was given.
    """
    if len(demands) != len(minions):
        return (f"{len(demands)} Pods are asked for, {len(minions)} are answered",)
    known = {each.name: each for each in candidates}
    placed = [(demand, name) for demand, name in zip(demands, minions, strict=True) if name is not None]
    lost = [f"{demand.key} on {name}: there is no such Minion" for demand, name in placed if name not in known]
    there = [(demand, known[name]) for demand, name in placed if name in known]
    newcomers: defaultdict[str, list[Demand]] = defaultdict(list)
    for demand, candidate in there:
        newcomers[candidate.name].append(demand)
    return tuple(
        chain(
            lost,
            chain.from_iterable(broken_alone(demand, candidate) for demand, candidate in there),
            chain.from_iterable(_overfilled(known[name], demands) for name, demands in newcomers.items()),
            chain.from_iterable(_ports_taken_twice(known[name], demands) for name, demands in newcomers.items()),
            _claims_elsewhere(there, candidates, bound_claims),
            _broken_between(there, candidates),
        )
    )


def broken_alone(demand: Demand, candidate: Candidate) -> Iterator[str]:
    """What the Pod and the Minion have against each other whatever else is there.

    A Pod with nodeName never met Kubernetes' scheduler: cordons and NoSchedule taints are nothing to it. One that is at
    home already is not driven out by a cordon.
    """
    where = f"{demand.key} on {candidate.name}"
    named = bool(demand.node_name)
    if named and demand.node_name != candidate.name:
        yield f"{where}: its nodeName is {demand.node_name}"
    if not candidate.ready:
        yield f"{where}: the Minion did not answer"
    if candidate.unschedulable and not (named or demand.home == candidate.name or tolerates_the_cordon(demand)):
        yield f"{where}: the Minion is cordoned"
    if candidate.taints and is_repelled(demand, candidate, "NoExecute", *(() if named else ("NoSchedule",))):
        yield f"{where}: the Pod does not tolerate a taint"
    if not wants_the_labels(demand, candidate):
        yield f"{where}: the Minion's labels are not what nodeSelector and node affinity want"


def _overfilled(candidate: Candidate, newcomers: Sequence[Demand]) -> Iterator[str]:
    """What is asked above what is free. Who asks for nothing fits on an over-committed Minion too."""
    for resource, free in _free(candidate, newcomers).items():
        asking = [(demand, amount) for demand in newcomers if (amount := _asked(demand, resource)) > 0]
        asked = sum(amount for _, amount in asking)
        if asking and asked > free:
            more = f" and {len(asking) - _NAMED} more" if len(asking) > _NAMED else ""
            names = ", ".join(str(demand.key) for demand, _ in asking[:_NAMED]) + more
            yield f"{names} on {candidate.name}: {resource}: {asked} asked, {free} free"


def _free(candidate: Candidate, newcomers: Sequence[Demand]) -> dict[str, int]:
    """Of each resource that is asked for: capacity less what is reserved and what runs, may be negative."""
    capacity, reserved, used = candidate.capacity, candidate.reserved, candidate.used
    free = {
        "cpu": (capacity.cpu_millis or 0) - (reserved.cpu_millis or 0) - sum(each.cpu_millis for each in used),
        "memory": (capacity.memory_bytes or 0) - (reserved.memory_bytes or 0) - sum(each.memory_bytes for each in used),
        "pods": (_PODS if capacity.pods is None else capacity.pods) - (reserved.pods or 0) - sum(u.pods for u in used),
    }
    for name in sorted({name for demand in newcomers for name in demand.extended}):
        taken = reserved.extended.get(name, 0) + sum(each.extended.get(name, 0) for each in used)
        free[name] = capacity.extended[name] - taken if name in capacity.extended else 0
    return free


def _asked(demand: Demand, resource: str) -> int:
    match resource:
        case "cpu":
            return demand.cpu_millis
        case "memory":
            return demand.memory_bytes
        case "pods":
            return 1
    return demand.extended.get(resource, 0)


def _ports_taken_twice(candidate: Candidate, newcomers: Sequence[Demand]) -> Iterator[str]:
    """Two addresses share a port of one protocol unless both are named and differ. A Pod does not clash with itself."""
    if not any(demand.host_ports for demand in newcomers):
        return
    taken: defaultdict[tuple[int, str], list[Taker]] = defaultdict(list)
    for used in candidate.used:
        for port in used.host_ports:
            taken[port.port, port.protocol].append((port, used.owner))
    for demand in newcomers:
        for port in demand.host_ports:
            for other, owner in taken[port.port, port.protocol]:
                if port.ip == other.ip or port.ip in _ANY_ADDRESS or other.ip in _ANY_ADDRESS:
                    yield f"{demand.key} on {candidate.name}: host port {port} is taken by {owner}"
        for port in demand.host_ports:
            taken[port.port, port.protocol].append((port, f"pod {demand.key}"))


def _claims_elsewhere(
    there: Sequence[tuple[Demand, Candidate]], candidates: Sequence[Candidate], bound_claims: Mapping[str, str]
) -> Iterator[str]:
    """A claim with a volume ties its Pods to the volume's Minion, one without to each other."""
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        for claim in candidate.claims:
            homes[claim].add(candidate.name)
    homes.update({claim: {name} for claim, name in bound_claims.items()})
    for demand, candidate in there:
        for claim in demand.claims:
            lives = homes[claim]
            if not lives:
                lives.add(candidate.name)
            elif candidate.name not in lives:
                yield f"{demand.key} on {candidate.name}: claim {claim} lives on {' and '.join(sorted(lives))}"


def _broken_between(there: Sequence[tuple[Demand, Candidate]], candidates: Sequence[Candidate]) -> Iterable[str]:
    """What Pods ask of each other: nothing at all in most batches."""
    residents = residents_of(there, candidates)
    if not any(each.pod.near or each.pod.apart or each.pod.spreads for each in residents):
        return ()
    census = Census(residents)
    return chain(too_close(residents, census), too_far(residents, census), too_uneven(residents, census, candidates))
