"""Making a Minion's folder, and booting it from there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from podctl.engine.sandbox import network, texts
from podctl.engine.sandbox.image import IMAGE
from podctl.engine.sandbox.machine import SEARCH_PATH, run, wait_until
from podctl.engine.sandbox.minion import SandboxMinion, tail
from podctl.engine.sandbox.processes import MARKER, is_first_process
from podctl.engine.sandbox.state import write_atomically
from podctl.errors import PodctlError

if TYPE_CHECKING:
    from podctl.engine.sandbox.layout import Layout, Place

_NAMESPACES = (
    "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc",
    "--propagation", "private",
)  # fmt: skip


def make_key(path: Path, comment: str) -> None:
    """An ed25519 key pair without passphrase; the one that is there stays."""
    if path.exists() and path.with_suffix(".pub").exists():
        return
    draft = path.with_name(f".{path.name}.draft")
    for each in (draft, draft.with_name(f"{draft.name}.pub")):
        each.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(draft)])
    draft.with_name(f"{draft.name}.pub").replace(path.with_suffix(".pub"))
    draft.replace(path)


def make_folder(place: Place, layout: Layout, *, disk_bytes: int) -> None:
    """Everything the Minion boots from. Its disk, keys, accounts and further sshd settings are made once and kept."""
    folder = place.folder
    for each in ("etc", "bin", "sshd_config.d", "disk"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the Minion's other users read authorized_keys here
    make_key(folder / "ssh_host_ed25519_key", place.name)
    _make_disk(folder / "disk.img", disk_bytes)
    for name in ("passwd", "group", "shadow"):
        if not (folder / "etc" / name).exists():
            text = Path("/etc", name).read_text()
            secret = name == "shadow"
            write_atomically(
                folder / "etc" / name,
                texts.unlocked_shadow_text(text) if secret else text,
                mode=0o600 if secret else 0o644,
            )
    for path, text in (
        ("etc/hosts", texts.hosts_text(place.name)),
        ("authorized_keys", layout.key.with_suffix(".pub").read_text()),
        ("sshd_config", texts.sshd_config_text()),
        ("cgroup", place.cgroup),
        ("init.sh", texts.INIT),
        ("docker.sh", texts.DOCKER),
    ):
        if not (folder / path).exists() or (folder / path).read_text() != text:
            write_atomically(folder / path, text)


def _make_disk(disk: Path, size_bytes: int) -> None:
    if disk.exists():
        return
    draft = disk.with_name(".disk.draft")
    with draft.open("wb") as file:
        file.truncate(size_bytes)
    options = "lazy_itable_init=1,lazy_journal_init=1,nodiscard"
    run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", options, str(draft)])
    draft.replace(disk)


def boot(minion: SandboxMinion) -> None:
    """Starts a Minion that is off; returns when its sshd and dockerd answer. Raises PodctlError with its log's end."""
    place = minion.place
    outer = _open_gate(place)

    def first() -> int | None:
        return next((pid for pid in _children(outer) if is_first_process(pid)), None)

    def greets() -> bool:
        # Asked too early, the address is not there yet and the kernel repeats its question only after a second.
        return Path(f"/proc/{first()}/root/run/sshd.pid").exists() and minion.ssh_answers()

    started = wait_until(lambda: greets() or not Path(f"/proc/{outer}").exists(), seconds=30)
    pid = first()
    if not started or pid is None:
        raise PodctlError(
            f"{place.name} did not boot",
            evidence=tail(place.folder / "boot.log"),
            hint=f"`podctl sandbox down --dir {place.folder.parent}` and `up` begin anew",
        )
    (place.folder / "pid").write_text(str(pid))
    minion.await_docker()


def _open_gate(place: Place) -> int:
    """The process that will be the parent of process 1. It outlives us, in a session of its own."""
    with subprocess.Popen(
        ["setsid", "--fork", "unshare", "--net", "sh", "-c", texts.GATE, "gate", str(place.folder / "boot.log"),
         *_NAMESPACES, "sh", str(place.folder / "init.sh"), place.name, place.interface, str(place.folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"PATH": SEARCH_PATH, "LANG": "C.UTF-8", MARKER: place.marker},
    ) as gate:  # fmt: skip
        if gate.stdin is None or gate.stdout is None:
            raise AssertionError("both are pipes")
        outer = gate.stdout.readline().strip()
        if not outer:
            raise PodctlError(f"{place.name}: no new network namespace", hint="`unshare --net true` says why")
        network.plug(place, int(outer))
        gate.stdin.write("go\n")
    return int(outer)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def load_image(minion: SandboxMinion, archive: Path) -> str:
    """What docker says it loaded. Raises PodctlError."""
    return minion.docker("load", input=archive).stdout.strip()


def has_image(minion: SandboxMinion, reference: str = IMAGE) -> bool:
    return minion.docker("image", "inspect", "-f", "{{.Id}}", reference, check=False).returncode == 0
