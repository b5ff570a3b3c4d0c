"""A look at what a move can have unsettled answers as a look at everything does."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from small_batches import batches

from podctl.core.placement.packing.build import problem_of
from podctl.core.placement.packing.soundness import is_sound
from podctl.core.placement.packing.state import WAITING, State

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def problem_for(batch):
    return problem_of(batch.demands, batch.candidates, {}, turns=range(len(batch.demands)))


def scattered(problem, chance):
    """Each Pod, or not, on some Minion that has the room: sound or not."""
    state = State(problem)
    for pod in chance.sample(range(problem.pods), problem.pods):
        each = problem.class_of[pod]
        fitting = [at for at in each.eligible if state.fits_alone(each, at)]
        if fitting and chance.random() < 0.8:
            state.put(pod, each, chance.choice(fitting))
    return state


@UNHURRIED
@given(batches(pods=7, minions=4), st.randoms(use_true_random=False))
def test_after_one_pod_has_moved_only_those_that_hang_together_with_it_need_a_look(batch, chance):
    problem = problem_for(batch)
    state = scattered(problem, chance)
    placed = [pod for pod, minion in enumerate(state.where) if minion != WAITING]
    assume(placed and is_sound(state))
    pod = chance.choice(placed)
    each = problem.class_of[pod]
    state.take(pod, each)
    assert is_sound(state, [pod]) == is_sound(state)
    fitting = [at for at in each.eligible if state.fits_alone(each, at)]
    state.put(pod, each, chance.choice(fitting))
    assert is_sound(state, [pod]) == is_sound(state)


@UNHURRIED
@given(batches(pods=7, minions=4))
def test_every_class_hangs_together_with_itself_and_with_those_that_say_the_same_of_it(batch):
    problem = problem_for(batch)
    assert sorted(index for classes in problem.kindred for index in classes) == list(range(len(problem.classes)))
    for index, number in enumerate(problem.kin):
        assert index in problem.kindred[number]
