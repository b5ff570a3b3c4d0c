"""The counters of all running containers and of the machine, read at one moment, and their parser.

They are read from the kernel's cgroup files, which takes milliseconds where the engine's own figures take seconds. A
container's cgroup is that of its main process, up to the part of its path that carries the container's id: so it is
right for both versions of cgroups, for both of the engine's drivers (`/docker/ID`, `/system.slice/docker-ID.scope`),
and for containers that make cgroups of their own. A path without the id is another machine's, or another namespace's.

What the files mean: the kernel's `admin-guide/cgroup-v1` and `admin-guide/cgroup-v2`. Working set: usage without
inactive file pages, as the kubelet has it (cadvisor, `container/libcontainer/handler.go`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from podctl.core.metrics.model import ContainerReading, MachineReading, Reading, Usage
from podctl.core.metrics.rates import NANO
from podctl.transport.shell import Script, bind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INTERVAL_SECONDS = 1  # kubectl's figures are means of 15 s; shorter than 1 s, ticks and schedulers show

_MOUNTS = """\
mem= cpu= both=
[ ! -r /proc/self/mountinfo ] || while read -r a b c root at rest; do
case "$root $rest" in
"/ "*" - cgroup2 "*) both=${{both:-$at}} ;;
"/ "*" - cgroup "*)
case ",${{rest##* }}," in *,memory,*) mem=${{mem:-$at}} ;; esac
case ",${{rest##* }}," in *,cpuacct,*) cpu=${{cpu:-$at}} ;; esac ;;
esac
done </proc/self/mountinfo
"""
# After it `files` has for each container the time, its CPU counter and its memory; `found` says that some are there.
_FILES = """\
files='/proc/uptime /proc/stat /proc/meminfo' found= run=
set -f; set -- $all
while [ $# -gt 1 ]; do
id=$1 pid=$2; shift 2
[ "$pid" != 0 ] || continue
run=1
[ -r "/proc/$pid/cgroup" ] || continue
m= u=
while IFS=: read -r n list path; do
case $path in *"$id"*) ;; *) continue ;; esac
rest=${{path#*"$id"}}
path=${{path%%"$id"*}}$id${{rest%%/*}}
case ",$list," in *,memory,*) m="$mem$path/memory.usage_in_bytes $mem$path/memory.stat" ;; esac
case ",$list," in *,cpuacct,*) u=$cpu$path/cpuacct.usage ;; esac
[ -n "$list" ] || {{ m=${{m:-$both$path/memory.current $both$path/memory.stat}} u=${{u:-$both$path/cpu.stat}}; }}
done <"/proc/$pid/cgroup"
[ ! -r "$u" ] || found=1
files="$files /proc/uptime $u $m"
done
"""
_PRINT = """\
echo "$all"
grep -sHE {pattern} $files || :
"""
_ESTIMATE = """\
[ -n "$found" ] || [ -z "$run" ] || {docker} stats --no-stream --no-trunc --format {stats} || :
"""
_PATTERN = r"^([0-9]|cpu|usage_usec|(total_)?inactive_file|MemTotal:|MemAvailable:)"
_STATS = "{{.ID}} {{.CPUPerc}} {{.MemUsage}}"

_ID = re.compile(r"[0-9a-f]{64}")
_MAIN_PROCESS = re.compile(r"([0-9a-f]{64}) (\d+)")
_ESTIMATED = re.compile(r"([0-9a-f]{64}) ([\d.]+)% ([\d.]+)([kKMGT]?i?B) / (?!0B).*")  # of 0B: not counted
_UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}  # fmt: skip
_KIB = 1024
_COUNTED_TICKS = 8  # user nice system idle iowait irq softirq steal; the guests' behind them are in user and nice


def first_reading(docker: str) -> Script:
    return _reading(docker, _PRINT)


def second_reading(docker: str) -> Script:
    """A second later. Asks the engine, which takes it two seconds, where no container's counters can be read."""
    return _reading(docker, _PRINT + _ESTIMATE, before=f"sleep {_INTERVAL_SECONDS}\n")


def _reading(docker: str, ending: str, before: str = "") -> Script:
    """What goes between ps and inspect is left out."""
    return bind(
        before + "all=; ids=$({docker} ps -q --no-trunc) || exit\n"
        '[ -z "$ids" ] || all=$({docker} container inspect --format {process} $ids 2>/dev/null)\n'
        + _MOUNTS + _FILES + ending,
        docker=docker, process="{{.Id}} {{.State.Pid}}", pattern=_PATTERN, stats=_STATS,
    )  # fmt: skip


class _Files:
    """The lines that grep found: those of each container, in groups that begin with the time, and the machine's."""

    def __init__(self, text: str) -> None:
        self.pids: dict[str, int] = {}
        self.estimates: dict[str, Usage] = {}
        self.machine: dict[str, list[str]] = defaultdict(list)  # by file
        self.containers: dict[str, dict[str, str]] = defaultdict(dict)  # by id: `file field` -> value
        self.times: dict[str, float] = {}
        self.first_time: float | None = None
        self._time = 0.0
        for line in text.splitlines():
            self._take(line)

    def _take(self, line: str) -> None:
        if found := _MAIN_PROCESS.fullmatch(line):
            self.pids[found[1]] = int(found[2])
        elif found := _ESTIMATED.fullmatch(line):
            self.estimates[found[1]] = Usage(
                cpu_nanocores=round(float(found[2]) * NANO / 100),  # 100% is one core
                memory_bytes=round(float(found[3]) * _UNITS.get(found[4], 1)),
            )
        elif line.startswith("/"):
            self._take_file(*_cut(line))

    def _take_file(self, path: str, value: str) -> None:
        base = path.rpartition("/")[2]
        if base == "uptime":
            self._time = float(value.partition(" ")[0])
            self.first_time = self._time if self.first_time is None else self.first_time
        elif found := _ID.search(path):
            name, _, amount = value.rpartition(" ")
            self.containers[found[0]][f"{base} {name}".strip()] = amount
            if base.startswith("cpu"):
                self.times[found[0]] = self._time
        else:
            self.machine[base].append(value)


def _cut(line: str) -> tuple[str, str]:
    """`PATH:VALUE`; a colon may be in a path of cgroups, and is in /proc/meminfo's values."""
    at = line.index(":") if line.startswith("/proc/") else line.rindex(":")
    return line[:at], line[at + 1 :]


def parse_reading(text: str) -> Reading:
    """What `first_reading` and `second_reading` print. What could not be read is left out, and no error."""
    files = _Files(text)
    return Reading(
        at_seconds=files.first_time,
        machine=_machine(files.machine),
        containers=dict(_containers(files)),
        estimates=files.estimates,
    )


def _containers(files: _Files) -> Iterator[tuple[str, ContainerReading]]:
    for name, values in files.containers.items():
        cpu, memory = _cpu_nanos(values), _working_set(values)
        if name in files.pids and cpu is not None and memory is not None:
            at, pid = files.times[name], files.pids[name]
            yield name, ContainerReading(pid=pid, at_seconds=at, cpu_nanos=cpu, memory_bytes=memory)


def _cpu_nanos(values: Mapping[str, str]) -> int | None:
    if "cpuacct.usage" in values:
        return int(values["cpuacct.usage"])
    return int(values["cpu.stat usage_usec"]) * 1000 if "cpu.stat usage_usec" in values else None


def _working_set(values: Mapping[str, str]) -> int | None:
    """Version 1 counts what lies below a cgroup in `total_`, version 2 always."""
    usage = values.get("memory.usage_in_bytes", values.get("memory.current"))
    idle = values.get("memory.stat total_inactive_file", values.get("memory.stat inactive_file", "0"))
    return max(0, int(usage) - int(idle)) if usage else None


def _machine(files: Mapping[str, list[str]]) -> MachineReading | None:
    memory = {name: int(rest.split()[0]) * _KIB for name, _, rest in (line.partition(":") for line in files["meminfo"])}
    cpus = [line.split() for line in files["stat"]]
    whole = next((line[1:] for line in cpus if line[0] == "cpu"), None)
    if whole is None or not {"MemTotal", "MemAvailable"} <= set(memory):
        return None
    ticks = [int(each) for each in whole[:_COUNTED_TICKS]]
    user, nice, system, _idle, _iowait, *interrupts = ticks
    return MachineReading(
        cores=len(cpus) - 1,
        busy_ticks=user + nice + system + sum(interrupts[:2]),  # what the hypervisor stole is nobody's use
        all_ticks=sum(ticks),
        memory_bytes=memory["MemTotal"] - memory["MemAvailable"],
    )
