"""YAML and JSON as kubectl reads them, with the line of every value."""

# ruff: noqa: E501  a message stands in one line, as it is shown

from __future__ import annotations

# ruff: noqa: E501  a message stands in one line, as it is shown
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.core.yamlnodes import MOST_ALIASED
from podctl.core.yamltext import did_you_mean, load, path_text
from podctl.errors import ManifestError


def value(text: str) -> object:
    (document,) = load(text, "f.yaml")
    return document.value


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ManifestError) as caught:
        load(text, "f.yaml")
    return caught.value.problems


def test_a_document_knows_the_line_of_each_value():
    (document,) = load("a: 1\nb:\n  - x\n  - {c: z}\n", "f.yaml")
    assert (document.source, document.value) == ("f.yaml", {"a": 1, "b": ["x", {"c": "z"}]})
    lines = {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4}
    assert {path: document.line(path) for path in lines} == lines


def test_what_is_not_there_has_the_line_of_what_is_around_it():
    (document,) = load("a: 1\nb:\n  c: 2\n", "f.yaml")
    assert document.line(("b", "x", 0)) == 2
    assert document.problem(("b", "x"), "is required") == "f.yaml:2: b.x: is required"
    assert document.problem((), "is wrong") == "f.yaml:1: is wrong"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n---\n...\n", "---\nnull\n---\n~\n", "\ufeff"])
def test_nothing_is_no_document(text):
    assert load(text, "f.yaml") == ()


def test_several_documents_go_on_counting_lines():
    assert [(each.value, each.line(())) for each in load("---\na: 1\n---\n# b\n---\nc: 2\n", "f")] == [
        ({"a": 1}, 2),
        ({"c": 2}, 6),
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("yes", True), ("No", False), ("on", True), ("OFF", False), ("y", True), ("n", False), ("true", True),
        ("yES", "yES"), ("'yes'", "yes"), ("!!str yes", "yes"), ("! yes", "yes"),
        ("~", None), ("null", None), ("", None), ("nUll", "nUll"),
        ("0644", 420), ("0o17", 15), ("0x1F", 31), ("0b101", 5), ("1_000", 1000), ("-7", -7), ("+7", 7), ("0", 0),
        ("08", 8.0), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-1E-2", -0.01),
        ("1e999", "1e999"), ("1.2.3", "1.2.3"), ("0x", "0x"), ("1__", 1), ("_", "_"),
        ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2024-01-01", "2024-01-01"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("!!int '3'", 3), ("!!float 3", 3), ("!!bool 'on'", True), ("!!null ''", None),
        ('"\\u00e4\\n"', "ä\n"), ("|\n  a\n  b\n", "a\nb\n"), (">-\n  a\n  b\n", "a b"),
    ],
)  # fmt: skip
def test_a_scalar_is_what_kubectl_reads(text, expected):
    found = value(f"a: {text}\nb: 1\n")["a"]
    assert (found, type(found)) == (expected, type(expected))


def test_a_word_is_read_alike_wherever_it_stands_unless_it_is_quoted():
    assert value("[yes, 'yes', yes, !!str yes, 1, '1', 1]") == [True, "yes", True, "yes", 1, "1", 1]


def test_json_is_read_with_tabs_escapes_and_characters_beyond_16_bits():
    assert value('{\n\t"a": "\\ud83d\\ude00 \\/ \\\\ud83d",\n\t"b": [1, -2.5e3, true, null]\n}') == {
        "a": "😀 / \\ud83d",
        "b": [1, -2500.0, True, None],
    }


def plain_json() -> st.SearchStrategy[object]:
    scalars = (
        st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(codec="utf-8"), max_size=20)
    )
    return st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.recursive(
            scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab", max_size=3), inner), max_leaves=8
        ),
        max_size=5,
    )


@settings(deadline=None)  # a busy machine fails nothing
@given(plain_json(), st.booleans())
def test_any_json_comes_back_unchanged(expected, ascii_only):
    assert value(json.dumps(expected, ensure_ascii=ascii_only)) == expected


def test_aliases_stand_for_what_was_anchored():
    assert value("a: &x {b: [1]}\nc: *x\n") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_merged_keys_yield_to_written_ones_and_keep_their_lines():
    (document,) = load("a: &a {x: 1, v: 1}\nb: &b {v: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n", "f")
    assert document.value["c"] == {"x": 3, "v": 1, "z": 2}
    assert [document.line(("c", name)) for name in "xvz"] == [5, 1, 2]


def test_a_quoted_merge_key_is_a_key():
    assert value('"<<": 1\n') == {"<<": 1}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a: 1\nb: 2\na: 3\nb: 4\n", ("f.yaml:3: a: written twice, first in line 1", "f.yaml:4: b: written twice, first in line 2")),
        ("a:\n- {x: 1, x: 2}\n", ("f.yaml:2: a[0].x: written twice, first in line 2",)),
        ("a: {true: 1}\n", ("f.yaml:1: a: a key must be a string, not a boolean: put it in quotes",)),
        ("null: 1\n", ("f.yaml:1: a key must be a string, not nothing: put it in quotes",)),
        ("? [a]\n: 1\n", ("f.yaml:1: a key must be a string, not a list: put it in quotes",)),
        ("a: b: c\n", ("f.yaml:1: not YAML: mapping values are not allowed in this context",)),
        ("a: 'b\n", ("f.yaml:2: not YAML: while scanning a quoted scalar, found unexpected end of stream",)),
        ("a: @b\n", ("f.yaml:1: not YAML: while scanning for the next token, found character that cannot start any token",)),
        ("x: 1\na: &a [*a]\n", ("f.yaml:2: an alias (*) to no anchor (&) above it; text that begins with * needs quotes",)),
        ("a: !Ref x\n", ("f.yaml:1: a tag (!) that cannot be read here; text that begins with ! needs quotes",)),
        ("a: !!set {x}\n", ("f.yaml:1: a tag (!) that cannot be read here; text that begins with ! needs quotes",)),
        ("a: !!int x\n", ("f.yaml:1: a tag (!) that cannot be read here; text that begins with ! needs quotes",)),
        ("a: .inf\n", ("f.yaml:1: .inf is not a number that JSON knows",)),
        ('{"a": -Infinity}', ("f.yaml:1: -Infinity is not a number that JSON knows",)),
        ("- .inf\n- .inf\n", ("f.yaml:1: .inf is not a number that JSON knows", "f.yaml:2: .inf is not a number that JSON knows")),
        ("<<: 1\n", ("f.yaml:1: << merges mappings only",)),
        ("a: " + "9" * 101, ("f.yaml:1: a number of more than 100 digits; text needs quotes",)),
        ("a: 1\nb: \udc80\n", ("f.yaml:2: not YAML: not UTF-8",)),
        ("a: 1\nb: \x00\n", ("f.yaml:2: not YAML: a control character, or not UTF-8",)),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_with_its_line(text, expected):
    assert problems(text) == expected


def test_a_few_lines_cannot_grow_without_bound():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    assert [each.partition(": ")[2] for each in problems("\n".join(lines))] == [
        f"aliases (*) that expand to more than {MOST_ALIASED} values"
    ]


def test_no_text_of_a_secret_is_in_a_message():
    for text in (
        "p: !hunter2\n",
        "p: *hunter2\n",
        "p: 'hunter2\n",
        "p: hunter2: x\n",
        "p: %hunter2 @\n- x\n",
        "p: [hunter2\n",
    ):
        assert "hunter2" not in "".join(problems(text))


def test_a_path_is_written_as_one_would_say_it():
    assert path_text(("spec", "containers", 0, "env", 12, "name")) == "spec.containers[0].env[12].name"
    assert path_text(("metadata", "labels", "a.b/c")) == 'metadata.labels["a.b/c"]'
    assert path_text((0, "a")) == "[0].a"
    assert path_text(()) == ""


def test_the_nearest_word_is_offered_and_no_far_one():
    known = ("containers", "hostIPC", "hostPID")
    assert did_you_mean("contaners", known) == ' (did you mean "containers"?)'
    assert did_you_mean("hostipc", known) == ' (did you mean "hostIPC"?)'
    assert did_you_mean("zebra", known) == ""
    assert did_you_mean("", known) == ""
