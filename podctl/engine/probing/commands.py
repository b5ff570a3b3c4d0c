"""Exec probes of one Minion: all at once, in its one conversation."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from podctl.core.probes.model import Answer, Probe, Verdict
from podctl.engine.docker import probing
from podctl.engine.probing.network import lost, too_late
from podctl.engine.problems import engine_problem
from podctl.errors import DockerError, PodctlError
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.transport.base import Conversation, Transport


def ask(questions: Sequence[tuple[str, Probe]], talk: Conversation, transport: Transport) -> tuple[Answer, ...]:
    """One answer for each question, a container's id with its probe. A failure of the engine itself is no answer."""
    minion = transport.minion
    commands = [
        probing.Command(
            container=container, argv=tuple(map(str, probe.action.get("command") or ())),
            timeout_seconds=probe.timeout_seconds, nonce=secrets.token_hex(12),
        )
        for container, probe in questions
    ]  # fmt: skip
    deadline = minion.command_timeout_seconds + probing.longest_seconds(commands)
    step = Step(title="ask exec probes", script=probing.ask(minion.docker, commands), timeout_seconds=deadline)
    try:
        result = talk.run([step])[0]
        said = probing.parse(result.text, commands)
        doubtful = [each for each in said if each.late or engine_problem(minion, each.status, each.last_line)]
        late = [command for command, each in zip(commands, said, strict=True) if each.late]
        problem = _engine_trouble(late, talk, transport) if doubtful else None
    except (PodctlError, ValueError) as error:
        trouble = error if isinstance(error, PodctlError) else PodctlError(str(error))
        return tuple(lost(trouble, transport) for _ in questions)
    return tuple(
        lost(problem, transport) if problem and each in doubtful else _answer(probe, each)
        for (_, probe), each in zip(questions, said, strict=True)
    )


def _engine_trouble(late: Sequence[probing.Command], talk: Conversation, transport: Transport) -> PodctlError | None:
    """Ends what was late; then whether the engine answers at all. A command may say of itself what the engine says."""
    docker = transport.minion.docker
    ends = [Step(title="end a late exec probe", script=probing.end(docker, each)) for each in late]
    try:
        result = talk.run([*ends, Step(title="ask the engine", script=probing.answers(docker))])[-1]
    except PodctlError as error:
        return error
    if result.ok:
        return None
    found = engine_problem(transport.minion, result.status, result.error_text)
    return found or DockerError("the container engine does not answer", evidence=result.error_text)


def _answer(probe: Probe, said: probing.Said) -> Answer:
    if said.late:
        seen = f"; it said: {said.last_line}" if said.last_line else ""
        return Answer(verdict=Verdict.FAILED, message=f"exec: {too_late(probe)}{seen}")
    if said.status == 0:
        return Answer(verdict=Verdict.OK, message=said.last_line)
    return Answer(verdict=Verdict.FAILED, message=f"exec: {said.last_line or f'exit code {said.status}'}")
