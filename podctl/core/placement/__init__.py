"""Which Pod goes to which Minion, and why: pure values in, values out.

model      what is asked (Demand), what there is (Candidate), what comes of it (Packing, Placed, Waiting)
place      one batch: packed, checked, explained
pack       the packer's front; the folder `packing` is the packer
checker    a folder: an independent judge of every answer
why        a folder: reasons and diagnoses, from the final state
rules, room, affinity, claims, figures   the predicates in words, and what they look at
"""

from podctl.core.placement.model import (
    Arrangement,
    Candidate,
    Demand,
    HostPort,
    NodeTerm,
    Packing,
    Placed,
    Placement,
    PodTerm,
    Policy,
    PreferredPodTerm,
    PreferredTerm,
    Spread,
    Toleration,
    UsedBy,
    Waiting,
    used_by,
)
from podctl.core.placement.place import place

__all__ = [
    "Arrangement",
    "Candidate",
    "Demand",
    "HostPort",
    "NodeTerm",
    "Packing",
    "Placed",
    "Placement",
    "PodTerm",
    "Policy",
    "PreferredPodTerm",
    "PreferredTerm",
    "Spread",
    "Toleration",
    "UsedBy",
    "Waiting",
    "place",
    "used_by",
]
