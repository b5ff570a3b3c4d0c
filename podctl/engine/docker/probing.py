"""Exec probes: many commands in containers side by side, in one step, each with its own time and its own answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.engine.docker.reach import MARK
from podctl.transport.shell import Script, bind, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.model import MinionFacts

LANES = 16  # at once: each costs the engine 70 ms of a processor, and the clocks of all run meanwhile
_BREAK = "\x1d"  # stands for a line's end in what a command printed, so that each answer is one line
# Job $1 in container $4 for $2 seconds, its processes marked $3. What the shell says of a killed job is for nobody.
_ONE = """\
one() {{ i=$1 t=$2 m=$3; shift 3
o=$( {{ {docker} exec -e "{mark}=$m" "$@" 2>&1 </dev/null & p=$!
( while [ "$t" -gt 0 ]; do sleep 1 </dev/null >/dev/null; t=$((t-1)); done; printf '\\n%s\\n' "$m"; kill -9 $p ) & w=$!
wait $p; r=$?; kill $w; printf '\\n%s\\n' "$r"; }} 2>/dev/null | tail -c 700 | tr -d '\\r\\035' | tr '\\n' '\\035')
printf '%s %s\\n' "$i" "$o"; }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An exec probe. `nonce` marks what it starts in the container."""

    container: str
    argv: tuple[str, ...]
    timeout_seconds: int
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`last_line` of both streams of a command, cut to 200 characters; `late`: it was ended at its timeout."""

    status: int
    last_line: str
    late: bool


_MOST_CHARACTERS = 200


def ask(docker: str, commands: Sequence[Command]) -> Script:
    """All of them, as many at once as there are lanes."""
    lanes = [
        Script("\n".join(each.text for each in lane), "; ".join(each.shown for each in lane))
        for first in range(min(LANES, len(commands)))
        if (lane := [_one(docker, index, commands[index]) for index in range(first, len(commands), LANES)])
    ]
    text = bind(_ONE, docker=docker, mark=Script(MARK, MARK)).text
    text += "".join(f"{{\n{lane.text}\n}} &\n" for lane in lanes) + "wait\n"
    return Script(text, "; ".join(lane.shown for lane in lanes))


def _one(docker: str, index: int, command: Command) -> Script:
    job = words(["one", index, command.timeout_seconds, command.nonce, command.container, *command.argv])
    return Script(job.text, words([docker, "exec", command.container, *command.argv]).shown)


def longest_seconds(commands: Sequence[Command]) -> int:
    """What `ask` may take, the engine's own time not counted."""
    return -(-len(commands) // LANES) * max((each.timeout_seconds + 1 for each in commands), default=0)


def parse(text: str, commands: Sequence[Command]) -> tuple[Said, ...]:
    """In the order of `commands`. ValueError when one has no answer."""
    found: dict[int, Said] = {}
    for line in text.split("\n"):
        index, blank, said = line.partition(" ")
        if blank:
            found[int(index)] = _said(said, commands[int(index)].nonce)
    if len(found) != len(commands):
        raise ValueError(f"{len(commands) - len(found)} of {len(commands)} exec probes have no answer")
    return tuple(found[index] for index in range(len(commands)))


def _said(text: str, nonce: str) -> Said:
    *lines, status = [line for line in text.split(_BREAK) if line.strip()]
    last = next((line.strip() for line in reversed(lines) if line != nonce), "")
    return Said(status=int(status), last_line=last[:_MOST_CHARACTERS], late=nonce in lines)


def end(docker: str, command: Command) -> Script:
    """Ends at once whatever carries the nonce: docker leaves it running when its client is killed.

    From outside where the Minion's processes may be read, else inside by a shell and grep of the container; one that
    has neither keeps it.
    """
    kill = bind(
        "kill -9 $(grep -ls {mark} /proc/[0-9]*/environ | cut -d / -f 3) 2>/dev/null || :",
        mark=f"{MARK}={command.nonce}",
    )
    return bind(
        "if [ -r /proc/1/environ ]; then {kill}; else {docker} exec {container} sh -c {inside} || :; fi",
        kill=kill,
        docker=docker,
        container=command.container,
        inside=kill.text,
    )


def answers(docker: str) -> Script:
    """Fails where the engine cannot be asked."""
    return words([docker, "version", "--format", "{{.Server.Version}}"])


def hides_pods(facts: MinionFacts | None) -> bool:
    """True of an engine whose containers' addresses the machine cannot reach: one without root, or in a VM."""
    if facts is None:
        return False
    return any("rootless" in each for each in facts.security_options) or facts.os_image.startswith("Docker Desktop")
