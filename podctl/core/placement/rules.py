"""The rules of placement: each returns None, or why this Pod cannot go to that Minion.

A Pod with nodeName has its Minion already: as on the kubelet, only what the Minion itself would refuse counts then, so
cordons and NoSchedule taints do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.placement.affinity import (
    label_text,
    taint_text,
    term_matches,
    term_miss,
    term_text,
    tolerates_cordon,
    untolerated,
)
from podctl.core.placement.figures import asked_text, free_text
from podctl.core.placement.why.between import BETWEEN
from podctl.core.placement.why.surroundings import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from podctl.core.placement.model import Demand
    from podctl.core.placement.room import Room
    from podctl.core.placement.why.surroundings import Surroundings

    Rule = Callable[[Demand, Room], str | None]


def is_named(demand: Demand, room: Room) -> str | None:
    return f"nodeName wants {demand.node_name}" if demand.node_name not in ("", room.name) else None


def answers(_: Demand, room: Room) -> str | None:
    if room.candidate.ready:
        return None
    return f"did not answer: {room.candidate.reason}" if room.candidate.reason else "did not answer"


def is_schedulable(demand: Demand, room: Room) -> str | None:
    """A cordon does not drive out a Pod that is there."""
    if not room.candidate.unschedulable or demand.node_name or demand.home == room.name:
        return None
    return None if tolerates_cordon(demand) else "is cordoned (unschedulable)"


def tolerates_taints(demand: Demand, room: Room) -> str | None:
    effects = ("NoExecute",) if demand.node_name else ("NoSchedule", "NoExecute")
    texts = [taint_text(taint) for taint in untolerated(demand, room.candidate, *effects)]
    if not texts:
        return None
    return f"taint {texts[0]} is not tolerated" if len(texts) == 1 else f"taints {', '.join(texts)} are not tolerated"


def matches_node_selector(demand: Demand, room: Room) -> str | None:
    labels = room.candidate.labels
    for key, wanted in sorted(demand.node_selector.items()):
        if labels.get(key) != wanted:
            return f"{label_text(room.candidate, key)}, nodeSelector wants {wanted or 'it empty'}"
    return None


def matches_node_affinity(demand: Demand, room: Room) -> str | None:
    terms = demand.required_terms
    if terms is None:
        return None
    if not terms:
        return "required node affinity has no term, so it matches no Minion"
    if len(terms) == 1:
        return term_miss(terms[0], room.candidate)
    if any(term_matches(term, room.candidate) for term in terms):
        return None
    return f"none of the {len(terms)} node affinity terms matches: {' | '.join(map(term_text, terms))}"


def has_the_claims(demand: Demand, room: Room) -> str | None:
    for claim in demand.claims:
        homes = room.claim_homes.get(claim, ())
        if homes and room.name not in homes:
            return f"claim {claim} lives on {' and '.join(homes)}"
    return None


def has_the_host_ports(demand: Demand, room: Room) -> str | None:
    taken = [
        f"host port {port} is taken by {owner}"
        for port in demand.host_ports
        for other, owner in room.ports.get((port.port, port.protocol), ())
        if port.clashes(other)
    ]
    return taken[0] if taken else None


def has_a_place(_: Demand, room: Room) -> str | None:
    if room.free.pods > 0:
        return None
    total = max(room.total.pods, 0)
    return f"pods: {total - min(room.free.pods, 0)} run there, {total} may" if total else "pods: it may run none"


def has_the_cpu(demand: Demand, room: Room) -> str | None:
    if demand.cpu_millis <= room.free.cpu_millis:
        return None
    reserved = room.candidate.reserved.cpu_millis or 0
    return _short("cpu", demand.cpu_millis, room.free.cpu_millis, room.total.cpu_millis + reserved, reserved)


def has_the_memory(demand: Demand, room: Room) -> str | None:
    if demand.memory_bytes <= room.free.memory_bytes:
        return None
    reserved = room.candidate.reserved.memory_bytes or 0
    return _short("memory", demand.memory_bytes, room.free.memory_bytes, room.total.memory_bytes + reserved, reserved)


def has_the_extended(demand: Demand, room: Room) -> str | None:
    short: list[str | None] = []
    for name, asked in sorted(demand.extended.items()):
        if name not in room.total.extended:
            short.append(f"{name}: {asked_text(name, asked)} asked, its capacity in the inventory declares none")
            continue
        reserved = room.candidate.reserved.extended.get(name, 0)
        short.append(_short(name, asked, room.free.extended[name], room.total.extended[name] + reserved, reserved))
    return "; ".join(each for each in short if each) or None


def _short(name: str, asked: int, free: int, capacity: int, reserved: int) -> str | None:
    """Nothing asked always fits, on an over-committed Minion too, as in Kubernetes."""
    if asked <= max(free, 0):
        return None
    kept = f" ({free_text(name, reserved)} reserved)" if reserved else ""
    return f"{name}: {asked_text(name, asked)} asked, {free_text(name, free)} free of {free_text(name, capacity)}{kept}"


STANDING: tuple[Rule, ...] = (  # about the Minion: no other Pod changes their answer
    is_named,
    answers,
    is_schedulable,
    tolerates_taints,
    matches_node_selector,
    matches_node_affinity,
)
ATTACHED: tuple[Rule, ...] = (has_the_claims, has_the_host_ports)  # about what only one Minion, or one Pod, can have
COUNT: tuple[Rule, ...] = (has_a_place,)
AMOUNTS: tuple[Rule, ...] = (has_the_cpu, has_the_memory, has_the_extended)
RULES: tuple[Rule, ...] = (*STANDING, *ATTACHED, *COUNT, *AMOUNTS)


def refusal(demand: Demand, room: Room, around: Surroundings = NOTHING) -> str | None:
    """Why the Pod cannot go there: the first standing reason, else everything in the way, as each has to be mended."""
    return standing_refusal(demand, room) or shortage(demand, room, around)


def standing_refusal(demand: Demand, room: Room) -> str | None:
    for rule in STANDING:
        if reason := rule(demand, room):
            return reason
    return None


def shortage(demand: Demand, room: Room, around: Surroundings = NOTHING) -> str | None:
    """What is in the way there that other Pods, or their leaving, can change."""
    return shortages(demand, [room], around)[0]


def shortages(demand: Demand, rooms: Iterable[Room], around: Surroundings = NOTHING) -> list[str | None]:
    """The same for many Minions: rules about what the Pod does not ask for are not tried on each of them."""
    first = ATTACHED if demand.claims or demand.host_ports else ()
    between = BETWEEN if around else ()
    last = (*COUNT, *(AMOUNTS if demand.extended else AMOUNTS[:-1]))
    told = []
    for room in rooms:
        reasons = [reason for rule in first if (reason := rule(demand, room))]
        reasons += [reason for rule in between if (reason := rule(demand, room.candidate, around))]
        reasons += [reason for rule in last if (reason := rule(demand, room))]
        told.append("; ".join(reasons) or None)
    return told
