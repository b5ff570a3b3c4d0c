"""What `get -w` and `wait` say, round by round."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from observed import NOON, container, manifest, minion, pod, silent

from podctl.core.memory import remember
from podctl.core.model import Cluster
from podctl.core.query import answer, parse_query
from podctl.errors import InputError
from podctl.report.outages import Outages
from podctl.report.tables import TableOptions
from podctl.report.watched import WatchReport


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


def web(*containers, **given):
    return pod(*containers, uid="one", **given)


RUNNING = cluster(minion(web()))
LATER = cluster(minion(web(), now=NOON + timedelta(minutes=1)))
CRASHED = cluster(minion(web(container(status="restarting", exit_code=1, restart_count=3))))
EMPTY = cluster(minion())


def watch(*looks, words=("pods",), output="", present=True, events=False, **options):
    """stdout and stderr of each round."""
    query = parse_query(list(words))
    report = WatchReport(query, output, TableOptions(wide=output == "wide", **options), present=present, events=events)
    shown = [report.round(answer(each, query, engine="docker"), remember(each)) for each in looks]
    return [each.out for each in shown], [each.note for each in shown]


def test_a_row_for_what_is_there_and_one_for_each_change_below_the_same_headings():
    out, notes = watch(RUNNING, LATER, CRASHED, EMPTY)
    assert out == [
        "NAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          60m\n",
        "",
        "web    0/1     CrashLoopBackOff   3 (5m ago)   60m\n",
        "web    0/1     CrashLoopBackOff   3 (5m ago)   60m\n",
    ]
    assert notes == [""] * 4


def test_that_time_goes_by_is_no_change():
    crashed = CRASHED.minions[0]
    older = replace(crashed, now=NOON + timedelta(hours=9))
    assert watch(CRASHED, cluster(older), output="wide")[0][1] == ""
    assert watch(CRASHED, cluster(older), output="json")[0][1] == ""


def test_a_column_is_as_wide_as_whatever_was_shown_in_it():
    out, _ = watch(CRASHED, RUNNING)
    assert out[1] == "web    1/1     Running            0            60m\n"


def test_the_first_row_brings_the_headings_when_nothing_was_there():
    out, notes = watch(EMPTY, EMPTY, RUNNING)
    assert (out[:2], out[2].splitlines()[0].split()) == (["", ""], ["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
    assert notes == ["No resources found in default namespace.\n", "", ""]
    assert watch(RUNNING, headings=False)[0] == ["web   1/1   Running   0   60m\n"]


def test_what_is_there_at_first_can_be_left_out():
    out, _ = watch(RUNNING, LATER, CRASHED, present=False)
    assert (out[:2], out[2].splitlines()[1].split()[:3]) == (["", ""], ["web", "0/1", "CrashLoopBackOff"])


def test_each_change_can_say_what_it_is():
    out, _ = watch(RUNNING, CRASHED, EMPTY, events=True)
    assert [line.split()[:2] for text in out for line in text.splitlines()] == [
        ["EVENT", "NAME"], ["ADDED", "web"], ["MODIFIED", "web"], ["DELETED", "web"],
    ]  # fmt: skip
    assert out[1].index("web") == out[0].index("NAME")


def test_objects_come_one_by_one_in_the_form_that_was_asked_for():
    [one, two, _], _ = watch(RUNNING, CRASHED, EMPTY, output="json")
    assert json.loads(one)["status"]["phase"] == "Running"
    assert json.loads(two)["status"]["containerStatuses"][0]["restartCount"] == 3
    [one, _, gone], _ = watch(RUNNING, CRASHED, EMPTY, output="json", events=True)
    assert [json.loads(each)["type"] for each in (one, gone)] == ["ADDED", "DELETED"]
    out, _ = watch(RUNNING, CRASHED, output="yaml")
    assert [each["metadata"]["name"] for each in yaml.safe_load_all("".join(out))] == ["web", "web"]
    assert watch(RUNNING, CRASHED, EMPTY, output="name")[0] == ["pod/web\n"] * 3


def test_a_template_is_told_a_line_each_when_its_text_changes():
    form = "jsonpath={.status.containerStatuses[0].restartCount}"
    assert watch(RUNNING, LATER, CRASHED, output=form)[0] == ["0\n", "", "3\n"]
    assert watch(RUNNING, output=form + '{"\\n"}')[0] == ["0\n"]


def test_a_name_from_a_minion_does_not_move_the_cursor():
    evil = manifest("web", labels={"app": "a\x1b[2Jb"})
    out, _ = watch(cluster(minion(web(manifest=evil))), label_columns=("app",))
    assert "\x1b" not in out[0]


@pytest.mark.parametrize(
    ("words", "given"),
    [(["pods,minions"], {}), (["pods"], {"output": "name", "events": True})],
    ids=["kinds", "events"],
)
def test_what_cannot_be_watched_is_wrong_input(words, given):
    with pytest.raises(InputError):
        watch(words=words, **given)


def test_a_named_object_that_is_nowhere_is_left_to_its_error():
    assert watch(EMPTY, words=("pod", "nope")) == ([""], [""])


AWAY = cluster(silent("alpha", hint="See that sshd runs there.", evidence="port 22"))


def test_a_minion_that_goes_away_and_comes_back_is_told_once_each():
    outages = Outages()
    told = [outages.told(remember(each)) for each in (RUNNING, AWAY, AWAY, RUNNING, RUNNING, AWAY)]
    gone = "minion alpha went away: connection refused (it is tried until it answers)\n  port 22\n"
    assert told == ["", gone, "", "minion alpha answers again\n", "", gone]


def test_a_minion_that_is_away_from_the_start_is_told_as_any_look_tells_it():
    outages = Outages()
    told = [outages.told(remember(each)) for each in (AWAY, AWAY, RUNNING)]
    assert told == [
        "minion alpha did not answer: connection refused\n  port 22\nHint: See that sshd runs there.\n",
        "",
        "minion alpha answers again\n",
    ]


def test_a_warning_is_told_when_it_stands_for_some_rounds():
    newer = cluster(minion(web(revision=9)))
    outages = Outages()
    told = [outages.told(remember(each)) for each in (EMPTY, newer, newer, EMPTY, newer, newer, newer, newer)]
    assert [bool(each) for each in told] == [False] * 6 + [True, False]
    assert told[6].startswith("warning: what the cluster remembers may be out of date: ")
