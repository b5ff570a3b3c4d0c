"""What a machine says of itself: as Debian, Alpine and macOS say it, and machines that say less."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from podctl.core.health.model import Clock, Disk
from podctl.engine.docker.machine import parse_clock, parse_disks, parse_memory, parse_out_of_memory

GNU = """\
Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda1         41019616 37098888   1804984      96% /
inodes
Filesystem      Inodes  IUsed   IFree IUse% Mounted on
/dev/vda1      2621440 214511 2406929    9% /
end
Filesystem     1024-blocks  Used Available Capacity Mounted on
/dev/loop0         2006768 15300   1869508       1% /run/sandbox/disk
inodes
Filesystem     Inodes IUsed  IFree IUse% Mounted on
/dev/loop0     131072   300 130772    1% /run/sandbox/disk
end
"""
BUSYBOX = """\
Filesystem           1024-blocks    Used Available Capacity Mounted on
overlay              263174212 113218920 136514420  45% /
inodes
Filesystem              Inodes      Used Available Capacity Mounted on
overlay               16711680    722302  15989378   4% /
end
Filesystem           1024-blocks    Used Available Capacity Mounted on
overlay              263174212 113218920 136514420  45% /
inodes
Filesystem              Inodes      Used Available Capacity Mounted on
overlay               16711680    722302  15989378   4% /
end
"""
BTRFS = """\
Filesystem     1024-blocks  Used Available Capacity Mounted on
/dev/sda2            10000  9990        10     100% /
inodes
Filesystem     Inodes IUsed IFree IUse% Mounted on
/dev/sda2           0     0     0     - /
end
end
"""


@pytest.mark.parametrize("text, found", [
    pytest.param(GNU, (
        Disk(path="/", used_percent=96, free_bytes=1804984 * 1024, inodes_percent=9),
        Disk(path="/run/sandbox/disk", used_percent=1, free_bytes=1869508 * 1024, inodes_percent=1),
    ), id="GNU, two disks"),
    pytest.param(BUSYBOX, (Disk(path="/", used_percent=45, free_bytes=136514420 * 1024, inodes_percent=4),),
                 id="busybox, one disk told twice"),
    pytest.param(BTRFS, (Disk(path="/", used_percent=100, free_bytes=10240),), id="btrfs counts no inodes"),
    pytest.param("end\nend\n", (), id="no df"),
    pytest.param("", (), id="nothing"),
    pytest.param("df: /: cannot\nend\n", (), id="broken"),
])  # fmt: skip
def test_disks(text, found):
    assert parse_disks(text) == found


@pytest.mark.parametrize("text, found", [
    ("MemTotal:        8000 kB\nMemFree: 1 kB\nMemAvailable:    2000 kB\n", (8000 * 1024, 2000 * 1024)),
    ("MemTotal:        8000 kB\nMemFree: 1 kB\n", None),
    ("", None),
])  # fmt: skip
def test_memory(text, found):
    assert parse_memory(text) == found


@pytest.mark.parametrize("text, found", [
    pytest.param("1000.250000000\n", Clock(least=989.25, most=990.25), id="GNU"),
    pytest.param("1000.%N\n", Clock(least=989, most=991), id="whole seconds only"),
    pytest.param("1000.N\n", Clock(least=989, most=991), id="macOS"),
    pytest.param("1000.\n", Clock(least=989, most=991), id="busybox"),
    pytest.param("", None, id="no date"),
    pytest.param("date: bad\n", None, id="broken"),
])  # fmt: skip
def test_a_clock_is_known_as_well_as_it_was_asked_quickly(text, found):
    assert parse_clock(text, asked=10, answered=11) == found


def test_of_several_events_of_a_container_the_last_counts():
    text = "1700000000000000000 aaa\n1700000009000000000 aaa\n1700000001000000000 bbb\nnonsense\n"
    assert parse_out_of_memory(text) == {
        "aaa": datetime(2023, 11, 14, 22, 13, 29, tzinfo=UTC), "bbb": datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC),
    }  # fmt: skip
