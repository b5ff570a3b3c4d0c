"""`podctl cp` into real containers and back."""

from __future__ import annotations

import os
import stat

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaching import apply, pod

FOREVER = "exec sleep 100000"
NAMES = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200
)


def contents(folder):
    """By path below the folder: what a file holds and its mode; None for a folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
    }


def test_files_and_folders_in_both_directions(podctl, namespace, tmp_path):
    security = {"runAsUser": 1000, "runAsGroup": 1000}
    user = {"name": "user", "image": "sandbox/busybox:1", "command": ["sleep", "100000"], "workingDir": "/home/user",
            "securityContext": security}  # fmt: skip
    apply(podctl, namespace, pod("web", ("a", FOREVER), user))
    cp = lambda *arguments: podctl("cp", "-n", namespace, "-c", "a", *map(str, arguments))  # noqa: E731

    def run(*command, container="a"):
        return podctl("exec", "-n", namespace, "-q", "-c", container, "web", "--", *command).stdout

    source = tmp_path / "source"
    (source / "a b" / "deep").mkdir(parents=True)
    (source / "random").write_bytes(os.urandom(1 << 20))
    (source / "empty").touch(0o600)
    (source / "-rf").write_bytes(b"dash")
    (source / "a b" / "q'\"\n$x").write_bytes(b"quoted")
    (source / "random").chmod(0o751)

    for arguments in (
        (source, "web:/tmp/new"),
        ("web:/tmp/new", tmp_path / "back"),
        ("web:/tmp/new", tmp_path / "back"),
    ):
        done = cp(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert contents(tmp_path / "back") == contents(source)

    assert cp(source, f"{namespace}/web:/tmp/new").returncode == 0
    assert "source\n" in run("ls", "/tmp/new")

    assert cp(source / "random", "web:/tmp/renamed").returncode == 0
    assert cp(source / "random", "web:/tmp").returncode == 0
    assert cp("web:/tmp/renamed", tmp_path).returncode == 0
    assert cp("web:/tmp/random", tmp_path / "other").returncode == 0
    assert {(tmp_path / each).read_bytes() for each in ("renamed", "other")} == {(source / "random").read_bytes()}

    done = podctl("cp", "-n", namespace, "-c", "user", str(source / "empty"), "web:mine", "--no-preserve")
    assert done.returncode == 0
    assert run("stat", "-c", "%u %g %a %n", "/home/user/mine", container="user") == "1000 1000 600 /home/user/mine\n"

    for arguments, said in {
        ("web:/nope", "x"): "error: web:/nope: no such file or folder in the container",
        ("/nope", "web:/tmp"): "error: /nope: no such file or folder here",
        (source / "empty", "web:/no/where"): "error: web:/no/where: no such file or folder in the container",
        (source / "empty", "web:/no/"): "error: web:/no/: no such folder in the container",
        ("web:/tmp/renamed", f"{tmp_path}/no/"): f"error: {tmp_path}/no/: no such folder here",
        ("none:/x", "y"): 'error: pods "none" not found',
    }.items():
        done = cp(*arguments)
        assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (1, "", said)

    assert cp("a", "b").returncode == cp("web:/a", "web:/b").returncode == 2

    run("sh", "-c", "mkdir /l; ln -s /etc /l/out; ln -s f /l/in; echo x >/l/f")
    done = cp("web:/l", tmp_path / "l")
    assert (done.returncode, {each.name for each in (tmp_path / "l").iterdir()}) == (1, {"f", "in"})
    assert done.stderr == (f"warning: {tmp_path}/l/out: left out: a link to /etc, which leads out of {tmp_path}/l\n")

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(NAMES, st.binary(max_size=5000))
    def any_name_and_content_comes_back(name, data):
        (tmp_path / "one").mkdir(exist_ok=True)
        (tmp_path / "one" / name).write_bytes(data)
        assert cp(tmp_path / "one" / name, f"web:/tmp/{name}.there").returncode == 0
        assert cp(f"web:/tmp/{name}.there", tmp_path / "two").returncode == 0
        assert (tmp_path / "two").read_bytes() == data

    any_name_and_content_comes_back()


def test_a_container_that_has_ended_still_gives_and_takes(podctl, namespace, tmp_path):
    apply(podctl, namespace, pod("job", ("a", "echo result >/out"), restartPolicy="Never"))
    (tmp_path / "in").write_text("late")
    assert podctl("cp", "-n", namespace, "job:/out", str(tmp_path / "out")).returncode == 0
    assert podctl("cp", "-n", namespace, str(tmp_path / "in"), "job:/in").returncode == 0
    assert podctl("cp", "-n", namespace, "job:/in", str(tmp_path / "back")).returncode == 0
    assert [(tmp_path / each).read_text() for each in ("out", "back")] == ["result\n", "late"]
