"""Which of its forms `health` prints, and the exit code that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.health.model import Level
from podctl.errors import ExitCode
from podctl.report.health import health_object, health_text, where_text
from podctl.report.prometheus import Metric, Sample, prometheus_text
from podctl.report.structured import json_text, yaml_text

if TYPE_CHECKING:
    from podctl.core.health.summary import Summary

OUTPUTS = ("table", "wide", "json", "yaml", "nagios", "prometheus")
_OK, _WARNING, _CRITICAL, _UNKNOWN = 0, 1, 2, 3  # of Nagios' plugin guidelines
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_MOST_TOLD = 5  # findings on Nagios' one line
_VALUES = {Level.CRITICAL: _CRITICAL, Level.WARNING: _WARNING, Level.UNKNOWN: _UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    text: str
    exit_code: int


def health_output(summary: Summary, output: str, *, quiet: bool = False) -> Shown:
    """Quiet: nothing when all is well."""
    code = nagios_code(summary) if output == "nagios" else summary.exit_code
    return Shown(text="" if quiet and code == ExitCode.DONE else _text(summary, output), exit_code=code)


def _text(summary: Summary, output: str) -> str:
    match output:
        case "json":
            return json_text(health_object(summary))
        case "yaml":
            return yaml_text(health_object(summary))
        case "nagios":
            return nagios_text(summary)
        case "prometheus":
            return prometheus_text(metrics(summary))
    return health_text(summary, wide=output == "wide")


def nagios_code(summary: Summary) -> int:
    """The plugin's exit code: 0, 1 and 2; 3 where only what nobody could see counts."""
    levels = {each.level for each in summary.counting}
    return next((_VALUES[level] for level in (Level.CRITICAL, Level.WARNING, Level.UNKNOWN) if level in levels), _OK)


def nagios_text(summary: Summary) -> str:
    """One line, `PODCTL CRITICAL - 2 findings: what where | pods=12 healthy=10 …`. Figures are behind `|`."""
    found = summary.findings
    told = [f"{each.ailment} {where_text(each)}" for each in found[:_MOST_TOLD]]
    told += [f"{len(found) - _MOST_TOLD} more"] if len(found) > _MOST_TOLD else []
    count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    state = f"{count}: {'; '.join(told)}" if found else f"{summary.pods} Pods healthy on {summary.minions} Minions"
    figures = {
        "pods": summary.pods, "healthy": summary.healthy, "minions": summary.minions, "silent": summary.silent,
        **{str(level): sum(each.level is level for each in found) for level in Level},
    }  # fmt: skip
    data = " ".join(f"{name}={amount}" for name, amount in figures.items())
    return f"PODCTL {_WORDS[nagios_code(summary)]} - {state.replace('|', '/')} | {data}\n"


def metrics(summary: Summary) -> tuple[Metric, ...]:
    """Gauges that are there at every run, and one sample for each finding."""
    cluster = {"cluster": summary.cluster}
    figures = (
        ("podctl_healthy", "1 when nothing was found that counts.", int(not summary.counting)),
        ("podctl_pods", "Pods that are wanted.", summary.pods),
        ("podctl_pods_healthy", "Pods that nothing was found of.", summary.healthy),
        ("podctl_minions", "Minions that were asked.", summary.minions),
        ("podctl_minions_silent", "Minions that did not answer.", summary.silent),
    )
    gauges = (
        Metric(name=name, type="gauge", help=text, samples=(Sample(value=value, labels=cluster),))
        for name, text, value in figures
    )
    samples = {
        (str(each.ailment), str(each.level), where_text(each)): Sample(
            value=1,
            labels={
                **cluster, "finding": str(each.ailment), "level": str(each.level), "minion": each.minion,
                "namespace": each.pod.namespace if each.pod else "", "pod": each.pod.name if each.pod else "",
                "containers": ",".join(name or "infra" for name in each.containers), "uid": each.uid,
            },
        )
        for each in summary.findings
    }  # fmt: skip
    about = "1 for each thing that is wrong."
    return (*gauges, Metric(name="podctl_finding", type="gauge", help=about, samples=tuple(samples.values())))
