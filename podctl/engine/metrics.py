"""Measuring in a look: the counters are read before and after its questions, in the same message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.metrics.model import Reading
from podctl.core.metrics.rates import usage_between
from podctl.engine.docker import usage
from podctl.transport.shell import LOG, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.metrics.model import MinionUsage
    from podctl.core.model import Minion
    from podctl.transport.shell import StepResult


def measuring(minion: Minion, questions: Sequence[Step]) -> tuple[Step, ...]:
    """The questions between two readings; a good second longer than they alone."""
    return (
        Step(title="read what is used", script=usage.first_reading(minion.docker)),
        *questions,
        Step(title="read what is used, a second later", script=usage.second_reading(minion.docker)),
    )


def measured(minion: Minion, first: StepResult, second: StepResult) -> MinionUsage:
    """The two readings' usage. What cannot be measured is left out, and no error: it hides nothing else."""
    begin, end = _reading(minion, first), _reading(minion, second)
    if end.estimates:
        LOG.debug("Minion %s: no container's cgroup can be read there: the engine's own figures it is", minion.name)
    return usage_between(begin, end)


def _reading(minion: Minion, result: StepResult) -> Reading:
    try:
        return usage.parse_reading(result.text)
    except (ValueError, LookupError) as error:
        LOG.debug("Minion %s: cannot %s: %s: %s", minion.name, result.step.title, type(error).__name__, error)
        return Reading()
