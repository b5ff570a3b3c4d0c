"""Placement against a checker of its own, which shares no code with the rules."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podctl.core.model import PodKey, Resources, Taint
from podctl.core.placement import (
    Candidate,
    Demand,
    HostPort,
    NodeTerm,
    Placed,
    PreferredTerm,
    Toleration,
    UsedBy,
    Waiting,
    used_by,
)
from podctl.core.placement import place as arrange
from podctl.core.selectors import Requirement


def place(*args, **more):
    return arrange(*args, **more).placements


def needs(key, operator, value):
    return Requirement(key=key, operator=operator, values=(value,))


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine fails nothing
NAMES = ("alpha", "bravo", "charlie", "delta")
few = st.integers(0, 3)
some_ports = st.lists(
    st.builds(
        HostPort,
        ip=st.sampled_from(["0.0.0.0", "10.0.0.1", "10.0.0.2"]),
        port=st.integers(80, 81),
        protocol=st.sampled_from(["TCP", "UDP"]),
    ),
    max_size=2,
).map(tuple)
some_labels = st.dictionaries(st.sampled_from(["zone", "disk"]), st.sampled_from(["1", "2"]))
some_extended = st.dictionaries(st.sampled_from(["gpu", "fpga"]), st.integers(1, 3))
some_taints = st.lists(
    st.builds(
        Taint,
        key=st.sampled_from(["gpu", "old"]),
        value=st.sampled_from(["", "yes"]),
        effect=st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ),
    max_size=1,
).map(tuple)
some_tolerations = st.lists(
    st.builds(
        Toleration,
        key=st.sampled_from(["gpu", "old"]),
        operator=st.sampled_from(["Equal", "Exists"]),
        value=st.sampled_from(["", "yes"]),
        effect=st.sampled_from(["", "NoSchedule", "NoExecute"]),
    )
    | st.sampled_from(
        [Toleration(operator="Exists"), Toleration(key="node.kubernetes.io/unschedulable", operator="Exists")]
    ),
    max_size=2,
).map(tuple)
some_requirements = st.lists(
    st.builds(
        needs,
        st.sampled_from(["zone", "disk"]),
        st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
        st.sampled_from(["1", "2"]),
    ),
    max_size=2,
).map(tuple)
some_names = st.lists(
    st.builds(needs, st.just("metadata.name"), st.sampled_from(["In", "NotIn"]), st.sampled_from(NAMES)), max_size=1
).map(tuple)
some_terms = st.lists(st.builds(NodeTerm, expressions=some_requirements, fields=some_names), max_size=2).map(tuple)
some_claims = st.lists(st.sampled_from(["default/x", "default/y", "default/z"]), unique=True, max_size=2)
rarely = st.sampled_from([False] * 5 + [True])


@st.composite
def batches(draw):
    candidates = [
        Candidate(
            name=name,
            labels=draw(some_labels),
            taints=draw(some_taints) if draw(rarely) else (),
            ready=not draw(rarely),
            unschedulable=draw(rarely),
            capacity=Resources(
                cpu_millis=draw(st.integers(2, 9)),
                memory_bytes=draw(st.integers(2, 9)),
                pods=draw(st.none() | st.integers(0, 5)),
                extended=draw(some_extended),
            ),
            reserved=Resources(cpu_millis=draw(st.none() | few), memory_bytes=draw(st.none() | few)),
            used=tuple(
                UsedBy(
                    owner=f"pod shop/{at}",
                    cpu_millis=draw(few),
                    memory_bytes=draw(few),
                    pods=draw(st.integers(0, 1)),
                    extended=draw(some_extended) if draw(rarely) else {},
                    host_ports=draw(some_ports),
                )
                for at in range(draw(st.integers(0, 2)))
            ),
            claims=frozenset(draw(some_claims)) if draw(rarely) else frozenset(),
        )
        for name in NAMES[: draw(st.integers(0, 4))]
    ]
    demands = [
        Demand(
            key=PodKey("default", f"p{at}"),
            priority=draw(st.integers(0, 1)),
            cpu_millis=draw(few),
            memory_bytes=draw(few),
            extended=draw(some_extended) if draw(rarely) else {},
            host_ports=draw(some_ports) if draw(rarely) else (),
            claims=tuple(draw(some_claims)) if draw(st.booleans()) else (),
            node_name=draw(st.sampled_from([*NAMES, "nowhere"])) if draw(rarely) else "",
            node_selector=draw(some_labels) if draw(rarely) else {},
            required_terms=draw(some_terms) if draw(rarely) else None,
            preferred_terms=(PreferredTerm(weight=3, term=NodeTerm(expressions=draw(some_requirements))),),
            tolerations=draw(some_tolerations) if draw(st.booleans()) else (),
        )
        for at in range(draw(st.integers(0, 7)))
    ]
    bound = draw(st.dictionaries(st.just("default/z"), st.sampled_from(NAMES)))
    return demands, candidates, bound


def where(placements):
    return [each.minion if isinstance(each, Placed) else None for each in placements]


def holds(requirement, known):
    found, (wanted,) = known.get(requirement.key, ""), requirement.values
    match requirement.operator:
        case "In":
            return found == wanted
        case "NotIn":
            return found != wanted
        case "Exists":
            return found != ""
        case "DoesNotExist":
            return found == ""
        case "Gt":
            return found != "" and int(found) > int(wanted)
        case "Lt":
            return found != "" and int(found) < int(wanted)


def labels_allow(demand, candidate):
    if any((key, value) not in candidate.labels.items() for key, value in demand.node_selector.items()):
        return False
    known = {**candidate.labels, "metadata.name": candidate.name}
    terms = demand.required_terms
    both = [(*term.expressions, *term.fields) for term in terms or ()]
    return terms is None or any(term and all(holds(each, known) for each in term) for term in both)


def taints_allow(demand, candidate):
    taints = [taint for taint in candidate.taints if taint.effect in ("NoSchedule", "NoExecute")]
    if candidate.unschedulable:
        taints.append(Taint(key="node.kubernetes.io/unschedulable"))
    if demand.node_name:
        taints = [taint for taint in taints if taint.effect == "NoExecute"]
    return all(
        any(
            toleration.key in (taint.key, "")
            and toleration.effect in (taint.effect, "")
            and (toleration.operator == "Exists" or toleration.value == taint.value)
            for toleration in demand.tolerations
        )
        for taint in taints
    )


def ports_allow(demand, taken):
    return not any(
        (mine.port, mine.protocol) == (theirs.port, theirs.protocol)
        and (mine.ip == theirs.ip or "0.0.0.0" in (mine.ip, theirs.ip))
        for mine in demand.host_ports
        for theirs in taken
    )


def amounts_allow(demand, candidate, running):
    def room(declared, reserved, of):
        return (declared or 0) - (reserved or 0) - sum(of(each) for each in running)

    capacity, reserved = candidate.capacity, candidate.reserved
    places = 110 if capacity.pods is None else capacity.pods
    shares = [
        (demand.cpu_millis, room(capacity.cpu_millis, reserved.cpu_millis, lambda each: each.cpu_millis)),
        (demand.memory_bytes, room(capacity.memory_bytes, reserved.memory_bytes, lambda each: each.memory_bytes)),
        (1, places - sum(getattr(each, "pods", 1) for each in running)),
        *(
            (asked, room(capacity.extended.get(name, 0), 0, lambda each, name=name: each.extended.get(name, 0)))
            for name, asked in demand.extended.items()
        ),
    ]
    return all(asked == 0 or asked <= free for asked, free in shares)


def may_go(demand, candidate, others, homes):
    """The whole of placement's law, told once more: may this Pod join `others` on this Minion?"""
    running = [*candidate.used, *others]
    return (
        candidate.ready
        and demand.node_name in ("", candidate.name)
        and all(not homes[claim] or candidate.name in homes[claim] for claim in demand.claims)
        and labels_allow(demand, candidate)
        and taints_allow(demand, candidate)
        and ports_allow(demand, [port for each in running for port in each.host_ports])
        and amounts_allow(demand, candidate, running)
    )


def homes_of(demands, candidates, bound, minions):
    homes = {claim: set() for claim in ("default/x", "default/y", "default/z")}
    for claim in homes:
        homes[claim] = {bound[claim]} if claim in bound else {each.name for each in candidates if claim in each.claims}
    settled = {claim for claim in homes if homes[claim]}
    for demand, name in zip(demands, minions, strict=True):
        for claim in demand.claims:
            if name and claim not in settled:
                homes[claim].add(name)
    return homes


@settings(UNHURRIED, max_examples=400)
@given(batches())
def test_no_placement_breaks_a_rule(batch):
    demands, candidates, bound = batch
    minions = where(place(demands, candidates, bound_claims=bound))
    by_name = {each.name: each for each in candidates}
    for at, name in enumerate(minions):
        if name:
            others = [other for n, other in enumerate(demands) if n != at and minions[n] == name]
            homes = homes_of(
                [each for n, each in enumerate(demands) if n != at], candidates, bound, minions[:at] + minions[at + 1 :]
            )
            assert may_go(demands[at], by_name[name], others, homes), (demands[at], name)


@settings(UNHURRIED, max_examples=400)
@given(batches())
def test_nothing_waits_that_would_fit_in_the_end(batch):
    demands, candidates, bound = batch
    answer = place(demands, candidates, bound_claims=bound)
    minions = where(answer)
    homes = homes_of(demands, candidates, bound, minions)
    for demand, name, each in zip(demands, minions, answer, strict=True):
        if name is None:
            assert each.reasons.keys() == {candidate.name for candidate in candidates}
            for candidate in candidates:
                there = [other for other, its in zip(demands, minions, strict=True) if its == candidate.name]
                assert not may_go(demand, candidate, there, homes), (demand, candidate.name)
                assert each.reasons[candidate.name]


@settings(UNHURRIED, max_examples=200)
@given(batches(), st.randoms(use_true_random=False))
def test_the_order_of_the_minions_changes_nothing(batch, chance):
    demands, candidates, bound = batch
    shuffled = chance.sample(candidates, len(candidates))
    assert place(demands, candidates, bound_claims=bound) == place(demands, shuffled, bound_claims=bound)


@settings(UNHURRIED)
@given(batches())
def test_every_demand_is_answered_in_its_place(batch):
    demands, candidates, bound = batch
    answer = place(demands, candidates, bound_claims=bound)
    assert [each.key for each in answer] == [each.key for each in demands]


@settings(UNHURRIED)
@given(batches())
def test_a_pod_alone_is_placed_where_any_rule_abiding_place_exists(batch):
    demands, candidates, bound = batch
    for demand in demands:
        possible = [each.name for each in candidates if may_go(demand, each, [], homes_of([], candidates, bound, []))]
        (name,) = where(place([demand], candidates, bound_claims=bound))
        assert name in possible if possible else name is None


@settings(UNHURRIED)
@given(batches())
def test_placing_what_was_placed_as_already_running_leaves_the_rest_waiting(batch):
    """A second apply sees the first one's Pods as used, and finds nothing that the first one missed."""
    demands, candidates, bound = batch
    answer = place(demands, candidates, bound_claims=bound)
    minions = where(answer)
    homes = homes_of(demands, candidates, bound, minions)
    later = [
        replace(
            each,
            used=(*each.used, *(used_by(pod) for pod, name in zip(demands, minions, strict=True) if name == each.name)),
            claims=each.claims | {claim for claim, names in homes.items() if each.name in names},
        )
        for each in candidates
    ]
    rest = [demand for demand, name in zip(demands, minions, strict=True) if name is None]
    again = place(rest, later, bound_claims=bound)
    waited = [each for each in answer if isinstance(each, Waiting)]
    assert [(each.key, each.reasons) for each in again] == [(each.key, each.reasons) for each in waited]
