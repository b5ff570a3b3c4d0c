from __future__ import annotations

import json
import re

from click.shell_completion import BashComplete

from podctl.cli import podctl


def test_the_whole_machine_is_measured_with_one_look(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("top", "minions") == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]
    assert re.fullmatch(r"alpha +\d+m +\d+% +\d+Mi +\d+%", row)


def test_a_silent_minion_is_a_row_and_told_of(shop, capsys):
    assert shop.minion("alpha").silent("beta").podctl("top", "nodes", "--no-headers") == 4
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["beta", *["<unknown>"] * 4]
    assert err.startswith("minion beta did not answer: ")


def test_a_pod_that_could_not_be_measured_is_a_row_and_none_in_json(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("top", "po", "-l", "app=web") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["web", "<unknown>", "<unknown>"]
    assert shop.podctl("top", "pods", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["items"] == []


def test_nothing_there_is_said_on_stderr_and_is_no_error(shop, capsys):
    assert shop.minion("alpha").podctl("top", "pods") == 0
    assert capsys.readouterr() == ("", "No resources found in default namespace.\n")


def test_a_name_that_is_nowhere_is_an_error(shop, capsys):
    assert shop.minion("alpha").podctl("top", "pod", "nope") == 1
    assert capsys.readouterr() == ("", 'error: pods "nope" not found\n')


def test_a_wrong_command_line_is_refused_before_any_minion_is_asked(shop, capsys):
    shop.silent("beta")
    for words in (
        (),
        ("svc",),
        ("pods", "-o", "wide"),
        ("pods", "--sort-by", "size"),
        ("pod", "web", "-l", "app=web"),
        ("minions", "--containers"),
    ):
        assert shop.podctl("top", *words) == 2
        assert "did not answer" not in capsys.readouterr().err


def test_what_can_be_topped_is_completed():
    def completed(*words):
        *args, incomplete = words
        return [each.value for each in BashComplete(podctl, {}, "podctl", "_X").get_completions(args, incomplete)]

    assert completed("top", "") == ["pods", "minions"]
    assert completed("top", "pods", "") == []
    assert completed("top", "--so") == ["--sort-by"]


def test_describe_measures_minions(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("describe", "minion", "alpha") == 0
    assert re.search(
        r"Used by all that runs there:\n  cpu: +\d+m \(\d+%\)\n  memory: +\d+Mi \(\d+%\)\n", capsys.readouterr().out
    )
