"""What remembering costs: the same commands of two checkouts of podctl, turn by turn on the same five Minions; medians.

git worktree add --detach /tmp/before 19b224a       # the commit before there was a Document
python tests/real/chaos/cost.py --before /tmp/before --rounds 10
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[2])]

from clients import SOURCES, Client, inventory  # noqa: E402 - found by the line above
from faults import log_end, logins  # noqa: E402
from troubles import wipe_all  # noqa: E402

from podctl.engine.sandbox import IMAGE, Sandbox, up  # noqa: E402

_POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: on-{minion}}}
spec:
  nodeName: {minion}
  terminationGracePeriodSeconds: 2
  containers:
  - name: app
    image: {image}
    command: [sh, -c, "trap 'exit 0' TERM; sleep 100000 & wait"]
    env: [{{name: VERSION, value: "{version}"}}]
---
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="cost", description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout without the Document")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--minions", type=int, default=5)
    parser.add_argument("--no-wait", action="store_true", help="applies do not wait until their Pods are ready")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, up(Path(scratch) / "sandbox", told.minions) as sandbox:
        clients = []
        for name, sources in (("before", told.before), ("now", SOURCES)):
            into = inventory(sandbox.inventory, Path(scratch), f"cost{name}", cpu_millis=4000)
            clients.append(Client(into, Path(scratch), name, sources))
        print(_measured(sandbox, clients, told.rounds, ["--no-wait"] if told.no_wait else []))
        wipe_all(sandbox)


def _measured(sandbox: Sandbox, clients: list[Client], rounds: int, flags: list[str]) -> str:
    seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    execs: dict[tuple[str, str], int] = {}
    commands = (
        "a changing apply of a Pod on each Minion",
        "a changing apply of one Pod",
        "the same apply again",
        "get",
    )
    for number in range(rounds + 1):
        for client in clients if number % 2 else clients[::-1]:
            every = "".join(_pod(each.name, number) for each in sandbox.minions)
            one = _pod(sandbox.minions[0].name, 1000 + number)
            for command, text in zip(commands, (every, one, one, ""), strict=True):
                ends = [log_end(each) for each in sandbox.minions]
                answer = client(*(("apply", *flags, "-f", "-") if text else ("get", "pods")), stdin=text)
                assert answer.code == 0, answer
                counts = [logins(each, end).commands for each, end in zip(sandbox.minions, ends, strict=True)]
                execs[client.name, command] = sum(counts)
                if number:  # the first round makes images, networks and the first Document
                    seconds[client.name, command].append(answer.seconds)
    lines = [f"{rounds} rounds on {len(sandbox.minions)} Minions; medians in seconds, and commands started by sshd"]
    for command in commands:
        before, now = (statistics.median(seconds[each.name, command]) for each in clients)
        counts = " and ".join(str(execs[each.name, command]) for each in clients)
        lines.append(f"{command:42s} {before:5.2f} {now:5.2f}  {now - before:+.2f}   execs {counts}")
    return "\n".join(lines)


def _pod(minion: str, version: int) -> str:
    return _POD.format(minion=minion, image=IMAGE, version=version)


if __name__ == "__main__":
    main()
