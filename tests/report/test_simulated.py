"""What `simulate` prints, byte by byte."""

from __future__ import annotations

import json

from observed import minion, silent

from podctl.core.model import Cluster, PodKey
from podctl.core.simulation import Simulation, Told
from podctl.errors import ExitCode
from podctl.report.simulation import codes, simulation_json, simulation_text


def told(name, on=None, diagnosis="", **reasons):
    return Told(key=PodKey("shop", name), minion=on, reasons=reasons, diagnosis=diagnosis)


def simulation(*placements, used=2, bound=2, minions=()):
    return Simulation(
        cluster=Cluster(name="shop", minions=minions), placements=placements, minions_used=used, lower_bound=bound
    )


WEB = told("web", "alpha", alpha="fits best")
SHORT = {"alpha": "cpu: 9 asked, 1 free of 4", "beta": "is cordoned (unschedulable)"}


def test_a_table_says_where_each_pod_goes_and_why_and_ends_with_the_minions_that_it_takes():
    done = simulation(WEB, told("database", "charlie", charlie="only fit"))
    assert simulation_text(done) == (
        "POD             MINION    WHY\n"
        "shop/web        alpha     fits best\n"
        "shop/database   charlie   only fit\n"
        "\n"
        "2 Minions used, fewer than 2 is impossible\n"
    )


def test_pods_that_wait_for_the_same_reasons_are_told_of_together():
    alike = [told(f"big-{n}", diagnosis="not enough in sum: 5 cpu free", **SHORT) for n in range(6)]
    other = told("odd", alpha="nodeName wants zeta, which is no Minion")
    assert simulation_text(simulation(WEB, *alike, other, used=1, bound=1)).splitlines()[1:] == [
        "shop/web     alpha    fits best",
        *(f"shop/big-{n}   <none>   waits: not enough in sum" for n in range(6)),
        "shop/odd     <none>   waits: it fits on no Minion",
        "",
        "pods shop/big-0, shop/big-1, shop/big-2, shop/big-3 and 2 more wait:",
        "  not enough in sum: 5 cpu free",
        "  alpha: cpu: 9 asked, 1 free of 4",
        "  beta: is cordoned (unschedulable)",
        "",
        "pod shop/odd waits:",
        "  it fits on no Minion",
        "  alpha: nodeName wants zeta, which is no Minion",
        "",
        "7 of 8 Pods wait",
        "1 Minion used, fewer than 1 is impossible",
    ]


def test_a_few_that_wait_are_all_named():
    text = simulation_text(simulation(*(told(name, **SHORT) for name in ("a", "b", "c"))))
    assert "\npods shop/a, shop/b and shop/c wait:\n  it fits on no Minion\n" in text
    assert "\n1 of 1 Pods waits\n" in simulation_text(simulation(told("a", **SHORT)))


def test_nothing_to_place_is_said_with_the_minions_that_are_in_use():
    assert simulation_text(simulation()) == "No Pods to place.\n\n2 Minions used, fewer than 2 is impossible\n"
    assert json.loads(simulation_json(simulation())) == {"placements": [], "minions_used": 2, "lower_bound": 2}


def test_a_message_of_a_minion_moves_no_cursor():
    assert "\x1b" not in simulation_text(simulation(told("web", "alpha", alpha="\x1b[2J"), told("b", alpha="\x1b[2J")))


def test_json_has_exactly_what_programs_were_told_of_one_line_a_placement():
    text = simulation_json(simulation(WEB, told("big", diagnosis="too large", **SHORT), used=1, bound=1))
    assert text == (
        "{\n"
        '  "placements": [\n'
        '    {"pod": "shop/web", "minion": "alpha", "reasons": {"alpha": "fits best"}},\n'
        '    {"pod": "shop/big", "minion": null, "reasons": {"alpha": "cpu: 9 asked, 1 free of 4", '
        '"beta": "is cordoned (unschedulable)"}, "diagnosis": "too large"}\n'
        "  ],\n"
        '  "minions_used": 1,\n'
        '  "lower_bound": 1\n'
        "}\n"
    )
    assert list(json.loads(text)) == ["placements", "minions_used", "lower_bound"]


def test_what_waits_and_who_is_silent_counts_for_the_exit_code():
    assert codes(simulation(WEB)) == []
    assert codes(simulation(told("a"))) == [ExitCode.UNPLACED]
    assert codes(simulation(WEB, minions=(minion(), silent()))) == [ExitCode.UNREACHABLE]
    assert codes(simulation(told("a"), minions=(silent(),))) == [ExitCode.UNPLACED, ExitCode.UNREACHABLE]
