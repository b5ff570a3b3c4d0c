"""`podctl health` as a whole, over engines that are scripts: what it says, and how it exits."""

from __future__ import annotations

import json

import pytest

from podctl.core.document.model import Document, PodEntry
from podctl.core.model import PodKey


def entry(pod, on):
    key = PodKey(pod["metadata"]["namespace"], pod["metadata"]["name"])
    return PodEntry(key=key, manifest=pod, spec_hash="", uid=f"uid-{key.namespace}_{key.name}", minion=on)


@pytest.fixture
def calm(shop, web, job):
    """Two Minions that run what their Document says, on a machine that is never too full for a test."""
    pods = {each.key: each for each in (entry(web, "alpha"), entry(job, "beta"))}
    document = Document(cluster="shop", revision=1, keepers=("alpha", "beta"), pods=pods)
    shop.minion("alpha", web, document=document).minion("beta", job, document=document)
    for each in shop.minions.values():
        each["health"] = {"disk": "100%", "memory": "100%", "clock": 3600}
    return shop


def test_when_all_is_well_it_says_so_in_a_line_and_quietly_in_none(calm, capsys):
    assert calm.podctl("health") == 0
    assert capsys.readouterr() == ("2 Pods on 2 Minions are healthy\n", "")
    assert calm.podctl("health", "--quiet", "-A") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("words, pods", [
    (("-n", "batch"), 1), (("-l", "app=web"), 1), (("-l", "app=none"), 0), (("--minion", "beta"), 1),
    (("--minion", "alpha", "--minion", "beta"), 2), (("-n", "batch", "--minion", "alpha"), 0),
])  # fmt: skip
def test_it_looks_at_what_it_was_asked_for(calm, capsys, words, pods):
    assert calm.podctl("health", "-o", "json", *words) == 0
    assert json.loads(capsys.readouterr().out)["pods"] == {"total": pods, "healthy": pods}


def test_a_minion_without_an_engine_exits_4_and_is_not_told_of_twice(calm, capsys):
    calm.silent("gamma")
    assert calm.podctl("health") == 4
    out, err = capsys.readouterr()
    assert "EngineDown   minion/gamma   the command " in out
    assert err == ""
    assert calm.podctl("health", "-o", "nagios") == 2
    assert capsys.readouterr().out.startswith(
        "PODCTL CRITICAL - 1 finding: EngineDown minion/gamma | pods=2 healthy=2 "
    )
    assert calm.podctl("health", "--minion", "alpha") == 0


@pytest.mark.parametrize("words, problem", [
    (("--minion", "alfa"), "there is no Minion alfa: did you mean alpha?"),
    (("-l", "a b"), "a b"),
    (("-f", "no-such.yaml"), "no-such.yaml: No such file or directory"),
])  # fmt: skip
def test_what_is_wrong_with_the_question_exits_2_and_for_a_plugin_3_on_one_line(calm, capsys, words, problem):
    assert calm.podctl("health", *words) == 2
    assert problem in capsys.readouterr().err
    assert calm.podctl("health", "-o", "nagios", *words) == 3
    out, err = capsys.readouterr()
    assert out.startswith("PODCTL UNKNOWN - ")
    assert (problem in out, out.count("\n"), err) == (True, 1, "")


def test_a_form_that_there_is_not_is_a_usage_error_with_the_forms(calm, capsys):
    assert calm.podctl("health", "-o", "xml") == 2
    assert "prometheus" in capsys.readouterr().err
