"""Everything that a sandbox made goes with `down`, whatever happened before."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from footprint import NOTHING, family, footprint

from podctl.engine.sandbox import IMAGE, down, find, up
from podctl.engine.sandbox.layout import sandbox_id, subnet_candidates
from podctl.engine.sandbox.machine import run, wait_until
from podctl.errors import InputError, PodctlError


@pytest.fixture
def folder(sandbox_folder):
    """A folder for a sandbox that a test makes and breaks."""
    path = sandbox_folder.with_name(f"{sandbox_folder.name}-broken")
    down(path)
    yield path
    down(path)


def with_a_container(sandbox):
    """A Minion with a running container, a volume and a published port: what leaves most behind."""
    sandbox["alpha"].docker(
        "run", "-d", "--restart", "always", "-p", "8080:80", "-v", "data:/data", IMAGE, "httpd", "-f", "-p", "80"
    )
    return sandbox


def test_down_leaves_nothing(folder):
    with_a_container(up(folder, 2))
    before, known = footprint(folder), family(folder)
    assert {kind for kind, found in before.items() if not found} == {"named namespaces"}
    down(folder)
    assert footprint(folder, known) == NOTHING


def test_the_daemons_of_a_minion_leave_this_machines_folders_alone(folder):
    places = [place for place in map(Path, ("/etc/docker", "/opt", "/srv", "/home")) if place.exists()]
    before = {place: sorted((str(each), each.stat().st_mtime_ns) for each in place.iterdir()) for place in places}
    with with_a_container(up(folder, 1)) as sandbox:
        subprocess.run(["ssh", "-F", sandbox.layout.ssh_config, "alpha", "true"], check=True)
        sandbox["alpha"].restart_docker()
    assert {
        place: sorted((str(each), each.stat().st_mtime_ns) for each in place.iterdir()) for place in places
    } == before


def test_down_with_nothing_to_do_does_nothing(folder):
    down(folder)
    assert footprint(folder) == NOTHING


def test_down_keeps_what_someone_else_put_there(folder):
    up(folder, 1)
    (folder / "web.yaml").write_text("kind: Pod\n")
    down(folder)
    assert footprint(folder) == {**NOTHING, "files": [str(folder)]}
    assert [path.name for path in folder.iterdir()] == ["web.yaml"]
    with pytest.raises(InputError, match="in use for something else"):
        up(folder, 1)
    with pytest.raises(InputError, match="in use for something else"):
        down(folder)
    shutil.rmtree(folder)


def test_down_finds_a_sandbox_whose_folder_was_deleted(folder):
    with_a_container(up(folder, 1))
    known = family(folder)
    shutil.rmtree(folder)
    down(folder)
    assert footprint(folder, known) == NOTHING


@pytest.mark.parametrize("order", [list, reversed], ids=["the oldest first", "the youngest first"])
def test_down_after_every_process_was_killed(folder, order):
    with_a_container(up(folder, 1))
    known = family(folder)
    for each in order(known):
        if each.alive:
            with contextlib.suppress(ProcessLookupError):  # the end of one before may have ended it
                os.kill(each.pid, signal.SIGKILL)
    down(folder)
    assert footprint(folder, known) == NOTHING


def test_up_after_every_process_was_killed_boots_from_the_disks(folder):
    with_a_container(up(folder, 1))
    for each in family(folder):
        if each.alive:
            with contextlib.suppress(ProcessLookupError):  # the end of one before may have ended it
                os.kill(each.pid, signal.SIGKILL)
    alpha = up(folder)["alpha"]
    assert alpha.docker("volume", "ls", "-q").stdout == "data\n"
    assert alpha.ssh_answers()


@pytest.mark.parametrize(
    "milestone",
    ["sandbox.json", "id_ed25519", "busybox.tar", "alpha/disk.img", "inventory.yaml", "alpha/boot.log", "alpha/pid"],
)
def test_up_killed_half_way_is_finished_by_up_and_removed_by_down(folder, milestone):
    half_way = subprocess.Popen(
        [sys.executable, "-m", "podctl", "sandbox", "up", "--minions", "1", "--dir", folder], stdout=subprocess.DEVNULL
    )
    assert wait_until((folder / milestone).exists, seconds=30)
    half_way.kill()
    half_way.wait()
    if milestone in ("busybox.tar", "alpha/boot.log"):
        assert up(folder, 1)["alpha"].docker("image", "inspect", IMAGE).returncode == 0
    known = family(folder)
    down(folder)
    assert footprint(folder, known) == NOTHING


def test_a_disk_that_is_no_disk_is_reported_with_what_mount_said(folder):
    sandbox = up(folder, 2)
    sandbox["alpha"].kill()
    with (folder / "alpha" / "disk.img").open("r+b") as disk:
        disk.write(bytes(2**20))
    with pytest.raises(PodctlError, match="alpha did not boot") as caught:
        up(folder)
    assert "wrong fs type" in caught.value.evidence
    assert [minion.ssh for minion in sandbox.health()] == [False, True]
    known = family(folder)
    down(folder)
    assert footprint(folder, known) == NOTHING


def test_a_folder_below_what_minions_cover_with_blanks_in_its_name_will_do(sandbox_folder):
    folder = Path("/root/.cache", f"{sandbox_folder.name} with blanks")
    try:
        alpha = up(folder, 1)["alpha"]
        alpha.docker("run", "--rm", IMAGE, "true")
        alpha.kill()
        assert find(folder).start("alpha")
        known = family(folder)
        down(folder)
        assert footprint(folder, known) == NOTHING
    finally:
        down(folder)


def test_a_subnet_that_someone_has_is_passed_over(folder):
    first = next(subnet_candidates(sandbox_id(folder)))
    run(["ip", "link", "add", "podctl-test", "type", "bridge"])
    try:
        run(["ip", "addr", "add", f"{first[200]}/30", "dev", "podctl-test"])
        sandbox = up(folder, 1)
        assert not sandbox.layout.subnet.overlaps(first)
        assert sandbox["alpha"].ssh_answers()
    finally:
        run(["ip", "link", "del", "podctl-test"])
    assert up(folder) == sandbox


def test_a_bridge_that_someone_removed_comes_back_and_the_minions_hang_in_it(folder):
    sandbox = up(folder, 1)
    pid = sandbox["alpha"].pid
    run(["ip", "link", "del", sandbox.layout.bridge])
    assert not sandbox["alpha"].ssh_answers()
    sandbox["alpha"].kill()
    with pytest.raises(PodctlError, match="bridge is gone"):
        sandbox.start("alpha")
    assert up(folder, 2)["alpha"].pid != pid
    run(["ip", "link", "del", sandbox.layout.bridge])
    assert [minion.ssh for minion in up(folder).health()] == [True, True]


def test_killing_a_minion_releases_all_but_its_disk(folder):
    sandbox = with_a_container(up(folder, 1))
    alpha, known = sandbox["alpha"], family(folder)
    alpha.kill()
    left = footprint(folder, known)
    assert {kind for kind, found in left.items() if found} == {"links", "addresses", "cgroups", "rules", "files"}
    assert [line.split(": ")[1] for line in left["links"]] == [sandbox.layout.bridge]
    assert not list(Path("/sys/fs/cgroup").glob(f"**{alpha.place.cgroup}"))


def test_two_sandboxes_live_side_by_side(folder):
    second = folder.with_name(f"{folder.name}-second")
    try:
        left, right = up(folder, 1), up(second, 1)
        assert not left.layout.subnet.overlaps(right.layout.subnet)
        assert left["alpha"].pid != right["alpha"].pid
        down(second)
        assert footprint(second) == {**NOTHING, "files": []}
        assert find(folder)["alpha"].ssh_answers()
        assert find(folder)["alpha"].docker_answers()
    finally:
        down(second)
