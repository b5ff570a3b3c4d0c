"""Which Pod goes to which Minion, and why: pure values in, values out.

model     what is asked (Demand), what there is (Candidate), what comes of it (Placed, Waiting)
room      what is left of a Minion
affinity  labels, names and taints against what a Pod says about them
rules     the predicates: None, or the reason why this Pod cannot go to that Minion
choice    which of the Minions that no rule refuses: replace this, and the walk in `place`, to pack better;
          the rules decide what is right, and stay
place     one batch
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
    capacity_of,
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
    "capacity_of",
    "place",
    "used_by",
]
