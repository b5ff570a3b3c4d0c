"""Small feasible batches on which greedy packers leave a Pod waiting.

ADVERSARIAL: each of thirteen of them does (first fit, kube-scheduler's two scores, Nomad's, five decreasing orders,
best fit, dot product, L2). SITUATIONS: what constraints do to those that score one Pod after the other.
"""

from __future__ import annotations

from dataclasses import replace

from bench.placement.batch import Batch, Figures, batch_of, demand, minion
from podctl.core.model import Taint
from podctl.core.placement import HostPort, PodTerm, Spread, Toleration, UsedBy
from podctl.core.selectors import Requirement

_SIZES = (
    (((8, 16), (8, 16), (16, 16)), ((8, 5), (3, 11), (5, 5), (2, 5), (3, 9), (6, 6), (3, 6), (2, 1))),
    (((16, 16), (8, 16), (8, 16)), ((11, 2), (3, 9), (3, 3), (2, 4), (2, 9), (5, 14), (4, 3), (2, 4))),
    (((16, 16), (8, 16), (8, 16)), ((1, 3), (1, 10), (6, 6), (6, 5), (6, 2), (1, 8), (1, 2), (4, 8), (6, 4))),
    (((8, 16), (16, 16), (16, 16)), ((2, 5), (6, 11), (2, 5), (3, 4), (5, 8), (8, 11), (9, 3), (5, 1))),
    (((8, 16), (16, 16), (16, 16)), ((3, 10), (2, 1), (3, 6), (12, 10), (3, 3), (3, 9), (1, 3), (13, 6))),
    (((8, 16), (8, 16), (16, 16)), ((6, 11), (1, 4), (3, 1), (6, 15), (7, 4), (2, 1), (6, 5), (1, 7))),
)
ADVERSARIAL = tuple(
    Figures(name=f"ADV-{number}", hosts=hosts, pods=pods) for number, (hosts, pods) in enumerate(_SIZES, start=1)
)
_SMALL, _LARGE = (4000, 8), (8000, 16)
_DB = Taint(key="dedicated", value="db")


def _own(app: str) -> tuple[Requirement, ...]:
    return (Requirement(key="app", operator="In", values=(app,)),)


def _ssd() -> Batch:
    """The fuller host draws the Pods that could go anywhere."""
    ssd, hdd = {"disk": "ssd"}, {"disk": "hdd"}
    return Batch(
        name="S1 ssd",
        candidates=(minion("m1", _LARGE, (2000, 4), labels=ssd), minion("m2", _LARGE, labels=hdd)),
        demands=(*(demand(f"web-{n}", (2000, 4)) for n in range(3)), demand("db", (4000, 8), node_selector=ssd)),
    )


def _port() -> Batch:
    http = (HostPort(port=80),)
    nginx = UsedBy(owner="container nginx", host_ports=http)
    return Batch(
        name="S2 port",
        candidates=(minion("m1", _SMALL, (1000, 1)), replace(minion("m2", _SMALL), used=(nginx,))),
        demands=(
            demand("a", (2000, 4)),
            demand("b", (2000, 4)),
            demand("lb", (2000, 4), host_ports=http),
        ),
    )


def _apart() -> Batch:
    alone = PodTerm(topology_key="host", selector=_own("q"), namespaces=("default",))
    return Batch(
        name="S3 anti",
        candidates=tuple(minion(f"m{n}", _SMALL, labels={"host": f"m{n}"}) for n in (1, 2, 3)),
        demands=(
            *(demand(f"w-{n}", (1000, 2)) for n in range(6)),
            *(demand(f"q-{n}", (2000, 4), labels={"app": "q"}, apart=(alone,)) for n in range(3)),
        ),
    )


def _spread() -> Batch:
    by_zone = Spread(topology_key="zone", selector=_own("s"))
    return Batch(
        name="S4 spread",
        candidates=tuple(minion(f"m{n}", _SMALL, labels={"zone": zone}) for n, zone in enumerate("aab", start=1)),
        demands=(
            *(demand(f"w-{n}", (1000, 2)) for n in range(6)),
            *(demand(f"s-{n}", (1500, 2), labels={"app": "s"}, spreads=(by_zone,)) for n in range(4)),
        ),
    )


def _taint() -> Batch:
    tolerant = (Toleration(key="dedicated", value="db"),)
    return Batch(
        name="S5 taint",
        candidates=(minion("m1", _SMALL, (1000, 2)), minion("m2", _SMALL, taints=(_DB,))),
        demands=(
            demand("db-0", (2000, 4), tolerations=tolerant),
            demand("db-1", (1000, 2), tolerations=tolerant),
            demand("x", (3000, 4)),
        ),
    )


SITUATIONS = (_ssd(), _port(), _apart(), _spread(), _taint())
PRIORITY = Batch(
    name="S6 priority",
    candidates=(minion("m1", _SMALL),),
    demands=(demand("low-0", (3000, 4)), demand("hi", (2000, 2), priority=10)),
)
ALL_FIT = (*map(batch_of, ADVERSARIAL), *SITUATIONS)
