"""A Minion of the sandbox is a machine: with a disk, a cable, a clock, accounts, and daemons that restart."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest

from podctl.engine.sandbox import IMAGE, down, up
from podctl.engine.sandbox.image import Tar, busybox_archive, docker_archive
from podctl.engine.sandbox.machine import wait_until
from podctl.engine.sandbox.release import loops_on
from podctl.errors import NotFoundError, PodctlError


@pytest.fixture(scope="module")
def small(sandbox_folder):
    """Two Minions for this module; each test leaves them on, linked and right."""
    folder = sandbox_folder.with_name(f"{sandbox_folder.name}-small")
    down(folder)
    with up(folder, 2) as raised:
        yield raised


@pytest.fixture
def alpha(small):
    minion = small["alpha"]
    yield minion
    small.start("alpha")
    minion.mend()
    minion.skew(0)
    if left := minion.docker("ps", "-aq").stdout.split():
        minion.docker("rm", "-fv", *left)


def ssh(minion, line, *options):
    return subprocess.run(
        ["ssh", "-F", minion.folder.parent / "ssh_config", "-o", "BatchMode=yes", *options, minion.name, line],
        check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def silent(link, *, seconds=0.2):
    """Whether nothing comes over that connection, no end either."""
    link.settimeout(seconds)
    try:
        link.recv(1)
    except TimeoutError:
        return True
    return False


def test_up_again_leaves_everything_alone(small):
    before = [(minion.pid, minion.docker("info", "-f", "{{.ID}}").stdout) for minion in small.minions]
    logins = [(minion.folder / "sshd.log").read_text().count("Accepted") for minion in small.minions]
    texts = {path: path.read_bytes() for path in small.folder.iterdir() if path.is_file()}
    assert up(small.folder) == small
    assert [(minion.pid, minion.docker("info", "-f", "{{.ID}}").stdout) for minion in small.minions] == before
    assert [(minion.folder / "sshd.log").read_text().count("Accepted") for minion in small.minions] == logins
    assert {path: path.read_bytes() for path in small.folder.iterdir() if path.is_file()} == texts


def test_up_again_boots_only_what_is_off_and_mends_nothing(small, alpha):
    bravo = small["bravo"]
    before = bravo.pid
    alpha.kill()
    bravo.cut()
    up(small.folder)
    assert (alpha.ssh_answers(), bravo.pid, bravo.connected) == (True, before, False)
    bravo.mend()


def test_a_login_by_the_written_config_verifies_the_host_key_and_finds_docker(alpha):
    done = ssh(alpha, "hostname; id -un; docker ps -q; echo $PATH", "-o", "StrictHostKeyChecking=yes")
    path = "/run/sandbox/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert (done.stdout, done.returncode) == (f"alpha\nroot\n{path}\n", 0)


def test_sshd_logs_each_connection_and_each_session(alpha):
    log = alpha.folder / "sshd.log"
    before = log.read_text()
    ssh(alpha, "true")
    news = log.read_text().removeprefix(before)
    assert (news.count("Connection from"), news.count("Starting session")) == (1, 1)


def test_a_power_cut_tells_nobody_and_the_disk_keeps_what_was_written(alpha, small):
    alpha.docker("run", "-d", "--name", "web", "--restart", "always", "-v", "data:/data", IMAGE, "sleep", "1000")
    alpha.docker("exec", "web", "sh", "-c", "echo kept >/data/volume; echo kept >/layer")
    alpha.run(["sh", "-c", "echo kept >/srv/file; echo lost >/run/file"])
    host_key = (alpha.folder / "ssh_host_ed25519_key.pub").read_text()
    with socket.create_connection((alpha.address, 22)) as link:
        link.recv(100)
        alpha.kill()
        assert silent(link)
    assert (alpha.running, alpha.ssh_answers(), alpha.docker_answers()) == (False, False, False)
    assert loops_on(alpha.folder) == ()
    with pytest.raises(PodctlError, match="alpha is off"):
        alpha.run(["true"])

    assert small.start("alpha")
    assert not small.start("alpha")
    assert alpha.docker("exec", "web", "cat", "/data/volume", "/layer").stdout == "kept\nkept\n"
    assert alpha.run(["cat", "/srv/file", "/run/file"], check=False).stdout == "kept\n"
    assert (alpha.folder / "ssh_host_ed25519_key.pub").read_text() == host_key
    assert ssh(alpha, "true").returncode == 0


def test_a_cut_link_swallows_packets_and_a_mended_one_goes_on(alpha):
    with socket.create_connection((alpha.address, 22)) as link:
        link.recv(100)
        alpha.cut()
        link.sendall(b"SSH-2.0-test\r\n")
        assert silent(link)
        assert not alpha.ssh_answers()
        assert alpha.docker_answers()
        alpha.mend()
        link.settimeout(10)
        assert link.recv(1)
    assert alpha.ssh_answers(timeout_seconds=5)


@pytest.mark.parametrize("seconds", [3600, -90])
def test_a_skewed_clock_is_skewed_over_ssh_on_that_minion_only(alpha, small, seconds):
    alpha.skew(seconds)
    alpha.kill()
    small.start("alpha")
    shown = [int(ssh(minion, "date +%s").stdout) - round(time.time()) for minion in small.minions]
    assert shown == pytest.approx([seconds, 0], abs=3)
    assert ssh(alpha, "date -u -d @0 +%F; date +%N").stdout.startswith("1970-01-01\n")
    alpha.skew(0)
    assert int(ssh(alpha, "date +%s").stdout) == pytest.approx(time.time(), abs=3)


def test_restarting_docker_stops_containers_and_their_policy_brings_them_back(alpha):
    alpha.docker("run", "-d", "--name", "back", "--stop-timeout", "0", "--restart", "always", IMAGE, "sleep", "1000")
    alpha.docker("run", "-d", "--name", "gone", "--stop-timeout", "0", IMAGE, "sleep", "1000")
    pid = alpha.run(["cat", "/run/docker.pid"]).stdout
    machine = alpha.pid
    alpha.restart_docker()
    assert alpha.run(["cat", "/run/docker.pid"]).stdout != pid
    assert alpha.pid == machine
    assert alpha.docker("ps", "--format", "{{.Names}}").stdout == "back\n"


def test_a_dead_dockerd_is_started_by_the_next_up(alpha, small):
    alpha.run(["sh", "-c", "kill -9 $(cat /run/docker.pid)"])
    assert wait_until(lambda: not alpha.docker_answers(), seconds=5)
    assert up(small.folder)["alpha"].docker_answers()


def test_an_image_is_loaded_where_it_is_asked_for(small, tmp_path):
    layer = Tar()
    layer.file("hello", b"hello\n")
    archive = tmp_path / "hello.tar"
    archive.write_bytes(docker_archive(layer.data(), "test/hello:1"))
    ids = {}
    for names in (["bravo"], []):
        small.load(archive, names)
        for minion in small.minions:
            ids[len(names), minion.name] = minion.docker("images", "-q", "test/hello:1").stdout
    assert (ids[1, "alpha"], ids[1, "bravo"]) == ("", ids[0, "bravo"])
    assert ids[0, "alpha"] == ids[0, "bravo"] != ""
    for minion in small.minions:
        minion.docker("rmi", "test/hello:1")


def test_the_image_to_try_with_is_the_same_everywhere_and_every_time(small):
    ids = {minion.docker("image", "inspect", "-f", "{{.Id}}", IMAGE).stdout for minion in small.minions}
    assert len(ids) == 1
    assert busybox_archive() == small.layout.image.read_bytes()


def test_the_image_to_try_with_serves_a_page_and_resolves_names(alpha):
    alpha.docker("network", "create", "n")
    alpha.docker("run", "-d", "--name", "web", "--network", "n", IMAGE, "httpd", "-f", "-p", "80", "-h", "/www")
    ask = ("run", "--rm", "--network", "n", "--user", "1000", IMAGE)
    assert alpha.docker(*ask, "wget", "-qO-", "http://web/").stdout == "<h1>Hello from a Pod</h1>\n"
    assert (
        alpha.docker(*ask, "sh", "-c", "id -un; stat -c %a /tmp; echo hi >/tmp/x && cat /tmp/x").stdout
        == "user\n1777\nhi\n"
    )
    alpha.docker("rm", "-f", "web")
    alpha.docker("network", "rm", "n")


def test_minions_and_this_machine_reach_each_other(alpha, small):
    script = 'exec 3<>"/dev/tcp/$1/22"; read -r -n 4 word <&3; echo "$word"'
    assert alpha.run(["bash", "-c", script, "-", small["bravo"].address]).stdout == "SSH-\n"
    with socket.create_server((small.layout.gateway, 0)) as here:
        here.settimeout(5)
        script = 'exec 3<>"/dev/tcp/$1/$2"'
        alpha.run(["bash", "-c", script, "-", small.layout.gateway, str(here.getsockname()[1])])
        link, peer = here.accept()
        link.close()
    assert peer[0] == alpha.address


def test_a_minion_has_accounts_of_its_own_with_any_shell(alpha):
    real = Path("/etc/passwd").read_text()
    accounts, secrets = alpha.folder / "etc/passwd", alpha.folder / "etc/shadow"
    before = accounts.read_text(), secrets.read_text()
    with accounts.open("a") as passwd, secrets.open("a") as shadow:
        passwd.write("eve:x:2001:2001::/home/eve:/bin/dash\n")
        shadow.write("eve:*:20000:0:99999:7:::\n")
    alpha.run(["mkdir", "-p", "/home/eve"])
    assert ssh(alpha, "echo $0 $HOME", "-l", "eve").stdout == "dash /home/eve\n"
    assert Path("/etc/passwd").read_text() == real
    assert not Path("/home/eve").exists()
    accounts.write_text(before[0])
    secrets.write_text(before[1])


def test_only_keys_log_in_unless_an_extra_file_says_otherwise(alpha):
    extra = alpha.folder / "sshd_config.d" / "password.conf"
    refused = ssh(alpha, "true", "-o", "PubkeyAuthentication=no").stderr
    extra.write_text("PasswordAuthentication yes\n")
    alpha.reload_sshd()
    asked = ssh(alpha, "true", "-o", "PubkeyAuthentication=no").stderr
    extra.unlink()
    alpha.reload_sshd()
    assert refused.strip().endswith("Permission denied (publickey).")
    assert asked.strip().endswith("Permission denied (publickey,password).")


def test_what_is_written_by_path_stays_on_the_minion(alpha, small):
    for place in ("/tmp", "/var/tmp", "/var/log", "/srv", "/home", "/opt", "/etc/docker", "/root", "/run"):
        alpha.run(["touch", f"{place}/only-alpha"])
        assert not Path(place, "only-alpha").exists()
        assert small["bravo"].run(["ls", f"{place}/only-alpha"], check=False).returncode != 0


def test_orphans_are_reaped(alpha):
    alpha.run(["sh", "-c", "(sleep 0.01 &) ; (true &)"])
    assert wait_until(lambda: "Z" not in alpha.run(["ps", "-e", "-o", "stat="]).stdout, seconds=5)


def test_output_and_input_of_run_are_any_bytes(alpha):
    data = bytes(range(256)) * 1000
    assert alpha.run(["cat"], data).stdout.encode(errors="surrogateescape") == data
    assert alpha.run(["cat"], "grüße\n").stdout == "grüße\n"
    assert alpha.run(["sh", "-c", "exit 3"], check=False).returncode == 3
    with pytest.raises(PodctlError, match="alpha: `false` failed with 1"):
        alpha.run(["false"])


def test_a_minion_that_is_not_there_is_named_with_those_that_are(small):
    with pytest.raises(NotFoundError) as caught:
        small["zulu"]
    assert (caught.value.message, caught.value.hint) == (
        f"There is no Minion 'zulu' in {small.folder}",
        "there are alpha, bravo",
    )
