"""What one sandbox has on this machine, by kind: what `down` must leave nothing of."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.engine.sandbox.layout import sandbox_id
from podctl.engine.sandbox.processes import processes_of

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = ("processes", "named namespaces", "mounts", "loop devices", "links", "addresses", "cgroups", "rules", "files")
NOTHING: dict[str, list[str]] = {kind: [] for kind in KINDS}


@dataclass(frozen=True)
class Process:
    """`born` (clock ticks since boot) tells it from a later process of the same number."""

    pid: int
    born: int
    parent: int

    @property
    def alive(self) -> bool:
        now = process(self.pid)
        return now is not None and now.born == self.born


def process(pid: int) -> Process | None:
    """None when there is none, and for a zombie that only waits for its parent's notice."""
    fields = "".join(lines_of(Path(f"/proc/{pid}/stat"))).rpartition(")")[2].split()
    return Process(pid, int(fields[19]), int(fields[1])) if fields and fields[0] not in "ZX" else None


def family(folder: Path) -> list[Process]:
    """Every process in the sandbox's Minions, containers' included, which carry no mark: by descent."""
    everyone = [each for each in (process(int(path.name)) for path in Path("/proc").glob("[0-9]*")) if each]
    found = set(processes_of(sandbox_id(folder)))
    while more := {each.pid for each in everyone if each.parent in found} - found:
        found |= more
    return [each for each in everyone if each.pid in found]


def footprint(folder: Path, known: Iterable[Process] = ()) -> dict[str, list[str]]:
    """By kind, with the processes of `known` that still live."""
    identity = sandbox_id(folder)
    mounts = {line for each in Path("/proc").glob("[0-9]*/mountinfo") for line in lines_of(each)}
    alive = {each.pid for each in known if each.alive} | {each.pid for each in family(folder)}
    return {
        "processes": sorted(name_of(pid) for pid in alive),
        "named namespaces": lines_with(identity, "ip", "netns"),
        "mounts": sorted(line for line in mounts if folder.name in line),
        "loop devices": lines_with(str(folder), "losetup", "--all"),
        "links": lines_with(f"pc{identity}", "ip", "-o", "link"),
        "addresses": lines_with(f"pc{identity}", "ip", "-o", "addr"),
        "cgroups": sorted(map(str, Path("/sys/fs/cgroup").glob(f"**/podctl-sandbox-{identity}"))),
        "rules": lines_with(f"pc{identity}", "iptables-save"),
        "files": sorted(map(str, folder.parent.glob(f"*{folder.name}*"))),
    }


def name_of(pid: int) -> str:
    return " ".join("".join(lines_of(Path(f"/proc/{pid}/cmdline"))).split("\0")) or f"process {pid}"


def lines_of(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []


def lines_with(word: str, *command: str) -> list[str]:
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line for line in shown.splitlines() if word in line]
