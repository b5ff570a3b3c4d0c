"""The three lists of fields against the Kubernetes API itself, and against the models."""

from __future__ import annotations

import re

import kubernetes.client.models as api
import pytest

from podctl.core import schema
from podctl.core.fields import FIELDS, LISTS, Level, readme_table
from podctl.core.schema.base import Value

ROOTS = ("V1Pod", "V1ConfigMap", "V1Secret", "V1PersistentVolumeClaim")
CHECKED_THOUGH_WARNED = {  # their content is validated, and reaches the models
    ("V1LifecycleHandler", "tcpSocket"),
    ("V1Probe", "terminationGracePeriodSeconds"),
}
NEWER = {"stopSignal", "resources", "restartPolicyRules"}  # may be missing in an older client


def goes_on(type_name: str, field: str) -> bool:
    return FIELDS[type_name][field].level is Level.WORKS or (type_name, field) in CHECKED_THOUGH_WARNED


def api_fields(type_name: str) -> dict[str, str]:
    """Each JSON field name of a Kubernetes type with the types that occur in it."""
    model = getattr(api, type_name)
    return {model.attribute_map[name]: inner for name, inner in model.openapi_types.items()}


def reached() -> set[str]:
    """Every type that is reached from the roots through fields that work."""
    found: set[str] = set()
    waiting = list(ROOTS)
    while waiting:
        type_name = waiting.pop()
        if type_name in found:
            continue
        found.add(type_name)
        for field, inner in api_fields(type_name).items():
            if field in FIELDS[type_name] and goes_on(type_name, field):
                waiting += [each for each in re.findall(r"\w+", inner) if hasattr(api, each)]
    return found


def models() -> list[type[Value]]:
    return [each for name in schema.__all__ if issubclass(each := getattr(schema, name), Value)]


def listed(type_name: str, level: Level) -> set[str]:
    return {name for name, support in FIELDS[type_name].items() if support.level is level}


def test_every_type_that_is_reached_is_listed_and_no_other():
    assert reached() == set(FIELDS)


@pytest.mark.parametrize("type_name", sorted(FIELDS))
def test_every_field_of_the_api_is_in_exactly_one_list(type_name):
    names = [name for name, _ in LISTS[type_name]]
    assert sorted(names) == sorted(set(names)), "a field is in two lists"
    unlisted = set(api_fields(type_name)) - set(names)
    assert unlisted == set(), "the API has fields that are in no list"
    unknown = set(names) - set(api_fields(type_name)) - NEWER
    assert unknown == set(), "a list has fields that the API does not know"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_the_models_have_exactly_the_fields_that_work_and_those_that_are_checked_already(model):
    fields = {info.alias for info in model.model_fields.values()}
    also = {name for type_name, name in CHECKED_THOUGH_WARNED if type_name == model.api_type}
    assert fields == listed(model.api_type, Level.WORKS) | also


def test_every_listed_type_has_a_model():
    assert {model.api_type for model in models()} == set(FIELDS)


def test_every_field_that_does_not_work_says_why():
    silent = [
        (type_name, name)
        for type_name, fields in FIELDS.items()
        for name, support in fields.items()
        if (support.level is Level.WORKS) == bool(support.note)
    ]
    assert silent == []


def test_a_refusal_says_a_way_out():
    """A sentence of two parts: the reason; what to do."""
    blunt = {
        support.note
        for fields in FIELDS.values()
        for support in fields.values()
        if support.level is Level.REFUSED
        and not re.search(
            r"[;,] (and )?(use|give|leave|put|place|fill|clone|copy|mount|an)|; remove|Minions run", support.note
        )
    }
    assert blunt == set()


def test_nothing_of_placement_is_refused():
    """What Kubernetes' own scheduler looks at, but for what needs a server: groups of Pods, and devices by claim."""
    types = [name for name in FIELDS if "Affinity" in name or "Selector" in name or "Spread" in name]
    types += ["V1Toleration", "V1OwnerReference"]
    assert [(name, field) for name in types for field in listed(name, Level.REFUSED)] == []


def test_the_readme_table_names_every_field_of_every_type():
    works, others = readme_table().split("\n\n")
    for type_name, fields in FIELDS.items():
        for name, support in fields.items():
            table = works if support.level is Level.WORKS else others
            rows = [row for row in table.splitlines() if re.match(rf"\| {type_name.removeprefix('V1')}[ |]", row)]
            assert [f"`{name}`" in row for row in rows].count(True) == 1, (type_name, name)
    assert "| Affinity | `nodeAffinity` `podAffinity` `podAntiAffinity` |" in works
    assert "| Probe | `exec`" in works
    owner = "`blockOwnerDeletion` | warned | has no meaning here: nothing is deleted along with its owner |"
    assert f"| OwnerReference | {owner}" in others
    assert "| Probe | `grpc` | refused | podctl asks no grpc probes; use httpGet or tcpSocket" in others


def test_levels_are_the_three_words_of_the_readme():
    assert [level.value for level in Level] == ["works", "warned", "refused"]
