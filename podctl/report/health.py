"""What `health` prints: a table for people; JSON and YAML; one line for Nagios; a textfile for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podctl.core.health.model import Level
from podctl.report.text import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.health.model import Finding
    from podctl.core.health.summary import Summary

_HEADINGS = ("LEVEL", "FINDING", "WHERE", "MESSAGE")


def where_text(finding: Finding) -> str:
    """`cluster`, `minion/alpha`, `pod/shop/web[app, log] on alpha`."""
    if finding.pod is None:
        return f"minion/{finding.minion}" if finding.minion else "cluster"
    names = [name or "infra" for name in finding.containers]
    on = f" on {finding.minion}" if finding.minion else ""
    return f"pod/{finding.pod}" + (f"[{', '.join(names)}]" if names else "") + on


def health_text(summary: Summary, *, wide: bool = False) -> str:
    """The table, what to do about it, and how it stands in one line."""
    rows = [
        (str(each.level).upper(), each.ailment, where_text(each), _one_line(each.message),
         *([_one_line(each.hint)] if wide else []))
        for each in summary.findings
    ]  # fmt: skip
    text = table((*_HEADINGS, "HINT") if wide else _HEADINGS, rows) + "\n" if rows else ""
    hints = [] if wide else [f"Hint: {line}\n" for line in _hints(summary.findings)]
    return "".join([text, *hints, "\n" if hints else "", summary_line(summary), "\n"])


def _hints(findings: Iterable[Finding]) -> list[str]:
    """One for each kind of finding: that of the first."""
    first: dict[str, str] = {}
    for each in findings:
        if each.hint:
            first.setdefault(each.ailment, _one_line(each.hint))
    return [f"{ailment}: {hint}" for ailment, hint in first.items()]


def summary_line(summary: Summary) -> str:
    """`12 Pods on 3 Minions are healthy`, or how many of them and how much was found."""
    at_work = "; another podctl is at work, and what it changes was not judged" if summary.changing else ""
    pods, minions = _count(summary.pods, "Pod"), _count(summary.minions, "Minion")
    counts = levels_text(summary)
    if not summary.counting:
        more = f" ({counts}; --strict counts it)" if counts else ""
        return f"{pods} on {minions} {'is' if summary.pods == 1 else 'are'} healthy{more}{at_work}"
    silent = f", {summary.silent} of {minions} out of sight" if summary.silent else f" on {minions}"
    return f"{summary.healthy} of {pods} healthy{silent}: {counts}{at_work}"


def levels_text(summary: Summary) -> str:
    """`2 critical, 1 unknown`."""
    amounts = {level: sum(each.level is level for each in summary.findings) for level in Level}
    return ", ".join(f"{amount} {level}" for level, amount in amounts.items() if amount)


def _count(amount: int, what: str) -> str:
    return f"{amount} {what}" if amount == 1 else f"{amount} {what}s"


def _one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def health_object(summary: Summary) -> dict[str, Any]:
    """A stable form: keys are added, never changed."""
    return {
        "apiVersion": "podctl/v1",
        "kind": "Health",
        "cluster": summary.cluster,
        "healthy": not summary.counting,
        "pods": {"total": summary.pods, "healthy": summary.healthy},
        "minions": {"total": summary.minions, "silent": summary.silent},
        "changing": summary.changing,
        "findings": [finding_object(each) for each in summary.findings],
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "finding": str(finding.ailment),
        "level": str(finding.level),
        "minion": finding.minion,
        "namespace": finding.pod.namespace if finding.pod else "",
        "pod": finding.pod.name if finding.pod else "",
        "uid": finding.uid,
        "containers": [name or "infra" for name in finding.containers],
        "unknownPods": [str(key) for key in finding.pods],
        "message": finding.message,
        "hint": finding.hint,
    }
