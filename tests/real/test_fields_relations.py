"""Where Pods go because of other Pods: near them, apart from them, evenly among them."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
import yaml
from conftest import Podctl
from proof import applied, proves

EXTRA = {  # zone b has two Minions; one Minion has a disk; each is a rack
    "alpha": {"labels": {"zone": "a", "rack": "1", "disk": "ssd"}},
    "bravo": {"labels": {"zone": "b", "rack": "2"}},
    "charlie": {"labels": {"zone": "b", "rack": "3"}},
}
TAINT = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
ZONES = {"alpha": "a", "bravo": "b", "charlie": "b"}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def pod(name, labels=(), owner=None, **spec):
    metadata = {"name": name, "labels": dict(labels)}
    if owner:
        metadata["ownerReferences"] = [{"apiVersion": "example.com/v1", "kind": "Backup", "controller": True, **owner}]
    app = {"name": "app", "image": "sandbox/busybox:1", "command": ["sleep", "1000"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "containers": [app]}}


def term(key, selector, **fields):
    """`selector`: a LabelSelector, or the value of the label app."""
    wanted = {"matchLabels": {"app": selector}} if isinstance(selector, str) else selector
    return {"topologyKey": key, "labelSelector": wanted, **fields}


def near(*terms):
    return {"podAffinity": {REQUIRED: list(terms)}}


def apart(*terms):
    return {"podAntiAffinity": {REQUIRED: list(terms)}}


def weighted(**weights):
    """`app=weight`: Pods with that label, on the same Minion."""
    return {
        PREFERRED: [
            {"weight": weight, "podAffinityTerm": term("kubernetes.io/hostname", app)}
            for app, weight in weights.items()
        ]
    }


def spread(key, app, when="DoNotSchedule", **fields):
    return [{"maxSkew": 1, "whenUnsatisfiable": when, **term(key, app), **fields}]


HOST = "kubernetes.io/hostname"
ANCHOR = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["anchor"]}]}
SOFT = {"matchLabels": {"part": "soft"}}  # no label app, which would make a set of them
TENANTS = {"matchExpressions": [{"key": "tenant", "operator": "Exists"}]}


def pods_of(stranger):
    """All of them; `stranger` is the namespace of a Pod on charlie that has the label app=stranger."""
    revision = apart(term(HOST, "revision", matchLabelKeys=["hash"]))
    tenancy = apart(term(HOST, TENANTS, mismatchLabelKeys=["tenant"]))
    rolled = spread("zone", "rolled", matchLabelKeys=["hash"])
    named = {"matchLabels": {"kubernetes.io/metadata.name": stranger}}
    return [
        pod("west", {"app": "west"}, nodeName="alpha"),
        pod("anchor", {"app": "anchor"}, nodeName="charlie"),
        pod("same-minion", affinity=near(term(HOST, "anchor"))),
        pod("same-zone", affinity={**near(term("zone", "anchor")), **apart(term(HOST, ANCHOR))}),
        pod("other-zone", affinity=apart(term("zone", ANCHOR))),
        pod("by-namespace", affinity=near(term(HOST, "stranger", namespaces=[stranger]))),
        pod("by-namespace-selector", affinity=near(term(HOST, "stranger", namespaceSelector=named))),
        pod("wish-near", affinity={"podAffinity": weighted(west=10, anchor=90)}),
        pod("wish-apart", affinity={"podAntiAffinity": weighted(west=90, anchor=10)}),
        *(
            pod(f"revision-{hash_}-{number}", {"app": "revision", "hash": hash_}, affinity=revision)
            for number in (1, 2)
            for hash_ in ("one", "two")
        ),
        *(
            pod(f"tenant-{number}", {"tenant": tenant}, affinity=tenancy)
            for number, tenant in ((1, "red"), (2, "red"), (3, "blue"))
        ),
        *(pod(f"even-{n}", {"app": "even"}, topologySpreadConstraints=spread("zone", "even")) for n in (1, 2)),
        *(
            pod(f"soft-{n}", {"part": "soft"}, topologySpreadConstraints=spread("zone", SOFT, "ScheduleAnyway"))
            for n in (1, 2)
        ),
        *(pod(f"old-{n}", {"app": "rolled", "hash": "one"}, nodeName="alpha") for n in (1, 2)),
        *(pod(f"new-{n}", {"app": "rolled", "hash": "two"}, topologySpreadConstraints=rolled) for n in (1, 2)),
        *(pod(f"owned-{n}", owner={"name": "nightly"}) for n in (1, 2)),
        *(pod(f"unique-{n}", owner={"name": f"renamed-{n}", "uid": "4711"}) for n in (1, 2)),
    ]


@contextlib.contextmanager
def inventory_of(sandbox, name, **taints):
    """Beside the sandbox's own, as it names files there; gone afterwards, or the sandbox's folder would stay."""
    inventory = yaml.safe_load(sandbox.inventory.read_text())
    for minion, extra in EXTRA.items():
        inventory["minions"][minion] |= {**extra, "taints": taints.get(minion, [])}
    path = sandbox.inventory.with_name(name)
    path.write_text(yaml.safe_dump(inventory))
    try:
        yield path
    finally:
        path.unlink()


def zones_of(places, name):
    return Counter(ZONES[places[f"{name}-{number}"]] for number in (1, 2))


@pytest.fixture(scope="module")
def places(sandbox, tmp_path_factory):
    """The Minion of each Pod, by the Pod's name."""
    home = tmp_path_factory.mktemp("home")
    stranger = yaml.safe_dump(pod("stranger", {"app": "stranger"}, nodeName="charlie"))
    with (
        inventory_of(sandbox, "relations.yaml") as inventory,
        applied(sandbox, home, stranger, inventory=inventory) as other,
        applied(sandbox, home, yaml.safe_dump_all(pods_of(other.namespace)), inventory=inventory) as made,
    ):
        filters = ("--filter", f"label=podctl.namespace={made.namespace}", "--format", "{{.Names}}")
        yield {
            name.removeprefix(made.name("")): minion.name
            for minion in sandbox.minions
            for name in minion.docker("ps", *filters).stdout.split()
            if not name.endswith("_app")
        }


@proves("Affinity.podAffinity", "Affinity.podAntiAffinity")
@proves("PodAffinity.requiredDuringSchedulingIgnoredDuringExecution")
@proves("PodAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution")
@proves("PodAffinityTerm.topologyKey", "PodAffinityTerm.labelSelector")
@proves("PodAffinityTerm.namespaces", "PodAffinityTerm.namespaceSelector")
@proves("LabelSelector.matchLabels", "LabelSelector.matchExpressions")
@proves("LabelSelectorRequirement.key", "LabelSelectorRequirement.operator", "LabelSelectorRequirement.values")
def test_pods_are_near_to_and_apart_from_those_that_their_manifests_name(places):
    expected = {
        "west": "alpha",
        "anchor": "charlie",
        "same-minion": "charlie",
        "same-zone": "bravo",
        "other-zone": "alpha",
        "by-namespace": "charlie",
        "by-namespace-selector": "charlie",
    }
    assert {name: places[name] for name in expected} == expected


@proves("PodAffinity.preferredDuringSchedulingIgnoredDuringExecution")
@proves("PodAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution")
@proves("WeightedPodAffinityTerm.weight", "WeightedPodAffinityTerm.podAffinityTerm")
def test_of_two_wishes_the_heavier_is_heard_and_both_where_they_can_be(places):
    assert (places["wish-near"], places["wish-apart"]) == ("charlie", "bravo")


@proves("PodAffinityTerm.matchLabelKeys", "PodAffinityTerm.mismatchLabelKeys")
def test_the_pods_own_labels_say_whom_it_is_apart_from(places):
    """Four Pods that are all alike would not be apart on three Minions; two and two are."""
    for hash_ in ("one", "two"):
        assert places[f"revision-{hash_}-1"] != places[f"revision-{hash_}-2"]
    assert places["tenant-3"] not in (places["tenant-1"], places["tenant-2"])


@proves("PodSpec.topologySpreadConstraints", "TopologySpreadConstraint.labelSelector")
@proves("TopologySpreadConstraint.maxSkew", "TopologySpreadConstraint.topologyKey")
@proves("TopologySpreadConstraint.matchLabelKeys")
def test_pods_are_spread_evenly_over_zones(places):
    """The old Pods, two in zone a, are not of the new ones' kind, by matchLabelKeys."""
    once = Counter(a=1, b=1)
    assert {name: zones_of(places, name) for name in ("even", "new")} == {"even": once, "new": once}


@proves("TopologySpreadConstraint.whenUnsatisfiable")
def test_pods_that_may_be_uneven_are_spread_where_that_takes_no_further_minion(places):
    assert zones_of(places, "soft") == Counter(a=1, b=1)


@proves("ObjectMeta.ownerReferences", "OwnerReference.apiVersion", "OwnerReference.kind", "OwnerReference.name")
@proves("OwnerReference.uid", "OwnerReference.controller")
def test_pods_of_one_owner_are_on_different_minions_where_that_takes_no_further_one(places):
    assert places["owned-1"] != places["owned-2"]
    assert places["unique-1"] != places["unique-2"]


@proves("TopologySpreadConstraint.minDomains", "TopologySpreadConstraint.nodeAffinityPolicy")
@proves("TopologySpreadConstraint.nodeTaintsPolicy")
def test_a_pod_waits_that_would_make_a_spread_uneven(sandbox, tmp_path, namespace):
    """Each set of Pods has one that waits, but for those whose Minions out of reach do not count."""

    def alike(name, count, key, node_selector=None, **fields):
        constraints = spread(key, name, **fields)
        spec = {"topologySpreadConstraints": constraints, "nodeSelector": node_selector or {}}
        return [pod(f"{name}-{number}", {"app": name}, **spec) for number in range(1, count + 1)]

    zone_a = {"zone": "a"}
    wanted = [
        *alike("one-disk", 2, "disk"),
        *alike("two-disks", 2, "disk", minDomains=2),
        *alike("in-zone", 2, "zone", zone_a, nodeAffinityPolicy="Honor"),
        *alike("over-zones", 2, "zone", zone_a, nodeAffinityPolicy="Ignore"),
        *alike("open-racks", 3, "rack", nodeTaintsPolicy="Honor"),
        *alike("all-racks", 3, "rack", nodeTaintsPolicy="Ignore"),
    ]
    with inventory_of(sandbox, "spread.yaml", charlie=TAINT) as inventory:
        podctl = Podctl(inventory=inventory, home=tmp_path)
        done = podctl("apply", "-n", namespace, "--dry-run", "-f", "-", input=yaml.safe_dump_all(wanted))
    names = [each["metadata"]["name"] for each in wanted]
    waiting = {name for name in names if f"pod/{name} created" not in done.stdout}
    assert (done.returncode, waiting) == (3, {"two-disks-2", "over-zones-2", "all-racks-3"}), done.stdout + done.stderr
