"""Events: what the acts of the Document tell, and of what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observed import NOON, ago, minion, silent
from remembering import ACTS, CLUSTER, CONFIG, DOCUMENT, SECRET, SECRETS, seconds

from podctl.core.document.acts import object_deeds
from podctl.core.document.model import Act, Deed, Document, ObjectKey, Silence
from podctl.core.events import Events, events
from podctl.core.kept_objects import event_object
from podctl.core.model import Cluster, PodKey

TOLD = Events(events(DOCUMENT, CLUSTER))


def one(act: Act, *minions):
    (event,) = events(Document(cluster="shop", keepers=("beta",), acts=(act,)), Cluster(name="shop", minions=minions))
    return event


def test_each_deed_is_an_event_and_those_that_are_too_many_are_one():
    assert [(each.name, each.reason, each.type) for each in TOLD.every] == [
        ("settings.2.0", "Created", "Normal"),
        ("db.2.1", "Created", "Normal"),
        ("web.2.2", "Created", "Normal"),
        ("far.2.3", "Created", "Normal"),
        ("big.2.4", "Pending", "Normal"),
        ("beta.4.0", "Cordoned", "Normal"),
        ("web.6.0", "Replaced", "Warning"),
        ("web.6.1", "Failed", "Warning"),
        ("shop.6.2", "More", "Warning"),
    ]


def test_an_act_that_did_nothing_to_any_object_is_told_by_its_command():
    event = one(Act(revision=1, at_seconds=seconds(), clock="alpha", who="ann", command="adopt", result="done"))
    assert (event.object, event.message, event.type) == ("cluster/shop", "adopt", "Normal")


CLOCKS = {
    "its own": ((minion(name="alpha"), minion(name="beta", now=ago(days=1))), NOON),
    "a keeper's, where its own is silent": (
        (silent("alpha"), minion(name="aaa", now=ago(days=9)), minion(name="beta")), NOON,
    ),
    "any, where all keepers are silent": ((silent("alpha"), silent("beta"), minion(name="zulu")), NOON),
    "none, where all are silent": ((silent("alpha"), silent("beta")), None),
}  # fmt: skip


@pytest.mark.parametrize("minions, now", CLOCKS.values(), ids=CLOCKS)
def test_an_event_is_as_old_as_a_clock_says(minions, now):
    event = one(replace(ACTS[1], clock="alpha"), *minions)
    assert (event.at, event.now) == (ago(minutes=30), now)


def test_since_when_a_minion_is_silent_is_an_event_while_it_is():
    silences = {name: Silence(since_seconds=seconds(minutes=7), clock="alpha") for name in ("beta", "gamma")}
    document = Document(cluster="shop", silences=silences)
    (event,) = events(document, Cluster(name="shop", minions=(minion(), minion(name="beta"), silent("gamma"))))
    assert (event.object, event.reason, event.type) == ("minion/gamma", "NotReady", "Warning")
    assert (event.at, event.now, event.message) == (ago(minutes=7), NOON, "It does not answer: connection refused")
    assert event_object(event, {}, engine="engine")["source"] == {"component": "podctl"}


def test_no_time_is_no_age():
    assert one(replace(ACTS[1], at_seconds=0), minion()).at is None


def test_what_made_an_object_is_its_last_making_that_did_not_fail():
    made = TOLD.made("pod", "web", "default")
    assert made is not None
    assert (made.reason, made.at) == ("Replaced", ago(minutes=5))
    assert TOLD.made("pod", "big", "default") is None


def test_a_pod_waits_since_the_first_event_of_nothing_but_waiting():
    wait = Deed(reason="Pending", object="pod/big", namespace="default")
    gone = Deed(reason="Removed", object="pod/big", namespace="default")
    acts = tuple(
        replace(ACTS[1], revision=number, at_seconds=seconds(minutes=60 - number), clock="alpha", deeds=(deed,))
        for number, deed in enumerate((wait, gone, wait, wait))
    )
    told = Events(events(Document(cluster="shop", acts=acts), CLUSTER))
    first = told.waits(PodKey("default", "big"))
    assert first is not None
    assert first.at == ago(minutes=58)


def test_what_is_applied_by_itself_leaves_a_deed_without_its_values():
    config, secret = ObjectKey("ConfigMap", "default", "settings"), ObjectKey("Secret", "default", "db")
    files = {config: {**CONFIG, "data": {"colour": "red"}}, secret: SECRET, ObjectKey("Secret", "shop", "db"): SECRET}
    deeds = object_deeds(files, DOCUMENT)
    assert [(each.reason, each.object, each.namespace) for each in deeds] == [
        ("Configured", "configmap/settings", "default"),
        ("Created", "secret/db", "shop"),
    ]
    assert [each for each in SECRETS if each in repr(deeds)] == []
    assert object_deeds(DOCUMENT.objects, DOCUMENT) == ()
