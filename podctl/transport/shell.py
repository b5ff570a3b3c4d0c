"""Shell text, and the only place that quotes for a shell.

A `Script` is shell text that is known to be safe: its words came through `bind`, as parameters go into an SQL
statement. What is secret is bound as `Hidden`: it is sent, but whatever prints a Script prints `***` in its place.
The text must run under dash, bash and busybox sh.
"""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


LOG = logging.getLogger("podctl")  # what `--debug` shows: commands as they may be shown


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that is sent and never shown."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Script:
    """Safe shell text. `shown` is the same with hidden values masked: for `--debug`, `--dry-run` and errors."""

    text: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown


def quote(value: str) -> str:
    """`value` as one word for any POSIX shell. A NUL cannot be in an argument: ValueError."""
    if "\0" in value:
        raise ValueError("a NUL character cannot be passed as an argument")
    return shlex.quote(value)


def _word(value: str | int | Hidden | Script) -> tuple[str, str]:
    match value:
        case Script():
            return value.text, value.shown
        case Hidden():
            return quote(value.value), "***"
        case _:
            word = quote(str(value))
            return word, word


def words(values: Iterable[str | int | Hidden | Script]) -> Script:
    """An argv as shell text: each value one word, Scripts as they are."""
    pairs = [_word(value) for value in values]
    return Script(" ".join(text for text, _ in pairs), " ".join(shown for _, shown in pairs))


def bind(template: str, /, **values: str | int | Hidden | Script) -> Script:
    """`template` with each `{name}` replaced by its value as one quoted word (a Script as it is).

    The template itself is trusted text; literal braces are doubled, as in str.format.
    """
    pairs = {name: _word(value) for name, value in values.items()}
    return Script(
        template.format_map({name: text for name, (text, _) in pairs.items()}),
        template.format_map({name: shown for name, (_, shown) in pairs.items()}),
    )


def in_order(scripts: Iterable[Script]) -> Script:
    """All of them, one after the other; ends at the first that fails, with its status."""
    parts = tuple(scripts)
    return Script(" && ".join(s.text for s in parts), " && ".join(s.shown for s in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do on a Minion, with its own stdin, streams, status and deadline.

    Steps of one `group` end at the group's first failure: the later ones are skipped. "" is no group. `files` are
    here-documents on the descriptors 3 and 4 (text without NUL; a last newline is added where it is missing); `env`
    is exported to this step alone. None of stdin, files and env is ever in an argv, on either side. `in_shell` runs
    the script in the conversation's own shell instead of a subshell: what it opens stays open.
    """

    title: str
    script: Script
    group: str = ""
    stdin: bytes | None = field(default=None, repr=False)
    files: Mapping[int, str] = field(default_factory=dict, repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: float | None = None  # None: the Minion's command_timeout
    in_shell: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What became of a Step. Skipped: an earlier step of its group failed."""

    step: Step
    status: int
    stdout: bytes
    stderr: bytes
    skipped: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 0 and not self.skipped

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "replace")

    @property
    def error_text(self) -> str:
        return self.stderr.decode("utf-8", "replace").strip()


def watched(script: Script, abandoned: Script | None = None) -> Script:
    """`script` for a shell whose `$1` is a process that lives as long as the client does.

    When that process is gone, or the group is told to end (TERM), `abandoned` is run and then the whole process group
    ended: at most three seconds later nothing is left. (sshd tells a command that does not read its stdin nothing at
    all; the HUP of a terminal that goes must not end the watcher before it has cleaned up.)
    """
    clean = f"( {abandoned.text}\n)\n" if abandoned else ""
    text = (
        f"over() {{ trap '' TERM\n{clean}kill 0; sleep 1; kill -9 0; }}\n"
        # The substitution ends when the watcher has let go of its output: it is ready before the script begins.
        "w=$( ( trap '' HUP INT QUIT; trap over TERM; exec </dev/null >/dev/null 2>&1\n"
        'while kill -0 "$1" && kill -0 $$; do sleep 1; done; over ) & echo $!)\n'
        f"( {script.text}\n)\nr=$?; kill -9 $w 2>/dev/null; exit $r\n"
    )
    return Script(text, script.shown)
