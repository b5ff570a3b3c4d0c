from __future__ import annotations

import json
import re

import pytest


def same_age(text):
    """The canned Pods were made long ago; how long is the clock's business."""
    return re.sub(r"\b\d+(?:y\d+d|[dy])\b", "AGE", text)


def test_get_pods_prints_a_table(shop, web, job, capsys):
    assert shop.minion("alpha", web, job).podctl("get", "pods") == 0
    assert (
        same_age(capsys.readouterr().out)
        == "NAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          AGE\n"
    )


def test_get_minions_prints_a_table(shop, capsys):
    assert shop.minion("beta").minion("alpha").podctl("get", "no") == 0
    assert capsys.readouterr().out == (
        "NAME    STATUS   ROLES    AGE         VERSION\n"
        "alpha   Ready    <none>   <unknown>   v20.10.24\n"
        "beta    Ready    <none>   <unknown>   v20.10.24\n"
    )


def test_get_pvc_prints_a_table(shop, capsys):
    assert shop.minion("alpha", claims=["data"]).podctl("get", "pvc", "-o", "wide", "--no-headers") == 0
    assert capsys.readouterr().out == (
        "data   Bound   podctl_shop_default_claim_data   1Gi   RWO   <none>   <unknown>   Filesystem   alpha\n"
    )


@pytest.mark.parametrize("form", [("-o", "json"), ("-ojson",), ("-o=json",), ("--output=json",)], ids=" ".join)
def test_every_way_to_ask_for_json_gives_it(shop, web, capsys, form):
    assert shop.minion("alpha", web).podctl("get", "pod", "web", *form) == 0
    item = json.loads(capsys.readouterr().out)
    assert (item["kind"], item["metadata"]["uid"], item["spec"]["nodeName"]) == ("Pod", "uid-default_web", "alpha")


NARROWED = {
    "a namespace": ("-n", "batch"),
    "a label": ("-A", "-l", "app=job"),
    "a label that is not": ("-A", "-l", "app!=web"),
    "a field": ("-A", "--field-selector", "metadata.namespace=batch"),
    "a field that is not": ("-A", "--field-selector", "metadata.name!=web,status.phase==Running"),
}


@pytest.mark.parametrize("words", NARROWED.values(), ids=NARROWED)
def test_get_narrows_by(shop, web, job, capsys, words):
    assert shop.minion("alpha", web, job).podctl("get", "pods", "-o", "name", *words) == 0
    assert capsys.readouterr().out == "pod/job\n"


def test_get_sorts_by_a_path(shop, web, job, capsys):
    words = ("-A", "--sort-by", "{.metadata.name}", "-o", "jsonpath={.items[*].metadata.name}")
    assert shop.minion("alpha", web, job).podctl("get", "pods", *words) == 0
    assert capsys.readouterr().out == "job web"


def test_sorting_by_a_field_that_nothing_has_is_an_error(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("get", "pods", "--sort-by", ".nope") == 1
    assert capsys.readouterr().err.startswith("error: --sort-by: none of the objects has this field\n")


def test_nothing_there_is_said_on_stderr_and_is_no_error(shop, capsys):
    assert shop.minion("alpha").podctl("get", "pods") == 0
    assert capsys.readouterr() == ("", "No resources found in default namespace.\n")


def test_nothing_there_is_no_claim_about_a_silent_minion(shop, capsys):
    assert shop.silent("beta").podctl("get", "pods") == 4
    first, second, *_evidence, hint = capsys.readouterr().err.splitlines()
    assert first == "No resources found in default namespace on the Minions that answered."
    assert second.startswith("minion beta did not answer: ")
    assert hint.startswith("Hint: ")


def test_a_name_that_is_nowhere_is_an_error(shop, web, capsys):
    assert shop.minion("alpha", web).podctl("get", "pod", "nope", "web", "-o", "name") == 1
    assert capsys.readouterr() == ("pod/web\n", 'error: pods "nope" not found\n')


def test_a_name_that_is_nowhere_may_be_ignored(shop, capsys):
    assert shop.minion("alpha").podctl("get", "pod", "nope", "--ignore-not-found") == 0
    assert capsys.readouterr() == ("", "")


def test_what_was_seen_is_printed_and_who_was_silent_is_named(shop, web, capsys):
    assert shop.minion("alpha", web).silent("beta").podctl("get", "pods", "-o", "name") == 4
    out, err = capsys.readouterr()
    assert out == "pod/web\n"
    assert re.fullmatch(r"minion beta did not answer: .+\n(  .+\n)+Hint: .+\n", err)


def test_a_name_that_was_not_seen_may_be_on_a_silent_minion(shop, capsys):
    assert shop.minion("alpha").silent("beta").podctl("get", "pod/web") == 4
    assert 'error: pods "web" not found on the Minions that answered; beta did not\n' in capsys.readouterr().err


def test_a_minion_that_the_inventory_has_not_is_nowhere_whoever_is_silent(shop, capsys):
    assert shop.minion("alpha").silent("beta").podctl("get", "minion", "gamma") == 1
    assert 'error: minions "gamma" not found\n' in capsys.readouterr().err


def test_a_silent_minion_is_a_row(shop, capsys):
    assert shop.silent("beta").podctl("get", "minions", "--no-headers") == 4
    assert re.match(r"beta   (NotReady|Unknown)   <none>   <unknown>   <unknown>\n", capsys.readouterr().out)


def test_the_silent_are_named_also_when_the_answer_fails(shop, capsys):
    assert shop.minion("alpha").silent("beta").podctl("get", "pods", "-o", "jsonpath={.items[0]}") == 1
    err = capsys.readouterr().err
    assert "minion beta did not answer: " in err
    assert "error: array index out of bounds: index 0, length 0\n" in err


WRONG = {
    "get pods,minions -w": "only one resource type can be watched at once",
    "get pods -w -o nope": "there is no output format 'nope'",
    "get": "say what to show",
    "get pots": "there is no resource type 'pots'",
    "get deploy": "podctl has no deployments",
    "get svc web": "podctl has no services",
    "get ,": "there is no resource type ','",
    "get pod/": "'pod/' is not of the form TYPE/NAME",
    "get pod/web minion": "'minion' has no type",
    "get pod web -l app=web": "a name cannot be given together with a selector",
    "get pod web -A": "an object cannot be named across all namespaces",
    "get pods -o wyde": "there is no output format 'wyde'",
    "get pods -o custom-columns=A:.a": "-o custom-columns is not supported yet",
    "get pods --field-selector spec.x=1": "field label not supported: spec.x",
    "get pods --field-selector spec": "wrong field selector 'spec'",
    "get pods -l app=,=": "wrong label selector 'app=,='",
    "get pods --sort-by {.a": "wrong jsonpath '{.a'",
    "describe": "say what to show",
    "describe rs": "podctl has no replicasets",
}


@pytest.mark.parametrize("words, message", WRONG.items(), ids=WRONG)
def test_a_wrong_command_line_is_refused_before_any_minion_is_asked(shop, capsys, words, message):
    assert shop.silent("beta").podctl(*words.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0]) == ("", f"error: {message}")
    assert "did not answer" not in err
    assert "Hint: " in err


def test_a_named_object_that_is_nowhere_is_not_watched(shop, capsys):
    assert shop.minion("alpha").podctl("get", "pod", "nope", "-w") == 1
    assert capsys.readouterr() == ("", 'error: pods "nope" not found\n')
    assert shop.silent("beta").podctl("get", "pod", "nope", "-w") == 4
    assert "minion beta did not answer: " in capsys.readouterr().err
