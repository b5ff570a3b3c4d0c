"""What `health` prints, in each of its forms: people read it at night, programs for years."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from podctl.core.health.model import Ailment, Finding, Level
from podctl.core.health.summary import Summary
from podctl.core.model import PodKey
from podctl.report.health_output import OUTPUTS, health_output

SILENT = Finding(
    ailment=Ailment.MINION_UNREACHABLE, level=Level.CRITICAL, minion="gamma", hint="Is it on?",
    message="no route to host; unknown because of it: shop/far", pods=(PodKey("shop", "far"),),
)  # fmt: skip
DOWN = Finding(
    ailment=Ailment.CONTAINER_DOWN, level=Level.CRITICAL, minion="alpha", pod=PodKey("shop", "web"), uid="5eed",
    containers=("app", ""), message="app: ended with exit code 1 5m ago\nand said | more", hint="podctl logs web",
)  # fmt: skip
KEEPERS = Finding(ailment=Ailment.KEEPERS_SHORT, level=Level.WARNING, message='beta: it has "none"', hint="Wait.")
UNKNOWN = Finding(
    ailment=Ailment.PROBE_UNKNOWN, level=Level.UNKNOWN, minion="alpha", pod=PodKey("shop", "web"), uid="5eed",
    containers=("app",), message="app: sshd refuses to forward", hint="AllowTcpForwarding yes",
)  # fmt: skip
WELL = Summary(cluster="prod", findings=(), pods=12, healthy=12, minions=3, silent=0)
ILL = Summary(cluster="prod", findings=(DOWN, SILENT, KEEPERS, UNKNOWN), pods=12, healthy=10, minions=3, silent=1)
FOUND = "podctl_finding"
UNSEEN = replace(WELL, findings=(UNKNOWN,))


def text(summary, output="table", **options):
    return health_output(summary, output, **options).text


def test_the_table_says_what_where_and_why_and_below_it_what_to_do():
    assert (
        text(ILL)
        == """\
LEVEL      FINDING             WHERE                               MESSAGE
CRITICAL   ContainerDown       pod/shop/web[app, infra] on alpha   app: ended with exit code 1 5m ago; and said | more
CRITICAL   MinionUnreachable   minion/gamma                        no route to host; unknown because of it: shop/far
WARNING    KeepersShort        cluster                             beta: it has "none"
UNKNOWN    ProbeUnknown        pod/shop/web[app] on alpha          app: sshd refuses to forward

Hint: ContainerDown: podctl logs web
Hint: MinionUnreachable: Is it on?
Hint: KeepersShort: Wait.
Hint: ProbeUnknown: AllowTcpForwarding yes

10 of 12 Pods healthy, 1 of 3 Minions out of sight: 2 critical, 1 warning, 1 unknown
"""
    )


def test_wide_has_each_hint_in_its_row_and_none_below():
    lines = text(ILL, "wide").splitlines()
    assert lines[0].endswith("HINT")
    assert lines[2].endswith("   Is it on?")
    assert not any(line.startswith("Hint") for line in lines)


@pytest.mark.parametrize("summary, line", [
    (WELL, "12 Pods on 3 Minions are healthy"),
    (replace(WELL, pods=1, healthy=1, minions=1), "1 Pod on 1 Minion is healthy"),
    (UNSEEN, "12 Pods on 3 Minions are healthy (1 unknown; --strict counts it)"),
    (replace(UNSEEN, strict=True), "12 of 12 Pods healthy on 3 Minions: 1 unknown"),
    (replace(WELL, changing=True),
     "12 Pods on 3 Minions are healthy; another podctl is at work, and what it changes was not judged"),
])  # fmt: skip
def test_the_last_line_says_how_it_stands(summary, line):
    assert text(summary).splitlines()[-1] == line


@pytest.mark.parametrize("output", OUTPUTS)
def test_quiet_prints_nothing_when_all_is_well_and_everything_when_not(output):
    assert text(WELL, output, quiet=True) == text(UNSEEN, output, quiet=True) == ""
    assert text(ILL, output, quiet=True) == text(ILL, output)


def test_json_and_yaml_are_one_object_and_name_every_part_of_a_finding():
    found = json.loads(text(ILL, "json"))
    assert yaml.safe_load(text(ILL, "yaml")) == found
    assert found["findings"][0] == {
        "finding": "ContainerDown", "level": "critical", "minion": "alpha", "namespace": "shop", "pod": "web",
        "uid": "5eed", "containers": ["app", "infra"], "unknownPods": [], "message": DOWN.message,
        "hint": "podctl logs web",
    }  # fmt: skip
    assert found["findings"][1]["unknownPods"] == ["shop/far"]
    assert {name: each for name, each in found.items() if name != "findings"} == {
        "apiVersion": "podctl/v1", "kind": "Health", "cluster": "prod", "healthy": False, "changing": False,
        "pods": {"total": 12, "healthy": 10}, "minions": {"total": 3, "silent": 1},
    }  # fmt: skip
    assert json.loads(text(WELL, "json"))["healthy"] is True


@pytest.mark.parametrize("summary, code, line", [
    (WELL, 0, ("PODCTL OK - 12 Pods healthy on 3 Minions | "
              "pods=12 healthy=12 minions=3 silent=0 critical=0 warning=0 unknown=0")),
    (replace(ILL, findings=(KEEPERS,)), 1, ("PODCTL WARNING - 1 finding: KeepersShort cluster | "
              "pods=12 healthy=10 minions=3 silent=1 critical=0 warning=1 unknown=0")),
    (replace(ILL, findings=(DOWN, SILENT)), 2, ("PODCTL CRITICAL - 2 findings: ContainerDown pod/shop/web[app, infra] "
              "on alpha; MinionUnreachable minion/gamma | "
              "pods=12 healthy=10 minions=3 silent=1 critical=2 warning=0 unknown=0")),
    (UNSEEN, 0, ("PODCTL OK - 1 finding: ProbeUnknown pod/shop/web[app] on alpha | "
              "pods=12 healthy=12 minions=3 silent=0 critical=0 warning=0 unknown=1")),
    (replace(UNSEEN, strict=True), 3, ("PODCTL UNKNOWN - 1 finding: ProbeUnknown pod/shop/web[app] on alpha | "
              "pods=12 healthy=12 minions=3 silent=0 critical=0 warning=0 unknown=1")),
])  # fmt: skip
def test_nagios_gets_one_line_its_own_exit_code_and_figures(summary, code, line):
    shown = health_output(summary, "nagios")
    assert (shown.exit_code, shown.text) == (code, line + "\n")


def test_nagios_line_names_a_few_and_counts_the_rest():
    many = replace(ILL, findings=tuple(replace(SILENT, minion=f"m{number}") for number in range(8)))
    assert "minion/m4; 3 more | " in text(many, "nagios")


def test_prometheus_own_parser_reads_the_gauges_and_one_sample_a_finding():
    read = {each.name: each for each in text_string_to_metric_families(text(ILL, "prometheus"))}
    gauges = {
        name: [sample.value for sample in each.samples] for name, each in read.items() if name != "podctl_finding"
    }
    assert gauges == {
        "podctl_healthy": [0], "podctl_pods": [12], "podctl_pods_healthy": [10], "podctl_minions": [3],
        "podctl_minions_silent": [1],
    }  # fmt: skip
    assert all(each.type == "gauge" and each.documentation for each in read.values())
    samples = [sample.labels for sample in read[FOUND].samples]
    assert [each["finding"] for each in samples] == [
        "ContainerDown",
        "MinionUnreachable",
        "KeepersShort",
        "ProbeUnknown",
    ]
    assert samples[0] == {
        "cluster": "prod", "finding": "ContainerDown", "level": "critical", "minion": "alpha", "namespace": "shop",
        "pod": "web", "containers": "app,infra", "uid": "5eed",
    }  # fmt: skip
    assert len({tuple(sorted(each.items())) for each in samples}) == len(samples)
    well = {each.name: each.samples for each in text_string_to_metric_families(text(WELL, "prometheus"))}
    assert (well["podctl_healthy"][0].value, FOUND in well) == (1, False)
