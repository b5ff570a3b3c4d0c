"""Small random batches with every kind of ask, for hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from bench.placement.batch import Batch
from podctl.core.model import PodKey, Resources, Taint
from podctl.core.placement import (
    Candidate,
    Demand,
    HostPort,
    NodeTerm,
    PodTerm,
    PreferredPodTerm,
    PreferredTerm,
    Spread,
    Toleration,
    UsedBy,
    used_by,
)
from podctl.core.selectors import Requirement

NAMES = ("m1", "m2", "m3", "m4")
APPS = ("web", "db")
rarely = st.sampled_from([False] * 4 + [True])
sometimes = st.sampled_from([False, False, True])
DEDICATED = Taint(key="dedicated", value="db")


def is_app(app):
    return (Requirement(key="app", operator="In", values=(app,)),)


selectors = st.sampled_from([*map(is_app, APPS), (), None])
keys = st.sampled_from(["zone", "host"])
pod_terms = st.builds(
    PodTerm,
    topology_key=keys,
    selector=selectors,
    namespaces=st.sampled_from([("default",)] * 4 + [("test",), ("default", "test")]),
)
spreads = st.builds(
    Spread,
    topology_key=keys,
    max_skew=st.integers(1, 2),
    selector=selectors,
    hard=st.just(True),
    min_domains=st.sampled_from([1, 1, 1, 2, 3]),
    honors_affinity=st.booleans(),
    honors_taints=st.booleans(),
)
ports = st.lists(
    st.builds(
        HostPort, ip=st.sampled_from(["0.0.0.0", "10.0.0.1", "10.0.0.2"]), port=st.just(80), protocol=st.just("TCP")
    ),
    max_size=1,
).map(tuple)


@st.composite
def demands(draw, name, *, between=True, wide=True, homes=False):
    """`between`: asks about other Pods too. `wide`: asks about the Minion and its ports, claims and extras."""
    ssd = (Requirement(key="disk", operator="In", values=("ssd",)),)
    more = {}
    if between:
        more |= {
            "near": draw(st.lists(pod_terms, min_size=1, max_size=2).map(tuple)) if draw(rarely) else (),
            "apart": draw(st.lists(pod_terms, min_size=1, max_size=2).map(tuple)) if draw(sometimes) else (),
            "spreads": draw(st.lists(spreads, min_size=1, max_size=2).map(tuple)) if draw(sometimes) else (),
        }
    if wide:
        more |= {
            "extended": {"gpu": 1} if draw(rarely) else {},
            "host_ports": draw(ports) if draw(rarely) else (),
            "claims": ("default/data",) if draw(rarely) else (),
            "node_name": draw(st.sampled_from(NAMES)) if draw(rarely) and draw(rarely) else "",
            "home": draw(st.sampled_from(NAMES)) if homes and draw(rarely) else "",
            "node_selector": {"disk": "ssd"} if draw(rarely) else {},
            "required_terms": (NodeTerm(expressions=ssd),) if draw(rarely) and draw(rarely) else None,
            "tolerations": (Toleration(operator="Exists"),) if draw(rarely) else (),
        }
    return Demand(
        key=PodKey("test" if between and draw(rarely) else "default", name),
        labels={"app": draw(st.sampled_from(APPS))},
        priority=draw(st.sampled_from([0, 0, 0, 5])),
        cpu_millis=draw(st.integers(0, 3)),
        memory_bytes=draw(st.integers(0, 3)),
        **more,
    )


@st.composite
def candidates(draw, name, *, between=True, wide=True):
    if wide and draw(rarely) and draw(rarely):
        return Candidate(name=name, ready=False)  # nothing is known of a Minion that does not answer
    running = ()
    if draw(sometimes):
        running = (used_by(draw(demands(f"old-{name}", between=between, wide=False))),)
    if wide and draw(rarely):
        running = (*running, UsedBy(owner="container x", cpu_millis=1, host_ports=draw(ports)))
    return Candidate(
        name=name,
        labels={"host": name, "disk": draw(st.sampled_from(["ssd", "hdd"]))}
        | ({} if draw(rarely) else {"zone": draw(st.sampled_from("ab"))}),
        taints=(DEDICATED,) if wide and draw(rarely) else (),
        unschedulable=wide and draw(rarely),
        capacity=Resources(
            cpu_millis=draw(st.integers(1, 6)),
            memory_bytes=draw(st.integers(1, 6)),
            pods=draw(st.sampled_from([None, None, None, 1, 2])),
            extended={"gpu": 1} if draw(st.booleans()) else {},
        ),
        used=running,
        claims=frozenset({"default/data"}) if wide and draw(rarely) and draw(rarely) else frozenset(),
    )


@st.composite
def batches(draw, *, pods=4, minions=3, between=True, wide=True, homes=False):
    """At most so many Pods and Minions. `homes`: some Pods have one, and stay there whatever it costs the others."""
    return Batch(
        name="small",
        candidates=tuple(
            draw(candidates(name, between=between, wide=wide)) for name in NAMES[: draw(st.integers(1, minions))]
        ),
        demands=tuple(
            draw(demands(f"p{number}", between=between, wide=wide, homes=homes))
            for number in range(draw(st.integers(1, pods)))
        ),
    )


@st.composite
def soft_batches(draw, *, pods=4, minions=3):
    """Small batches with wishes and nothing that is hard but room."""

    def wishing(name):
        soft = st.builds(Spread, topology_key=keys, selector=st.sampled_from([*map(is_app, APPS)]), hard=st.just(False))
        weighted = st.builds(PreferredPodTerm, weight=st.integers(1, 5), term=pod_terms)
        by_disk = NodeTerm(expressions=(Requirement(key="disk", operator="In", values=("ssd",)),))
        preferred = st.builds(PreferredTerm, weight=st.integers(1, 5), term=st.just(by_disk))
        return replace(
            draw(demands(name, between=False, wide=False)),
            priority=0,
            group=draw(st.sampled_from(["", "web", "db"])),
            tolerations=(Toleration(operator="Exists"),) if draw(rarely) else (),
            preferred_terms=(draw(preferred),) if draw(rarely) else (),
            preferred_near=(draw(weighted),) if draw(rarely) else (),
            preferred_apart=(draw(weighted),) if draw(rarely) else (),
            spreads=(draw(soft),) if draw(rarely) else (),
        )

    mild = Taint(key="old", effect="PreferNoSchedule")
    return Batch(
        name="soft",
        candidates=tuple(
            replace(
                draw(candidates(name, between=False, wide=False)),
                labels={
                    "host": name,
                    "disk": draw(st.sampled_from(["ssd", "hdd"])),
                    "zone": draw(st.sampled_from("ab")),
                },
                taints=(mild,) if draw(rarely) else (),
            )
            for name in NAMES[: draw(st.integers(1, minions))]
        ),
        demands=tuple(wishing(f"p{number}") for number in range(draw(st.integers(1, pods)))),
    )
