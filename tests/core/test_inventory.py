"""Inventories: every key, defaults and their order, and that reading one stays cheap."""

# ruff: noqa: E501  a line of an inventory, and of code for another Python, stays in one line

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.core.inventory import KEYS, LOCAL, parse_inventory
from podctl.core.inventory_values import STRATEGIES
from podctl.core.model import Inventory, Minion, Resources, Taint, Thresholds
from podctl.core.placement.model import Strategy
from podctl.errors import InventoryError

EXAMPLE = Path(__file__).parents[2] / "inventory.example.yaml"


def minion(settings: str, defaults: str = "", source: str = "inventory.yaml") -> Minion:
    text = f"cluster: shop\ndefaults: {{{defaults}}}\nminions:\n  alpha: {{{settings}}}\n"
    return parse_inventory(text, source).minions[0]


def test_the_shortest_inventory_is_a_cluster_and_the_names_of_its_machines():
    assert parse_inventory("cluster: shop\nminions: {alpha: , beta: {}}\n", "i.yaml") == Inventory(
        cluster="shop",
        minions=(Minion(name="alpha", address="alpha"), Minion(name="beta", address="beta")),
        source="i.yaml",
    )


def test_without_an_inventory_there_is_this_machine():
    assert Inventory(cluster="default", minions=(Minion(name="local", transport="local"),), source="built in") == LOCAL


def test_every_key_of_a_minion_is_read():
    settings = """address: 192.0.2.11, user: deploy, port: 2222, identity_file: /k, known_hosts: /h, host_key_alias: web,
        proxy_jump: "jump@bastion:22", ssh_config: /c, connect_timeout: 5, command_timeout: 2.5, pull_timeout: 60,
        transport: ssh, sudo: true, docker: podman, infra_image: "pause:3.9", labels: {zone: a, example.com/disk: ""},
        taints: [{key: gpu, value: "yes", effect: NoSchedule}, {key: old, effect: NoExecute}],
        capacity: {cpu: 2.5, memory: 8Gi, pods: 50, nvidia.com/gpu: 2}, reserved: {cpu: 200m, memory: 1e9},
        unschedulable: true"""
    assert minion(settings) == Minion(
        name="alpha",
        address="192.0.2.11",
        transport="ssh",
        user="deploy",
        port=2222,
        identity_file="/k",
        known_hosts="/h",
        host_key_alias="web",
        proxy_jump="jump@bastion:22",
        ssh_config="/c",
        connect_timeout_seconds=5,
        command_timeout_seconds=2.5,
        pull_timeout_seconds=60,
        sudo=True,
        docker="podman",
        infra_image="pause:3.9",
        labels={"zone": "a", "example.com/disk": ""},
        taints=(Taint(key="gpu", value="yes", effect="NoSchedule"), Taint(key="old", value="", effect="NoExecute")),
        capacity=Resources(cpu_millis=2500, memory_bytes=8 * 2**30, pods=50, extended={"nvidia.com/gpu": 2}),
        reserved=Resources(cpu_millis=200, memory_bytes=10**9),
        unschedulable=True,
    )


def test_the_table_of_keys_fills_every_field_of_a_minion():
    assert {key.attribute for key in KEYS.values()} | {"name"} == {each.name for each in fields(Minion)}


def test_what_a_minion_gives_wins_over_defaults_key_by_key():
    found = minion("user: root, reserved: {cpu: 1}", "user: deploy, port: 2222, reserved: {memory: 1Gi}")
    assert found == Minion(name="alpha", address="alpha", user="root", port=2222, reserved=Resources(cpu_millis=1000))


def test_null_is_the_same_as_not_given():
    assert minion("user: ~, labels: null", "port: null") == Minion(name="alpha", address="alpha")


def test_a_local_minion_needs_no_address():
    assert minion("transport: local") == Minion(name="alpha", transport="local")


def test_files_are_below_the_inventory_unless_they_are_absolute_or_at_home():
    settings = "identity_file: keys/id, known_hosts: ~/.ssh/known_hosts, ssh_config: /etc/ssh/config"
    found = minion(settings, source="/etc/podctl/inventory.yaml")
    assert found.identity_file == "/etc/podctl/keys/id"
    assert (found.known_hosts, found.ssh_config) == ("~/.ssh/known_hosts", "/etc/ssh/config")
    assert minion("", "identity_file: id", source="sub/inventory.yaml").identity_file == "sub/id"
    assert minion("identity_file: id").identity_file == "id"


def test_addresses_may_be_names_and_of_either_ip_version():
    for address in ("192.0.2.1", "2001:db8::1", "fe80::1%eth0", "web_1.example.com", "bastion"):
        assert minion(f'address: "{address}"').address == address


def test_one_machine_may_run_two_engines():
    text = "cluster: shop\nminions: {a: {address: h, docker: docker}, b: {address: h, docker: podman}}\n"
    assert [each.docker for each in parse_inventory(text, "i").minions] == ["docker", "podman"]


def test_minions_stay_in_the_order_of_the_file():
    assert [each.name for each in parse_inventory("cluster: s\nminions: {c: , a: , b: }\n", "i").minions] == [
        "c",
        "a",
        "b",
    ]


@settings(deadline=None)  # a busy machine fails nothing
@given(st.integers(0, 10**9))
def test_whole_cpus_and_millis_are_the_same(millis):
    for spelled in (f"{millis}m", f"'{millis}e-3'", millis / 1000 if millis < 10**6 else f"{millis}m"):
        assert minion(f"capacity: {{cpu: {spelled}}}").capacity.cpu_millis == millis


def test_the_example_is_read_and_has_every_key():
    text = EXAMPLE.read_text(encoding="utf-8")
    found = parse_inventory(text, "inventory.example.yaml")
    assert [each.name for each in found.minions] == ["alpha", "beta", "gamma", "here"]
    written = set(re.findall(r"(\w+):", re.sub(r"#.*", "", text)))
    top = {"cluster", "strategy", "defaults", "minions"}
    assert set(KEYS) | top | {"key", "value", "effect", "cpu", "memory", "pods"} <= written


def test_the_example_shows_the_defaults_of_the_code():
    shown = parse_inventory(EXAMPLE.read_text(encoding="utf-8"), "i").minions[0]
    silent = minion("")
    for name in (
        "connect_timeout_seconds",
        "command_timeout_seconds",
        "pull_timeout_seconds",
        "sudo",
        "docker",
        "transport",
    ):
        assert getattr(shown, name) == getattr(silent, name)


def test_reading_an_inventory_imports_no_validation_library():
    code = "import sys, podctl.core.inventory as i; i.parse_inventory('cluster: a\\nminions: {a: }', 'i'); print('pydantic' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def test_a_strategy_stands_beside_the_name_of_the_cluster_and_is_one_of_those_that_placement_knows():
    known = get_args(Strategy)
    assert known == STRATEGIES
    for strategy in known:
        text = f"cluster: shop\nstrategy: {strategy}\nminions: {{alpha: }}\n"
        assert parse_inventory(text, "i.yaml").strategy == strategy
    assert parse_inventory("cluster: shop\nstrategy: ~\nminions: {alpha: }\n", "i.yaml").strategy == "binpack"


@pytest.mark.parametrize("given, problem", [
    ("bin-pack", 'i.yaml:2: strategy: must be one of binpack, spread (did you mean "binpack"?)'),
    ("[spread]", "i.yaml:2: strategy: must be one of binpack, spread"),
    ("3", "i.yaml:2: strategy: must be one of binpack, spread"),
])  # fmt: skip
def test_a_strategy_that_is_none_is_an_error_at_its_line(given, problem):
    with pytest.raises(InventoryError) as caught:
        parse_inventory(f"cluster: shop\nstrategy: {given}\nminions: {{alpha: }}\n", "i.yaml")
    assert caught.value.problems == (problem,)


def test_thresholds_of_health_are_those_of_the_minion_else_of_defaults_else_the_codes():
    assert minion("").health == Thresholds(disk_percent=90, memory_percent=95, clock_seconds=5)
    assert minion("", defaults="health: {disk: 80%}").health == Thresholds(disk_percent=80)
    assert minion("health: {clock: 0.5, memory: 1%}", defaults="health: {disk: 80%}").health == Thresholds(
        memory_percent=1, clock_seconds=0.5
    )


@pytest.mark.parametrize("given, problem", [
    ("90", "must be a mapping, as {disk: 90%, memory: 95%, clock: 5}, not a number"),
    ("{disc: 90%}", 'minions.alpha.health.disc: is no key of health (did you mean "disk"?)'),
    ("{disk: 90}", "minions.alpha.health.disk: must be a percentage from 1% to 100%, as 90%, not 90"),
    ("{disk: 101%}", "minions.alpha.health.disk: must be a percentage from 1% to 100%, as 90%, not 101%"),
    ("{disk: 0%}", "minions.alpha.health.disk: must be a percentage from 1% to 100%, as 90%, not 0%"),
    ("{memory: many}", "minions.alpha.health.memory: must be a percentage from 1% to 100%, as 90%, not many"),
    ("{clock: 5s}", "minions.alpha.health.clock: must be a number of seconds, as 30, not a string"),
])  # fmt: skip
def test_a_threshold_that_is_none_is_an_error_at_its_line(given, problem):
    with pytest.raises(InventoryError) as error:
        minion(f"health: {given}")
    (line,) = error.value.problems
    assert line.startswith("inventory.yaml:4: minions.alpha.health")
    assert problem in line
