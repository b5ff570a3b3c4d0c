from __future__ import annotations

from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import ago, claim_volume, container, infra, manifest, minion, pod, silent

from podctl.core.kinds import CLAIM, CONFIG_MAP, EVENT, KINDS, MINION, POD, SECRET, parse_kind
from podctl.core.model import Cluster
from podctl.core.query import answer, compare, parse_query
from podctl.errors import InputError

WEB_2 = pod(manifest=manifest("web-2", labels={"app": "web"}), infra=infra(created_at=ago(hours=3)))
WEB_10 = pod(
    container(status="restarting", restart_count=2),
    manifest=manifest("web-10", labels={"app": "web"}),
    infra=infra(created_at=ago(hours=1)),
)
DB = pod(manifest=manifest("db", "shop"), minion="beta", infra=infra(created_at=ago(hours=2)))
CLUSTER = Cluster(
    name="shop",
    minions=(
        silent(),
        minion(DB, name="beta", volumes=(claim_volume("data", "shop"),)),
        minion(WEB_2, WEB_10, labels={"zone": "a"}, volumes=(claim_volume("data"),)),
    ),
)


def found(*words, **query):
    answered = answer(CLUSTER, parse_query(words, **query), engine="engine")
    return [f"{each.kind.name}/{each.name}" for each in answered.found]


@pytest.mark.parametrize("word", ["po", "pod", "pods", "Pods"])
def test_pods_by_every_name(word):
    assert parse_kind(word) is POD


@pytest.mark.parametrize("word", ["minion", "minions", "mn", "no", "node", "nodes"])
def test_minions_by_every_name(word):
    assert parse_kind(word) is MINION


@pytest.mark.parametrize("word", ["pvc", "persistentvolumeclaim", "persistentvolumeclaims"])
def test_claims_by_every_name(word):
    assert parse_kind(word) is CLAIM


REMEMBERED = [("cm", CONFIG_MAP), ("configmaps", CONFIG_MAP), ("secret", SECRET), ("secrets", SECRET), ("ev", EVENT)]


@pytest.mark.parametrize("word, kind", REMEMBERED)
def test_what_only_the_document_has_by_every_name(word, kind):
    assert parse_kind(word) is kind


def test_no_two_kinds_share_a_name():
    every = [word for kind in KINDS for word in (kind.name, kind.plural, *kind.aliases)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("word, plural", [("deploy", "deployments"), ("svc", "services"), ("ns", "namespaces")])
def test_a_kind_of_kubectls_is_said_to_be_missing_here(word, plural):
    with pytest.raises(InputError) as caught:
        parse_kind(word)
    assert caught.value.message == f"podctl has no {plural}"
    assert "minions (mn, node, no)" in caught.value.hint


def test_a_mistyped_kind_is_answered_with_the_nearest():
    with pytest.raises(InputError) as caught:
        parse_kind("minons")
    assert (caught.value.message, caught.value.hint) == ("there is no resource type 'minons'", "Did you mean minions?")


FOUND = {
    "one namespace": ((["pods"], {}), ["pod/web-10", "pod/web-2"]),
    "another namespace": ((["pods"], {"namespace": "shop"}), ["pod/db"]),
    "all namespaces": ((["pods"], {"all_namespaces": True}), ["pod/web-10", "pod/web-2", "pod/db"]),
    "a namespace that holds nothing": ((["pods"], {"namespace": "none"}), []),
    "minions, which have no namespace": (
        (["nodes"], {"namespace": "none"}), ["minion/alpha", "minion/beta", "minion/gamma"],
    ),
    "several kinds": ((["pods,pvc"], {"namespace": "shop"}), ["pod/db", "persistentvolumeclaim/data"]),
    "the same kind twice": ((["po,pods"], {"namespace": "shop"}), ["pod/db"]),
    "several names in their order": ((["pod", "web-2", "web-10", "web-2"], {}), ["pod/web-2", "pod/web-10"]),
    "a name in two kinds": ((["pod,pvc", "data"], {}), ["persistentvolumeclaim/data"]),
    "names with their types": ((["pvc/data", "po/web-2", "no/beta"], {}),
                               ["persistentvolumeclaim/data", "pod/web-2", "minion/beta"]),
    "a label": ((["pods"], {"selector": "app=web"}), ["pod/web-10", "pod/web-2"]),
    "a label of a minion": ((["minions"], {"selector": "zone in (a,b)"}), ["minion/alpha"]),
    "a name field": ((["pods"], {"fields": "metadata.name=web-2"}), ["pod/web-2"]),
    "not a name": ((["pods"], {"fields": "metadata.name!=web-2"}), ["pod/web-10"]),
    "a phase": ((["pods"], {"fields": "status.phase==Running"}), ["pod/web-10", "pod/web-2"]),
    "a minion": ((["pods"], {"fields": "spec.nodeName=beta", "all_namespaces": True}), ["pod/db"]),
    "two fields": ((["pods"], {"fields": "status.phase=Running,metadata.namespace=shop"}), []),
    "age, oldest first": ((["pods"], {"sort_by": ".metadata.creationTimestamp", "all_namespaces": True}),
                          ["pod/web-2", "pod/db", "pod/web-10"]),
    "name, naturally": ((["pods"], {"sort_by": "metadata.name"}), ["pod/web-2", "pod/web-10"]),
    "restarts": ((["pods"], {"sort_by": "{.status.containerStatuses[0].restartCount}"}), ["pod/web-2", "pod/web-10"]),
    "a field that some have, the others first": (
        (["minions"], {"sort_by": ".status.capacity.memory"}), ["minion/gamma", "minion/alpha", "minion/beta"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("query, expected", FOUND.values(), ids=FOUND)
def test_what_is_found_by(query, expected):
    words, given_options = query
    assert found(*words, **given_options) == expected


def test_what_is_missing_is_named_with_its_kind():
    query = parse_query(["pod/web-2", "pod/nope", "pvc/web-2"])
    assert answer(CLUSTER, query, engine="engine").missing == ((POD, "nope"), (CLAIM, "web-2"))


def test_the_same_pod_on_two_minions_is_found_twice():
    copies = Cluster(name="shop", minions=(minion(WEB_2), minion(WEB_2, name="beta")))
    assert len(answer(copies, parse_query(["pod", "web-2"]), engine="engine").found) == 2


SORTED = [
    (["web-10", "web-2", "web-1"], ["web-1", "web-2", "web-10"]),
    (["1Gi", "2Ki", "3Mi"], ["2Ki", "3Mi", "1Gi"]),
    (["500m", "1", "0.2"], ["0.2", "500m", "1"]),
    ([3, 1, 2.5], [1, 2.5, 3]),
    ([True, False], [False, True]),
    (["b", "a", ""], ["", "a", "b"]),
    ([["b"], ["a"]], [["a"], ["b"]]),
    ([10, "9"], ["9", 10]),
]


@pytest.mark.parametrize("values, expected", SORTED)
def test_values_sort_as_in_kubectl(values, expected):
    assert sorted(values, key=cmp_to_key(compare)) == expected


@given(st.text() | st.integers(), st.text() | st.integers())
def test_comparing_the_other_way_round_says_the_opposite(one, other):
    assert compare(one, other) == -compare(other, one)
    assert compare(one, one) == 0
