"""What `top` prints, whole: kubectl's columns, rounding and order; metrics.k8s.io objects; metrics for Prometheus."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from observed import GIB, container, infra, manifest, minion, names, pod, silent
from prometheus_client.parser import text_string_to_metric_families
from remembering import CLUSTER as REMEMBERING

from podctl.core.metrics.model import MinionUsage, Usage
from podctl.core.metrics.top import parse_top, rows, without_usage
from podctl.core.model import Cluster
from podctl.core.query import answer, parse_query
from podctl.errors import InputError
from podctl.report.describe import described
from podctl.report.top import TopOptions, cpu_text_of, memory_text_of, percent_text, top_printer

MIB = 2**20
SECOND = 10**9


def uses(millis, mib, counted=None):
    return Usage(cpu_nanocores=int(millis * 10**6), memory_bytes=int(mib * MIB), cpu_total_nanos=counted)


def a_pod(name, *containers, namespace="default", on="alpha"):
    seen = [container(each, id=f"{name}-{each}") for each in containers]
    wanted = manifest(name, namespace, labels={"app": name}, containers=names(*containers))
    return pod(*seen, manifest=wanted, minion=on, uid=name, infra=infra(id=f"{name}-infra"))


ENDED = pod(container("app", "exited"), manifest=manifest("ended"), uid="e")
ALPHA = minion(
    a_pod("api", "app"), ENDED, a_pod("web", "app", "log"), a_pod("load", "app", namespace="batch"),
    usage=MinionUsage(
        window_seconds=1.25,
        machine=uses(1500, 4096, 90 * SECOND),
        containers={
            "api-app": uses(0.2, 300.9, 2 * SECOND), "web-app": uses(250, 100, SECOND // 2), "web-log": uses(3, 1),
            "load-app": uses(700, 2, 3 * SECOND), "web-infra": uses(900, 900), "watch": uses(40, 60),
            "x-app": uses(11, 12),
        },
    ),
    foreign_pods=(replace(a_pod("x", "app"), cluster="other"),),
    others=(container("watch", id="watch", cpu_limit_millis=500, memory_limit_bytes=GIB), container("off", "exited")),
)  # fmt: skip
BETA = minion(
    a_pod("again", "app", on="beta"), name="beta", usage=MinionUsage(),
)  # fmt: skip
BUSY = Cluster(name="shop", minions=(ALPHA, BETA, silent()))


def top(*words, cluster=BUSY, output="", all_namespaces=False, selector="", **options):
    query = parse_top(words, namespace="default", all_namespaces=all_namespaces, selector=selector)
    found = answer(cluster, query, engine="docker").found
    chosen = TopOptions(namespaces=all_namespaces, **options)
    return top_printer(output, chosen)(rows(found, chosen.sort_by), query)


def table_of(text):
    return [line.rstrip() for line in text.strip("\n").splitlines()]


TABLES = {
    "pods by name, without those that do not run": (lambda: top("pods"), """
NAME    CPU(cores)   MEMORY(bytes)
again   <unknown>    <unknown>
api     1m           300Mi
web     253m         101Mi
"""),
    "all namespaces, the busiest first, summed": (
        lambda: top("po", all_namespaces=True, sort_by="cpu", summed=True), """
NAMESPACE   NAME    CPU(cores)   MEMORY(bytes)
batch       load    700m         2Mi
default     web     253m         101Mi
default     api     1m           300Mi
default     again   <unknown>    <unknown>
                    ________     ________
                    954m         403Mi
"""),
    "containers, the largest first": (lambda: top("pod", containers=True, sort_by="memory", summed=True), """
POD     NAME   CPU(cores)   MEMORY(bytes)
api     app    1m           300Mi
web     app    250m         100Mi
web     log    3m           1Mi
again   app    <unknown>    <unknown>
               ________     ________
               254m         401Mi
"""),
    "one Pod by name, without headings": (lambda: top("pod", "web", headings=False), """
web   253m   101Mi
"""),
    "Pods by label": (lambda: top("pods", selector="app in (api)"), """
NAME   CPU(cores)   MEMORY(bytes)
api    1m           300Mi
"""),
    "minions, the unmeasured and the silent with them": (lambda: top("nodes"), """
NAME    CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)
alpha   1500m        37%         4096Mi          50%
beta    <unknown>    <unknown>   <unknown>       <unknown>
gamma   <unknown>    <unknown>   <unknown>       <unknown>
"""),
    "minions, summed": (lambda: top("minion/alpha", summed=True), """
NAME    CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)
alpha   1500m        37%      4096Mi          50%
        ________              ________
        1500m                 4096Mi
"""),
    "nothing": (lambda: top("pods", selector="app=nope", summed=True), ""),
}  # fmt: skip


@pytest.mark.parametrize("printed, expected", TABLES.values(), ids=TABLES)
def test_the_table_of(printed, expected):
    assert table_of(printed()) == table_of(expected)


def test_a_pod_on_a_silent_minion_may_run_and_one_that_waits_does_not():
    assert ["far", "<unknown>", "<unknown>"] in [line.split() for line in top("pods", cluster=REMEMBERING).splitlines()]
    assert [line.split()[0] for line in top("pods", cluster=REMEMBERING).splitlines()].count("big") == 0


def test_what_was_asked_for_by_name_and_does_not_run_is_told_with_why():
    query = parse_top(("pods", "ended", "web"), namespace="default", all_namespaces=False, selector="")
    assert without_usage(answer(BUSY, query, engine="").found) == (
        "metrics not available for pod default/ended: it is Completed",
    )


def test_pods_are_a_list_of_metrics_k8s_io():
    read = json.loads(top("pods", output="json"))
    assert (read["kind"], read["apiVersion"]) == ("PodMetricsList", "metrics.k8s.io/v1beta1")
    api, web = read["items"]
    assert (api["metadata"]["name"], web["metadata"]["name"]) == ("api", "web")
    assert web == {
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"},
                     "creationTimestamp": "2026-03-01T12:00:00Z"},
        "timestamp": "2026-03-01T12:00:00Z",
        "window": "1.25s",
        "containers": [
            {"name": "app", "usage": {"cpu": "250000000n", "memory": "102400Ki"}},
            {"name": "log", "usage": {"cpu": "3000000n", "memory": "1024Ki"}},
        ],
    }  # fmt: skip


def test_one_named_pod_is_itself_and_minions_are_node_metrics():
    assert json.loads(top("pod", "web", output="json"))["kind"] == "PodMetrics"
    assert yaml.safe_load(top("minion", "alpha", output="yaml"))["usage"] == {
        "cpu": "1500000000n",
        "memory": "4194304Ki",
    }
    read = json.loads(top("minions", output="json"))
    assert (read["kind"], [each["metadata"]["name"] for each in read["items"]]) == ("NodeMetricsList", ["alpha"])
    assert json.loads(top("pods", selector="app=nope", output="json"))["items"] == []


def metrics(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_what_containers_use():
    def of(name, namespace, pod_name, container_name):
        labels = {"namespace": namespace, "pod": pod_name, "container": container_name, "minion": "alpha"}
        return (name, *sorted(labels.items()))

    time, memory = "container_cpu_usage_seconds_total", "container_memory_working_set_bytes"
    assert metrics(top("pods", all_namespaces=True, output="prometheus")) == {
        of(time, "default", "api", "app"): 2, of(time, "default", "web", "app"): 0.5,
        of(time, "batch", "load", "app"): 3,
        of(memory, "default", "api", "app"): int(300.9 * MIB), of(memory, "default", "web", "app"): 100 * MIB,
        of(memory, "default", "web", "log"): MIB, of(memory, "batch", "load", "app"): 2 * MIB,
    }  # fmt: skip


def test_prometheus_reads_what_minions_use_and_which_are_silent():
    read = metrics(top("minions", output="prometheus"))
    alpha, beta, gamma = (("minion", name) for name in ("alpha", "beta", "gamma"))
    assert {key: value for key, value in read.items() if alpha in key} == {
        ("podctl_minion_up", alpha): 1,
        ("podctl_minion_cpu_usage_seconds_total", alpha): 90,
        ("podctl_minion_cpu_usage_cores", alpha): 1.5,
        ("podctl_minion_cpu_capacity_cores", alpha): 4,
        ("podctl_minion_memory_usage_bytes", alpha): 4 * GIB,
        ("podctl_minion_memory_capacity_bytes", alpha): 8 * GIB,
    }
    assert (read["podctl_minion_up", beta], read["podctl_minion_up", gamma]) == (1, 0)
    assert [key for key in read if gamma in key] == [("podctl_minion_up", gamma)]


WRONG = {
    (): "say whose usage to show",
    ("secrets",): "top has no secrets: they use neither CPU nor memory",
    ("pods,pvc",): "top has no persistentvolumeclaims: they use neither CPU nor memory",
    ("cm/settings",): "top has no configmaps: they use neither CPU nor memory",
    ("pods,minions",): "top shows pods or minions, not both at once",
    ("pod/web", "minion/alpha"): "top shows pods or minions, not both at once",
    ("deploy",): "podctl has no deployments",
    ("web",): "there is no resource type 'web'",
}


@pytest.mark.parametrize("words, message", WRONG.items(), ids=[" ".join(each) or "nothing" for each in WRONG])
def test_what_top_has_not_is_refused(words, message):
    with pytest.raises(InputError) as caught:
        top(*words)
    assert (caught.value.message, bool(caught.value.hint)) == (message, True)


def test_amounts_are_rounded_as_kubectl_rounds_them():
    assert [cpu_text_of(each) for each in (0, 1, 10**6, 10**6 + 1, 1_999_000_001)] == ["0m", "1m", "1m", "2m", "2000m"]
    assert [memory_text_of(each) for each in (0, MIB - 1, MIB, 3 * GIB + 5)] == ["0Mi", "0Mi", "1Mi", "3072Mi"]
    assert [percent_text(*each) for each in ((1, 3), (5, 2), (1, 0))] == ["33%", "250%", "<unknown>"]


def test_describe_minion_has_usage_beside_requests_and_limits_and_what_others_use():
    lines = described(answer(BUSY, parse_query(["minion", "alpha"]), engine="docker").found).splitlines()
    cells = [line.split() for line in lines]
    web = next(each for each in cells if each[:2] == ["default", "web"])
    assert [each for each in web if not each.startswith("(")] == [
        "default", "web", "0", "0", "253m", "0", "0", "101Mi", "60m"
    ]  # fmt: skip
    assert ["container", "watch", "<none>", "500m", "40m", "<none>", "1Gi", "60Mi"] in cells
    assert ["pod", "default/x", "of", "cluster", "other", "0", "0", "11m", "0", "0", "12Mi"] in cells
    sums = [" ".join(each) for each in cells]
    assert "cpu 0 (0%) 0 (0%) 954m (23%)" in sums
    assert "memory 0 (0%) 0 (0%) 403Mi (4%)" in sums
    at = sums.index("Used by all that runs there:")
    assert sums[at + 1 : at + 3] == ["cpu: 1500m (37%)", "memory: 4096Mi (50%)"]
