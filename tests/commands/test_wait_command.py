from __future__ import annotations

import pytest


def test_what_holds_already_is_told_at_once(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("wait", "--for=condition=Ready", "pod/web", "mn/alpha") == 0
    assert capsys.readouterr() == ("minion/alpha condition met\npod/web condition met\n", "")
    assert shop.podctl("wait", "--for", "jsonpath={.status.phase}=Running", "pods", "--all") == 0
    assert shop.podctl("wait", "--for=create", "pod", "-l", "app=web") == 0
    assert capsys.readouterr().out == "pod/web condition met\n" * 2


def test_what_is_not_there_is_deleted_and_nothing_is_told(shop, capsys):
    assert shop.minion("alpha").podctl("wait", "--for=delete", "pod/web") == 0
    assert capsys.readouterr() == ("", "")


def test_a_timeout_exits_with_1_in_kubectls_words(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("wait", "--for=delete", "pod/web", "--timeout", "0") == 1
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == (
        "",
        [
            "error: timed out waiting for the condition on pods/web",
            "  pods/web: it is still there: Running",
            "Hint: `podctl describe` shows all that is known of it; --timeout waits longer.",
        ],
    )


def test_what_is_named_and_nowhere_is_an_error_at_once(shop, capsys):
    assert shop.minion("alpha").podctl("wait", "--for=condition=Ready", "pod/web") == 1
    assert capsys.readouterr().err == 'error: pods "web" not found\n'


def test_files_say_what_to_wait_for(shop, web, tmp_path, capsys):
    path = tmp_path / "web.yaml"
    path.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: x}]}\n")
    assert shop.minion("alpha", web).podctl("wait", "--for=condition=Ready", "-f", str(path)) == 0
    assert capsys.readouterr().out == "pod/web condition met\n"


WRONG = {
    "wait pod/web": "Missing option '--for'.",
    "wait --for=nope pod/web": "--for: cannot wait for 'nope'",
    "wait --for=delete": "say what to wait for",
    "wait --for=delete pods": "say which pods to wait for",
    "wait --for=delete -f x.yaml pod/web": "-f names all that is waited for: leave out names, -l and --all",
    "wait --for=delete pod/web --timeout soon": "Invalid value for '--timeout': 'soon' is no duration",
}


@pytest.mark.parametrize(("words", "message"), WRONG.items(), ids=WRONG)
def test_wrong_words_are_told_before_any_minion_is_asked(shop, capsys, words, message):
    assert shop.silent("alpha").podctl(*words.split()) == 2
    assert capsys.readouterr().err.startswith(f"error: {message}")
