"""What `adopt` makes of a look at a cluster: which Pods, which copies, and what it cannot know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observed import claim_volume, minion, pod, silent

from podctl.core.document.adopting import entry_of
from podctl.core.document.adoption import plan_adoption
from podctl.core.document.claim_places import claim_places, with_claims_in_place
from podctl.core.document.codec import encode
from podctl.core.document.model import Document, DocumentCopy, ObjectKey
from podctl.core.document.recall import recall
from podctl.core.document.writing import next_revision
from podctl.core.model import Cluster, Mark, PodKey

WEB = PodKey("default", "web")


def cluster(*minions):
    return Cluster(name="shop", minions=minions)


def holding(document, *minions):
    """Those Minions, each with a committed copy of the Document."""
    copy = DocumentCopy(
        revision=document.revision, committed=True, running=True, container="copy", payload=encode(document)
    )  # fmt: skip
    return [replace(each, copies=(copy,)) for each in minions]


def known(*pods, revision=7, keepers=("alpha",), **given):
    entries = {each.key: entry_of(each) for each in pods}
    return Document(cluster="shop", revision=revision, keepers=keepers, pods=entries, **given)


def planned(seen):
    return plan_adoption(recall(seen), seen)


def places(adoption):
    return {str(key): (each.minion, each.uid) for key, each in adoption.document.pods.items()}


def test_with_no_document_every_whole_pod_is_taken_where_it_is():
    half = pod(uid="half", mark=Mark.NEW)
    seen = cluster(minion(pod(uid="a"), half), minion(name="beta"))
    found = planned(seen)
    assert places(found) == {"default/web": ("alpha", "a")}
    assert [each.key for each in found.taken] == [WEB]
    assert (found.stale, found.missing, found.needed) == ((), (), True)


def test_of_several_copies_the_newest_is_taken_and_the_others_are_named():
    old, new = pod(uid="a", revision=3), pod(uid="b", revision=5, minion="beta")
    found = planned(cluster(minion(old), minion(new, name="beta")))
    assert places(found) == {"default/web": ("beta", "b")}
    assert found.stale == ((old, "beta has the one that counts"),)


def test_there_is_nothing_to_adopt_where_nothing_runs_or_the_document_names_it():
    web = pod(uid="a", revision=7)
    document = known(web)
    assert not planned(cluster(minion(), minion(name="beta"))).needed
    assert not planned(cluster(*holding(document, minion(web)))).needed


def test_what_a_document_in_sight_has_deleted_is_not_brought_back():
    gone = pod(uid="a", revision=4)
    seen = cluster(*holding(known(keepers=("alpha", "beta", "gamma")), minion(gone)), minion(name="beta"))
    found = planned(replace(seen, minions=(*seen.minions, minion(name="gamma"))))
    assert found.doubt
    assert places(found) == {}
    assert found.stale == ((gone, "nothing names it any more"),)


def test_what_is_newer_than_the_document_in_sight_is_taken():
    old, new = pod(uid="a", revision=4), pod(uid="b", revision=9, minion="beta")
    seen = cluster(*holding(known(old), minion(old)), minion(new, name="beta"))
    found = planned(seen)
    assert places(found) == {"default/web": ("beta", "b")}
    assert found.stale == ((old, "beta has the one that counts"),)
    assert recall(seen).highest == 9


def test_a_pod_that_no_document_ever_knew_is_taken_beside_what_is_remembered():
    web, stray = pod(uid="a", revision=7), pod(uid="s", key=PodKey("default", "stray"))
    found = planned(cluster(*holding(known(web), minion(web, stray))))
    assert places(found) == {"default/web": ("alpha", "a"), "default/stray": ("alpha", "s")}
    assert [each.key.name for each in found.taken] == ["stray"]
    assert [each.key.name for each in found.remembered] == ["web"]


def test_but_it_takes_no_place_of_one_that_is_remembered_even_out_of_sight():
    web, stray = pod(uid="a", revision=7, minion="gamma"), pod(uid="s", minion="beta")
    document = known(web, keepers=("alpha", "beta", "gamma"))
    found = planned(cluster(*holding(document, minion(), minion(stray, name="beta")), silent()))
    assert places(found) == {"default/web": ("gamma", "a")}
    assert found.stale == ((stray, "gamma has the one that counts"),)
    assert found.missing == ("gamma",)


def test_what_is_remembered_and_not_there_stays_remembered_and_is_told_of():
    web = pod(uid="a", revision=7)
    document = known(web, keepers=("alpha", "beta", "gamma"))
    seen = cluster(*holding(document, minion()), minion(name="beta"), minion(name="gamma"))
    found = planned(seen)
    assert places(found) == {"default/web": ("alpha", "a")}
    assert [each.key for each in found.absent] == [WEB]


def test_a_keeper_that_the_inventory_does_not_have_is_missing_too():
    web = pod(uid="a", revision=7)
    document = known(web, keepers=("alpha", "old-1", "old-2"))
    assert planned(cluster(*holding(document, minion(web)))).missing == ("old-1", "old-2")


def test_configmaps_and_secrets_that_only_their_files_tell_are_named_with_their_pods():
    hashes = {"configmap/site": "1:1", "secret/key": "1:2"}
    site = ObjectKey("ConfigMap", "default", "site")
    web = pod(uid="a", revision=9, config_hashes=hashes)
    document = known(keepers=("alpha",), objects={site: {"data": {}}})
    found = planned(cluster(*holding(document, minion(web))))
    assert found.unknown == {ObjectKey("Secret", "default", "key"): (WEB,)}


@pytest.mark.parametrize(
    ("remembered", "place"),
    [("", "alpha"), ("alpha", "alpha"), ("beta", "beta"), ("gamma", "gamma"), ("empty", "alpha"), ("gone", "alpha")],
)
def test_a_claim_is_where_it_is_remembered_as_long_as_it_may_be_there(remembered, place):
    data = replace(claim_volume("data"), claim=PodKey("default", "data"))
    both = [minion(name=name, volumes=(data,)) for name in ("alpha", "beta")]
    seen = cluster(*both, minion(name="empty"), silent())
    where = {PodKey("default", "data"): remembered} if remembered else {}
    assert claim_places(where, seen) == {PodKey("default", "data"): place}
    left = {each.minion.name for each in with_claims_in_place(seen, where).minions if each.volumes}
    assert left == {place} - {"gamma"}


@pytest.mark.parametrize(
    ("keepers", "word", "revision"),
    [(("alpha",), True, 8), (("alpha", "b", "c"), True, 1000), (("alpha", "b", "c"), False, 8)],
    ids=["a majority is in sight", "others may have later ones", "nobody gave a word"],
)
def test_what_is_written_without_a_majority_is_far_above_what_may_come_back(keepers, word, revision):
    recalled = recall(cluster(*holding(known(keepers=keepers), minion())))
    assert next_revision(recalled, without_quorum=word) == revision
