"""Names on a Minion: what they say can be read from them again, and none is longer than can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.core import naming
from podctl.core.model import Mark, PodKey

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?", fullmatch=True)
UIDS = st.uuids().map(str)


@given(NAMES, NAMES, NAMES, UIDS, st.sampled_from(Mark))
def test_the_mark_of_a_name_is_read_again(cluster, namespace, name, uid, mark):
    marked = naming.marked(naming.infra(cluster, PodKey(namespace, name)), mark, uid)
    assert naming.mark_of(marked, uid) is mark


def test_a_pod_whose_own_name_ends_in_new_is_committed():
    assert naming.mark_of(naming.infra("shop", PodKey("default", "web.new")), "1-2-3") is Mark.COMMITTED


def test_a_claims_volume_has_a_name_that_a_folder_can_have():
    assert naming.claim_volume("shop", "default", "data") == "podctl_shop_default_claim_data"
    spare = 255 - len(naming.claim_volume("shop", "default", ""))
    assert len(naming.claim_volume("shop", "default", "a" * spare)) == 255
    with pytest.raises(ValueError, match=f"may have {spare} characters"):
        naming.claim_volume("shop", "default", "a" * (spare + 1))
