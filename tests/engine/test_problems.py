"""What real CLIs (20.10.24 and 28.2.2) and shells print when an engine cannot be used, and what we say then."""

import pytest

from podctl.core.model import Minion
from podctl.engine.problems import engine_problem

MINION = Minion(name="alpha", user="deploy")
GET = 'Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json": dial unix /var/run/docker.sock: connect: '
SOCKET = "permission denied while trying to connect to the Docker daemon socket at"
RIGHT = "Minion alpha: this user may not use docker"
RUNNING = "Minion alpha: docker is not running"
FOUND = "Minion alpha: the command docker was not found"


@pytest.mark.parametrize(
    ("status", "stderr", "message", "hint"),
    [
        (
            1,
            f"WARNING: Error loading config file: permission denied\n{SOCKET} unix:///docker.sock: {GET}denied\n",
            RIGHT,
            "usermod -aG docker deploy",
        ),
        (
            1,
            f"Got permission denied while trying to connect to the Docker daemon socket at unix:///x: {GET}",
            RIGHT,
            "`sudo: true`",
        ),
        (1, "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock", RIGHT, ""),
        (
            1,
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
            RUNNING,
            "systemctl start docker",
        ),
        (1, "failed to connect to the docker API at unix:///var/run/docker.sock; check if it runs", RUNNING, ""),
        (1, 'error during connect: Get "http://x/v1.41/info": EOF', RUNNING, ""),
        (127, "sh: 1: docker: not found\n", FOUND, "`docker:` in the inventory"),
        (127, "bash: line 3: docker: command not found\n", FOUND, ""),
        (127, "sh: docker: not found\n", FOUND, ""),
        (126, "sh: 1: docker: Permission denied\n", "Minion alpha: the command docker may not be run", ""),
        (
            1,
            "Error response from daemon: client version 1.99 is too new. Maximum supported API version is 1.41\n",
            "Minion alpha: its docker command and its docker daemon do not fit together",
            "Update",
        ),
    ],
)
def test_an_engine_that_cannot_be_used_is_named_with_its_cure(status, stderr, message, hint):
    problem = engine_problem(MINION, status, stderr)
    assert problem is not None
    assert (problem.message, problem.evidence, hint in problem.hint) == (message, stderr.strip(), True)


@pytest.mark.parametrize(
    ("status", "stderr"),
    [
        (0, ""),
        (0, "WARNING: Is the docker daemon running?"),
        (1, "Error response from daemon: No such container: web\n"),
        (1, "Error: No such object: web\n"),
        (127, 'OCI runtime exec failed: exec: "x": executable file not found in $PATH: unknown\n'),
        (126, "Error response from daemon: permission denied while trying to connect to the docker daemon socket"),
        (127, "sh: 1: frobnicate: not found\n"),
        (1, "docker: not found"),
        (137, ""),
    ],
)
def test_a_command_that_fails_for_a_reason_of_its_own_says_nothing_of_the_engine(status, stderr):
    assert engine_problem(MINION, status, stderr) is None


def test_the_command_of_the_inventory_is_the_one_that_is_missed():
    minion = Minion(name="alpha", docker="/opt/docker/bin/docker")
    problem = engine_problem(minion, 127, "bash: line 1: /opt/docker/bin/docker: No such file or directory")
    assert problem is not None
    assert problem.message == "Minion alpha: the command /opt/docker/bin/docker was not found"
