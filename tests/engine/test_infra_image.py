"""The program is run as process 1 of a PID namespace of its own: what it does is seen, not read from its bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podctl.engine import infra_image
from podctl.errors import DockerError, ExitCode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the program is Linux's")

FROZEN_IDS = {  # another id is another image: raise the tag of IMAGE with it
    "amd64": "sha256:0e0193c4e04674f8657829568ad1795825fc6de591cf4f69942455df975b7c07",
    "arm64": "sha256:24aa93dd2f7dfd95d68f3d92a46f99dabdcf234f11dc07865730e52937a3aee8",
}
LISTINGS = {"amd64": infra_image.AMD64_LISTING, "arm64": infra_image.ARM64_LISTING}
BINUTILS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
DEBIAN_BINUTILS = {"amd64": "binutils-x86-64-linux-gnu", "arm64": "binutils-aarch64-linux-gnu"}
MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}
RT_SIGTIMEDWAIT = {"x86_64": "128", "aarch64": "137"}
both_architectures = pytest.mark.parametrize("architecture", ["amd64", "arm64"])


# ------------------------------------------------------------------------------------------------- the program runs


def _until(condition):
    """Waits for something that no descriptor can be polled for."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.002)


def _emulator(architecture):
    if platform.machine() == MACHINE[architecture]:
        return []
    found = shutil.which(f"qemu-{MACHINE[architecture]}-static") or shutil.which(f"qemu-{MACHINE[architecture]}")
    if not found:
        pytest.skip(f"a program for {architecture} runs here only under qemu-user-static, which is not installed")
    return [found]


def _new_pid_namespace():
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    argv = ["unshare", *own_user, "--pid", "--fork", "--kill-child"]
    trial = subprocess.run([*argv, "true"], capture_output=True, text=True, check=False)
    if trial.returncode:
        pytest.skip(f"no new PID namespace may be made here: {trial.stderr.strip()}")
    return argv


def _children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _waits(pid):
    return Path(f"/proc/{pid}/syscall").read_text().split()[0] == RT_SIGTIMEDWAIT[platform.machine()]


def _state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextmanager
def _process_1(architecture, folder, before=":"):
    """The program once it waits, in place of a shell that ran `before`: what that left is the program's to reap."""
    program = folder / "infra"
    program.write_bytes(infra_image.program(architecture))
    program.chmod(0o755)
    script = f'exec 3<&0; {before}; exec "$@"'
    argv = [*_new_pid_namespace(), "sh", "-c", script, "sh", *_emulator(architecture), str(program)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as unshare:
        try:
            _until(lambda: _children(unshare.pid))
            (pid,) = _children(unshare.pid)
            _until(lambda: _waits(pid))
            yield unshare, pid
        finally:
            unshare.kill()


@both_architectures
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_1_ends_with_0_on(architecture, number, tmp_path):
    with _process_1(architecture, tmp_path) as (unshare, pid):
        os.kill(pid, number)
        assert unshare.wait(timeout=20) == 0


@both_architectures
def test_process_1_reaps_every_orphan_and_then_waits_on(architecture, tmp_path):
    orphans = "i=0; while [ $i -lt 30 ]; do sh -c 'cat <&3 & exit 0'; i=$((i + 1)); done"
    with _process_1(architecture, tmp_path, before=orphans) as (unshare, pid):
        assert len(_children(pid)) == 30
        unshare.stdin.close()  # which all of them end at, at once
        _until(lambda: not _children(pid))
        _until(lambda: _waits(pid))
        os.kill(pid, signal.SIGTERM)
        assert unshare.wait(timeout=20) == 0


@both_architectures
def test_process_1_leaves_a_living_child_alone(architecture, tmp_path):
    with _process_1(architecture, tmp_path, before="sh -c 'cat <&3 & exit 0'; sh -c 'cat <&3 & exit 0'") as (_, pid):
        first, second = _children(pid)
        os.kill(first, signal.SIGKILL)
        _until(lambda: _children(pid) == [second] and _waits(pid))


@both_architectures
def test_process_1_waits_on_after_a_stop_and_a_continue(architecture, tmp_path):
    with _process_1(architecture, tmp_path) as (unshare, pid):
        os.kill(pid, signal.SIGSTOP)
        _until(lambda: _state(pid) == "T")
        os.kill(pid, signal.SIGCONT)
        _until(lambda: _state(pid) == "S" and _waits(pid))
        os.kill(pid, signal.SIGTERM)
        assert unshare.wait(timeout=20) == 0


def test_elsewhere_than_as_process_1_any_other_signal_has_its_usual_effect(tmp_path):
    program = tmp_path / "infra"
    program.write_bytes(infra_image.program(platform.machine()))
    program.chmod(0o755)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGKILL):
        with subprocess.Popen([str(program)]) as process:
            _until(lambda pid=process.pid: _waits(pid))
            process.send_signal(number)
            assert process.wait(timeout=20) == -number


# -------------------------------------------------------------------------------------------- the bytes are the listing


@both_architectures
def test_the_assembly_beside_the_bytes_assembles_to_these_bytes(architecture, tmp_path):
    assembler, objcopy = (shutil.which(f"{BINUTILS[architecture]}-{tool}") for tool in ("as", "objcopy"))
    if not (assembler and objcopy):
        pytest.skip(f"needs the Debian package {DEBIAN_BINUTILS[architecture]}")
    listing = LISTINGS[architecture].splitlines()
    assembly = "\n".join(line.partition("# ")[2].partition(";")[0] for line in listing) + "\n"
    syntax = ".intel_syntax noprefix\n" if architecture == "amd64" else ""
    subprocess.run([assembler, "-o", tmp_path / "object", "-"], input=syntax + assembly, text=True, check=True)
    subprocess.run([objcopy, "-O", "binary", "-j", ".text", tmp_path / "object", tmp_path / "code"], check=True)
    assert infra_image.program(architecture)[120:] == (tmp_path / "code").read_bytes()


@pytest.mark.parametrize("architecture, machine, size", [("amd64", 62, 212), ("arm64", 183, 244)])
def test_the_program_is_a_static_executable_of_one_segment(architecture, machine, size):
    program = infra_image.program(architecture)
    assert len(program) == size
    assert program[:16] == b"\x7fELF\x02\x01\x01" + bytes(9)
    file_header = struct.unpack("<HHIQQQIHHHHHH", program[16:64])
    assert file_header == (2, machine, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    assert struct.unpack("<IIQQQQQQ", program[64:120]) == (1, 5, 0, 0x400000, 0x400000, size, size, 0x10000)


# ------------------------------------------------------------------------------------------------------- the archive


def _files(tar_bytes):
    with tarfile.open(fileobj=io.BytesIO(tar_bytes)) as tar:
        return {
            each.name: (
                (each.mode, each.uid, each.gid, each.uname, each.gname, each.mtime),
                tar.extractfile(each).read(),
            )
            for each in tar.getmembers()
        }


@both_architectures
def test_the_archive_holds_one_image_of_one_layer_with_one_file(architecture):
    files = _files(gzip.decompress(infra_image.archive(architecture)))
    layer = files["layer.tar"][1]
    assert {name: about for name, (about, _) in files.items()} == dict.fromkeys(
        ("config.json", "layer.tar", "manifest.json"), (0o644, 0, 0, "", "", 0)
    )
    assert json.loads(files["manifest.json"][1]) == [
        {"Config": "config.json", "RepoTags": ["podctl/infra:1"], "Layers": ["layer.tar"]}
    ]
    assert json.loads(files["config.json"][1]) == {
        "architecture": architecture,
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {"Entrypoint": ["/infra"], "StopSignal": "SIGTERM"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "podctl"}],
    }
    assert _files(layer) == {"infra": ((0o755, 0, 0, "", "", 0), infra_image.program(architecture))}


@both_architectures
def test_the_archive_is_under_a_kilobyte_and_bears_no_date(architecture):
    archive = infra_image.archive(architecture)
    assert len(archive) < 1000
    assert archive[4:8] == bytes(4)  # MTIME: RFC 1952, 2.3.1
    assert archive == infra_image.archive(architecture)


@both_architectures
def test_the_image_id_is_the_digest_of_the_config_and_frozen(architecture):
    config = _files(gzip.decompress(infra_image.archive(architecture)))["config.json"][1]
    assert infra_image.image_id(architecture) == "sha256:" + hashlib.sha256(config).hexdigest()
    assert infra_image.image_id(architecture) == FROZEN_IDS[architecture]


@both_architectures
def test_an_architecture_goes_by_the_name_of_the_kernel_and_by_that_of_images(architecture):
    for function in (infra_image.program, infra_image.archive, infra_image.image_id):
        assert function(MACHINE[architecture]) == function(architecture)


def test_an_architecture_without_a_listing_is_refused_with_the_way_out():
    with pytest.raises(DockerError) as caught:
        infra_image.archive("riscv64")
    assert (caught.value.message, caught.value.evidence, caught.value.hint, caught.value.exit_code) == (
        "podctl carries no infra image for the architecture riscv64",
        "there is one for x86_64 (amd64) and one for aarch64 (arm64)",
        (
            "give this Minion an `infra_image:` in the inventory: one of its architecture that waits and ends on "
            "SIGTERM, such as registry.k8s.io/pause:3.9"
        ),
        ExitCode.UNREACHABLE,
    )


def test_an_architecture_that_docker_did_not_name_is_refused_too():
    with pytest.raises(DockerError, match="no infra image for the architecture that docker did not name"):
        infra_image.image_id("")


@given(st.text(min_size=1).filter(lambda text: text not in ("x86_64", "amd64", "aarch64", "arm64")))
def test_any_other_architecture_is_refused_by_name(architecture):
    for function in (infra_image.program, infra_image.archive, infra_image.image_id):
        with pytest.raises(DockerError) as caught:
            function(architecture)
        assert caught.value.message.endswith(f"the architecture {architecture}")
