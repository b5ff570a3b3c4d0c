"""simulate on a cluster that remembers: cordons, Pods that wait, objects that files refer to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from observed import manifest
from remembering import DOCUMENT, entry

WAITING = entry("big", manifest=manifest("big", containers=[{
    "name": "app", "image": "i:1", "resources": {"requests": {"cpu": "3"}},
    "envFrom": [{"configMapRef": {"name": "settings"}}],
}]))  # fmt: skip
REMEMBERED = replace(DOCUMENT, keepers=("alpha", "beta"), pods={WAITING.key: WAITING}, claims={})


@pytest.fixture
def simulated(shop, tmp_path, capsys):
    """Two Minions of 4 CPUs, beta cordoned by the Document; the exit code and where each Pod would be."""
    shop.minion("alpha", document=REMEMBERED).minion("beta", document=REMEMBERED)

    def simulate(*objects, words=()):
        path = tmp_path / "pods.yaml"
        path.write_text(yaml.safe_dump_all(objects))
        code = shop.podctl("simulate", *(["-f", str(path)] if objects else []), "-o", "json", *words)
        out, err = capsys.readouterr()
        assert code in (0, 3), err
        return code, {each["pod"]: each["minion"] for each in json.loads(out)["placements"]}, err

    return simulate


def asking(cpu, **given):
    return manifest("new", containers=[{"name": "a", "image": "i:1", "resources": {"requests": {"cpu": cpu}}, **given}])


def test_a_pod_that_waits_comes_behind_those_of_the_files(simulated):
    assert simulated(asking("1")) == (0, {"default/new": "alpha", "default/big": "alpha"}, "")
    assert simulated(asking("2")) == (0, {"default/new": "alpha", "default/big": None}, "")


def test_a_pod_that_waits_and_is_in_the_files_is_one_of_them(simulated):
    bigger = manifest("big", containers=[{"name": "a", "image": "i:1", "resources": {"requests": {"cpu": "64"}}}])
    assert simulated(bigger) == (3, {"default/big": None}, "")


def test_whether_another_minion_would_let_in_what_waits_needs_no_files(simulated):
    code, placed, _ = simulated(words=("--with", "1", "--like", "beta", "--without", "alpha"))
    assert (code, placed) == (0, {"default/big": "beta-new-1"})


def test_a_config_map_that_is_remembered_need_not_be_in_the_files(simulated):
    assert simulated(asking("1", envFrom=[{"configMapRef": {"name": "settings"}}]))[0] == 0


def test_a_config_map_that_is_nowhere_is_refused_as_by_apply(shop, tmp_path, capsys):
    shop.minion("alpha", document=REMEMBERED).minion("beta", document=REMEMBERED)
    path = tmp_path / "pods.yaml"
    path.write_text(yaml.safe_dump(asking("1", envFrom=[{"configMapRef": {"name": "nope"}}])))
    assert shop.podctl("simulate", "-f", str(path)) == 2
    assert (
        'the ConfigMap "nope" of namespace "default" is neither in these files nor in the cluster'
        in capsys.readouterr().err
    )
    assert shop.podctl("simulate", "-f", str(path), "--offline") == 2  # for what the inventory does not declare
    assert "neither in these files" not in capsys.readouterr().err


def test_a_pod_that_waits_for_what_was_deleted_is_told_of_and_stops_nothing(shop, tmp_path, capsys):
    shop.minion("alpha", document=replace(REMEMBERED, keepers=("alpha",), objects={}))
    path = tmp_path / "pods.yaml"
    path.write_text(yaml.safe_dump(asking("1")))
    assert shop.podctl("simulate", "-f", str(path), "-o", "json") == 0
    out, err = capsys.readouterr()
    assert [each["pod"] for each in json.loads(out)["placements"]] == ["default/new"]
    assert err.startswith(
        "warning: pod default/big waits, and cannot be made: the Document:1: spec.containers[0].envFrom[0]"
    )
