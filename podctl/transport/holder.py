"""Who holds a Minion's lock: the words that each writer's shell carries, and the question that finds them again.

The shell of a writing conversation is `sh -s podctl WHO SINCE WORDS...`. sh makes nothing of these words but its
positional parameters, which nobody reads: they stand in the argv of the very process that holds the lock, and are gone
with it. So `ps` on a Minion tells who is at work there, and no file is ever left behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from podctl.core.age import duration_text
from podctl.transport.shell import Script, Step

if TYPE_CHECKING:
    from podctl.core.document.model import Caller

_TITLE = "podctl"
_MOST_WORDS, _MOST_CHARACTERS = 20, 200
_NO_PLAIN = re.compile(r"[^A-Za-z0-9@._/,:+-]")  # every login shell takes the others as they are, csh and fish too
_TICKS = 100  # a second: USER_HZ in which /proc/PID/stat counts on every architecture of docker; proc(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a lock. All empty: it cannot be told."""

    who: str = ""  # user@machine
    command: str = ""  # as it was typed, `_` for each character that a shell might take for more
    age_seconds: int = 0  # since its shell was started, by the Minion's own clock
    sure: bool = field(default=False, compare=False)  # seen to hold it; else it is the one that was there longest

    def __str__(self) -> str:
        return f"{self.who}: {self.command}" if self.who else "another podctl"

    @property
    def age_text(self) -> str:
        return duration_text(timedelta(seconds=self.age_seconds))


def _plain(word: str) -> str:
    return _NO_PLAIN.sub("_", word) or "_"


def marker(caller: Caller | None, now_seconds: float) -> tuple[str, ...]:
    """What follows `sh -s`: words that need no quotes in any shell. None for a caller without a name."""
    if not caller or not caller.who:
        return ()
    given = [_plain(word) for word in caller.command.split()]
    words: list[str] = []
    for word in given[:_MOST_WORDS]:
        if len(" ".join([*words, word])) > _MOST_CHARACTERS:
            break
        words.append(word)
    more = ("...",) if len(words) < len(given) else ()
    return (_TITLE, _plain(caller.who)[:_MOST_CHARACTERS], str(int(now_seconds)), *words, *more)


# First the asking shell and the time since boot, then a line for each shell with our words. `read` drops NULs, so that
# no process is started for those without. Descriptor 9 is the lock's; of other users' shells it may not be looked at.
_QUESTION = """\
exec 2>/dev/null
read -r up idle </proc/uptime || exit 0
echo "$$ $up"
for d in /proc/[0-9]*; do
    c=; read -r c <$d/comm
    case $c in sh|ash|dash|bash|busybox) ;; *) continue ;; esac
    l=; IFS= read -r l <$d/cmdline
    case $l in *-spodctl*) ;; *) continue ;; esac
    h=-; if [ $d/fd/9 -ef /run ] || [ $d/fd/9 -ef /var/run ]; then h=9; fi
    s=; read -r s <$d/stat
    printf '%s %s %s | ' "${d#/proc/}" $h "${s##*) }"; tr '\\000' ' ' <$d/cmdline; echo
done
"""

ASK = Step(title="ask who holds the lock", script=Script(_QUESTION, "ask who holds the lock"), timeout_seconds=10)

_FIRST = re.compile(r"(?P<me>\d+) (?P<uptime>\d+(?:\.\d+)?)")
_LINE = re.compile(  # after the state: the parent, 17 numbers that nobody needs, and the time of the start
    r"(?P<pid>\d+) (?P<descriptor>[9-]) \S (?P<parent>\d+)(?: -?\d+){17} (?P<start>\d+)(?: -?\d+)* \| "
    r"[^|]*?-s podctl (?P<who>[A-Za-z0-9@._/,:+-]+) \d+ (?P<command>[A-Za-z0-9@._/,:+ -]*)"
)


def holder_of(answer: str) -> Holder:
    """Who holds the lock by the answer to ASK: whose descriptor 9 is its folder, else who has been there longest.

    The words of the one who asks are no answer. Words that `marker` would not have written are none of ours.
    """
    lines = answer.splitlines()
    first = _FIRST.fullmatch(lines[0]) if lines else None
    if not first:
        return Holder()
    found = [each for line in lines[1:] if (each := _LINE.fullmatch(line))]
    others = [each for each in found if first["me"] not in (each["pid"], each["parent"])]
    if not others:
        return Holder()
    best = min(others, key=lambda each: (each["descriptor"] != "9", int(each["start"])))
    age = float(first["uptime"]) - int(best["start"]) / _TICKS
    return Holder(
        who=best["who"], command=best["command"].strip(), age_seconds=max(int(age), 0), sure=best["descriptor"] == "9"
    )
