"""Cordons that the cluster remembers, beside those of the inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podctl.core.document.model import Document
    from podctl.core.model import Cluster


def with_cordons(cluster: Cluster, document: Document) -> Cluster:
    """`cluster` with every Minion that the Document cordons unschedulable."""
    minions = (
        replace(each, minion=replace(each.minion, unschedulable=True))
        if each.minion.name in document.cordons and not each.minion.unschedulable
        else each
        for each in cluster.minions
    )
    return replace(cluster, minions=tuple(minions))
