"""`wait`: what holds, what is still lacking, and what is said at the timeout."""

from __future__ import annotations

import pytest
from observed import container, manifest, minion, pod, silent

from podctl.core.jsonpath import parse_path
from podctl.core.manifest import parse
from podctl.core.memory import remember
from podctl.core.model import Cluster, Mark
from podctl.core.query import answer, parse_query
from podctl.core.waiting import AtPath, Condition, Created, Deleted, Waiting, holds, named_in, names_of, parse_wish
from podctl.errors import InputError, NotFoundError, PodctlError

WISHES = {
    "delete": Deleted(),
    "create": Created(),
    "condition=Ready": Condition("Ready"),
    "condition=Ready=false": Condition("Ready", "false"),
    "jsonpath={.status.phase}=Running": AtPath(parse_path(".status.phase"), "{.status.phase}", "Running"),
    "jsonpath='{.status.phase}'=Running": AtPath(parse_path(".status.phase"), "{.status.phase}", "Running"),
    "jsonpath=.status.phase=Running": AtPath(parse_path(".status.phase"), ".status.phase", "Running"),
    "jsonpath={.status.podIP}": AtPath(parse_path(".status.podIP"), "{.status.podIP}", None),
    "jsonpath={.metadata.labels['a=b']}=c=d": AtPath(
        parse_path(".metadata.labels['a=b']"), "{.metadata.labels['a=b']}", "c=d"
    ),
}


@pytest.mark.parametrize("text", WISHES)
def test_what_can_be_waited_for_is_read_as_kubectl_reads_it(text):
    assert parse_wish(text) == WISHES[text]


@pytest.mark.parametrize("text", ["", "ready", "condition", "condition=", "delete=x", "jsonpath=", "jsonpath={.a"])
def test_what_cannot_be_waited_for_is_wrong_input(text):
    with pytest.raises(InputError):
        parse_wish(text)


ITEM = {
    "metadata": {"name": "web"},
    "status": {"phase": "Running", "n": 2, "ips": ["a", "b"], "conditions": [{"type": "Ready", "status": "True"}]},
}
HOLD = ["condition=Ready", "condition=ready=TRUE", "jsonpath={.status.phase}=Running", "jsonpath={.status.n}=2",
        "jsonpath={.status.ips[0]}=a", "jsonpath={.status.ips}", "create"]  # fmt: skip
LACK = ["condition=Ready=Unknown", "condition=Initialized", "jsonpath={.status.phase}=Pending", "delete",
        "jsonpath={.status.podIP}", "jsonpath={.status.podIP}="]  # fmt: skip


@pytest.mark.parametrize(("text", "held"), [(each, True) for each in HOLD] + [(each, False) for each in LACK])
def test_it_holds_of_an_object(text, held):
    assert holds(parse_wish(text), ITEM) is held


def test_more_than_one_value_cannot_be_compared():
    with pytest.raises(PodctlError, match="more than one value stands at"):
        holds(parse_wish("jsonpath={.status.ips[*]}=a"), ITEM)


READY, STARTING = pod(uid="one"), pod(container(status="created"), uid="one")
EMPTY = minion(name="alpha")


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


def follow(wish, words, *looks):
    """The names that each look brings, and the Waiting behind the last."""
    query = parse_query(words)
    waiting, told = Waiting(wish=parse_wish(wish), left=names_of(query)), []
    for each in looks:
        known = remember(each)
        waiting, met = waiting.step(answer(known, query, engine="docker"), known)
        told.append([name for _, _, name in met])
    return told, waiting


def starting_then(*minions):
    return cluster(minion(STARTING)), cluster(*minions)


def test_ready_comes_true_when_it_does_and_is_told_once():
    told, waiting = follow("condition=Ready", ["pod", "web"], *starting_then(minion(READY)))
    assert (told, waiting.done) == ([[], ["web"]], True)


def test_of_several_each_is_told_when_it_comes_true():
    job = pod(uid="two", manifest=manifest("job"))
    told, waiting = follow(
        "condition=Ready", ["pods", "web", "job"], cluster(minion(job, STARTING)), cluster(minion(job, READY))
    )
    assert (told, waiting.done) == ([["job"], ["web"]], True)


def test_what_is_named_and_nowhere_is_not_waited_for():
    with pytest.raises(NotFoundError, match='pods "nope" not found'):
        follow("condition=Ready", ["pod", "nope"], cluster(minion(READY)))


def test_what_matches_nothing_is_not_waited_for():
    with pytest.raises(NotFoundError, match="no matching resources found"):
        follow("condition=Ready", ["pods"], cluster(EMPTY))


def test_what_may_be_on_a_silent_minion_is_waited_for():
    for words in (["pod", "web"], ["pods"]):
        told, waiting = follow(
            "condition=Ready", words, cluster(silent("alpha")), cluster(silent("alpha")), cluster(minion(READY))
        )
        assert (told, waiting.done) == ([[], [], ["web"]], True)


def test_a_minion_that_goes_away_takes_nothing_out_of_what_is_waited_for():
    told, waiting = follow("condition=Ready", ["pods"], *starting_then(silent("alpha")), cluster(minion(READY)))
    assert (told, waiting.done) == ([[], [], ["web"]], True)


def test_what_is_lost_sight_of_while_it_is_replaced_is_waited_for():
    told, _ = follow("condition=Ready", ["pod", "web"], *starting_then(EMPTY), cluster(minion(READY)))
    assert told == [[], [], ["web"]]


def test_a_copy_that_is_being_removed_is_not_the_one_that_is_waited_for():
    old = pod(uid="old", mark=Mark.OLD)
    assert follow("condition=Ready", ["pod", "web"], cluster(minion(old, STARTING)))[0] == [[]]


def test_create_waits_for_what_is_not_there_yet():
    for words in (["pod", "web"], ["pods"]):
        told, waiting = follow("create", words, cluster(EMPTY), cluster(minion(STARTING)))
        assert (told, waiting.done) == ([[], ["web"]], True)


def test_delete_is_done_at_once_where_nothing_is_there_and_tells_nothing():
    for words in (["pod", "web"], ["pods"]):
        told, waiting = follow("delete", words, cluster(EMPTY))
        assert (told, waiting.done) == ([[]], True)


def test_delete_waits_until_what_was_there_is_gone_whatever_came_in_its_place():
    told, waiting = follow("delete", ["pod", "web"], cluster(minion(READY)), cluster(minion(pod(uid="two"))))
    assert (told, waiting.done) == ([[], ["web"]], True)


def test_what_is_on_a_silent_minion_is_not_deleted():
    for words in (["pod", "web"], ["pods"]):
        looks = cluster(minion(READY)), cluster(silent("alpha")), cluster(EMPTY)
        assert follow("delete", words, *looks)[0] == [[], [], ["web"]]
        told, waiting = follow("delete", words, cluster(silent("alpha")))
        assert (told, waiting.done) == ([[]], False), "nobody knows whether it is there"


def said(wish, words, *looks):
    _, waiting = follow(wish, words, *looks)
    error = waiting.timed_out(remember(looks[-1]))
    return int(error.exit_code), error.message, error.evidence


NOT_READY = "Ready is False: containers with unready status: [app]"


def test_at_the_timeout_each_that_lacks_something_is_named_with_what_it_lacks():
    timed_out = "timed out waiting for the condition on pods/web"
    looks = cluster(minion(STARTING))
    assert said("condition=Ready", ["pod", "web"], looks) == (1, timed_out, f"pods/web: {NOT_READY}")
    assert said("condition=Nope", ["pod", "web"], looks)[2] == "pods/web: Nope is not among its conditions"
    assert said("jsonpath={.status.phase}=Running", ["pods"], looks)[2] == "pods/web: {.status.phase} is Pending"
    assert said("jsonpath={.status.nope}=1", ["pods"], looks)[2] == "pods/web: {.status.nope} is not there"
    assert said("delete", ["pods"], looks) == (1, timed_out, "pods/web: it is still there: Pending")
    assert said("create", ["pod", "web"], cluster(EMPTY)) == (1, timed_out, "pods/web: it is not there")
    both = said("condition=Ready", ["pods", "web", "job"], cluster(minion(STARTING), silent("beta")))
    assert both[1].splitlines() == ["timed out waiting for the condition on pods/job", timed_out]
    assert both[2].splitlines()[0] == "pods/job: not seen; it may be on beta, which does not answer"
    away = said("condition=Ready", ["pods"], *starting_then(silent("alpha")))
    assert away[2] == "pods/web: Ready is Unknown: alpha had it, and does not answer: connection refused"


def test_at_the_timeout_with_nothing_selected_a_silent_minion_is_why():
    code, message, _ = said("condition=Ready", ["pods"], cluster(silent("alpha")))
    assert (code, message) == (4, "no matching resources found on the Minions that answered; alpha did not")
    assert said("create", ["pods"], cluster(EMPTY))[:2] == (1, "timed out waiting for the condition: nothing matches")


def test_files_name_what_is_waited_for_with_its_namespace():
    text = """\
kind: Pod
apiVersion: v1
metadata: {name: web, namespace: shop}
spec: {containers: [{name: app, image: x}]}
---
{kind: ConfigMap, apiVersion: v1, metadata: {name: settings}}
"""
    query, names = named_in(parse([("a.yaml", text)], references=False))
    assert names == {("pod", "shop", "web"), ("configmap", "default", "settings")}
    assert (query.namespace, [kind.name for kind, _ in query.targets]) == (None, ["pod", "configmap"])
