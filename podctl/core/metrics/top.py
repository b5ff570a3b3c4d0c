"""The rows of `top`: what each Pod or Minion uses, and which of those that were asked for use nothing, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.kinds import POD, parse_kind
from podctl.core.memory import Why
from podctl.core.metrics.pods import ContainerUsage, containers_usage, total
from podctl.core.minion_traits import capacity_of
from podctl.core.query import parse_query
from podctl.core.status import pod_status
from podctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podctl.core.finding import Found
    from podctl.core.metrics.model import Usage
    from podctl.core.model import Resources
    from podctl.core.query import Query

_HINT = "podctl top pods; podctl top pod web; podctl top minions."
_TOPPED = ("pod", "minion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`usage` None: it runs, but nobody could measure it, or nobody knows whether it does (its Minion is silent)."""

    found: Found
    usage: Usage | None
    containers: tuple[ContainerUsage, ...] = ()  # of a Pod
    capacity: Resources | None = None  # of a Minion that answers


def parse_top(words: Sequence[str], *, namespace: str, all_namespaces: bool, selector: str) -> Query:
    """The query of a command line: one of the two kinds, and names. Raises InputError."""
    if not words:
        raise InputError("say whose usage to show", hint=_HINT)
    for word in words if "/" in words[0] else words[:1]:
        for each in filter(None, word.partition("/")[0].split(",")):
            if (kind := parse_kind(each)).name not in _TOPPED:
                raise InputError(f"top has no {kind.plural}: they use neither CPU nor memory", hint=_HINT)
    query = parse_query(words, namespace=namespace, all_namespaces=all_namespaces, selector=selector)
    if len(query.kinds) > 1:
        raise InputError("top shows pods or minions, not both at once", hint=_HINT)
    return query


def rows(found: Iterable[Found], sort_by: str | None = None) -> tuple[Row, ...]:
    """In the order given, or the largest first by `cpu` or `memory`, the unknown last. What does not run has no row."""
    every = tuple(row for each in found if (row := _row(each)))
    return tuple(sorted(every, key=lambda row: _rank(row.usage, sort_by))) if sort_by else every


def ranked(containers: Iterable[ContainerUsage], sort_by: str | None) -> tuple[ContainerUsage, ...]:
    """A Pod's containers, sorted as `rows` are."""
    every = tuple(containers)
    return tuple(sorted(every, key=lambda each: _rank(each.usage, sort_by))) if sort_by else every


def without_usage(found: Iterable[Found]) -> tuple[str, ...]:
    """A line for each that has no row, with why."""
    return tuple(
        f"metrics not available for pod {each.namespace}/{each.name}: it is {_word(each)}"
        for each in found
        if _row(each) is None
    )


def _word(found: Found) -> str:
    if found.absent:
        return found.absent.word
    return pod_status(found.pod, found.minion).word if found.pod else "gone"


def _row(found: Found) -> Row | None:
    if found.kind is not POD:
        facts, measured = found.minion.facts, found.minion.usage
        return Row(
            found=found,
            usage=measured.machine if measured else None,
            capacity=capacity_of(found.minion.minion, facts) if facts else None,
        )
    if found.pod:
        containers = containers_usage(found.pod, found.minion.usage)
        usage = total(each.usage for each in containers)
        return Row(found=found, usage=usage, containers=containers) if containers else None
    return _unseen(found)


def _unseen(found: Found) -> Row | None:
    """Of a Pod that was not seen: where its Minion is silent, it may well run."""
    if not found.absent or found.absent.why is not Why.SILENT:
        return None
    spec = found.absent.entry.manifest.get("spec") or {}
    names = [str(each.get("name", "")) for each in spec.get("containers") or ()]
    return Row(found=found, usage=None, containers=tuple(ContainerUsage(name=name, usage=None) for name in names))


def _rank(usage: Usage | None, sort_by: str) -> tuple[bool, int]:
    if usage is None:
        return True, 0
    return False, -(usage.cpu_nanocores if sort_by == "cpu" else usage.memory_bytes)
