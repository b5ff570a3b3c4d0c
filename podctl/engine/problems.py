"""Why a Minion's engine cannot be used at all, and what to do: as against a command of it that merely failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.errors import DockerError

if TYPE_CHECKING:
    from podctl.core.model import Minion

# Fragments in lower case, from CLIs 20.10.24 and 28.2.2; newer ones say "docker API" where those say "Docker daemon".
_NO_RIGHT = ("permission denied while trying to connect to the docker",)
_NOT_RUNNING = (
    "cannot connect to the docker daemon",
    "failed to connect to the docker api",
    "is the docker daemon running",
    "error during connect",
    "docker.sock: connect: no such file or directory",
)
_WRONG_VERSION = ("maximum supported api version is", "minimum supported api version is")
_NOT_FOUND_STATUS, _NOT_EXECUTABLE_STATUS = 127, 126


def engine_problem(minion: Minion, status: int, stderr: str) -> DockerError | None:
    """What the status and the stderr of a docker command say about the engine; None when it is in order.

    A command that fails for a reason of its own (no such container, a program missing inside one) gives None.
    """
    said = stderr.lower()
    if status == 0 or ("error response from daemon" in said and not _any(_WRONG_VERSION, said)):
        return None
    if _any(_NO_RIGHT, said):
        return _problem(
            minion,
            "this user may not use docker",
            stderr,
            f"There: usermod -aG docker {minion.user or 'USER'} (it counts from the next login on), or `sudo: true` in "
            "the inventory.",
        )
    if _any(_NOT_RUNNING, said):
        return _problem(minion, "docker is not running", stderr, "There: systemctl start docker")
    if _any(_WRONG_VERSION, said):
        return _problem(
            minion, "its docker command and its docker daemon do not fit together", stderr, "Update the older of both."
        )
    return _no_program(minion, status, stderr)


def _no_program(minion: Minion, status: int, stderr: str) -> DockerError | None:
    program = minion.docker.split(" ", 1)[0]
    named = [line for line in stderr.lower().splitlines() if f"{program.lower()}: " in line]
    if status == _NOT_FOUND_STATUS and any(_any(("not found", "no such file"), line) for line in named):
        return _problem(
            minion,
            f"the command {program} was not found",
            stderr,
            "Install docker there (Debian: apt-get install docker.io), or say where it is: `docker:` in the inventory.",
        )
    if status == _NOT_EXECUTABLE_STATUS and any("permission denied" in line for line in named):
        return _problem(
            minion, f"the command {program} may not be run", stderr, "Check `docker:` in the inventory, and its mode."
        )
    return None


def _any(fragments: tuple[str, ...], text: str) -> bool:
    return any(fragment in text for fragment in fragments)


def _problem(minion: Minion, what: str, stderr: str, hint: str) -> DockerError:
    return DockerError(f"Minion {minion.name}: {what}", evidence=stderr.strip(), hint=hint)
