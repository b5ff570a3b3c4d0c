import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.core.demand import demand_of, pod_requests
from podctl.core.model import PodKey
from podctl.core.placement.model import (
    Demand,
    HostPort,
    NodeTerm,
    PodTerm,
    PreferredPodTerm,
    PreferredTerm,
    Spread,
    Toleration,
)
from podctl.core.selectors import Requirement, matches


def asks(requests=None, limits=None, **more):
    return {"name": "c", "resources": {"requests": requests or {}, "limits": limits or {}}, **more}


def sidecar(**requests):
    return asks(requests, restartPolicy="Always")


def test_every_part_of_a_manifest_that_placement_looks_at_is_in_the_demand():
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "priority": 10,
            "nodeName": "alpha",
            "nodeSelector": {"disk": "ssd"},
            "containers": [
                asks(
                    {"cpu": "250m", "memory": "64Mi", "ephemeral-storage": "1Gi"},
                    {"nvidia.com/gpu": 1},
                    ports=[{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}],
                ),
                asks(
                    {"cpu": 1}, ports=[{"containerPort": 53, "hostPort": 53, "hostIP": "10.0.0.1", "protocol": "UDP"}]
                ),
            ],
            "volumes": [
                {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
                {"name": "b", "emptyDir": {}},
                {"name": "c", "persistentVolumeClaim": {"claimName": "data"}},
            ],
            "tolerations": [
                {"operator": "Exists"},
                {"key": "gpu", "value": "yes", "effect": "NoSchedule", "tolerationSeconds": 3},
            ],
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]},
                            {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["bravo"]}]},
                        ]
                    },
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 5, "preference": {"matchExpressions": [{"key": "fast", "operator": "Exists"}]}}
                    ],
                }
            },
        },
    }
    zone = Requirement(key="zone", operator="In", values=("a", "b"))
    name = Requirement(key="metadata.name", operator="NotIn", values=("bravo",))
    fast = Requirement(key="fast", operator="Exists")
    assert demand_of(manifest) == Demand(
        key=PodKey("shop", "web"),
        labels={"app": "web"},
        group="web",
        priority=10,
        cpu_millis=1250,
        memory_bytes=64 * 2**20,
        extended={"ephemeral-storage": 2**30, "nvidia.com/gpu": 1},
        host_ports=(HostPort(port=8080), HostPort(ip="10.0.0.1", port=53, protocol="UDP")),
        claims=("shop/data",),
        node_name="alpha",
        node_selector={"disk": "ssd"},
        required_terms=(NodeTerm(expressions=(zone,)), NodeTerm(fields=(name,))),
        preferred_terms=(PreferredTerm(weight=5, term=NodeTerm(expressions=(fast,))),),
        tolerations=(
            Toleration(operator="Exists"),
            Toleration(key="gpu", value="yes", effect="NoSchedule"),
        ),
    )


@pytest.mark.parametrize(
    "manifest",
    [
        {"metadata": {"name": "web"}},
        {"metadata": {"name": "web", "namespace": ""}, "spec": {}},
        {"metadata": {"name": "web", "labels": None, "ownerReferences": None}, "spec": {}},
        {"metadata": {"name": "web"}, "spec": None},
        {
            "metadata": {"name": "web"},
            "spec": {
                "containers": None, "initContainers": None, "volumes": None, "tolerations": None, "affinity": None,
                "nodeSelector": None, "nodeName": None, "priority": None, "resources": None, "hostNetwork": None,
            },
        },
        {
            "metadata": {"name": "web"},
            "spec": {
                "containers": [{}, {"resources": None, "ports": None}, {"resources": {"limits": None}}],
                "volumes": [{"persistentVolumeClaim": None}, {"persistentVolumeClaim": {}}],
                "affinity": {
                    "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": None},
                    "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": None},
                    "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None},
                },
                "topologySpreadConstraints": None,
            },
        },
    ],
)  # fmt: skip
def test_what_a_manifest_lacks_is_not_asked_for(manifest):
    assert demand_of(manifest) == Demand(key=PodKey("default", "web"))


def test_an_empty_manifest_asks_for_nothing():
    assert demand_of({}) == Demand(key=PodKey("default", ""))


@pytest.mark.parametrize(
    "spec, expected",
    [
        pytest.param({"containers": []}, {}, id="no container asks for nothing"),
        pytest.param(
            {"containers": [asks({"cpu": "100m"}), asks({"cpu": "0.2", "memory": "1k"})]},
            {"cpu": 300, "memory": 1000},
            id="containers add up",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1}, {"cpu": 2, "memory": "1Ki"})]},
            {"cpu": 1000, "memory": 1024},
            id="a limit is a request where there is none",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1}), asks({"cpu": 1})], "initContainers": [asks({"cpu": 3, "memory": 5})]},
            {"cpu": 3000, "memory": 5},
            id="an init container counts where it is larger than what comes after it",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1})], "initContainers": [asks({"cpu": 2}), asks({"cpu": 2})]},
            {"cpu": 2000},
            id="init containers run one after another",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1})], "initContainers": [sidecar(cpu=1), asks({"cpu": "500m"})]},
            {"cpu": 2000},
            id="a sidecar runs beside the containers",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1})], "initContainers": [sidecar(cpu=1), asks({"cpu": 3})]},
            {"cpu": 4000},
            id="an init container runs beside the sidecars before it",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1})], "initContainers": [asks({"cpu": 3}), sidecar(cpu=1)]},
            {"cpu": 3000},
            id="an init container does not run beside the sidecars behind it",
        ),
        pytest.param(
            {"containers": [asks({"cpu": 1})], "resources": {"requests": {"cpu": 4, "memory": 7, "gpu": 1}}},
            {"cpu": 4000, "memory": 7},
            id="what the Pod asks for itself stands above its containers, for cpu and memory",
        ),
        pytest.param(
            {
                "containers": [asks({"cpu": 1})],
                "resources": {"limits": {"cpu": 4, "memory": 7, "hugepages-2Mi": "2Mi"}},
            },
            {"cpu": 1000, "memory": 7, "hugepages-2Mi": 2**21},
            id="the Pod's limit stands in where nobody asks",
        ),
    ],
)
def test_requests_are_those_of_kubernetes(spec, expected):
    assert pod_requests(spec) == expected


def test_an_extended_resource_asked_for_with_zero_is_not_asked_for():
    spec = {"containers": [asks({"nvidia.com/gpu": "0", "cpu": "0"})]}
    assert demand_of({"metadata": {"name": "web"}, "spec": spec}) == Demand(key=PodKey("default", "web"))


def test_a_quantity_that_is_none_is_said():
    with pytest.raises(ValueError, match="'much' is not a quantity"):
        demand_of({"spec": {"containers": [asks({"cpu": "much"})]}})


@pytest.mark.parametrize(
    "spec, expected",
    [
        pytest.param({"containers": [{"ports": [{"containerPort": 80}]}]}, (), id="a containerPort is the Pod's own"),
        pytest.param(
            {
                "hostNetwork": True,
                "containers": [{"ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]}],
            },
            (HostPort(port=80), HostPort(port=81)),
            id="with hostNetwork every containerPort is the Minion's",
        ),
        pytest.param(
            {"containers": [{"ports": [{"containerPort": 1, "hostPort": 9}, {"containerPort": 2, "hostPort": 9}]}]},
            (HostPort(port=9),),
            id="the same port is taken once",
        ),
        pytest.param(
            {"initContainers": [
                {"ports": [{"containerPort": 1, "hostPort": 1}]},
                {"restartPolicy": "Always", "ports": [{"containerPort": 2, "hostPort": 2}]},
            ]},
            (HostPort(port=2),),
            id="of the init containers only sidecars hold ports",
        ),
    ],
)  # fmt: skip
def test_host_ports_are_those_that_the_pod_holds_on_the_minion(spec, expected):
    assert demand_of({"spec": spec}).host_ports == expected


@pytest.mark.parametrize(
    "required, expected",
    [
        (None, None),
        ({}, ()),
        ({"nodeSelectorTerms": []}, ()),
        ({"nodeSelectorTerms": None}, ()),
        ({"nodeSelectorTerms": [{}, None]}, (NodeTerm(), NodeTerm())),
    ],
)
def test_no_required_affinity_differs_from_one_without_terms(required, expected):
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    assert demand_of({"spec": {"affinity": affinity}}).required_terms == expected


@settings(deadline=None)
@given(
    inits=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=5),
    containers=st.lists(st.integers(0, 9), max_size=4),
)
def test_the_demand_is_the_peak_of_the_pods_life(inits, containers):
    """Play the life of the Pod step by step and keep the highest sum that ran at once."""
    running, peak = 0, 0
    for amount, stays in inits:
        peak = max(peak, running + amount)
        running += amount if stays else 0
    peak = max(peak, running + sum(containers))
    spec = {
        "initContainers": [sidecar(cpu=amount) if stays else asks({"cpu": amount}) for amount, stays in inits],
        "containers": [asks({"cpu": amount}) for amount in containers],
    }
    assert demand_of({"spec": spec}).cpu_millis == peak * 1000


# ------------------------------------------------------------------------------------------------------- other Pods

APP = Requirement(key="app", operator="In", values=("web",))
WEB_LABELS = {"app": "web", "hash": "7f", "tier": ""}


def labelled(**spec):
    return {"metadata": {"name": "web", "namespace": "shop", "labels": WEB_LABELS}, "spec": spec}


def term_of(**fields):
    """The required anti-affinity term of a Pod with WEB_LABELS in the namespace shop, with these fields."""
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [fields]}}
    (term,) = demand_of(labelled(affinity=affinity)).apart
    return term


def test_terms_between_pods_are_in_the_demand_as_written():
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    def term(key):
        return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "web"}}}

    affinity = {
        "podAffinity": {required: [term("a"), term("b")], preferred: [{"weight": 3, "podAffinityTerm": term("c")}]},
        "podAntiAffinity": {required: [term("d")], preferred: [{"weight": 100, "podAffinityTerm": term("e")}]},
    }
    expected = {key: PodTerm(topology_key=key, selector=(APP,), namespaces=("shop",)) for key in "abcde"}
    assert demand_of(labelled(affinity=affinity)) == Demand(
        key=PodKey("shop", "web"),
        labels=WEB_LABELS,
        group="web",
        near=(expected["a"], expected["b"]),
        preferred_near=(PreferredPodTerm(weight=3, term=expected["c"]),),
        apart=(expected["d"],),
        preferred_apart=(PreferredPodTerm(weight=100, term=expected["e"]),),
    )


@pytest.mark.parametrize(
    "selector, expected",
    [
        pytest.param({}, None, id="no selector matches no Pod"),
        pytest.param({"labelSelector": None}, None, id="null is none"),
        pytest.param({"labelSelector": ""}, None, id="empty text is none"),
        pytest.param({"labelSelector": {}}, (), id="an empty selector matches every Pod"),
        pytest.param({"labelSelector": {"matchLabels": None, "matchExpressions": None}}, (), id="so does one of nulls"),
        pytest.param(
            {"labelSelector": {"matchLabels": {"tier": None, "app": "web"}}},
            (APP, Requirement(key="tier", operator="In", values=("",))),
            id="a null value is an empty one",
        ),
        pytest.param(
            {
                "labelSelector": {
                    "matchLabels": {"app": "web"},
                    "matchExpressions": [{"key": "hash", "operator": "Exists"}],
                }
            },
            (APP, Requirement(key="hash", operator="Exists")),
            id="labels and expressions together",
        ),
    ],
)
def test_a_selector_is_told_apart_from_none(selector, expected):
    assert term_of(topologyKey="zone", **selector).selector == expected
    (spread,) = demand_of(labelled(topologySpreadConstraints=[{"topologyKey": "zone", **selector}])).spreads
    assert spread.selector == expected


@pytest.mark.parametrize(
    "fields, namespaces, selector",
    [
        pytest.param({}, ("shop",), None, id="the Pod's own where none is named"),
        pytest.param({"namespaces": []}, ("shop",), None, id="an empty list names none"),
        pytest.param({"namespaces": ["a", "b"]}, ("a", "b"), None, id="only those that are named"),
        pytest.param({"namespaceSelector": {}}, (), (), id="an empty selector is all of them"),
        pytest.param(
            {"namespaces": ["a"], "namespaceSelector": {"matchLabels": {"app": "web"}}},
            ("a",),
            (APP,),
            id="those named and those that match",
        ),
    ],
)
def test_a_term_speaks_of_these_namespaces(fields, namespaces, selector):
    term = term_of(topologyKey="zone", labelSelector={}, **fields)
    assert (term.namespaces, term.namespace_selector) == (namespaces, selector)


def test_a_pod_without_a_namespace_speaks_of_default():
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}}
    assert demand_of({"spec": {"affinity": affinity}}).near == (PodTerm(topology_key="zone", namespaces=("default",)),)


@pytest.mark.parametrize(
    "fields, expected",
    [
        pytest.param(
            {"matchLabelKeys": ["hash"]},
            (APP, Requirement(key="hash", operator="In", values=("7f",))),
            id="the Pod's own value is wanted",
        ),
        pytest.param(
            {"mismatchLabelKeys": ["hash"]},
            (APP, Requirement(key="hash", operator="NotIn", values=("7f",))),
            id="the Pod's own value is not wanted",
        ),
        pytest.param(
            {"matchLabelKeys": ["tier"]},
            (APP, Requirement(key="tier", operator="In", values=("",))),
            id="an empty value is a value",
        ),
        pytest.param({"matchLabelKeys": ["gone"], "mismatchLabelKeys": ["lost"]}, (APP,), id="a key without a label"),
        pytest.param({"matchLabelKeys": None, "mismatchLabelKeys": []}, (APP,), id="no keys"),
    ],
)
def test_label_keys_become_part_of_the_selector(fields, expected):
    selector = {"matchLabels": {"app": "web"}}
    assert term_of(topologyKey="zone", labelSelector=selector, **fields).selector == expected


def test_label_keys_add_nothing_to_a_selector_that_is_not_there():
    assert term_of(topologyKey="zone", matchLabelKeys=["hash"]).selector is None


SOME_LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2"]))


@settings(deadline=None)
@given(own=SOME_LABELS, other=SOME_LABELS, keys=st.lists(st.sampled_from("abcd")), mismatch=st.booleans())
def test_label_keys_compare_each_pod_with_the_own_labels(own, other, keys, mismatch):
    """As the API reference tells it: of the keys that the Pod has, the other Pod's values are all equal, or none is."""
    fields = {"topologyKey": "zone", "labelSelector": {}, "mismatchLabelKeys" if mismatch else "matchLabelKeys": keys}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [fields]}}
    (term,) = demand_of({"metadata": {"labels": own}, "spec": {"affinity": affinity}}).near
    equal = [own[key] == other.get(key) for key in keys if key in own]
    assert matches(term.selector, other) == (not any(equal) if mismatch else all(equal))


@pytest.mark.parametrize(
    "fields, expected",
    [
        pytest.param(
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
            Spread(topology_key="zone"),
            id="with Kubernetes' defaults",
        ),
        pytest.param(
            {
                "maxSkew": 2,
                "topologyKey": "rack",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "web"}},
                "matchLabelKeys": ["hash", "gone"],
                "minDomains": 3,
                "nodeAffinityPolicy": "Ignore",
                "nodeTaintsPolicy": "Honor",
            },
            Spread(
                topology_key="rack",
                max_skew=2,
                selector=(APP, Requirement(key="hash", operator="In", values=("7f",))),
                min_domains=3,
                honors_affinity=False,
                honors_taints=True,
            ),
            id="with everything given",
        ),
        pytest.param(
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": None},
            Spread(topology_key="zone", hard=False),
            id="as a wish",
        ),
    ],
)
def test_a_spread_constraint_is_in_the_demand(fields, expected):
    assert demand_of(labelled(topologySpreadConstraints=[fields])).spreads == (expected,)


REPLICA_SET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7f", "controller": True}


@pytest.mark.parametrize(
    "metadata, expected",
    [
        pytest.param({}, "", id="nothing names a set"),
        pytest.param({"labels": {"app": "web"}}, "web", id="the label app"),
        pytest.param(
            {"labels": {"app": "web", "app.kubernetes.io/name": "shop"}}, "shop", id="the recommended label before it"
        ),
        pytest.param({"labels": {"app": "web", "app.kubernetes.io/name": ""}}, "web", id="an empty label names none"),
        pytest.param(
            {"labels": {"app": "web"}, "ownerReferences": [REPLICA_SET]}, "ReplicaSet/web-7f", id="the controller"
        ),
        pytest.param({"ownerReferences": [{**REPLICA_SET, "uid": "4711"}]}, "4711", id="by its uid if it has one"),
        pytest.param(
            {"labels": {"app": "web"}, "ownerReferences": [{**REPLICA_SET, "controller": False}]},
            "web",
            id="an owner that does not control makes no set",
        ),
        pytest.param(
            {"ownerReferences": [{"kind": "Backup", "name": "b"}, REPLICA_SET]},
            "ReplicaSet/web-7f",
            id="the one owner of several that controls",
        ),
    ],
)
def test_pods_of_one_set_have_one_group(metadata, expected):
    assert demand_of({"metadata": metadata}).group == expected
