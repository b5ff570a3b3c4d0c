"""What the counters' script printed on a real Minion, read; tests/data/usage/README says where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from podctl.core.metrics.model import ContainerReading, MachineReading, MinionUsage, Reading, Usage
from podctl.core.metrics.rates import usage_between
from podctl.core.model import Minion
from podctl.engine.docker.usage import parse_reading
from podctl.engine.observe import observe
from podctl.transport.fake import FakeTransport

DATA = Path(__file__).parents[1] / "data" / "usage"
TURNS = "59585f5d7dfcd69d0d53af5b76397e2ba20dd01ada1de2a3d572f7b7b415af3d"
HOLDS = "207bb6d6383d59e706b966dab1c7b8acac2a3fe4c4e03de6fc6af757217befb9"
MIB = 2**20


def captured(name):
    return (DATA / f"{name}.txt").read_text()


def test_each_running_container_has_its_counters_and_the_time_at_which_they_were_read():
    first = parse_reading(captured("v1_first"))
    assert len(first.containers) == 6
    assert first.estimates == {}
    assert first.containers[HOLDS] == ContainerReading(
        pid=841, at_seconds=first.at_seconds, cpu_nanos=39112780, memory_bytes=21331968
    )


def test_the_machine_has_its_own():
    machine = parse_reading(captured("engine_first")).machine
    assert machine.cores == 2
    assert machine.memory_bytes < 24684084 * 1024
    text = "/proc/stat:cpu  8 1 4 100 7 2 1 3 5 0\n/proc/stat:cpu0 8 1 4 100 7 2 1 3 5 0\n"
    memory = "/proc/meminfo:MemTotal:       1000 kB\n/proc/meminfo:MemAvailable:    400 kB\n"
    assert parse_reading(text + memory).machine == MachineReading(
        cores=1, busy_ticks=8 + 1 + 4 + 2 + 1, all_ticks=126, memory_bytes=600 * 1024
    )


def test_two_readings_tell_who_turns_and_who_holds():
    usage = usage_between(parse_reading(captured("v1_first")), parse_reading(captured("v1_second")))
    assert 1 <= usage.window_seconds < 5
    assert 0 < usage.containers[TURNS].cpu_nanocores < 400 * 10**6
    assert usage.containers[HOLDS].cpu_nanocores == 0
    assert 20 * MIB < usage.containers[HOLDS].memory_bytes < 21 * MIB
    assert 0 < usage.machine.cpu_nanocores <= 2 * 10**9


def test_where_no_cgroup_can_be_read_the_engines_own_figures_count():
    usage = usage_between(parse_reading(captured("engine_first")), parse_reading(captured("engine_second")))
    assert usage.containers[TURNS] == Usage(cpu_nanocores=267 * 10**6, memory_bytes=320 * 1024)
    assert usage.containers[HOLDS] == Usage(cpu_nanocores=0, memory_bytes=round(20.34 * MIB))


NOTHING = {
    "an empty answer": "",
    "containers whose files went before they were read": f"{TURNS} 12\n/proc/uptime:1.00 1.00\n",
    "a container that the engine does not count": f"{TURNS} 0.00% 0B / 0B\n",
    "a container that is gone for the engine": f"{TURNS} -- -- / --\n",
    "memory without CPU time": f"{TURNS} 12\n/proc/uptime:1.00 1.00\n/cg/{TURNS}/memory.current:5\n",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_what_cannot_be_told_is_left_out(text):
    reading = parse_reading(text)
    assert (reading.containers, reading.estimates, reading.machine) == ({}, {}, None)


def test_a_look_whose_counters_cannot_be_read_is_a_look():
    """Whatever they answer: it hides nothing else."""
    said = {
        "list the containers": b"", "list the volumes": b"", "read resolv.conf": b"", "read the address": b"",
        "read the clock": b"1795366039\n",
        "ask the engine for its version and capacity":
            (DATA.parent / "docker" / "new" / "facts.txt").read_bytes(),
        "read what is used": b"/proc/uptime:soon\n",
    }  # fmt: skip
    minion = Minion(name="bravo")
    transport = FakeTransport(minion, lambda step: (0, said.get(step.title, b""), b""))
    seen = observe(transport.conversation(), minion, "sandbox", usage=True)
    assert seen.usage == MinionUsage()
    assert seen.facts.cpu_millis == 2000
    titles = [step.title for step in transport.steps]
    assert (titles[0], titles[-1]) == ("read what is used", "read what is used, a second later")
    assert parse_reading("") == Reading()
