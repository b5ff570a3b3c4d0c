from __future__ import annotations

from click.shell_completion import BashComplete

from podctl.cli import podctl, run


def test_describe_shows_a_pod(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("describe", "pod", "web") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Name:            web"
    assert "Placed because:  the only Minion" in lines


def test_describe_shows_several_with_two_blank_lines_between(shop, capsys):
    assert shop.minion("alpha").minion("beta").podctl("describe", "minions") == 0
    assert "\n\n\nName:                             beta\n" in "\n" + capsys.readouterr().out.replace(
        "Name:           beta", "Name:                             beta"
    )


def test_describe_narrows_by_labels(shop, web, job, capsys):
    assert shop.minion("alpha", web, job).podctl("describe", "pods", "-A", "-l", "app=job") == 0
    assert capsys.readouterr().out.startswith("Name:            job\nNamespace:       batch\n")


def test_describe_of_nothing_is_said_on_stderr(shop, capsys):
    assert shop.minion("alpha").podctl("describe", "pods") == 0
    assert capsys.readouterr() == ("", "No resources found in default namespace.\n")


def test_describe_of_what_is_nowhere_is_an_error(shop, capsys):
    assert shop.minion("alpha").podctl("describe", "pod", "nope") == 1
    assert capsys.readouterr() == ("", 'error: pods "nope" not found\n')


def test_describe_of_a_silent_minion_says_why_it_is_silent(shop, capsys):
    assert shop.silent("beta").podctl("describe", "minion", "beta") == 4
    out, err = capsys.readouterr()
    assert out.startswith("Name:           beta\n")
    assert err.startswith("minion beta did not answer: ")


def completed(*words):
    *args, incomplete = words
    return [each.value for each in BashComplete(podctl, {}, "podctl", "_X").get_completions(args, incomplete)]


def test_types_and_options_are_completed():
    assert completed("get", "") == ["pods", "minions", "persistentvolumeclaims", "configmaps", "secrets", "events"]
    assert completed("describe", "m") == ["minions"]
    assert completed("get", "pods", "") == []
    assert completed("get", "--no") == ["--no-headers"]
    assert completed("completion", "") == ["bash", "zsh", "fish"]


def test_each_shell_gets_its_script(capsys):
    for shell, mark in (("bash", "complete -o nosort"), ("zsh", "#compdef podctl"), ("fish", "complete --no-files")):
        assert run(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert mark in script
        assert "_PODCTL_COMPLETE" in script


def test_a_shell_that_is_not_known_is_refused(capsys):
    assert run(["completion", "csh"]) == 2
    assert "'csh' is not one of" in capsys.readouterr().err
