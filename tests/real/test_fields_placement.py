"""Where Pods go: on Minions with labels and taints of their own."""

from __future__ import annotations

import pytest
import yaml
from proof import applied, proves

EXTRA = {
    "alpha": {"labels": {"zone": "a", "disk": "ssd", "rank": "1"}},
    "bravo": {
        "labels": {"zone": "b", "disk": "hdd", "rank": "7"},
        "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
    },
    "charlie": {"labels": {"zone": "c", "rank": "9"}},
}
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  {spec}
  containers: [{{name: app, image: "sandbox/busybox:1", command: [sleep, "1000"]}}]
---"""
REQUIRED = (
    "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: {terms}}}}}}}"
)
PREFERRED = (
    "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: ["
    "{weight: 90, preference: {matchExpressions: [{key: zone, operator: In, values: [c]}]}}, "
    "{weight: 10, preference: {matchExpressions: [{key: zone, operator: In, values: [a]}]}}]}}"
)
TOLERATE = "tolerations: [{key: gpu, operator: Equal, value: 'yes', effect: NoSchedule}]"
PODS = {
    "by-name": ("nodeName: charlie", "charlie"),
    "by-label": ("nodeSelector: {zone: a, disk: ssd}", "alpha"),
    "expressions": (REQUIRED.format(terms="[{matchExpressions: [{key: disk, operator: DoesNotExist}]}]"), "charlie"),
    "bigger": (REQUIRED.format(terms="[{matchExpressions: [{key: rank, operator: Gt, values: ['7']}]}]"), "charlie"),
    "fields": (
        REQUIRED.format(terms="[{matchFields: [{key: metadata.name, operator: In, values: [alpha]}]}]"),
        "alpha",
    ),
    "preferred": (PREFERRED, "charlie"),
    "tolerant": (f"nodeSelector: {{zone: b}}\n  {TOLERATE}", "bravo"),
}


@pytest.fixture(scope="module")
def pods(sandbox, tmp_path_factory):
    inventory = yaml.safe_load(sandbox.inventory.read_text())
    for name, extra in EXTRA.items():
        inventory["minions"][name] |= extra
    path = sandbox.inventory.with_name("placement.yaml")
    path.write_text(yaml.safe_dump(inventory))
    text = "".join(POD.format(name=name, spec=spec) for name, (spec, _) in PODS.items())
    with applied(sandbox, tmp_path_factory.mktemp("home"), text, inventory=path) as made:
        yield made
    path.unlink()


@proves("PodSpec.nodeName", "PodSpec.nodeSelector", "PodSpec.affinity", "PodSpec.tolerations")
@proves("Affinity.nodeAffinity", "NodeAffinity.requiredDuringSchedulingIgnoredDuringExecution")
@proves("NodeAffinity.preferredDuringSchedulingIgnoredDuringExecution", "NodeSelector.nodeSelectorTerms")
@proves("PreferredSchedulingTerm.preference", "PreferredSchedulingTerm.weight")
@proves("NodeSelectorTerm.matchExpressions", "NodeSelectorTerm.matchFields")
@proves("NodeSelectorRequirement.key", "NodeSelectorRequirement.operator", "NodeSelectorRequirement.values")
@proves("Toleration.key", "Toleration.operator", "Toleration.value", "Toleration.effect")
def test_every_pod_is_where_its_manifest_wants_it(pods):
    seen = {}
    for minion in pods.sandbox.minions:
        names = minion.docker("ps", "--filter", f"label=podctl.namespace={pods.namespace}", "--format", "{{.Names}}")
        prefix = pods.name("")
        seen |= {name.removeprefix(prefix): minion.name for name in names.stdout.split() if "_app" not in name}
    assert seen == {name: minion for name, (_, minion) in PODS.items()}


def test_a_pod_that_fits_nowhere_is_told_why_for_each_minion(pods):
    done = pods.apply(POD.format(name="homeless", spec="nodeSelector: {zone: z}"))
    assert done.returncode == 3
    assert [name for name in ("alpha", "bravo", "charlie") if name in done.stderr] == ["alpha", "bravo", "charlie"]


@proves("PodSpec.priority")
def test_the_more_important_pod_is_placed_first(pods):
    text = "".join(
        POD.format(name=name, spec=f"nodeName: alpha\n  priority: {priority}").replace(
            '"1000"]', '"1000"], resources: {requests: {memory: 5Gi}}'
        )
        for name, priority in (("less", 1), ("more", 1000))
    )
    done = pods.apply(text, "--dry-run")
    assert done.returncode == 3
    assert ("pod/more created" in done.stdout, "pod/less created" in done.stdout) == (True, False), done.stdout
