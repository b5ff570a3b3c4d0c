"""docker's answers, read: every state that a container was seen in, by an old and a new command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from captured import CLIENTS, captured
from hypothesis import given
from hypothesis import strategies as st

from podctl.core.model import MinionFacts, ObservedVolume, PodKey, PublishedPort
from podctl.engine.docker import ask
from podctl.engine.docker.answers import parse_containers, parse_facts, parse_now, parse_time, parse_volumes

NO_SUCH_PROGRAM = (
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
    'exec: "nosuch": executable file not found in $PATH: unknown'
)
TMP = "podctl_sandbox_d4fe2727-f631-48c8-b14b-017850fbdf92_tmp"
STORE = "podctl_sandbox_default_claim_store"
STATES = {  # name: status, exit code, error, out of memory, restarts, has started, has finished
    "podctl_sandbox_default_web_server": ("running", 0, "", False, 0, True, False),
    "podctl_sandbox_default_nocmd_c": ("created", 127, NO_SUCH_PROGRAM, False, 0, False, False),
    "podctl_sandbox_default_ended_c": ("exited", 0, "", False, 0, True, True),
    "podctl_sandbox_default_loop_c": ("restarting", 2, "", False, 10, True, True),
    "podctl_sandbox_default_oom_c": ("exited", 137, "", True, 0, True, True),
    "paused": ("paused", 0, "", False, 0, True, False),
    "not-started": ("created", 0, "", False, 0, False, False),
}


@pytest.fixture(params=CLIENTS)
def client(request):
    return request.param


@pytest.fixture
def seen(client):
    return {each.name: each for each in parse_containers(captured(client, "containers"))}


def test_every_state_is_read(seen):
    found = {
        name: (each.status, each.exit_code, each.error, each.oom_killed, min(each.restart_count, 10),
               each.started_at is not None, each.finished_at is not None)
        for name, each in seen.items() if name in STATES
    }  # fmt: skip
    assert found == STATES


def test_what_runs_and_what_does_not(seen):
    assert sorted(name for name, each in seen.items() if not each.running) == sorted(
        [*(f"podctl_sandbox_default_{name}" for name in ("nocmd_c", "ended_c", "loop_c", "oom_c")), "not-started"]
    )


def test_published_ports_are_those_that_are_wanted(seen):
    assert {name: each.ports for name, each in seen.items() if each.ports} == {
        "podctl_sandbox_default_web": (
            PublishedPort(host_ip="127.0.0.1", host_port=5353, container_port=53, protocol="UDP"),
            PublishedPort(host_ip="", host_port=8080, container_port=80, protocol="TCP"),
        ),
        "stranger": (
            PublishedPort(host_ip="", host_port=9090, container_port=80, protocol="TCP"),
            PublishedPort(host_ip="127.0.0.1", host_port=9443, container_port=443, protocol="TCP"),
        ),
    }


def test_limits_volumes_addresses_and_the_minions_own_network(seen):
    found = {
        name.removeprefix("podctl_sandbox_default_"): (
            each.cpu_limit_millis, each.memory_limit_bytes >> 20, each.volumes, bool(each.ip), each.host_network
        )
        for name, each in seen.items()
    }  # fmt: skip
    nothing = (0, 0, (), False, False)
    infra = (0, 6, (), True, False)
    assert found == {
        "web": (0, 6, (TMP, STORE), True, False),
        "web_server": (100, 32, (), False, False),
        "web_clock": (0, 0, (TMP, STORE), False, False),
        "host": (0, 6, (), False, True),
        **dict.fromkeys(("host_c", "nocmd_c", "ended_c", "loop_c", "not-started"), nothing),
        **dict.fromkeys(("nocmd", "ended", "loop", "oom"), infra),
        "oom_c": (0, 8, (), False, False),
        "paused": (0, 0, (), True, False),
        "stranger": (500, 64, ("anon",), True, False),
    }


def test_both_command_lines_say_the_same():
    old, new = (parse_containers(captured(client, "containers")) for client in CLIENTS)
    assert [each.name for each in old] == [each.name for each in new]
    assert parse_volumes(captured("old", "volumes")) == parse_volumes(captured("new", "volumes"))


def test_labels_come_whole(seen):
    assert seen["stranger"].labels == {"note": "theirs"}
    assert seen["podctl_sandbox_default_oom_c"].labels["podctl.pod"] == "oom"


def test_volumes_are_a_pods_own_or_a_claims(client):
    own, claims = parse_volumes(captured(client, "volumes"))
    uid = own.labels["podctl.uid"]
    folder = "/run/sandbox/disk/docker/volumes"
    assert own == ObservedVolume(
        name=f"podctl_sandbox_{uid}_tmp", mountpoint=f"{folder}/podctl_sandbox_{uid}_tmp/_data", uid=uid,
        labels={"podctl.cluster": "sandbox", "podctl.namespace": "default", "podctl.uid": uid},
    )  # fmt: skip
    assert (claims.name, claims.uid, claims.claim) == (STORE, "", PodKey("default", "store"))


def test_what_an_engine_says_of_its_machine(client):
    assert parse_facts(captured(client, "facts"), resolv_conf="nameserver 9.9.9.9\n", address="198.18.66.12") == (
        MinionFacts(
            cpu_millis=2000, memory_bytes=25276502016, engine_version="20.10.24+dfsg1", api_version=(1, 41),
            os_image="Debian GNU/Linux 12 (bookworm) (containerized)", kernel="6.18.44-fc-v669",
            architecture="x86_64", security_options=("name=seccomp,profile=default",),
            resolv_conf="nameserver 9.9.9.9\n", address="198.18.66.12",
        )
    )  # fmt: skip


def test_nothing_there_is_an_empty_answer(client):
    assert (parse_containers(""), parse_volumes(captured(client, "no_volumes"))) == ((), ())


def test_of_two_containers_one_is_gone(client):
    (seen,) = parse_containers(captured(client, "named_one_missing"))
    assert seen.name == "podctl_sandbox_default_host"
    assert ask.is_gone(captured(client, "named_one_missing.stderr"))


def test_an_engine_that_does_not_run_is_not_an_empty_one(client):
    assert not ask.is_gone(captured(client, "not_running.stderr"))
    assert not ask.is_gone("")


@pytest.mark.parametrize(
    "said",
    [
        "sh: /opt/x/docker: No such file or directory",
        'Get "http://x/v1.24/info": dial unix /var/run/docker.sock: connect: no such file or directory',
        "dial tcp: lookup alpha: no such host",
        "Error: No such container: web\nsh: docker: No such file or directory",
    ],
)
def test_what_is_missing_beside_a_container_is_a_failure(said):
    assert not ask.is_gone(said)


@pytest.mark.parametrize(
    "said",
    [
        "Error: No such container: web\nError: No such container: job",
        "Error response from daemon: get podctl_shop_default_claim_data: no such volume",
        "Error: No such object: web",
    ],
)
def test_a_container_or_a_volume_that_went_meanwhile_is_gone(said):
    assert ask.is_gone(said)


BROKEN = {
    "it breaks off": captured("old", "containers")[:1000],
    "a warning stands before it": "WARNING: No swap limit support\n" + captured("old", "containers"),
    "it is a list, as another program prints it": json.dumps([{"Id": "1"}]),
    "a field is missing": '{"id":"1","name":"/a"}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_an_error_and_never_half_a_list(text):
    with pytest.raises((ValueError, LookupError, TypeError)):
        parse_containers(text)


TIMES = {
    "2026-11-22T16:45:44.374276984Z": datetime(2026, 11, 22, 16, 45, 44, 374276, tzinfo=UTC),
    "2026-11-22T16:45:44.7Z": datetime(2026, 11, 22, 16, 45, 44, 700000, tzinfo=UTC),
    "2026-11-22T16:45:44Z": datetime(2026, 11, 22, 16, 45, 44, tzinfo=UTC),
    "2026-11-22T18:45:44.5+02:00": datetime(2026, 11, 22, 16, 45, 44, 500000, tzinfo=UTC),
    "0001-01-01T00:00:00Z": None,
    "": None,
}


@pytest.mark.parametrize("text, wanted", TIMES.items(), ids=[text or "nothing" for text in TIMES])
def test_stamps_are_compared_as_times_and_never_as_texts(text, wanted):
    assert parse_time(text) == wanted


@pytest.mark.parametrize("text", ["yesterday", "2026-11-22 16:45:44", "2026-11-22T16:45:44"])
def test_what_is_no_stamp_is_an_error(text):
    with pytest.raises(ValueError, match="is not a time stamp"):
        parse_time(text)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_any_stamp_comes_back(moment):
    moment = moment.replace(tzinfo=UTC)
    digits = f"{moment:%f}".rstrip("0")
    assert parse_time(f"{moment:%Y-%m-%dT%H:%M:%S}{f'.{digits}' if digits else ''}Z") == moment


def test_the_clock_is_read_in_seconds():
    assert parse_now("1795366039\n") == datetime(2026, 11, 22, 16, 47, 19, tzinfo=UTC)
