"""`podctl sandbox` on the command line: what it prints, and what it says when it cannot."""

from __future__ import annotations

import subprocess

import pytest

from podctl.engine.sandbox import down


def test_status_shows_power_link_daemons_and_clock(podctl, sandbox):
    where = ("--dir", str(sandbox.folder))
    done = [
        podctl("sandbox", *verb.split(), *where).stdout
        for verb in ("kill alpha", "cut bravo", "skew charlie -90", "restart-docker charlie", "cut alpha")
    ]
    assert done == [
        "alpha is off\n",
        "bravo is cut off\n",
        "charlie: date is off by -90 s\n",
        "charlie: dockerd restarted\n",
        "alpha is cut off\n",
    ]
    address = {minion.name: minion.address for minion in sandbox.minions}
    assert [line.split() for line in podctl("sandbox", "status", *where).stdout.splitlines()] == [
        ["NAME", "ADDRESS", "POWER", "LINK", "SSHD", "DOCKERD", "CLOCK"],
        ["alpha", address["alpha"], "off", "cut", "silent", "silent", "+0s"],
        ["bravo", address["bravo"], "on", "cut", "silent", "answers", "+0s"],
        ["charlie", address["charlie"], "on", "up", "answers", "answers", "-90s"],
    ]
    verbs = ("start alpha", "start alpha", "mend bravo", "skew charlie 0")
    assert [podctl("sandbox", *verb.split(), *where).stdout for verb in verbs] == [
        "alpha is on\n",
        "alpha was on\n",
        "bravo is linked\n",
        "charlie: date is right\n",
    ]


def test_load_says_what_docker_said_of_each_minion(podctl, sandbox):
    archive, where = str(sandbox.layout.image), ("--dir", str(sandbox.folder))
    word = "Loaded image: sandbox/busybox:1"
    named = podctl("sandbox", "load", archive, "charlie", "alpha", *where)
    assert (named.returncode, named.stdout) == (0, f"charlie: {word}\nalpha: {word}\n")
    everywhere = podctl("sandbox", "load", archive, "--all", *where)
    assert (everywhere.returncode, everywhere.stdout) == (0, f"alpha: {word}\nbravo: {word}\ncharlie: {word}\n")


def test_up_prints_how_to_go_on_and_down_ends_it(podctl, sandbox_folder):
    folder = sandbox_folder.with_name(f"{sandbox_folder.name}-command line")
    try:
        raised = podctl(
            "sandbox", "up", "--minions", "1", "--disk", "300Mi", "--dir", str(folder), env={"SUDO_UID": "65534"}
        )
        assert (raised.returncode, raised.stderr) == (0, "")
        assert f"podctl -i '{folder}/inventory.yaml' get minions\n" in raised.stdout
        assert f"export PODCTL_INVENTORY='{folder}/inventory.yaml'\n" in raised.stdout
        assert (folder / "alpha" / "disk.img").stat().st_size == 300 * 2**20
        assert [(folder / name).stat().st_uid for name in ("id_ed25519", "sandbox.json")] == [65534, 0]
        ended = [podctl("sandbox", "down", "--dir", str(folder)) for _ in "12"]
        assert [(done.returncode, done.stdout, done.stderr) for done in ended] == [
            (0, "The sandbox is gone.\n", "")
        ] * 2
        assert not folder.exists()
    finally:
        down(folder)


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        ("kill zulu --dir {folder}", 1,
         "error: There is no Minion 'zulu' in {folder}\nHint: there are alpha, bravo, charlie\n"),
        ("status --dir {folder}-none", 1,
         "error: There is no sandbox in {folder}-none\nHint: podctl sandbox up --dir {folder}-none\n"),
        ("load {folder}/busybox.tar --dir {folder}", 2, "error: Name the Minions, or say --all.\n"),
        ("load {folder}/busybox.tar alpha --all --dir {folder}", 2, "error: Name the Minions, or say --all.\n"),
        ("load {folder}/inventory.yaml alpha --dir {folder}", 1, "error: alpha: `docker load` failed with 1\n"),
        ("up --disk much --dir {folder}", 2, "error: Invalid value for --disk: 'much' is not a quantity"),
        ("up --disk 10Mi --dir {folder}", 2,
         "error: A disk of 10485760 bytes is too small for docker\nHint: 64Mi is the least, 2Gi the default\n"),
        ("up --minions 201 --dir {folder}", 2, "error: 201 Minions are too many\nHint: a sandbox has up to 200\n"),
        ("up --dir /run/x", 2, "error: A sandbox cannot live in /run/x\n"),
        ("down --dir /etc", 2, "error: /etc is in use for something else\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_with_the_way_out(podctl, sandbox, arguments, code, words):
    done = podctl("sandbox", *arguments.format(folder=sandbox.folder).split())
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(words.format(folder=sandbox.folder))


def test_without_root_it_says_so(podctl, tmp_path):
    argv = podctl.argv("sandbox", "up", "--dir", str(tmp_path / "x"))
    done = subprocess.run(["unshare", "--user", *argv], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "error: The sandbox cannot run here\n  it needs root\nHint: run it with sudo\n",
    )
    assert not (tmp_path / "x").exists()
