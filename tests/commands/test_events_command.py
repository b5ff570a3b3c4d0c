"""`get events` over canned answers: what docker's log tells, narrowed as users do, and where it does not tell."""

from __future__ import annotations

import json

import pytest


def event(what, at, **given):
    fields = {
        "at": at * 10**9, "what": what, "id": "c0ffee", "namespace": "default", "pod": "gone", "uid": "uid-gone",
        "container": "app", "exit_code": "", "signal": "",
    }  # fmt: skip
    return {**fields, **given}


LOG = (event("start", 1_767_225_600), event("die", 1_767_225_660, exit_code="3"))


@pytest.fixture
def told(shop, web):
    return shop.minion("alpha", web, events=LOG)


def names(capsys):
    return [
        (each["involvedObject"]["name"], each["reason"]) for each in json.loads(capsys.readouterr().out)["items"]
    ]  # fmt: skip


NARROWED = {
    (): [("gone", "Started"), ("web", "Started"), ("gone", "Failed")],
    ("--for", "pod/gone"): [("gone", "Started"), ("gone", "Failed")],
    ("--for=po/web",): [("web", "Started")],
    ("--field-selector", "type=Warning"): [("gone", "Failed")],
    ("--field-selector", "involvedObject.uid=uid-gone,reason!=Failed"): [("gone", "Started")],
    ("-l", "app=web"): [("web", "Started")],
    ("-n", "other"): [],
}


@pytest.mark.parametrize("words", NARROWED, ids=" ".join)
def test_events_are_narrowed_by(told, capsys, words):
    told.podctl("get", "events", "-o", "json", *words)
    assert names(capsys) == NARROWED[words]


def test_events_of_pods_that_are_gone_stand_in_the_table(told, capsys):
    assert told.podctl("get", "events", "--for", "pod/gone", "--no-headers") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split()[1:] == [
        "Warning",
        "Failed",
        "pod/gone",
        "Container",
        "app",
        "ended",
        "with",
        "exit",
        "code",
        "3",
    ]


def test_one_event_is_described(told, capsys):
    assert told.podctl("get", "events", "--for", "pod/gone", "-o", "name") == 0
    name = capsys.readouterr().out.splitlines()[-1]
    assert told.podctl("describe", name) == 0
    lines = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert (lines["Reason"].strip(), lines["From"].strip(), lines["Count"].strip()) == ("Failed", "docker, alpha", "1")


def test_a_minion_is_described_with_what_went_wrong_on_it(told, capsys):
    assert told.podctl("describe", "minion", "alpha") == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last.endswith("docker, alpha  pod/gone in default: Container app ended with exit code 3")
    assert last.split()[:2] == ["Warning", "Failed"]


def test_for_goes_with_events_alone(told, capsys):
    assert told.podctl("get", "pods", "--for", "pod/web") == 2
    assert capsys.readouterr().err == (
        "error: --for goes with events alone\nHint: podctl get events --for pod/web\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", ["get pods", "get minions -o wide", "get pods,pvc -A", "get events", "describe no alpha"]
)
def test_docker_is_asked_for_its_log_by_get_events_and_describe_alone(told, capsys, words):
    docker = told.folder / "alpha" / "docker"
    docker.write_text(docker.read_text().replace("#!/bin/sh\n", f'#!/bin/sh\necho "$1" >> {told.folder}/asked\n'))
    told.podctl(*words.split())
    asked = (told.folder / "asked").read_text().split()
    assert asked.count("events") == (0 if words.startswith("get pods") or "minions" in words else 1)
    assert "ps" in asked


def test_a_log_that_cannot_be_read_is_a_note_and_the_rest_is_told(told, capsys):
    (told.folder / "alpha" / "events").unlink()
    assert told.podctl("get", "events", "-o", "json") == 0
    out, err = capsys.readouterr()
    assert [each["involvedObject"]["name"] for each in json.loads(out)["items"]] == ["web"]
    assert err.startswith("note: minion alpha does not tell its log of events (")
    assert err.endswith("): of its containers there is what their state says\n")
