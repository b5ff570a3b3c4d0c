"""How Pods are removed: marked first, stopped all at once, and each reported for itself."""

from __future__ import annotations

import pytest
from observed import container, infra, manifest, names, pod

from podctl.core.actions import Remove
from podctl.core.model import Mark, Minion
from podctl.engine.recipe import remove, stop

ALPHA = Minion(name="alpha")


def removal(name, *seen, mark=Mark.COMMITTED, volumes=(), **spec):
    found = pod(
        *seen, manifest=manifest(name, containers=names(*(each.name for each in seen)), **spec), uid=f"uid-{name}",
        mark=mark, infra=infra(id=f"infra-of-{name}"),
    )  # fmt: skip
    return Remove(minion="alpha", uid=found.uid, reason="deleted", pod=found, volumes=volumes)


def rendered(*actions, grace=None):
    return [(step.group, step.title, step.script.shown) for step in remove(ALPHA, "shop", actions, grace)]


def test_one_pod_goes_from_its_mark_to_its_volumes():
    action = removal("web", container("app"), container("side", "exited"), volumes=("v",))
    assert rendered(action) == [
        ("uid-web", "mark pod default/web as going",
         "docker rename infra-of-web podctl_shop_default_web.old.uid-web"),
        ("uid-web", "switch off its restart policies",
         "docker update --restart no id-of-app id-of-side infra-of-web"),
        ("uid-web", "stop pod default/web", "docker stop -t 30 id-of-app"),
        ("uid-web", "remove the containers of pod default/web", "docker rm -f -v id-of-app id-of-side"),
        ("uid-web", "remove its infra container", "docker rm -f -v infra-of-web"),
        ("uid-web", "remove its volumes", "docker volume rm -f v"),
    ]  # fmt: skip


def stops(*actions, grace=None):
    return [
        (step.group, step.script.shown, step.timeout_seconds)
        for step in remove(ALPHA, "shop", actions, grace)
        if step.title.startswith("stop")
    ]


def test_pods_of_one_grace_are_stopped_by_one_call_and_others_beside_it():
    actions = [
        removal("a", container("one")),
        removal("b", container("two")),
        removal("c", container("three"), terminationGracePeriodSeconds=5),
    ]
    assert stops(*actions) == [("", "docker stop -t 30 id-of-one id-of-two; docker stop -t 5 id-of-three", 48)]
    titles = [step.title for step in remove(ALPHA, "shop", actions)]
    assert [title.split()[0] for title in titles] == ["mark", "switch"] * 3 + ["stop"] + ["remove"] * 6


def test_a_pod_with_a_hook_is_stopped_by_itself_as_the_hook_takes_from_its_grace():
    hooked = removal("hooked", container("app"))
    hooked.pod.manifest["spec"]["containers"][0]["lifecycle"] = {"preStop": {"exec": {"command": ["flush"]}}}
    plain = removal("plain", container("other"))
    ((_, shown, _),) = stops(hooked, plain)
    assert shown == "docker stop -t 30 id-of-app; docker stop -t 30 id-of-other"


def test_the_graces_of_the_pods_are_overruled_by_one_that_is_given():
    actions = [removal("a", container("one")), removal("c", container("three"), terminationGracePeriodSeconds=5)]
    assert stops(*actions, grace=0) == [("", "docker stop -t 0 id-of-one id-of-three", 17)]


def test_more_containers_than_one_call_stops_at_once_get_the_time_of_two_graces():
    many = removal("many", *(container(f"c{n}") for n in range(60)), terminationGracePeriodSeconds=10)
    ((_, _, seconds),) = stops(many)
    assert seconds == 2 * 10 + 16


def test_what_is_half_removed_is_not_marked_again_and_not_waited_for():
    shown = rendered(removal("web", container("app"), mark=Mark.OLD))
    assert [title for _, title, _ in shown] == [
        "switch off its restart policies", "stop pod default/web", "remove the containers of pod default/web",
        "remove its infra container",
    ]  # fmt: skip
    assert shown[1][2] == "docker stop -t 0 id-of-app"


def test_what_does_not_run_is_not_stopped_and_nothing_is_nothing():
    assert stops(removal("web", container("app", "exited"))) == []
    assert rendered() == []
    assert rendered(Remove(minion="alpha", uid="gone", reason="volumes of a Pod that is gone", volumes=("v",))) == [
        ("gone", "remove its volumes", "docker volume rm -f v")
    ]


@pytest.mark.parametrize(("spent", "left"), [(0, 30), (12, 18), (29, 2), (400, 2)])
def test_what_was_spent_on_hooks_by_http_is_taken_off_the_grace_down_to_the_kubelets_least(spent, left):
    action = removal("web", container("app"))
    shown = [step.script.shown for step in stop(ALPHA, [action], spent_seconds={"uid-web": spent})]
    assert shown[0] == f"docker stop -t {left} id-of-app"


def test_a_grace_shorter_than_the_kubelets_least_grows_by_no_hook():
    action = removal("web", container("app"), terminationGracePeriodSeconds=1)
    shown = [step.script.shown for step in stop(ALPHA, [action], spent_seconds={"uid-web": 1})]
    assert shown[0] == "docker stop -t 1 id-of-app"


def test_hooks_of_what_is_half_removed_are_not_run_again_whatever_grace_is_given():
    action = removal("web", container("app"), mark=Mark.OLD)
    action.pod.manifest["spec"]["containers"][0]["lifecycle"] = {"preStop": {"exec": {"command": ["flush"]}}}
    texts = [step.script.text for step in stop(ALPHA, [action], 30)]
    assert [text for text in texts if "flush" in text] == []
