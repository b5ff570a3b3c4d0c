"""The checker: each hard rule broken on purpose, and everything next to it that is allowed."""

import pytest

from podctl.core.model import PodKey, Resources, Taint
from podctl.core.placement import Candidate, Demand, HostPort, NodeTerm, PodTerm, Spread, Toleration, UsedBy, used_by
from podctl.core.placement.checker.check import check
from podctl.core.selectors import Requirement

ANY = Toleration(operator="Exists")
CORDON = Toleration(key="node.kubernetes.io/unschedulable", operator="Exists")
DB = Taint(key="dedicated", value="db")


def pod(name="web", namespace="shop", **more):
    return Demand(key=PodKey(namespace, name), **more)


def minion(name="alpha", *, cpu=4, memory=8, pods=None, extended=None, **more):
    return Candidate(
        name=name,
        capacity=Resources(cpu_millis=cpu, memory_bytes=memory, pods=pods, extended=extended or {}),
        **more,
    )


def wants(key, operator="Exists", *values):
    return Requirement(key=key, operator=operator, values=values)


def app(name, key="zone", **more):
    more = {"namespaces": ("shop",)} | more
    return PodTerm(topology_key=key, selector=(wants("app", "In", name),), **more)


def runs(demand):
    return used_by(demand)


def broken(*placed, others=(), claims=None):
    """The sentences about Pods that are each given with their Minion."""
    minions = {each.name: each for _, each in placed} | {each.name: each for each in others}
    return check(
        [demand for demand, _ in placed],
        tuple(minions.values()),
        [each.name for _, each in placed],
        bound_claims=claims or {},
    )


ZONES = {
    name: minion(name, labels={"zone": zone}) for name, zone in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c")]
}
A1, A2, B1, C1 = ZONES.values()
NO_ZONE = minion("bare")


def test_who_waits_breaks_no_rule():
    assert check([pod(cpu_millis=99), pod("db")], [minion()], [None, None], bound_claims={}) == ()
    assert check([], [], [], bound_claims={}) == ()


def test_an_answer_of_another_length_is_none():
    assert check([pod()], [minion()], [], bound_claims={}) == ("1 Pods are asked for, 0 are answered",)


def test_a_minion_that_there_is_not():
    assert check([pod()], [minion()], ["bravo"], bound_claims={}) == ("shop/web on bravo: there is no such Minion",)


ALONE = [
    (pod(node_name="bravo"), minion(), "its nodeName is bravo"),
    (pod(), minion(ready=False), "the Minion did not answer"),
    (pod(node_name="alpha"), minion(ready=False), "the Minion did not answer"),
    (pod(), minion(unschedulable=True), "the Minion is cordoned"),
    (pod(home="bravo"), minion(unschedulable=True), "the Minion is cordoned"),
    (pod(), minion(taints=(DB,)), "the Pod does not tolerate a taint"),
    (pod(home="alpha"), minion(taints=(DB,)), "the Pod does not tolerate a taint"),
    (
        pod(tolerations=(Toleration(key="dedicated", value="web"),)),
        minion(taints=(DB,)),
        "the Pod does not tolerate a taint",
    ),
    (
        pod(node_name="alpha"),
        minion(taints=(Taint(key="gone", effect="NoExecute"),)),
        "the Pod does not tolerate a taint",
    ),
    *(
        (asks, minion(labels=labels), "the Minion's labels are not what nodeSelector and node affinity want")
        for asks, labels in [
            (pod(node_selector={"disk": "ssd"}), {"disk": "hdd"}),
            (pod(node_selector={"disk": "ssd"}, node_name="alpha"), {}),
            (pod(required_terms=()), {}),
            (pod(required_terms=(NodeTerm(),)), {}),
            (pod(required_terms=(NodeTerm(expressions=(wants("disk"), wants("zone"))),)), {"disk": "ssd"}),
            (pod(required_terms=(NodeTerm(expressions=(wants("disk", "DoesNotExist"),)),)), {"disk": "ssd"}),
            (pod(required_terms=(NodeTerm(expressions=(wants("disk", "NotIn", "ssd"),)),)), {"disk": "ssd"}),
            (pod(required_terms=(NodeTerm(expressions=(wants("cores", "Gt", "8"),)),)), {"cores": "8"}),
            (pod(required_terms=(NodeTerm(expressions=(wants("cores", "Lt", "8"),)),)), {"cores": "many"}),
            (pod(required_terms=(NodeTerm(expressions=(wants("cores", "Odd", "8"),)),)), {"cores": "8"}),
            (pod(required_terms=(NodeTerm(fields=(wants("metadata.name", "In", "bravo"),)),)), {}),
        ]
    ),
]


@pytest.mark.parametrize("asks, candidate, what", ALONE)
def test_a_pod_and_a_minion_that_do_not_go_together(asks, candidate, what):
    assert broken((asks, candidate)) == (f"shop/web on alpha: {what}",)


TOGETHER = [
    (pod(node_name="alpha"), minion(unschedulable=True, taints=(DB,))),
    (pod(home="alpha"), minion(unschedulable=True)),
    (pod(tolerations=(CORDON,)), minion(unschedulable=True)),
    (pod(tolerations=(ANY,)), minion(unschedulable=True, taints=(DB,))),
    (pod(tolerations=(Toleration(key="dedicated", value="db"),)), minion(taints=(DB,))),
    (pod(), minion(taints=(Taint(key="old", effect="PreferNoSchedule"),))),
    (pod(node_selector={"disk": "ssd"}), minion(labels={"disk": "ssd", "zone": "a"})),
    (pod(required_terms=(NodeTerm(), NodeTerm(expressions=(wants("disk"),)))), minion(labels={"disk": ""})),
    (pod(required_terms=(NodeTerm(expressions=(wants("disk", "NotIn", "ssd"),)),)), minion()),
    (pod(required_terms=(NodeTerm(expressions=(wants("cores", "Gt", "+7"),)),)), minion(labels={"cores": "8"})),
    (pod(required_terms=(NodeTerm(fields=(wants("metadata.name", "In", "alpha"),)),)), minion()),
]


@pytest.mark.parametrize("asks, candidate", TOGETHER)
def test_a_pod_and_a_minion_that_go_together(asks, candidate):
    assert broken((asks, candidate)) == ()


def test_what_is_asked_in_sum_is_held_against_what_is_free():
    gpu = {"nvidia.com/gpu": 1}
    full = minion(
        extended={"nvidia.com/gpu": 2},
        reserved=Resources(cpu_millis=1, memory_bytes=1, pods=1, extended=gpu),
        used=(UsedBy(owner="pod shop/old", cpu_millis=1, memory_bytes=2, pods=1, extended={}),),
        pods=5,
    )
    fits = [(pod(f"web-{n}", cpu_millis=1, memory_bytes=2, extended=gpu if n else {}), full) for n in range(2)]
    assert broken(*fits) == ()
    assert broken(*fits, (pod("big", cpu_millis=1, memory_bytes=2, extended=gpu), full)) == (
        "shop/web-0, shop/web-1, shop/big on alpha: cpu: 3 asked, 2 free",
        "shop/web-0, shop/web-1, shop/big on alpha: memory: 6 asked, 5 free",
        "shop/web-1, shop/big on alpha: nvidia.com/gpu: 2 asked, 1 free",
    )
    assert broken(*((pod(f"web-{n}"), full) for n in range(4))) == (
        "shop/web-0, shop/web-1, shop/web-2 and 1 more on alpha: pods: 4 asked, 3 free",
    )


def test_who_asks_for_nothing_fits_on_an_overcommitted_minion():
    over = minion(cpu=1, memory=1, used=(UsedBy(owner="container x", cpu_millis=2, memory_bytes=2),))
    assert broken((pod(), over)) == ()
    assert broken((pod(cpu_millis=1), over)) == ("shop/web on alpha: cpu: 1 asked, -1 free",)


def test_an_undeclared_extended_resource_is_not_there_and_undeclared_pods_are_110():
    assert broken((pod(extended={"fpga": 1}), minion())) == ("shop/web on alpha: fpga: 1 asked, 0 free",)
    assert broken(*((pod(f"p{n}"), minion()) for n in range(110))) == ()
    assert len(broken(*((pod(f"p{n}"), minion()) for n in range(111)))) == 1


def test_host_ports_clash_by_number_protocol_and_address():
    one, two = HostPort(ip="10.0.0.1", port=80), HostPort(ip="10.0.0.2", port=80)
    every, udp = HostPort(port=80), HostPort(port=80, protocol="UDP")
    taken = minion(used=(UsedBy(owner="container nginx", host_ports=(two,)),))
    assert broken((pod(host_ports=(one, one, udp)), taken)) == ()
    assert broken((pod(host_ports=(every,)), taken)) == (
        "shop/web on alpha: host port 80/TCP is taken by container nginx",
    )
    assert broken((pod("a", host_ports=(one,)), taken), (pod("b", host_ports=(one, udp)), taken)) == (
        "shop/b on alpha: host port 10.0.0.1:80/TCP is taken by pod shop/a",
    )


def test_claims_tie_pods_to_their_volume_and_without_one_to_each_other():
    data = pod(claims=("shop/data",))
    other = pod("db", claims=("shop/data",))
    home = minion("bravo", claims=frozenset({"shop/data"}))
    assert broken((data, home), (other, home)) == ()
    assert broken((data, minion()), others=[home]) == ("shop/web on alpha: claim shop/data lives on bravo",)
    assert broken((data, minion()), others=[home], claims={"shop/data": "alpha"}) == ()
    assert broken((data, minion()), claims={"shop/data": "gone"}) == (
        "shop/web on alpha: claim shop/data lives on gone",
    )
    assert broken((data, minion()), (other, minion())) == ()
    assert broken((data, minion()), (other, minion("bravo"))) == ("shop/db on bravo: claim shop/data lives on alpha",)


# ---------------------------------------------------------------------------------------------------- anti-affinity

ALONER = pod("db", labels={"app": "db"}, apart=(app("web"),))
WEB = pod("web", labels={"app": "web"})


def test_apart_from_others_counts_both_ways_and_by_domain():
    assert broken((ALONER, A1), (WEB, B1)) == ()
    assert broken((ALONER, A1), (WEB, A2)) == (
        "shop/web on a2: shop/db is to be apart from it by zone, and is in a too",
        "shop/db on a1: shop/web is to be apart from it by zone, and is in a too",
    )
    for running, new in ((ALONER, WEB), (WEB, ALONER)):
        there = minion("a2", labels={"zone": "a"}, used=(runs(running),))
        assert len(broken((new, A1), others=[there])) == 1
        assert broken((new, B1), others=[there]) == ()


def test_apart_means_nothing_where_the_topology_key_is_missing():
    assert broken((ALONER, NO_ZONE), (WEB, NO_ZONE)) == ()


def test_apart_from_its_own_kind_does_not_mean_itself():
    lonely = [pod(f"q{n}", labels={"app": "q"}, apart=(app("q"),)) for n in range(2)]
    assert broken((lonely[0], A1)) == ()
    assert broken((lonely[0], A1), (lonely[1], B1)) == ()
    assert broken((lonely[0], A1), (lonely[1], A2)) != ()


def test_who_has_a_node_name_is_not_judged_but_others_keep_clear_of_it():
    named_web = pod("web", labels={"app": "web"}, node_name="a1")
    named_db = pod("db", labels={"app": "db"}, apart=(app("web"),), node_name="a1")
    assert broken((named_web, A1), (named_db, A1)) == ()
    assert len(broken((named_web, A1), (ALONER, A2))) == 1
    assert len(broken((WEB, A2), (named_db, A1))) == 1


def test_who_stays_at_home_is_not_to_blame_for_who_comes_by_node_name():
    named_web = pod("web", labels={"app": "web"}, node_name="a1")
    stays = pod("db", labels={"app": "db"}, apart=(app("web"),), home="a1")
    assert broken((named_web, A1), (stays, A1)) == ()
    assert len(broken((WEB, A1), (stays, A1))) == 1
    there = minion("a2", labels={"zone": "a"}, used=(runs(WEB),))
    assert len(broken((stays, A1), others=[there])) == 1


def test_terms_look_only_at_their_namespaces():
    elsewhere = pod("web", namespace="test", labels={"app": "web"})
    assert broken((ALONER, A1), (elsewhere, A1)) == ()
    for looks in (
        {"namespaces": ("test", "shop")},
        {"namespace_selector": ()},
        {"namespaces": (), "namespace_selector": (wants("kubernetes.io/metadata.name", "In", "test"),)},
    ):
        assert broken((pod("db", apart=(app("web", **looks),)), A1), (elsewhere, A1)) != ()
    nobody = PodTerm(topology_key="zone", selector=None, namespaces=("shop",))
    assert broken((pod("db", apart=(nobody,)), A1), (WEB, A1)) == ()
    everybody = PodTerm(topology_key="zone", selector=(), namespaces=("shop",))
    assert broken((pod("db", apart=(everybody,)), A1), (WEB, A1)) != ()


# --------------------------------------------------------------------------------------------------------- affinity


def near(name, *wanted, key="zone", **more):
    return pod(name, labels={"app": name}, near=tuple(app(each, key) for each in wanted), **more)


ALONE_BY_ZONE = "no Pod that its affinity wants is in its zone"


def test_near_wants_a_pod_in_the_domain_that_runs_or_stands():
    there = minion("a2", labels={"zone": "a"}, used=(runs(WEB),))
    assert broken((near("cache", "web"), A1), others=[there]) == ()
    assert broken((near("cache", "web"), A1), (WEB, A2)) == ()
    assert broken((near("cache", "web"), B1), others=[there]) == (f"shop/cache on b1: {ALONE_BY_ZONE}",)
    assert broken((near("cache", "web"), NO_ZONE), (WEB, A1)) == (f"shop/cache on bare: {ALONE_BY_ZONE}",)
    assert broken((near("cache", "web"), A1)) == (f"shop/cache on a1: {ALONE_BY_ZONE}",)


def test_near_by_two_terms_wants_pods_that_match_both():
    both = near("cache", "web", "db")
    assert broken((both, A1), (WEB, A1), (pod("db", labels={"app": "db"}), A1)) != ()
    tiers = (app("web"), PodTerm(topology_key="disk", selector=(wants("tier"),), namespaces=("shop",)))
    ssd = minion("a9", labels={"zone": "a", "disk": "ssd"})
    one = pod("one", labels={"app": "web", "tier": "x"})
    assert broken((pod("cache", near=tiers), ssd), (one, ssd)) == ()
    assert broken((pod("cache", near=tiers), ssd), (WEB, ssd)) != ()


def test_the_first_of_its_kind_needs_no_other_and_the_rest_go_near_it():
    webs = [pod(f"web-{n}", labels={"app": "web"}, near=(app("web"),)) for n in range(3)]
    assert broken((webs[0], A1)) == ()
    assert broken((webs[0], A1), (webs[1], A2), (webs[2], A1)) == ()
    assert broken((webs[0], A1), (webs[1], A2), (webs[2], B1)) == (f"shop/web-2 on b1: {ALONE_BY_ZONE}",)
    assert broken((webs[0], NO_ZONE)) == (f"shop/web-0 on bare: {ALONE_BY_ZONE}",)
    there = minion("c9", labels={"zone": "c"}, used=(runs(WEB),))
    assert broken((webs[0], A1), others=[there]) == (f"shop/web-0 on a1: {ALONE_BY_ZONE}",)


def test_who_stays_at_home_was_there_before_a_newcomer_of_its_kind():
    stays = pod("old", labels={"app": "web"}, near=(app("web"),), home="a1")
    assert broken((stays, A1), (WEB, B1)) == ()
    assert broken((stays, A2), (WEB, B1)) == (f"shop/old on a2: {ALONE_BY_ZONE}",)


def test_two_that_want_each_other_do_not_hold_each_other_up():
    assert len(broken((near("a", "b"), A1), (near("b", "a"), A1))) == 2
    assert broken((near("a", "b"), A1), (near("b", "c"), A1), (pod("c", labels={"app": "c"}), A2)) == ()


def test_who_may_be_first_is_so_before_another_takes_the_right_from_it():
    """`both` is what `solo` wants, not the other way round: solo is first, then both is first of its own kind."""
    solo = pod("solo", labels={"app": "s"}, near=(app("s"),))
    both = pod(
        "both",
        labels={"app": "s", "kind": "b"},
        near=(PodTerm(topology_key="zone", selector=(wants("kind"),), namespaces=("shop",)),),
    )
    assert broken((both, A1), (solo, B1)) == ()


# ----------------------------------------------------------------------------------------------------------- spread

BY_ZONE = Spread(topology_key="zone", selector=(wants("app", "In", "web"),))


def webs(*spreads, count=4, **more):
    return [pod(f"web-{n}", labels={"app": "web"}, spreads=spreads or (BY_ZONE,), **more) for n in range(count)]


def test_a_spread_counts_pods_by_domain_above_the_least():
    pods = webs()
    assert broken(*zip(pods, (A1, B1, C1, A2), strict=True)) == ()
    uneven = broken(*zip(pods, (A1, A2, B1, B1), strict=True), others=[C1])
    assert len(uneven) == 4
    assert uneven[0] == (
        "shop/web-0 on a1: it is spread by zone, maxSkew 1, and there are 2 alike in a and 0 in the least"
    )
    wide = webs(Spread(topology_key="zone", max_skew=2, selector=BY_ZONE.selector))
    assert broken(*zip(wide, (A1, A2, B1, B1), strict=True), others=[C1]) == ()


def test_what_runs_counts_and_is_not_judged():
    crowd = minion("a2", labels={"zone": "a"}, used=tuple(runs(each) for each in webs(count=3)))
    (late,) = webs(count=1)
    assert broken((late, B1), others=[crowd]) == ()
    assert len(broken((late, A1), others=[crowd, B1])) == 1


def test_who_stays_at_home_is_spread_among_those_that_were_there():
    (stays,) = webs(count=1, home="a1")
    named = [pod(f"named-{n}", labels={"app": "web"}, node_name="a2", spreads=(BY_ZONE,)) for n in range(2)]
    assert broken((stays, A1), *((each, A2) for each in named), others=[B1]) == ()
    crowd = minion("a3", labels={"zone": "a"}, used=tuple(runs(each) for each in webs(count=2)))
    assert len(broken((stays, A1), others=[B1, crowd])) == 1


def test_newcomers_without_the_constraint_come_after_those_with_it():
    plain = [pod(f"plain-{n}", labels={"app": "web"}) for n in range(3)]
    (late,) = webs(count=1)
    assert broken((late, A1), *((each, A1) for each in plain), others=[B1]) == ()


def test_too_few_domains_count_as_an_empty_one():
    three = Spread(topology_key="zone", selector=BY_ZONE.selector, min_domains=3)
    assert broken(*zip(webs(three, count=2), (A1, B1), strict=True)) == ()
    assert len(broken(*zip(webs(three), (A1, A2, B1, B1), strict=True))) == 4


def test_only_minions_that_the_pod_may_choose_are_domains():
    closed = minion("d1", labels={"zone": "d"}, taints=(DB,))
    cordoned = minion("e1", labels={"zone": "e"}, unschedulable=True)
    two = webs(count=2, node_selector={"zone": "a"})
    assert broken(*zip(two, (A1, A2), strict=True), others=[B1]) == ()
    blind = Spread(topology_key="zone", selector=BY_ZONE.selector, honors_affinity=False)
    assert broken(*zip(webs(blind, count=2, node_selector={"zone": "a"}), (A1, A2), strict=True), others=[B1]) != ()
    for shut in (closed, cordoned):
        assert broken(*zip(webs(count=2), (A1, A2), strict=True), others=[shut]) != ()
        seeing = Spread(topology_key="zone", selector=BY_ZONE.selector, honors_taints=True)
        assert broken(*zip(webs(seeing, count=2), (A1, A2), strict=True), others=[shut]) == ()


def test_pods_on_minions_outside_the_domains_count_for_nothing():
    hdd = minion("a3", labels={"zone": "a", "disk": "hdd"}, used=tuple(runs(each) for each in webs(count=2)))
    ssds = [minion(f"{zone}9", labels={"zone": zone, "disk": "ssd"}) for zone in "ab"]
    two = webs(count=2, node_selector={"disk": "ssd"})
    assert broken(*zip(two, ssds, strict=True), others=[hdd]) == ()


def test_a_minion_without_the_key_takes_no_spread_pod():
    (late,) = webs(count=1)
    assert broken((late, NO_ZONE), others=[A1]) == (
        "shop/web-0 on bare: it is spread by zone, and the Minion has no such label",
    )
    soft = Spread(topology_key="zone", selector=BY_ZONE.selector, hard=False)
    assert broken((*webs(soft, count=1), NO_ZONE)) == ()
    (named,) = webs(count=1, node_name="bare")
    assert broken((named, NO_ZONE)) == ()


# ----------------------------------------------------------------------------------------------------------- its size


def test_ten_thousand_pods_on_a_thousand_minions_are_checked():
    """A check of every Pod against every other would take minutes here; how long it takes is the benchmark's to say."""
    zones = [minion(f"m{n:04}", cpu=99, memory=99, labels={"zone": f"z{n % 3}", "host": str(n)}) for n in range(1000)]
    pods = [
        pod(
            f"p{n}",
            labels={"app": f"a{n // 3}"},
            cpu_millis=1,
            node_selector={"zone": f"z{n % 3}"} if n % 5 == 0 else {},
            apart=(app(f"a{n // 3}", "host"),) if n % 30 < 9 else (),
            spreads=(Spread(topology_key="zone", selector=(wants("app", "In", f"a{n // 3}"),), honors_affinity=False),)
            if n // 3 % 7 == 0
            else (),
            near=(app(f"a{n // 3}"),) if n // 3 % 11 == 1 and n // 3 % 7 and n // 3 % 5 else (),
        )
        for n in range(10_000)
    ]
    assert check(pods, zones, [f"m{(n * 3 + n // 1000) % 999:04}" for n in range(10_000)], bound_claims={})
