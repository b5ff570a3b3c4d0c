import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.core.selectors import Requirement, label_selector, matches, parse_selector, requirement, selector_text
from podctl.errors import ExitCode, InputError

NO_VALUE = (
    "cannot be the value of a label: at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
)


def want(key, operator, *values):
    return Requirement(key=key, operator=operator, values=values)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ()),
        ("   ", ()),
        ("app=web", (want("app", "In", "web"),)),
        ("app==web", (want("app", "In", "web"),)),
        (" app = web ", (want("app", "In", "web"),)),
        ("app=", (want("app", "In", ""),)),
        ("app!=web", (want("app", "NotIn", "web"),)),
        ("app", (want("app", "Exists"),)),
        ("!app", (want("app", "DoesNotExist"),)),
        ("! app", (want("app", "DoesNotExist"),)),
        ("tier in (front, back)", (want("tier", "In", "front", "back"),)),
        ("tier notin (front,back)", (want("tier", "NotIn", "front", "back"),)),
        ("tier in ()", (want("tier", "In", ""),)),
        ("in", (want("in", "Exists"),)),
        ("notin notin (in)", (want("notin", "NotIn", "in"),)),
        ("example.org/part-of=shop_1.2", (want("example.org/part-of", "In", "shop_1.2"),)),
        (
            "app=web,tier in (a,b),!c",
            (want("app", "In", "web"), want("tier", "In", "a", "b"), want("c", "DoesNotExist")),
        ),
    ],
)
def test_text_is_parsed_as_kubectl_does(text, expected):
    assert parse_selector(text) == expected


def test_the_parenthesis_may_follow_the_word_at_once():
    assert parse_selector("tier in(front,back)") == (want("tier", "In", "front", "back"),)


@pytest.mark.parametrize(
    "text, evidence",
    [
        ("app=web,", "there is nothing where a condition should stand"),
        (",app=web", "there is nothing where a condition should stand"),
        ("app=web=shop", "'app=web=shop' is no condition"),
        ("app web", "'app web' is no condition"),
        ("!app=web", "'!app=web' is no condition"),
        ("app>3", "'app>3' is no condition"),
        ("-app", "'-app' is no condition"),
        ("a/b/c=d", "'a/b/c=d' is no condition"),
        ("app in (a", "the parenthesis in 'app in (a' has no partner"),
        ("app=web,tier in a)", "the parenthesis in 'tier in a)' has no partner"),
        (
            "app=-web",
            f"'-web' {NO_VALUE}",
        ),
        (
            f"app in (ok,{'x' * 64})",
            f"'{'x' * 64}' {NO_VALUE}",
        ),
    ],
)
def test_a_wrong_text_is_an_error_that_shows_the_wrong_part_and_the_right_forms(text, evidence):
    with pytest.raises(InputError) as caught:
        parse_selector(text)
    assert (caught.value.message, caught.value.evidence) == (f"wrong label selector {text!r}", evidence)
    assert "key notin (a,b)" in caught.value.hint
    assert caught.value.exit_code is ExitCode.WRONG_INPUT


@pytest.mark.parametrize(
    "needs, labels, expected",
    [
        (want("a", "In", "1", "2"), {"a": "2"}, True),
        (want("a", "In", "1", "2"), {"a": "3"}, False),
        (want("a", "In", "1"), {}, False),
        (want("a", "In"), {"a": "1"}, False),
        (want("a", "In", ""), {}, False),
        (want("a", "In", ""), {"a": ""}, True),
        (want("a", "NotIn", "1"), {"a": "2"}, True),
        (want("a", "NotIn", "1"), {"a": "1"}, False),
        (want("a", "NotIn", "1"), {}, True),
        (want("a", "Exists"), {"a": ""}, True),
        (want("a", "Exists"), {"b": ""}, False),
        (want("a", "DoesNotExist"), {"b": ""}, True),
        (want("a", "DoesNotExist"), {"a": ""}, False),
        (want("a", "Gt", "8"), {"a": "16"}, True),
        (want("a", "Gt", "16"), {"a": "16"}, False),
        (want("a", "Lt", "16"), {"a": "8"}, True),
        (want("a", "Lt", "-3"), {"a": "-4"}, True),
        (want("a", "Gt", "8"), {"a": "many"}, False),
        (want("a", "Gt", "8"), {"a": "1_6"}, False),
        (want("a", "Gt", "8"), {}, False),
        (want("a", "Gt", "eight"), {"a": "9"}, False),
        (want("a", "Lt"), {"a": "9"}, False),
        (want("a", "Gt", "1", "2"), {"a": "9"}, False),
        (want("a", "Near", "1"), {"a": "1"}, False),
    ],
)
def test_a_requirement_holds_as_in_kubernetes(needs, labels, expected):
    assert needs.matches(labels) is expected


def test_a_selector_is_the_and_of_its_requirements_and_the_empty_one_matches_everything():
    selector = (want("app", "In", "web"), want("canary", "DoesNotExist"))
    assert matches(selector, {"app": "web"})
    assert not matches(selector, {"app": "web", "canary": "1"})
    assert matches((), {})


def test_a_label_selector_object_is_its_labels_by_key_and_then_its_expressions():
    assert label_selector(
        {
            "matchLabels": {"tier": "front", "app": "web"},
            "matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["c"]}],
        }
    ) == (want("app", "In", "web"), want("tier", "In", "front"), want("zone", "NotIn", "c"))
    assert label_selector({}) == ()
    assert label_selector({"matchLabels": None, "matchExpressions": None}) == ()
    assert label_selector({"matchLabels": {"canary": None}}) == (want("canary", "In", ""),)


def test_an_expression_may_lack_what_it_does_not_need():
    assert requirement({"key": "gpu", "operator": "Exists"}) == want("gpu", "Exists")
    assert requirement({"key": "gpu", "operator": "Exists", "values": None}) == want("gpu", "Exists")
    assert requirement({}) == want("", "")


@pytest.mark.parametrize(
    "needs, text",
    [
        (want("a", "In", "1"), "a=1"),
        (want("a", "NotIn", "1"), "a!=1"),
        (want("a", "In", "1", "2"), "a in (1,2)"),
        (want("a", "NotIn", "1", "2"), "a notin (1,2)"),
        (want("a", "Exists"), "a"),
        (want("a", "DoesNotExist"), "!a"),
        (want("a", "Gt", "3"), "a>3"),
        (want("a", "Lt", "3"), "a<3"),
    ],
)
def test_a_requirement_reads_as_kubectl_writes_it(needs, text):
    assert str(needs) == text


keys = st.from_regex(r"\A([a-z0-9]{1,5}(\.[a-z]{1,3})?/)?[A-Za-z0-9]([-_.]?[A-Za-z0-9]){0,5}\Z")
values = st.from_regex(r"\A([A-Za-z0-9]([-_.]?[A-Za-z0-9]){0,5})?\Z")
requirements = st.builds(
    lambda key, operator, some: want(key, operator, *(some if operator in ("In", "NotIn") else ())),
    keys,
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(values, min_size=1, max_size=3),
)


@settings(deadline=None)
@given(st.lists(requirements, max_size=4).map(tuple))
def test_what_a_selector_prints_parses_to_itself(selector):
    assert parse_selector(selector_text(selector)) == selector


@settings(deadline=None)
@given(st.text(alphabet="ab,=!()/-. \nin", max_size=20) | st.text(max_size=20))
def test_any_text_is_a_selector_or_an_input_error(text):
    try:
        assert all(isinstance(each, Requirement) for each in parse_selector(text))
    except InputError as error:
        assert error.evidence  # noqa: PT017 - either outcome is right


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("ab"), st.sampled_from("12")), st.lists(st.sampled_from("12"), min_size=1))
def test_not_in_is_the_opposite_of_in_and_does_not_exist_of_exists(labels, some):
    assert want("a", "NotIn", *some).matches(labels) is not want("a", "In", *some).matches(labels)
    assert want("a", "DoesNotExist").matches(labels) is not want("a", "Exists").matches(labels)
