"""A manifest in labels: packed, cut into pieces that a label file can hold, and back."""

from __future__ import annotations

import random

from captured import captured
from hypothesis import given
from hypothesis import strategies as st

from podctl.engine.docker.answers import parse_containers
from podctl.engine.docker.labels import label_file, pack_manifest, unpack_manifest

LONGEST_LINE = 65_535  # bytes, of a label file

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), json_values))
def test_any_manifest_comes_back_unchanged(manifest):
    assert unpack_manifest(pack_manifest(manifest)) == manifest


def test_a_long_one_is_cut_and_comes_back():
    noise = random.Random(1).randbytes(200_000).hex()  # hardly to be compressed below 200 kB
    manifest = {"metadata": {"annotations": {"noise": noise}}}
    labels = pack_manifest(manifest)
    assert list(labels) == [f"podctl.manifest.{n}" for n in range(len(labels))]
    assert len(labels) > 3
    assert max(len(line) for line in label_file(labels).splitlines()) < LONGEST_LINE
    assert unpack_manifest(labels) == manifest


def test_labels_that_hold_no_manifest_or_a_damaged_one_give_none():
    whole = pack_manifest({"kind": "Pod"})
    damaged = {name: text[:-6] for name, text in whole.items()}
    not_base64, a_list = {"podctl.manifest.0": "%%%"}, pack_manifest([1])
    assert [unpack_manifest(each) for each in ({}, {"a": "b"}, damaged, not_base64, a_list)] == [{}] * 5


def test_a_piece_that_is_missing_is_noticed():
    noise = random.Random(2).randbytes(100_000).hex()
    labels = pack_manifest({"noise": noise})
    del labels["podctl.manifest.1"]
    assert unpack_manifest(labels) == {}


def test_the_manifest_on_a_real_container_is_read():
    seen = {each.name: each for each in parse_containers(captured("old", "containers"))}
    manifest = unpack_manifest(seen["podctl_sandbox_default_ended"].labels)
    assert (manifest["metadata"]["name"], manifest["spec"]["restartPolicy"]) == ("ended", "Never")


def test_a_label_file_has_a_line_a_label():
    assert label_file({"a": "1", "b": ""}) == "a=1\nb=\n"
    assert label_file({}) == ""
