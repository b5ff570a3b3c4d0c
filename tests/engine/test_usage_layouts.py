"""The counters' script over made-up machines: each version of cgroups, each driver, and what it cannot see.

The files have the form of the kernel's admin-guide/cgroup-v1 and -v2, the paths that of docker's two drivers.
"""

from __future__ import annotations

import shutil
import stat
import subprocess

import pytest

from podctl.core.metrics.model import ContainerReading, Usage
from podctl.engine.docker.usage import first_reading, parse_reading, second_reading

ID = "0123456789abcdef" * 4
SHELLS = {"sh": ["sh"], "bash": ["bash"], "busybox": ["busybox", "sh"]}
V1_MOUNTS = """\
25 30 0:23 / /sys rw,nosuid - sysfs sysfs rw
30 25 0:26 / {top}/cg rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / {top}/cg/systemd rw shared:9 - cgroup cgroup rw,xattr,name=systemd
32 30 0:28 / {top}/cg/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct
33 30 0:29 / {top}/cg/memory rw,nosuid shared:11 - cgroup cgroup rw,memory
34 30 0:30 / {top}/cg/unified rw - cgroup2 cgroup2 rw
35 30 0:29 /docker/{id} /elsewhere rw - cgroup cgroup rw,memory
"""
V2_MOUNTS = "30 25 0:26 / {top}/cg rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
V1_STAT = "cache 5\ninactive_file 1\ntotal_cache 900\ntotal_inactive_file 300\n"
V2_STAT = "anon 100\nfile 900\ninactive_anon 7\ninactive_file 300\nactive_file 600\n"


def v1(path):
    return {
        f"cg/cpu,cpuacct{path}/cpuacct.usage": "7000000\n",
        f"cg/memory{path}/memory.usage_in_bytes": "1000\n",
        f"cg/memory{path}/memory.stat": V1_STAT,
    }


def v2(path):
    cpu = "usage_usec 7000\nuser_usec 6000\nsystem_usec 1000\nnr_periods 0\n"
    return {f"cg{path}/cpu.stat": cpu, f"cg{path}/memory.current": "1000\n", f"cg{path}/memory.stat": V2_STAT}


def v1_lines(path):
    return f"12:memory:{path}\n5:cpu,cpuacct:{path}\n1:name=systemd:{path}\n0::{path}\n"


DOCKER, SCOPE = f"/docker/{ID}", f"/system.slice/docker-{ID}.scope"
USER = f"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope"
READ = {
    "version 1, driver cgroupfs": (V1_MOUNTS, v1_lines(DOCKER), v1(DOCKER)),
    "version 1, driver systemd": (V1_MOUNTS, v1_lines(SCOPE), v1(SCOPE)),
    "version 1, a parent of its own": (V1_MOUNTS, v1_lines(f"/a b/{ID}".replace(" ", ":")), v1(f"/a:b/{ID}")),
    "version 2, driver cgroupfs": (V2_MOUNTS, f"0::{DOCKER}\n", v2(DOCKER)),
    "version 2, driver systemd": (V2_MOUNTS, f"0::{SCOPE}\n", v2(SCOPE)),
    "version 2, a user's own engine": (V2_MOUNTS, f"0::{USER}\n", v2(USER)),
    "version 2, a container with cgroups of its own": (
        V2_MOUNTS, f"0::{SCOPE}/init.scope\n",
        {**v2(SCOPE), **dict.fromkeys(v2(f"{SCOPE}/init.scope"), "usage_usec 1\n")}),
}  # fmt: skip


@pytest.fixture(params=SHELLS)
def shell(request):
    if not shutil.which(SHELLS[request.param][0]):
        pytest.skip(f"there is no {request.param} here")
    return SHELLS[request.param]


class Machine:
    """A folder that stands for `/`, with one container whose main process has the number 42."""

    def __init__(self, top, mounts, lines, files):
        self.top = top
        files = {**files, "proc/self/mountinfo": mounts.format(top=top, id=ID), "proc/42/cgroup": lines,
                 "proc/uptime": "100.25 190.00\n"}  # fmt: skip
        for name, text in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        docker = top / "docker"
        docker.write_text(
            f'#!/bin/sh\ncase "$1" in\nps) echo {ID} ;;\ncontainer) echo {ID} 42 ;;\n'
            f"stats) echo '{ID} 12.50% 1.5MiB / 2GiB' ;;\nesac\n"
        )
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)

    def read(self, shell, question):
        text = question(str(self.top / "docker")).text.replace("/proc/", f"{self.top}/proc/").replace("sleep 1", "")
        done = subprocess.run([*shell, "-s"], input=text, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return parse_reading(done.stdout.replace(f"{self.top}/", "/"))


@pytest.mark.parametrize("mounts, lines, files", READ.values(), ids=READ)
def test_a_containers_counters_are_found_in(shell, tmp_path, mounts, lines, files):
    machine = Machine(tmp_path, mounts, lines, files)
    for question in (first_reading, second_reading):
        reading = machine.read(shell, question)
        assert reading.containers == {
            ID: ContainerReading(pid=42, at_seconds=100.25, cpu_nanos=7_000_000, memory_bytes=700)
        }
        assert reading.estimates == {}


UNREADABLE = {
    "a machine without cgroups": ("", "", {}),
    "a process of another namespace's under that number": (V2_MOUNTS, "0::/init.scope\n", v2("/init.scope")),
    "an engine that makes no cgroups": (V2_MOUNTS, "0::/user.slice/session-1.scope\n", {}),
    "cgroups that are mounted elsewhere": (V2_MOUNTS, f"0::{DOCKER}\n", {}),
}


@pytest.mark.parametrize("mounts, lines, files", UNREADABLE.values(), ids=UNREADABLE)
def test_the_engine_is_asked_in_the_second_reading_on(shell, tmp_path, mounts, lines, files):
    machine = Machine(tmp_path, mounts, lines, files)
    first, second = (machine.read(shell, question) for question in (first_reading, second_reading))
    assert (first.containers, first.estimates, second.containers) == ({}, {}, {})
    assert second.estimates == {ID: Usage(cpu_nanocores=125_000_000, memory_bytes=1_572_864)}
