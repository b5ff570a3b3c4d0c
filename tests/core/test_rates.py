"""Two readings make a usage: figures in, figures out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podctl.core.metrics.model import ContainerReading, MachineReading, MinionUsage, Reading, Usage
from podctl.core.metrics.rates import usage_between


def counted(at=10.0, cpu=0, memory=5, pid=1):
    return ContainerReading(pid=pid, at_seconds=at, cpu_nanos=cpu, memory_bytes=memory)


def between(first, second):
    return usage_between(
        Reading(at_seconds=10.0, containers={"c": first} if first else {}),
        Reading(at_seconds=11.5, containers={"c": second} if second else {}),
    )


def test_half_a_core_over_a_second_and_a_half():
    assert between(counted(cpu=10**9), counted(at=11.5, cpu=1_750_000_000, memory=9)) == MinionUsage(
        window_seconds=1.5,
        containers={"c": Usage(cpu_nanocores=500_000_000, memory_bytes=9, cpu_total_nanos=1_750_000_000)},
    )


def test_what_was_not_there_both_times_as_the_same_process_is_left_out():
    pairs = {
        "started": (None, counted(at=11.5)),
        "gone": (counted(), None),
        "started again": (counted(pid=1, cpu=5), counted(pid=2, at=11.5, cpu=9)),
        "started again under the same number": (counted(cpu=50), counted(at=11.5, cpu=9)),
        "read at once": (counted(cpu=5), counted(cpu=9)),
    }
    assert {name: dict(between(*pair).containers) for name, pair in pairs.items()} == {name: {} for name in pairs}


@given(st.integers(0, 2**62), st.integers(0, 10**6), st.floats(0, 10**8), st.floats(0.01, 100), st.integers(0, 2**60))
def test_a_steady_use_is_told_as_it_is_whenever_it_is_read(so_far, millis, at, seconds, memory):
    """The time is read in hundredths of a second, as /proc/uptime has it: so much may be lost, and no more."""
    begin, end = round(at, 2), round(at + seconds, 2)
    if end <= begin:
        return
    spent = round(millis * 10**6 * (end - begin))
    usage = between(counted(begin, so_far), counted(end, so_far + spent, memory)).containers["c"]
    assert abs(usage.cpu_nanocores - millis * 10**6) <= 1 / (end - begin) + 1
    assert (usage.memory_bytes, usage.cpu_total_nanos) == (memory, so_far + spent)


ticks = st.integers(0, 10**9)


@given(st.integers(1, 512), ticks, ticks, ticks, ticks)
def test_a_machine_uses_no_less_than_nothing_and_no_more_than_its_cores(cores, busy, idle, more_busy, more_idle):
    first = MachineReading(cores=cores, busy_ticks=busy, all_ticks=busy + idle, memory_bytes=1)
    second = MachineReading(
        cores=cores, busy_ticks=busy + more_busy, all_ticks=busy + idle + more_busy + more_idle, memory_bytes=2
    )
    usage = usage_between(Reading(machine=first), Reading(machine=second)).machine
    if not more_busy + more_idle:
        assert usage is None
    else:
        assert usage.cpu_nanocores == cores * 10**9 * more_busy // (more_busy + more_idle)
        assert 0 <= usage.cpu_nanocores <= cores * 10**9
        assert (usage.memory_bytes, usage.cpu_total_nanos) == (2, (busy + more_busy) * 10**7)


def test_a_machine_whose_counters_ran_backwards_is_not_told():
    first, second = (
        MachineReading(cores=1, busy_ticks=busy, all_ticks=every, memory_bytes=1) for busy, every in ((9, 10), (5, 20))
    )
    assert usage_between(Reading(machine=first), Reading(machine=second)).machine is None


def test_the_engines_figures_stand_where_there_are_no_counters():
    estimate = Usage(cpu_nanocores=7, memory_bytes=8)
    assert usage_between(Reading(), Reading(estimates={"c": estimate})).containers == {"c": estimate}
