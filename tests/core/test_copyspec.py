"""The two sides of `cp`, and what may not leave its target."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.copyspec import LocalSide, PodSide, below, inside, link_stays, parse_side, parse_sides
from podctl.core.model import PodKey
from podctl.errors import InputError


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("file", LocalSide(path="file")),
        ("dir/file", LocalSide(path="dir/file")),
        ("/tmp/a:b", LocalSide(path="/tmp/a:b")),
        ("./a:b", LocalSide(path="./a:b")),
        ("web:/tmp/a:b", PodSide(key=PodKey("default", "web"), path="/tmp/a:b")),
        ("web:file", PodSide(key=PodKey("default", "web"), path="file")),
        ("shop/web:/tmp", PodSide(key=PodKey("shop", "web"), path="/tmp")),
    ],
)
def test_a_side_is_local_or_in_a_pod(text, side):
    assert parse_side(text, "default") == side


@pytest.mark.parametrize("text", ["", ":", ":/tmp", "web:", "a/b/c:/tmp", "shop/:/tmp"])
def test_a_side_that_is_neither_is_wrong_input(text):
    with pytest.raises(InputError):
        parse_side(text, "default")


def test_exactly_one_side_is_in_a_pod():
    pod, local = PodSide(key=PodKey("shop", "web"), path="/a"), LocalSide(path="a")
    assert parse_sides("web:/a", "a", "shop") == (pod, local)
    assert parse_sides("a", "web:/a", "shop") == (local, pod)
    for sides in (("a", "b"), ("web:/a", "web:/b")):
        with pytest.raises(InputError):
            parse_sides(*sides, "shop")


@pytest.mark.parametrize(
    ("path", "working_directory", "absolute"),
    [
        ("/a/b/", "", "/a/b"),
        ("a", "", "/a"),
        ("a", "/srv", "/srv/a"),
        ("/a", "/srv", "/a"),
        ("..", "/srv", "/"),
        ("../..//x", "/srv", "/x"),
        ("//a", "", "/a"),
        (".", "/srv", "/srv"),
        ("/", "", "/"),
    ],
)
def test_a_path_in_a_container_begins_at_its_working_directory(path, working_directory, absolute):
    assert inside(path, working_directory) == absolute


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("d", ""),
        ("d/", ""),
        ("d/a/b", "a/b"),
        ("d/..a", "..a"),
        ("d/a\nb", "a\nb"),
        ("./", ""),
        (".", ""),
        ("./a/b", "a/b"),
        (".ssh/key", "key"),
        ("d/../a", None),
        ("..", None),
        ("/etc/passwd", None),
        ("./../a", None),
    ],
)
def test_an_entry_is_below_its_root_or_refused(name, path):
    assert below(name) == path


@given(st.lists(st.sampled_from(["a", "..", ".", "", "b c"])).map("/".join))
def test_no_name_ever_leads_out(name):
    path = below(name)
    assert path is None or not posixpath.normpath(path or ".").startswith(("..", "/"))


@pytest.mark.parametrize(
    ("name", "target", "stays"),
    [
        ("a", "b", True),
        ("a", "b/c", True),
        ("d/a", "../b", True),
        ("d/e/a", "../../b", True),
        ("a", "/etc/passwd", False),
        ("a", "../b", False),
        ("d/a", "../../b", False),
        ("a", "b/../../c", False),
        ("a", "b/../c", False),  # b may be a link itself
        ("", "..", False),
    ],
)
def test_a_link_stays_below_its_root_whatever_other_links_there_are(name, target, stays):
    assert link_stays(name, target) is stays
