from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from remembering import CLUSTER as REMEMBERING
from remembering import SECRETS
from shop import ALPHA, CALM, EMPTY, STORMY

from podctl.core.model import Cluster
from podctl.core.query import answer, parse_query
from podctl.core.yamltext import load
from podctl.errors import InputError
from podctl.report.answers import Shown, missing_text, shown, silence_text, silent_names
from podctl.report.describe import described
from podctl.report.structured import json_text, printer, yaml_text
from podctl.report.tables import TableOptions
from podctl.report.text import columns, printable, table

GOLDEN = Path(__file__).parent / "golden"


def get(cluster, *words, output="", headings=True, labels=(), show_labels=False, ignore=False, **query):
    asked = parse_query(words, **query)
    options = TableOptions(
        wide=output == "wide", headings=headings, namespaces=query.get("all_namespaces", False),
        label_columns=labels, show_labels=show_labels,
    )  # fmt: skip
    answered = answer(cluster, asked, engine="docker")
    return shown(asked, answered, printer(output), options, ignore_not_found=ignore)


def describe(cluster, *words, **query):
    return described(answer(cluster, parse_query(words, **query), engine="docker").found)


WHOLE = {
    "get-pods": lambda: get(CALM, "pods").out,
    "get-pods-wide-all": lambda: get(CALM, "po", output="wide", all_namespaces=True).out,
    "get-pods-labels": lambda: get(CALM, "pods", labels=("app", "example.org/tier"), show_labels=True).out,
    "get-pods-bare": lambda: get(CALM, "pods", headings=False).out,
    "get-minions": lambda: get(STORMY, "nodes").out,
    "get-minions-wide": lambda: get(STORMY, "minions", output="wide").out,
    "get-pvc-wide": lambda: get(CALM, "pvc", output="wide").out,
    "get-pods-and-pvc": lambda: get(CALM, "pods,pvc").out,
    "get-pod-yaml": lambda: get(CALM, "pod/web", output="yaml").out,
    "get-minion-json": lambda: get(CALM, "minion", "beta", output="json").out,
    "describe-web": lambda: describe(CALM, "pod", "web"),
    "describe-broken-and-stale": lambda: describe(CALM, "pod/broken", "pod/stale"),
    "describe-loop-and-going": lambda: describe(CALM, "pods", "loop", "going"),
    "describe-alpha": lambda: describe(CALM, "minion", "alpha"),
    "describe-gamma": lambda: describe(STORMY, "minion", "gamma"),
    "describe-claim": lambda: describe(CALM, "pvc", "data"),
    "get-remembered-pods-wide": lambda: get(REMEMBERING, "pods", output="wide").out,
    "get-remembered-minions": lambda: get(REMEMBERING, "minions").out,
    "get-remembered-pvc-wide": lambda: get(REMEMBERING, "pvc", output="wide").out,
    "get-configmaps": lambda: get(REMEMBERING, "cm").out,
    "get-secrets": lambda: get(REMEMBERING, "secrets", all_namespaces=True).out,
    "get-events": lambda: get(REMEMBERING, "events").out,
    "get-events-wide-all": lambda: get(REMEMBERING, "ev", output="wide", all_namespaces=True).out,
    "get-several-remembered": lambda: get(REMEMBERING, "cm,secrets,events").out,
    "get-secret-yaml": lambda: get(REMEMBERING, "secret", "db", output="yaml").out,
    "get-configmap-yaml": lambda: get(REMEMBERING, "configmap", "settings", output="yaml").out,
    "get-far-yaml": lambda: get(REMEMBERING, "pod", "far", output="yaml").out,
    "get-event-json": lambda: get(REMEMBERING, "event", "web.2.2", output="json").out,
    "describe-absent": lambda: describe(REMEMBERING, "pods", "big", "far", "lost"),
    "describe-remembered-web": lambda: describe(REMEMBERING, "pod", "web"),
    "describe-cordoned": lambda: describe(REMEMBERING, "minion", "beta"),
    "describe-configmap": lambda: describe(REMEMBERING, "configmap", "settings"),
    "describe-secret": lambda: describe(REMEMBERING, "secret", "db"),
    "describe-unseen-claims": lambda: describe(REMEMBERING, "pvc", "later", "old", "torn"),
    "describe-event": lambda: describe(REMEMBERING, "event", "web.6.1"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_output_of(name):
    assert WHOLE[name]() == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


EVERYTHING = "pods,minions,pvc,cm,secrets,events"


@pytest.mark.parametrize("output", ["", "wide", "json", "yaml", "name", "jsonpath={.items[*]}"])
def test_no_value_of_a_secret_is_in_any_output(output):
    printed = get(REMEMBERING, EVERYTHING, output=output, all_namespaces=True, show_labels=True)
    assert "db" in printed.out
    assert [each for each in SECRETS if each in f"{printed}"] == []
    assert [each for each in SECRETS if each in describe(REMEMBERING, EVERYTHING, all_namespaces=True)] == []
    assert [each for each in SECRETS if each in repr(answer(REMEMBERING, parse_query([EVERYTHING]), engine=""))] == []


def test_masked_values_are_said_to_be_masked():
    assert get(REMEMBERING, "secret", "db", output="yaml").note == "note: the values of Secrets are shown as ***\n"
    assert get(REMEMBERING, "secret", "db", output="name").note == ""
    assert get(REMEMBERING, "secret", "db").note == ""


def test_events_are_asked_for_as_of_kubectl():
    about_web = get(REMEMBERING, "events", fields="involvedObject.kind=Pod,involvedObject.name=web", output="name").out
    assert about_web.split() == ["event/web.2.2", "event/web.6.0", "event/web.6.1"]
    assert len(get(REMEMBERING, "events", fields="type=Warning", headings=False).out.splitlines()) == 3
    assert get(REMEMBERING, "events", namespace="batch").note == "No resources found in batch namespace.\n"


def test_no_output_for_people_has_trailing_blanks():
    texts = [path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.txt") if "json" not in path.name]
    assert [line for text in texts for line in text.splitlines() if line != line.rstrip()] == []


def test_nothing_found_is_a_sentence_for_people_and_an_empty_list_for_programs():
    assert get(EMPTY, "pods") == Shown(out="", note="No resources found in default namespace.\n")
    assert get(EMPTY, "pods", namespace="shop").note == "No resources found in shop namespace.\n"
    assert get(EMPTY, "pods", all_namespaces=True).note == "No resources found\n"
    assert get(EMPTY, "minions", selector="app=web").note == "No resources found\n"
    assert get(EMPTY, "pods", ignore=True) == Shown(out="", note="")
    assert json.loads(get(EMPTY, "pods", output="json").out) == {"apiVersion": "v1", "kind": "List", "items": []}
    assert get(EMPTY, "pods", output="name") == Shown(out="", note="")


def test_a_named_object_that_is_missing_prints_nothing():
    assert get(CALM, "pod", "nope") == Shown(out="", note="")
    assert get(CALM, "pod", "nope", output="json") == Shown(out="", note="")


def test_one_named_object_is_itself_and_several_are_a_list():
    assert json.loads(get(CALM, "pod", "web", output="json").out)["kind"] == "Pod"
    assert json.loads(get(CALM, "pod/web", "pod/loop", output="json").out)["kind"] == "List"
    assert json.loads(get(CALM, "pod/web", "pod/nope", output="json").out)["kind"] == "List"
    assert json.loads(get(CALM, "pods", selector="app=web", output="json").out)["kind"] == "List"


def test_names_carry_their_kind():
    assert get(CALM, "pods,pvc", output="name").out == (
        "pod/broken\npod/going\npod/loop\npod/stale\npod/web\npersistentvolumeclaim/data\n"
    )


def test_jsonpath_works_on_the_list_or_on_the_one_named_object():
    assert get(CALM, "pods", output="jsonpath={.items[*].metadata.name}").out == "broken going loop stale web"
    assert get(CALM, "pod", "loop", output="jsonpath={.spec.nodeName}").out == "beta"


WRONG_OUTPUTS = {
    "custom-columns=A:.a": "-o custom-columns is not supported yet",
    "go-template={{.a}}": "-o go-template is not supported yet",
    "jsonpath": "-o jsonpath needs a template",
    "jsonpath={.a": "wrong jsonpath '{.a'",
    "wyde": "there is no output format 'wyde'",
    "json=x": "there is no output format 'json=x'",
}


@pytest.mark.parametrize("output, message", WRONG_OUTPUTS.items(), ids=WRONG_OUTPUTS)
def test_an_output_that_there_is_not_is_refused(output, message):
    with pytest.raises(InputError) as caught:
        printer(output)
    assert caught.value.message == message
    assert caught.value.hint


def test_silent_minions_are_named_each_with_what_to_do():
    assert silence_text(STORMY) == (
        "minion delta did not answer: permission denied on /run/docker.sock\n"
        "minion gamma did not answer: connection refused\n"
        "Hint: See that sshd runs there.\n"
    )
    assert silence_text(CALM) == ""


def test_several_silent_minions_are_one_phrase():
    delta, gamma = STORMY.silent
    two = Cluster(name="shop", minions=(delta, gamma))
    three = Cluster(name="shop", minions=(delta, gamma, gamma))
    assert silent_names(Cluster(name="shop", minions=(ALPHA, gamma))) == "gamma"
    assert [silent_names(two), silent_names(three)] == ["delta and gamma", "delta, gamma and gamma"]


def test_every_missing_name_is_told():
    missing = answer(CALM, parse_query(["pod/a", "pvc/b", "pod/web"]), engine="docker").missing
    assert missing_text(missing) == 'pods "a" not found\npersistentvolumeclaims "b" not found'


def test_a_table_without_headings_or_rows():
    assert table((), [("a", "1"), ("long", "")]) == "a      1\nlong\n"
    assert table(("A", "B"), []) == "A   B\n"


def test_a_column_lasts_as_long_as_neighbouring_lines_have_it():
    lines = [
        "Name:\tx",
        "Namespace:\ty",
        "Containers:",
        "  a:",
        "    Image:\ti\tmore",
        "    Image ID:\tii\tmore",
        "\tz",
    ]
    assert columns(lines).splitlines() == [
        "Name:       x",
        "Namespace:  y",
        "Containers:",
        "  a:",
        "    Image:     i   more",
        "    Image ID:  ii  more",
        "               z",
    ]
    assert columns([]) == ""


CELLS = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS.filter(bool)), min_size=1))
def test_what_stands_in_one_column_begins_at_one_place(rows):
    starts = {
        len(line) - len(row[1]) for line, row in zip(columns(map("\t".join, rows)).splitlines(), rows, strict=True)
    }
    assert starts == {max(len(row[0]) for row in rows) + 2}


@given(st.text())
def test_nothing_that_moves_the_cursor_is_printed(text):
    assert all(each.isprintable() or each == "\u200d" for each in printable(text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abyn12", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)  # a large value takes long on a busy machine
@given(st.dictionaries(st.text("abc"), VALUES))
def test_json_and_yaml_read_back_as_what_was_printed(value):
    assert json.loads(json_text(value)) == value
    assert yaml.safe_load(yaml_text(value)) == value
    assert [each.value for each in load(yaml_text(value), "text")] == [value]


def test_texts_that_yaml_1_1_takes_for_something_else_are_quoted():
    values = ["y", "N", "yes", "on", "0644", "1e3", "2026-03-01", "12:30", "~", "null", "", "1_000", ".inf"]
    assert yaml_text(values) == "".join(f'- "{value}"\n' for value in values)
    assert yaml_text(["web", "250m", "a: b", "1Gi"]) == "- web\n- 250m\n- 'a: b'\n- 1Gi\n"
