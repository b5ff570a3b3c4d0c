"""What placement has to come to, on a few instances of each class: `make bench-placement` measures them all.

The bars are the study's. With one seed a class a single Minion weighs much, so there is 0.3 points of slack here.
"""

import pytest

from bench.placement.barslong import sameness
from bench.placement.barsminions import literature_classes, loaded_classes
from bench.placement.barsplaced import constrained_batches, feasible_batches, hard_cases, scarce_batches
from bench.placement.batch import batch_of
from bench.placement.bounds import volume_bound
from bench.placement.churn import SETTINGS, lived
from bench.placement.greedy import most_allocated
from bench.placement.kubelike import kubelike
from bench.placement.measure import packed, timed
from bench.placement.references import References
from bench.placement.rows import Effort, Results
from bench.placement.sweep import sweep

QUICK = Effort(quick=True)
FRESH = Effort(quick=True, first=100)
REFERENCES = References(solve=False)


def missed(group, *args):
    """The bars of a group that are not met, as sentences; what is invalid raises."""
    results = Results()
    group(*args[:1], results, *args[1:])
    assert results.verdicts
    return [f"{it.what}: {it.found:.4f}, not {it.limit:.4f}" for it in results.verdicts if not it.is_met]


def test_literature_classes_stay_within_a_percent_of_the_proven_bound():
    assert missed(literature_classes, QUICK) == []


@pytest.mark.parametrize("seed", range(5))
def test_kubernetes_like_mixes_are_at_the_bound(seed):
    for jitter in (False, True):
        figures = kubelike(500, 80, seed, jitter=jitter)
        assert packed(batch_of(figures)).minions_used == volume_bound(figures)


@pytest.mark.parametrize("mixed, loop_share", [(False, 0.15), (True, 0.15)])
def test_ten_thousand_pods_are_at_the_bound_in_a_fraction_of_the_plain_loops_time(mixed, loop_share):
    figures = kubelike(10_000, 1000, 0, mixed=mixed)
    batch = batch_of(figures)
    outcome = min((packed(batch) for _ in range(2)), key=lambda it: it.seconds)
    assert outcome.minions_used <= 1.003 * volume_bound(figures)
    assert outcome.seconds <= loop_share * timed(lambda: most_allocated(figures))[1]


def test_loaded_clusters_stay_within_a_percent_of_the_optimum():
    assert missed(loaded_classes, QUICK, REFERENCES) == []


def test_feasible_batches_are_placed_whole_however_full():
    assert missed(feasible_batches, QUICK) == []


@pytest.mark.parametrize("effort", [QUICK, FRESH], ids=["seed 0", "seed 100"])
def test_as_many_pods_are_placed_as_the_optimum_has_where_more_is_asked_than_there_is(effort):
    assert missed(scarce_batches, effort, REFERENCES) == []


def test_constrained_pods_take_two_percent_more_minions_than_the_optimum_at_most():
    assert missed(constrained_batches, QUICK, REFERENCES) == []


def test_hard_cases_are_placed_whole():
    assert missed(hard_cases, QUICK) == []


def test_the_answer_hangs_on_no_hash_seed_and_no_order_of_the_input():
    assert missed(sameness, QUICK) == []


def test_a_sweep_of_random_batches_is_at_the_optimum():
    tally = sweep(10, first=2000, seconds=2.0)
    assert (tally.bounds_wrong, tally.left_waiting) == ([], [])
    assert tally.exact >= 0.98 * tally.proven > 0


def test_a_cluster_that_lives_for_a_while_needs_fewer_minions_than_greedy_packers_do():
    setting = SETTINGS[0]
    ours, first_fit, most = (lived(setting, 0, packer) for packer in ("podctl", "first fit", "kube most"))
    assert ours <= min(first_fit, most)
