from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.jsonpath import Field, Index, parse_path, parse_template
from podctl.core.jsonvalues import find, render, value_text
from podctl.errors import InputError, PodctlError

LIST = {
    "kind": "List",
    "items": [
        {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "ports": [80, 443], "up": True},
        {"metadata": {"name": "b"}, "ports": [], "note": None, "text": "<&>"},
    ],
}

TEMPLATES = [
    ("", ""),
    ("{.kind}", "List"),
    ("kind", "List"),
    (".kind", "List"),
    ("{$.kind}", "List"),
    ("{@.kind}", "List"),
    ("plain {.kind} text", "plain List text"),
    ("{.items[*].metadata.name}", "a b"),
    ("{.items.*.metadata.name}", "a b"),
    ("{.items[0].metadata.name}", "a"),
    ("{.items[-1].metadata.name}", "b"),
    ("{.items[1:].metadata.name}", "b"),
    ("{.items[0:2].metadata.name}", "a b"),
    ("{.items[::2].metadata.name}", "a"),
    ("{.items[*]['metadata']['name']}", "a b"),
    ('{.items[0].metadata["name"]}', "a"),
    (r"{.items[0].metadata.labels.app\.kubernetes\.io/name}", "x"),
    ("{.items[0].metadata.labels['app.kubernetes.io/name']}", "x"),
    ("{..name}", "a b"),
    ("{.items[0].ports}", "[80,443]"),
    ("{.items[0].ports[*]}", "80 443"),
    ("{.items[0].metadata}", '{"labels":{"app.kubernetes.io/name":"x"},"name":"a"}'),
    ("{.items[0].up}", "true"),
    ("{.items[1].note}", "<nil>"),
    ("{.missing}{.items[*].missing}", ""),
    ("{.kind.below.a.text}", ""),
    ("{.kind[0]}{.kind[0:1]}{.kind[*]}", ""),
    ('{range .items[*]}{.metadata.name}{"\\t"}{.up}{"\\n"}{end}', "a\ttrue\nb\t\n"),
    ("{range .items[*]}{$.kind}/{@.metadata.name} {end}", "List/a List/b "),
    ("{range .items[*]}{range .ports[*]}{.},{end};{end}", "80,443,;;"),
    ("{range .nothing[*]}never{end}", ""),
    ("{'it''s'}", "its"),
    (r"{'a\'b\\'}", "a'b\\"),
    ('{"}"}{"{"}', "}{"),
    ('{.kind}{"-"}{.kind}', "List-List"),
    ("{ .kind }", "List"),
]


@pytest.mark.parametrize("template, text", TEMPLATES)
def test_a_template_prints_what_kubectl_prints(template, text):
    assert render(parse_template(template), LIST) == text


WRONG = {
    "{.a": "'{.a' has no closing brace, or a quote in it is not closed",
    "{.items[*].a}{'b}": '"{\'b}" has no closing brace, or a quote in it is not closed',
    "{range .items[*]}{.a}": "there is a {range} without its {end}",
    "{.a}{end}": "there is an {end} without a {range}",
    '{.items[?(@.a=="b")].c}': "filters [?(...)] are not supported",
    "{.items[(@.length-1)]}": "'[(@.length-1)]' is no part of a path",
    "{.items[0,1]}": "'[0,1]' is no part of a path",
    "{.items[x]}": "'[x]' is no part of a path",
    "{.items[0}": "'[0' is no part of a path",
    "{.a|upper}": "'|upper' is no part of a path",
    "{(.a)}": "scripts (...) are not supported",
}


@pytest.mark.parametrize("template, evidence", WRONG.items(), ids=WRONG)
def test_a_wrong_template_is_refused_with_what_is_wrong(template, evidence):
    with pytest.raises(InputError) as caught:
        parse_template(template)
    assert (caught.value.message, caught.value.evidence) == (f"wrong jsonpath {template!r}", evidence)
    assert "range/end" in caught.value.hint


@pytest.mark.parametrize("at", [2, -3])
def test_an_index_beyond_the_list_is_an_error(at):
    with pytest.raises(PodctlError, match=f"array index out of bounds: index {at}, length 2"):
        render(parse_template(f"{{.items[{at}]}}"), LIST)


def test_a_path_may_come_without_braces_and_dot():
    expected = (Field("metadata"), Field("name"))
    assert [parse_path(text) for text in ("metadata.name", ".metadata.name", "{.metadata.name}")] == [expected] * 3
    assert parse_path("[0]") == (Index(0),)


@pytest.mark.parametrize("text", ["{.a}{.b}", "'quoted'"])
def test_what_is_not_one_path_is_refused(text):
    with pytest.raises(InputError):
        parse_path(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=10,
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.text(st.characters(exclude_characters="{}"), min_size=1))
def test_text_with_braces_around_a_part_comes_out_as_it_is(text):
    assert render(parse_template(text + "{}"), {}) == text


@given(WORDS, VALUES)
def test_any_key_is_found_by_its_quoted_name(key, value):
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    assert find(parse_template(f"{{['{quoted}']}}")[0], {key: value}) == [value]


@given(st.lists(VALUES, max_size=3) | st.dictionaries(st.text(), VALUES, max_size=3))
def test_lists_and_maps_print_as_json(value):
    assert json.loads(value_text(value)) == value


@given(st.text(st.sampled_from("{}[]().*$@?:'\"\\ ab0-,"), max_size=20))
def test_no_text_makes_the_parser_fail_but_by_its_own_error(text):
    with contextlib.suppress(PodctlError):
        assert isinstance(render(parse_template(text), LIST), str)
