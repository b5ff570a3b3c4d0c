"""What `get` and `describe` say of what the cluster remembers: ConfigMaps, Secrets, events, and Pods out of sight."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from remembering import LISTED, SECRETS

KEEPERS = ("alpha", "beta", "gamma")


@pytest.fixture
def whole(shop, web):
    """Three Minions that all hold the Document."""
    return shop.minion("alpha", web, document=LISTED).minion("beta", document=LISTED).minion("gamma", document=LISTED)


@pytest.fixture
def short(shop, web):
    """The Document names Pods on gamma, which is silent; alpha and beta vouch for it."""
    return shop.minion("alpha", web, document=LISTED).minion("beta", document=LISTED).silent("gamma")


@pytest.fixture
def alone(shop, web):
    """One of three keepers."""
    return shop.minion("alpha", web, document=LISTED).silent("beta").silent("gamma")


def test_the_document_is_no_pod_and_no_foreign_container(whole, capsys):
    assert whole.podctl("describe", "minion", "gamma") == 0
    assert "Not of this cluster" not in capsys.readouterr().out


def test_a_pod_of_a_silent_minion_is_unknown_and_named_with_it(short, capsys):
    assert short.podctl("get", "pods", "-o", "wide", "--no-headers") == 4
    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert (rows["far"][2], rows["far"][-1]) == ("Unknown", "gamma")
    assert (rows["big"][2], rows["big"][-1]) == ("Pending", "<none>")
    assert (rows["lost"][2], rows["lost"][-1]) == ("Pending", "beta")


def test_a_pod_that_is_only_remembered_is_found_by_its_name(short, capsys):
    assert short.podctl("get", "pod", "far", "-o", "jsonpath={.status.phase}") == 4
    out, err = capsys.readouterr()
    assert out == "Unknown"
    assert "error" not in err


def test_a_pod_that_is_missing_where_it_should_be_is_pending_and_told_why(whole, capsys):
    assert whole.podctl("describe", "pod", "lost") == 0
    assert "it is to be on beta, and is not there: apply its manifest again" in capsys.readouterr().out


def test_a_pod_that_nobody_knows_may_still_be_on_a_silent_minion(short, capsys):
    assert short.podctl("get", "pod", "nope") == 4
    assert 'pods "nope" not found on the Minions that answered; gamma did not' in capsys.readouterr().err


def test_a_config_map_that_the_document_has_not_is_nowhere_whoever_is_silent(short, capsys):
    assert short.podctl("get", "cm", "nope") == 1
    assert 'error: configmaps "nope" not found\n' in capsys.readouterr().err


def test_a_config_map_may_be_remembered_by_keepers_that_are_silent(alone, capsys):
    assert alone.podctl("get", "cm", "nope") == 4
    assert "on the Minions that answered; beta and gamma did not" in capsys.readouterr().err


def test_what_too_few_vouch_for_is_shown_with_a_warning(alone, capsys):
    assert alone.podctl("get", "cm,secrets", "-o", "name") == 4
    out, err = capsys.readouterr()
    assert out == "configmap/settings\nsecret/db\n"
    assert (
        "warning: what the cluster remembers may be out of date: only 1 of the 3 keepers of the Document answer and "
        "hold it; missing: beta, gamma\n"
    ) in err


def test_what_a_majority_vouches_for_needs_no_warning(short, capsys):
    assert short.podctl("get", "cm") == 4
    assert "warning" not in capsys.readouterr().err


def test_a_cordon_of_the_document_is_shown(whole, capsys):
    assert whole.podctl("get", "minions", "--no-headers") == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [
        "Ready",
        "Ready,SchedulingDisabled",
        "Ready",
    ]


def test_events_of_one_namespace_and_of_all(whole, capsys):
    assert whole.podctl("get", "events", "-n", "batch") == 0
    assert capsys.readouterr() == ("", "No resources found in batch namespace.\n")
    assert whole.podctl("get", "events", "-A", "-o", "json") == 0
    assert [each["reason"] for each in json.loads(capsys.readouterr().out)["items"]] == [
        "Started", "Created", "Created", "Created", "Created", "Pending", "Cordoned", "Replaced", "Failed", "More",
    ]  # fmt: skip


SHOWING = [
    "get secrets",
    "get secret db -o json",
    "get secret/db -oyaml",
    "describe secret db",
    "get secrets -o jsonpath={.items[*].data}",
    "get secrets --sort-by .data.password",
    "get secrets -o jsonpath={.items[5]}",
    "--debug get secrets",
]


@pytest.mark.parametrize("words", SHOWING)
def test_a_secret_is_in_no_output_and_no_error(whole, capsys, words):
    whole.podctl(*words.split())
    out, err = capsys.readouterr()
    assert [each for each in SECRETS if each in out + err] == []


def test_a_document_that_cannot_be_read_hides_nothing_that_runs(shop, web, capsys):
    shop.minion("alpha", web, document=replace(LISTED, keepers=("alpha",)))
    seen = shop.folder / "alpha" / "containers"
    seen.write_text(seen.read_text().replace('"podctl.document.0": "', '"podctl.document.0": "nonsense'))
    assert shop.podctl("get", "pods", "-o", "name") == 0
    out, err = capsys.readouterr()
    assert out == "pod/web\n"
    assert err.startswith(
        "warning: what the cluster remembers may be out of date: the Document on alpha cannot be read"
    )
