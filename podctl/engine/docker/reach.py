"""Commands that reach into containers: each runs as a stream of its own, its ends joined to podctl's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.transport.shell import Script, bind, words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# The engine's usual places that a login without a profile does not have on its PATH.
_PATHS = "PATH=$PATH:/usr/local/bin:/opt/homebrew/bin:/snap/bin; export PATH\n"
MARK = "PODCTL_EXEC"
_HEADER_BYTES = 1 << 16


def _found(script: Script) -> Script:
    return Script(_PATHS + script.text, script.shown)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def logs(
    docker: str,
    container: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tail: int | None = None,
    timestamps: bool = False,
    follow: bool = False,
) -> Script:
    """The log, both streams on stdout in the order in which they are kept.

    Following ends where the container has ended for good: docker's own ends at each exit, so here the container is
    watched until it runs again, and followed on from the moment at which its last run ended.
    """
    show = words([docker, "logs", *(["-f"] if follow else []), *(["-t"] if timestamps else [])])
    first = words(
        [
            *([] if since is None else ["--since", _stamp(since)]),
            *([] if until is None else ["--until", _stamp(until)]),
            *([] if tail is None else ["--tail", str(tail)]),
        ]
    )
    once = Script(f"{show.text} {first.text} {words([container]).text}", "")
    shown = " ".join(f"{show.shown} {first.shown} {container}".split())
    if not follow:
        return _found(Script(f"{once.text} 2>&1", shown))
    loop = bind(
        "set -- {first}\n"
        'while {show} "$@" {container} 2>&1 || exit; do\n'
        "f=; while :; do\n"
        "s=$({docker} container inspect -f {format} {container} 2>/dev/null) || exit 0\n"
        "t=${{s#* }}; s=${{s%% *}}; f=${{f:-$t}}\n"
        '[ "$s" = running ] || [ "$s" = paused ] || [ "$f" != "$t" ] && break\n'
        '[ "$s" = restarting ] || exit 0\n'
        "sleep 0.2; done\n"
        'set -- --since "$f"; done',
        first=first,
        show=show,
        docker=docker,
        container=container,
        format="{{.State.Status}} {{.State.FinishedAt}}",
    )
    return _found(Script(loop.text, shown))


def execute(
    docker: str, container: str, command: Iterable[str], *, nonce: str, stdin: bool = False, terminal: str = ""
) -> Script:
    """`command` in a container. `terminal` is its TERM where it gets one; without `stdin` it reads an empty one."""
    flags = [*(["-i"] if stdin else []), *(["-t", "-e", f"TERM={terminal}"] if terminal else [])]
    run = words([docker, "exec", *flags, "-e", f"{MARK}={nonce}", container, *command])
    return _found(Script(run.text + ("" if stdin else " </dev/null"), run.shown))


def end_execution(docker: str, container: str, nonce: str) -> Script:
    """Ends whatever in the container carries the nonce, as docker leaves it running when its client dies.

    With the rights of root (or where the Minion's processes may be read) from outside; else inside, by a shell and
    grep in the container, with the rights of the user that the command had. A container that has neither keeps it.
    (Without -F: so busybox's grep ends at the first NUL.)
    """
    end = bind(
        "for s in TERM KILL; do kill -$s $(grep -ls {mark} /proc/[0-9]*/environ | cut -d / -f 3); sleep 1; done",
        mark=f"{MARK}={nonce}",
    )
    text = bind(
        "if [ -r /proc/1/environ ]; then {end}; else {docker} exec {container} sh -c {inside}; fi",
        end=end,
        docker=docker,
        container=container,
        inside=end.text,
    )
    return _found(text)


def wait(docker: str, container: str) -> Script:
    """Ends when the container does, also when it would be started again."""
    return _found(words([docker, "wait", container]))


def copy_out(docker: str, container: str, path: str) -> Script:
    """A tar on stdout: one entry for what is at the path, links followed, and what is below it."""
    return _found(words([docker, "cp", "-L", f"{container}:{path}", "-"]))


def copy_in(docker: str, container: str, folder: str) -> Script:
    """Unpacks the tar on stdin in a folder that is there."""
    return _found(words([docker, "cp", "-", f"{container}:{folder}"]))


def head_of(docker: str, container: str, path: str) -> Script:
    """The first of what `copy_out` prints: enough to see what is there."""
    return bind(
        "{copy} | head -c {count}",
        copy=words([docker, "cp", "-L", f"{container}:{path}", "-"]),
        count=_HEADER_BYTES,
    )


def nature(docker: str, container: str) -> Script:
    """Three lines: its working directory, its USER as it was given, and uid and gid of its main process, or ""."""
    return bind(
        "{docker} container inspect -f {format} {container} || exit\n"
        "p=$({docker} container inspect -f {pid} {container})\n"
        '[ "$p" = 0 ] || awk \'/^[UG]id:/ {{ printf "%s ", $2 }}\' "/proc/$p/status" 2>/dev/null || :',
        docker=docker,
        container=container,
        format="{{.Config.WorkingDir}}\n{{.Config.User}}",
        pid="{{.State.Pid}}",
    )
