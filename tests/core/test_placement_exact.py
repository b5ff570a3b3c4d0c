"""Placement against the optimum, on small batches with every kind of ask."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from small_batches import batches, is_app, soft_batches
from soft_values import soft_value

from bench.placement.brute import best_answer, first_placed, most_placed, valid_answers
from bench.placement.exact import (
    InfeasibleError,
    UndecidedError,
    fewest_minions,
    first_come,
    minions_used,
    most_pods,
)
from bench.placement.references import placed_by_priority
from podctl.core.model import PodKey, Resources
from podctl.core.placement import Candidate, Demand, PodTerm, Policy
from podctl.core.placement.checker.check import check
from podctl.core.placement.pack import pack

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
MANY = settings(UNHURRIED, max_examples=150, derandomize=True)  # the same batches each time: the bench draws others


def solved(goal, batch):
    """The solver's optimum; what it cannot decide is not tested."""
    try:
        return goal(batch)
    except UndecidedError:
        assume(False)


# ------------------------------------------------------------------------- the solver itself, against trying everything


@UNHURRIED
@given(batches())
def test_the_solver_places_as_many_as_trying_everything_does(batch):
    value = most_placed(batch)
    assert value(most_pods(batch).minions) == value(best_answer(batch, value))


@UNHURRIED
@given(batches())
def test_the_solver_places_those_that_come_first_as_trying_everything_does(batch):
    value = first_placed(batch)
    assert value(first_come(batch).minions) == value(best_answer(batch, value))


@UNHURRIED
@given(batches())
def test_the_solver_opens_as_few_minions_as_trying_everything_does(batch):
    whole = [minions_used(batch, each) for each in valid_answers(batch) if None not in each]
    try:
        assert fewest_minions(batch).minions_used == min(whole)
    except InfeasibleError:
        assert whole == []
    except UndecidedError:
        return  # the solver's answer needs an order of arrival that the checker does not grant


# ------------------------------------------------------------------------------------- placement, against the solver


def packed(batch, demands=None, candidates=None, **policy):
    return pack(
        demands or batch.demands,
        candidates or batch.candidates,
        bound_claims=batch.bound_claims,
        policy=Policy(**policy),
    )


@MANY
@given(batches(pods=5, homes=True), st.sampled_from(["order", "count"]), st.sampled_from(["binpack", "spread"]))
def test_every_answer_keeps_every_hard_rule_and_counts_its_minions_right(batch, admit, strategy):
    packing = packed(batch, admit=admit, strategy=strategy)
    assert check(batch.demands, batch.candidates, packing.minions) == ()
    assert packing.minions_used == minions_used(batch, packing.minions)
    assert packing.lower_bound <= packing.minions_used


@MANY
@given(batches(pods=5))
def test_who_comes_first_is_placed_first_so_nothing_waits_when_all_fit(batch):
    placed = [name is not None for name in packed(batch).minions]
    assert placed == [name is not None for name in solved(first_come, batch).minions]


@MANY
@given(batches(pods=5))
def test_admission_by_count_places_as_many_as_possible_of_each_priority(batch):
    most = solved(most_pods, batch)
    assert placed_by_priority(batch, packed(batch, admit="count").minions) == placed_by_priority(batch, most.minions)


@MANY
@given(batches(pods=5))
def test_the_bound_is_never_above_the_optimum_and_the_minions_are_as_few(batch):
    best = solved(first_come, batch)
    packing = packed(batch)
    if placed_by_priority(batch, packing.minions) == placed_by_priority(batch, best.minions):
        assert packing.lower_bound <= best.minions_used == packing.minions_used


@MANY
@given(batches(pods=5, homes=True), st.randoms(use_true_random=False))
def test_the_order_of_minions_changes_nothing_and_that_of_pods_only_who_waits(batch, chance):
    packing = packed(batch)
    assert packed(batch, candidates=chance.sample(batch.candidates, len(batch.candidates))) == packing
    if None not in packing.minions:
        order = chance.sample(range(len(batch.demands)), len(batch.demands))
        shuffled = packed(batch, [batch.demands[at] for at in order])
        assert shuffled.minions == tuple(packing.minions[at] for at in order)


@MANY
@given(batches(pods=5))
def test_spread_places_whoever_binpack_places(batch):
    both = [[name is not None for name in packed(batch, strategy=each).minions] for each in ("binpack", "spread")]
    assert both[0] == both[1]


@settings(UNHURRIED, max_examples=250, derandomize=True, database=None)
@given(soft_batches())
def test_wishes_of_a_handful_are_met_as_well_as_on_so_few_minions_they_can_be(batch):
    packing = packed(batch)
    waits = [name is None for name in packing.minions]
    alike = [
        each
        for each in valid_answers(batch)
        if [name is None for name in each] == waits and minions_used(batch, each) == packing.minions_used
    ]
    assert soft_value(batch, packing.minions) == min(soft_value(batch, each) for each in alike)


@MANY
@given(batches())
def test_a_handful_is_admitted_as_well_as_trying_everything_does(batch):
    """Those that come first first, or as many as possible; and either on as few Minions as that takes."""
    for admit, value in (("order", first_placed(batch)), ("count", most_placed(batch))):
        assert value(packed(batch, admit=admit).minions) == value(best_answer(batch, value))


@UNHURRIED
@given(soft_batches(pods=5))
def test_no_wish_costs_a_minion_or_a_place(batch):
    best = solved(first_come, batch)
    packing = packed(batch)
    assert packing.minions.count(None) == best.waiting()
    if packing.minions.count(None) == 0:
        assert packing.minions_used == best.minions_used


def test_pods_of_two_sizes_that_refuse_each_other_share_no_minion():
    """Two classes under one anti-affinity: a set that a fill makes for one Minion must not hold both."""
    apart = (PodTerm(topology_key="host", selector=is_app("web"), namespaces=("default",)),)
    pods = tuple(
        Demand(key=PodKey("default", name), labels={"app": "web"}, memory_bytes=size, apart=apart)
        for name, size in (("p0", 1), ("p1", 2))
    )
    minions = tuple(
        Candidate(name=name, labels={"host": name}, capacity=Resources(memory_bytes=size))
        for name, size in (("m1", 1), ("m2", 3))
    )
    assert pack(pods, minions).minions == ("m1", "m2")
