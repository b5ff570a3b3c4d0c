"""Where a sandbox puts things, without making any: names, addresses, texts."""

from __future__ import annotations

import os
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from podctl.engine.sandbox.layout import (
    MOST_MINIONS,
    TEST_RANGE,
    Layout,
    canonical,
    free_subnet,
    minion_names,
    sandbox_id,
    subnet_candidates,
)
from podctl.engine.sandbox.needs import PACKAGES, install_command, missing_programs
from podctl.engine.sandbox.texts import (
    inventory_text,
    known_hosts_line,
    skewed_date_text,
    ssh_config_text,
    sshd_config_text,
    unlocked_shadow_text,
)
from podctl.errors import InputError

LAYOUT = Layout(folder=Path("/tmp/try it"), subnet=IPv4Network("198.18.7.0/24"), names=("alpha", "bravo"))


def test_minions_are_named_by_the_nato_alphabet_and_then_by_number():
    assert minion_names(0) == ()
    assert minion_names(4) == ("alpha", "bravo", "charlie", "delta")
    assert minion_names(28)[24:] == ("yankee", "zulu", "m27", "m28")


@given(st.integers(0, MOST_MINIONS), st.integers(0, MOST_MINIONS))
def test_more_minions_keep_the_names_of_fewer(few, many):
    assert minion_names(max(few, many))[: min(few, many)] == minion_names(min(few, many))


def test_places_are_fixed_by_folder_and_number():
    shown = [(place.name, place.interface, place.mac, place.veth, place.zone, place.cgroup) for place in LAYOUT.places]
    assert sandbox_id(LAYOUT.folder) == "2e3027c1"
    assert shown == [
        ("alpha", "198.18.7.11/24", "02:70:c6:12:07:0b", "pc2e3027c1m1", "a", "/podctl-sandbox-2e3027c1/alpha"),
        ("bravo", "198.18.7.12/24", "02:70:c6:12:07:0c", "pc2e3027c1m2", "b", "/podctl-sandbox-2e3027c1/bravo"),
    ]  # fmt: skip
    assert (LAYOUT.bridge, LAYOUT.gateway) == ("pc2e3027c1", "198.18.7.1")


@given(st.text("abcdef/ _-.é", max_size=40))
def test_every_place_fits_the_kernel_and_the_subnet(word):
    layout = Layout(folder=Path("/x", word), subnet=IPv4Network("198.19.255.0/24"), names=minion_names(MOST_MINIONS))
    assert max(len(place.veth) for place in layout.places) <= 15
    assert len({place.address for place in layout.places} | {layout.gateway}) == MOST_MINIONS + 1
    assert layout.places[-1].address == "198.19.255.210"


@pytest.mark.parametrize("folder", ["/", "/run/x", "/run", "/tmp/a\nb"])
def test_a_folder_that_minions_would_hide_is_refused(folder):
    with pytest.raises(InputError, match="cannot live in"):
        canonical(Path(folder))


def test_a_sandbox_is_named_after_its_folder_however_that_is_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert canonical(tmp_path / "link") == canonical(tmp_path / "x" / ".." / "real") == (tmp_path / "real").resolve()


@given(st.binary(min_size=4, max_size=4))
def test_every_subnet_of_the_test_range_is_tried_once(raw):
    tried = list(subnet_candidates(raw.hex()))
    assert sorted(tried) == list(TEST_RANGE.subnets(new_prefix=24))


def test_a_taken_subnet_is_passed_over():
    candidates = [IPv4Network("198.18.0.0/24"), IPv4Network("198.18.1.0/24"), IPv4Network("198.18.2.0/24")]
    assert free_subnet(candidates, []) == candidates[0]
    assert free_subnet(candidates, [IPv4Network("198.18.0.128/30"), IPv4Network("198.18.1.1/32")]) == candidates[2]
    assert free_subnet(candidates, [IPv4Network("198.18.0.0/22")]) is None


def test_a_route_to_everything_takes_nothing():
    candidates = [IPv4Network("198.18.0.0/24")]
    assert free_subnet(candidates, [IPv4Network("128.0.0.0/1"), TEST_RANGE]) == candidates[0]


def test_the_inventory_shares_the_machine_out():
    assert yaml.safe_load(inventory_text(LAYOUT, cpu_millis=3000, memory_bytes=3 * 2**30 + 5)) == {
        "cluster": "sandbox",
        "defaults": {
            "user": "root",
            "identity_file": "id_ed25519",
            "known_hosts": "known_hosts",
            "connect_timeout": 5,
        },
        "minions": {
            name: {
                "address": address,
                "labels": {"zone": zone},
                "capacity": {"cpu": "1500m", "memory": "1536Mi", "pods": 50},
            }
            for name, address, zone in (("alpha", "198.18.7.11", "a"), ("bravo", "198.18.7.12", "b"))
        },
    }


def test_many_minions_on_a_small_machine_still_have_some_capacity():
    crowd = Layout(folder=Path("/x"), subnet=LAYOUT.subnet, names=minion_names(MOST_MINIONS))
    minions = yaml.safe_load(inventory_text(crowd, cpu_millis=100, memory_bytes=2**20))["minions"]
    assert minions["zulu"]["capacity"] == {"cpu": "1m", "memory": "1Mi", "pods": 50}


def test_ssh_config_and_known_hosts_name_each_minion():
    assert ssh_config_text(LAYOUT).split("Host bravo\n")[1] == (
        "    HostName 198.18.7.12\n"
        "    User root\n"
        '    IdentityFile "/tmp/try it/id_ed25519"\n'
        "    IdentitiesOnly yes\n"
        '    UserKnownHostsFile "/tmp/try it/known_hosts"\n'
        "    ConnectTimeout 5\n"
    )
    assert known_hosts_line(LAYOUT.places[0], "ssh-ed25519 AAAA alpha\n") == "alpha,198.18.7.11 ssh-ed25519 AAAA\n"


def test_further_sshd_settings_win_and_the_limits_are_sshds_own():
    lines = sshd_config_text().splitlines()
    assert lines[0] == "Include /run/sandbox/sshd_config.d/*.conf"
    assert {"LogLevel VERBOSE", "AllowTcpForwarding yes", "PasswordAuthentication no"} < set(lines)
    assert not [line for line in lines if line.startswith(("MaxStartups", "MaxSessions"))]


def test_root_may_log_in_and_all_others_stay_as_they_are():
    shadow = "root:!:20000:0:99999:7:::\nbin:!*:20000::::::\n\nsync:$y$hash:20000:0:99999:7:::\n"
    assert (
        unlocked_shadow_text(shadow)
        == "root:*:20000:0:99999:7:::\nbin:!*:20000::::::\nsync:$y$hash:20000:0:99999:7:::\n"
    )
    assert unlocked_shadow_text("") == ""


@pytest.mark.parametrize("seconds, words", [(60, "'+60 seconds'"), (-5, "'-5 seconds'")])
def test_a_skewed_date_is_off_by_its_seconds(seconds, words):
    assert skewed_date_text(seconds).splitlines()[-1] == f'exec /bin/date -d {words} "$@"'


def test_what_is_missing_is_named_with_the_packages_that_bring_it(tmp_path):
    assert missing_programs(str(tmp_path)) == tuple(PACKAGES)
    for program in PACKAGES:
        if program not in ("dockerd", "docker", "sshd"):
            (tmp_path / program).touch(mode=0o755)
    missing = missing_programs(str(tmp_path))
    assert missing == ("dockerd", "docker", "sshd")
    assert install_command(missing) == "apt-get install -y docker.io openssh-server"
    assert install_command(("docker", "ip")) == "apt-get install -y docker-cli iproute2"


def test_nothing_is_missing_on_a_path_that_has_it_all(tmp_path):
    for program in PACKAGES:
        (tmp_path / program).touch(mode=0o755)
    assert missing_programs(os.fspath(tmp_path)) == ()
