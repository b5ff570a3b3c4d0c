"""The spec hash: frozen for what was applied before, blind to spelling, and sharp for every value."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from podctl.core.manifest import parse
from podctl.core.spechash import VERSION, content_hash, spec_hash

FROZEN = json.loads((Path(__file__).parents[1] / "data" / "spec_hashes.json").read_text(encoding="utf-8"))
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "a", "image": "nginx"}]},
}


def with_spec(**fields: Any) -> dict[str, Any]:
    return {**POD, "spec": {**POD["spec"], **fields}}


@pytest.mark.parametrize("case", FROZEN, ids=[case["sentence"] for case in FROZEN])
def test_an_upgrade_of_podctl_replaces_nothing(case):
    """A hash that changes here replaces every such Pod of every user: make a new VERSION instead."""
    (pod,) = parse([("frozen.yaml", case["manifest"])]).pods
    assert (pod.spec_hash, dict(pod.config_hashes)) == (case["spec_hash"], case["config_hashes"])


def test_a_hash_tells_its_version():
    assert spec_hash(POD, {}).partition(":")[0] == VERSION == "1"
    assert len(spec_hash(POD, {})) == len("1:") + 32


# ------------------------------------------------------------------------------------------------- what is the same

WORDS = st.text("abcdefg", min_size=1, max_size=4)
LEAVES = st.text(min_size=1, max_size=5) | st.integers() | st.booleans()
TREES = st.dictionaries(
    WORDS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(WORDS, inner, min_size=1, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
)


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(each) for each in value] if isinstance(value, list) else value


@settings(deadline=None)  # a busy machine fails nothing
@given(TREES)
def test_the_order_of_keys_does_not_matter(spec):
    assert spec_hash({"metadata": {"name": "a"}, "spec": spec}, {}) == spec_hash(
        {"spec": reversed_keys(spec), "metadata": {"name": "a"}}, {}
    )


@settings(deadline=None)  # a busy machine fails nothing
@given(st.integers(0, 10**7), st.sampled_from(["limits", "requests"]))
def test_the_spelling_of_a_quantity_does_not_matter(millis, which):
    def pod(amount: Any) -> dict[str, Any]:
        return with_spec(containers=[{"name": "a", "image": "nginx", "resources": {which: {"cpu": amount}}}])

    plain = Decimal(millis) / 1000
    spelled = {
        spec_hash(pod(each), {}) for each in (f"{millis}m", str(plain), f"{millis}e-3", f"+{millis}m", float(plain))
    }
    assert len(spelled) == 1


@pytest.mark.parametrize(
    "one, other",
    [
        ({"resources": {"limits": {"memory": "1Gi"}}}, {"resources": {"limits": {"memory": 1073741824}}}),
        ({"resources": {"limits": {"nvidia.com/gpu": 1}}}, {"resources": {"limits": {"nvidia.com/gpu": "1000m"}}}),
        ({"env": [{"name": "A", "value": ""}]}, {"env": [{"name": "A"}]}),
        ({"tty": None, "args": [], "securityContext": {}, "workingDir": ""}, {}),
        ({"terminationGracePeriodSeconds": 30.0}, {"terminationGracePeriodSeconds": 30}),
        (
            {"env": [{"valueFrom": {"resourceFieldRef": {"divisor": "1Ki", "resource": "limits.memory"}}}]},
            {"env": [{"valueFrom": {"resourceFieldRef": {"divisor": 1024, "resource": "limits.memory"}}}]},
        ),
    ],
    ids=["bytes", "whole things", "an empty value", "empty fields", "a whole float", "a divisor"],
)
def test_two_spellings_of_one_thing_have_one_hash(one, other):
    container = {"name": "a", "image": "nginx"}
    assert spec_hash(with_spec(containers=[{**container, **one}]), {}) == spec_hash(
        with_spec(containers=[{**container, **other}]), {}
    )


def test_an_empty_dir_may_be_left_out_as_in_kubernetes():
    assert spec_hash(with_spec(volumes=[{"name": "v", "emptyDir": {}}]), {}) == spec_hash(
        with_spec(volumes=[{"name": "v"}]), {}
    )


def test_of_the_metadata_only_name_namespace_and_labels_count():
    more = {
        **POD,
        "metadata": {**POD["metadata"], "annotations": {"a": "b"}, "uid": "1", "labels": {"app": "web"}},
        "status": {"phase": "x"},
    }
    assert spec_hash(more, {}) == spec_hash(POD, {})


# ---------------------------------------------------------------------------------------------- what makes a change


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [found for at, inner in enumerate(value) for found in leaves(inner, (*path, at))]
    return [path]


@settings(deadline=None)  # a busy machine fails nothing
@given(TREES, st.data())
def test_any_changed_value_is_seen(spec, data):
    path = data.draw(st.sampled_from(leaves(spec)))
    changed = copy.deepcopy(spec)
    place = changed
    for step in path[:-1]:
        place = place[step]
    new = data.draw(LEAVES)
    assume((type(new), new) != (type(place[path[-1]]), place[path[-1]]))
    place[path[-1]] = new
    assert spec_hash({"spec": changed}, {}) != spec_hash({"spec": spec}, {})


@pytest.mark.parametrize(
    "fields",
    [
        {"containers": [{"name": "a", "image": "nginx", "args": [""]}]},
        {"containers": [{"name": "a", "image": "nginx", "tty": False}]},
        {"containers": [{"name": "a", "image": "nginx", "command": ["a", "b"]}]},
        {"containers": [{"name": "a", "image": "nginx", "command": ["b", "a"]}]},
        {"containers": [{"name": "a", "image": "nginx", "securityContext": {"runAsUser": 0}}]},
        {"nodeSelector": {"ssd": ""}},
        {"nodeSelector": {"limits": "1"}},
        {"nodeSelector": {"limits": "1.0"}},
        {"serviceAccountName": "x"},
    ],
)
def test_each_of_these_is_another_pod(fields):
    others = [{}, {"containers": [{"name": "a", "image": "nginx", "args": []}]}, {"nodeSelector": {"limits": "01"}}]
    assert spec_hash(with_spec(**fields), {}) not in {spec_hash(with_spec(**other), {}) for other in others}


def test_an_empty_selector_is_not_the_same_as_none():
    def pod(**fields: Any) -> str:
        term = {"topologyKey": "zone", **fields}
        affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
        return spec_hash(with_spec(affinity=affinity), {})

    assert len({pod(), pod(labelSelector={}), pod(namespaceSelector={})}) == 3
    assert pod() == pod(labelSelector=None) == pod(labelSelector="")
    assert pod(labelSelector={}) == pod(labelSelector={"matchLabels": {}, "matchExpressions": None})


def test_a_label_with_an_empty_value_is_a_label():
    labelled = {**POD, "metadata": {**POD["metadata"], "labels": {"app": "web", "canary": ""}}}
    assert spec_hash(labelled, {}) != spec_hash(POD, {})


def test_name_and_namespace_count():
    other = {**POD, "metadata": {**POD["metadata"], "namespace": "shop"}}
    assert spec_hash(other, {}) != spec_hash(POD, {})


@settings(deadline=None)  # a busy machine fails nothing
@given(st.dictionaries(WORDS, st.binary(max_size=8)), st.dictionaries(WORDS, st.binary(max_size=8)))
def test_content_has_the_same_hash_only_when_it_is_the_same(one, other):
    assert (content_hash(one) == content_hash(other)) == (one == other)
    assert content_hash(one) == content_hash(dict(reversed(one.items())))


def test_used_content_counts():
    assert len({spec_hash(POD, {}), spec_hash(POD, {"configmap/a": "1:x"}), spec_hash(POD, {"secret/a": "1:x"})}) == 3
