"""Random schedules with fixed seeds: two clients, faults, and a verdict that asks docker. `make chaos` has hundreds."""

from __future__ import annotations

import pytest
from clients import SOURCES
from schedules import Trouble, Verb, schedule
from trial import carry_out

SEEDS = (1, 158, 245, 304)  # short ones that have every fault between them


@pytest.mark.parametrize("seed", SEEDS)
def test_no_schedule_of_commands_and_faults_runs_a_pod_twice_or_loses_one(sandbox, tmp_path, seed):
    trial = carry_out(schedule(seed), sandbox, tmp_path, SOURCES)
    assert trial.violations == [], str(trial)


def test_a_seed_gives_the_same_schedule_every_time():
    assert [schedule(seed) for seed in range(50)] == [schedule(seed) for seed in range(50)]
    drawn = {op.verb for seed in range(50) for mine in schedule(seed).clients for op in mine}
    assert drawn == set(Verb)
    assert {fault.trouble for seed in SEEDS for fault in schedule(seed).faults} == set(Trouble)
