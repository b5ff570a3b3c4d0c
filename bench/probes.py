"""What asking probes costs: 100 Pods with HTTP probes on five sandbox Minions.

    sudo .venv/bin/python -m bench.probes [--pods 100] [--minions 5] [--runs 5]

Each command is a process of its own, as a user runs it; the figures are medians. `get pods` asks 100 readiness
probes, `health` these and 100 liveness probes; `get minions` looks at the same containers and asks none.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.engine.sandbox import IMAGE, up

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = ("get minions", "get pods -o name", "get pods", "health")
BAR = 2.0  # health takes less than so many times what `get pods` does


def pods(count: int) -> Iterator[dict[str, object]]:
    probe = {"httpGet": {"port": 80, "path": "/index.html"}}
    for number in range(count):
        container = {
            "name": "web", "image": IMAGE, "command": ["httpd", "-f", "-p", "80", "-h", "/www"],
            "resources": {"requests": {"cpu": "1m"}}, "readinessProbe": probe, "livenessProbe": probe,
        }  # fmt: skip
        spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"web-{number}"}, "spec": spec}


def podctl(inventory: Path, *words: str, given: str = "") -> tuple[float, subprocess.CompletedProcess[str]]:
    begun = time.monotonic()
    environment = {**os.environ, "PODCTL_INVENTORY": str(inventory)}
    argv = [sys.executable, "-m", "podctl", *words]
    done = subprocess.run(argv, input=given, text=True, capture_output=True, check=False, env=environment)
    return time.monotonic() - begun, done


def _own_seconds() -> float:
    """What the commands so far have used of a processor here: the same on a busy machine and on an idle one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=100)
    parser.add_argument("--minions", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, up(Path(folder) / "bench-probes", options.minions) as sandbox:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(pods(options.pods))})
        took, done = podctl(sandbox.inventory, "apply", "--strategy", "spread", "-f", "-", given=text)
        print(f"apply of {options.pods} Pods on {options.minions} Minions, ready: {took:.1f} s, exit {done.returncode}")
        print(done.stderr[-500:] if done.returncode else "", end="")
        figures = {}
        for command in COMMANDS:
            before = _own_seconds()
            runs = [podctl(sandbox.inventory, *command.split()) for _ in range(options.runs)]
            figures[command] = statistics.median(took for took, _ in runs)
            codes = sorted({done.returncode for _, done in runs})
            own = (_own_seconds() - before) / options.runs
            print(
                f"{command:<18} {figures[command]:6.2f} s   {own:5.2f} s of a processor of podctl's own   exit {codes}"
            )
        ready = runs and podctl(sandbox.inventory, "get", "pods", "--no-headers")[1].stdout.count(" 1/1 ")
        ratio = figures["health"] / figures["get pods"]
        print(f"ready: {ready} of {options.pods}; health / get pods = {ratio:.2f} (bar: {BAR:.1f})")
        return 0 if ratio < BAR else 1


if __name__ == "__main__":
    sys.exit(main())
