"""What changed between two looks, and what only is not seen for now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import container, infra, manifest, minion, pod, silent
from remembering import copy, entry, holding

from podctl.core.document.model import Document, ObjectKey
from podctl.core.memory import remember
from podctl.core.model import Cluster, Mark
from podctl.core.query import answer, parse_query
from podctl.core.watching import Seen, changes

PODS = parse_query(["pods"])


def web(uid="one", **given):
    return pod(uid=uid, **given)


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


def follow(*looks, query=PODS):
    """What each look tells: name, phase, and whether it is new or gone."""
    seen, told = Seen(), []
    for each in looks:
        known = remember(each)
        changed, seen = changes(
            seen, answer(known, query, engine="docker").found, known, lambda found: repr(found.object)
        )
        told.append(
            [
                (each.found.name, each.found.object.get("status", {}).get("phase", ""),
                 "gone" if each.gone else "new" if each.new else "")
                for each in changed
            ]
        )  # fmt: skip
    return told


RUNNING = cluster(minion(web()))


def test_what_stays_as_it_is_is_told_once():
    assert follow(RUNNING, RUNNING, RUNNING) == [[("web", "Running", "new")], [], []]


def test_what_changes_is_told_as_it_is_now():
    ended = cluster(minion(web(manifest=manifest(restartPolicy="Never"), infra=infra()), now=None))
    failed = pod(container(status="exited", exit_code=1), uid="one", manifest=manifest(restartPolicy="Never"))
    assert follow(ended, cluster(minion(failed))) == [[("web", "Running", "new")], [("web", "Failed", "")]]


def test_what_is_gone_is_told_as_it_was_seen_last():
    assert follow(RUNNING, cluster(minion()), cluster(minion())) == [
        [("web", "Running", "new")], [("web", "Running", "gone")], [],
    ]  # fmt: skip


def test_a_pod_in_the_place_of_another_is_told_alone():
    assert follow(RUNNING, cluster(minion(web("two")))) == [[("web", "Running", "new")], [("web", "Running", "new")]]


def test_a_pod_beside_the_one_that_it_replaces_is_told_and_so_is_the_end_of_the_other():
    both = cluster(minion(web(mark=Mark.OLD), web("two")))
    told = follow(RUNNING, both, cluster(minion(web("two"))), cluster(minion()))
    assert told[1:] == [[("web", "Running", ""), ("web", "Running", "new")], [], [("web", "Running", "gone")]]


def test_the_pods_of_a_silent_minion_that_had_the_only_document_are_unknown_and_not_gone():
    away = cluster(silent("alpha"))
    assert follow(RUNNING, away, away, RUNNING) == [
        [("web", "Running", "new")], [("web", "Unknown", "")], [], [("web", "Running", "")],
    ]  # fmt: skip


def test_a_pod_that_is_missing_when_its_minion_is_back_is_gone():
    assert follow(RUNNING, cluster(silent("alpha")), cluster(minion()))[2] == [("web", "Unknown", "gone")]


def document(*on):
    pods = [replace(entry("web", each), uid="one") for each in on]
    return Document(
        cluster="shop", revision=3, keepers=("alpha", "beta", "gamma"), pods={each.key: each for each in pods}
    )


def test_the_pods_of_a_silent_minion_are_unknown_by_the_document_and_gone_once_that_does_not_name_them():
    others = (minion(name="beta"), minion(name="gamma"))
    away = holding(document("alpha"), silent("alpha"), *others)
    forgotten = holding(replace(document(), revision=4), silent("alpha"), *others)
    seen = follow(holding(document("alpha"), minion(web()), *others), away, forgotten)
    assert seen == [[("web", "Running", "new")], [("web", "Unknown", "")], [("web", "Unknown", "gone")]]


def test_what_only_the_document_has_is_not_gone_while_that_is_out_of_sight():
    raw = {"kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}, "data": {"a": "b"}}
    kept = replace(document(), objects={ObjectKey("ConfigMap", "default", "settings"): raw}, keepers=("alpha",))
    here, away = holding(kept, minion(), minion(name="beta")), cluster(silent("alpha"), minion(name="beta"))
    here = replace(here, minions=(here.minions[0], minion(name="beta")))
    query = parse_query(["configmaps"])
    assert follow(here, away, here, query=query) == [[("settings", "", "new")], [], []]
    without = holding(replace(kept, revision=4, objects={}), minion(), minion(name="beta"))
    assert follow(here, without, query=query)[1] == [("settings", "", "gone")]


def test_an_event_that_grew_too_old_is_not_told():
    from remembering import CLUSTER, DOCUMENT  # noqa: PLC0415 - nowhere else

    later = replace(DOCUMENT, acts=DOCUMENT.acts[1:])
    here = replace(CLUSTER, minions=tuple(
        each if each.silent else replace(each, copies=(copy(later),)) for each in CLUSTER.minions
    ))  # fmt: skip
    assert follow(CLUSTER, here, query=parse_query(["events"]))[1] == []


UIDS = st.sets(st.sampled_from(["one", "two", "three"]))


@pytest.mark.parametrize("known", [remember(RUNNING)])
@given(looks=st.lists(UIDS, min_size=1, max_size=8))
def test_who_adds_up_what_is_told_knows_what_is_there(known, looks):
    """Whatever comes and goes: those that were told of and not told to be gone, or replaced, are those in sight."""
    seen, present = Seen(), set()
    for uids in looks:
        here = cluster(minion(*(web(uid, manifest=manifest(f"pod-{uid}")) for uid in sorted(uids))))
        told, seen = changes(seen, answer(here, PODS, engine="docker").found, known, lambda _: None)
        for each in told:
            name = each.found.object["metadata"]["uid"]
            assert (name in present) is not each.new
            present = present - {name} if each.gone else present | {name}
        assert present == uids
