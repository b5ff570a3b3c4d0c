"""A sandbox's life: up, found again, down."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from podctl.engine.sandbox import machine, network, state, texts
from podctl.engine.sandbox.boot import boot, has_image, load_image, make_folder, make_key
from podctl.engine.sandbox.image import busybox_archive
from podctl.engine.sandbox.layout import DEFAULT_FOLDER, MOST_MINIONS, Layout, canonical, minion_names, sandbox_id
from podctl.engine.sandbox.minion import Health, SandboxMinion
from podctl.engine.sandbox.needs import require
from podctl.engine.sandbox.processes import kill_all
from podctl.engine.sandbox.release import release_loops, remove_cgroups
from podctl.errors import InputError, NotFoundError, PodctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

DEFAULT_MINIONS = 3
DEFAULT_DISK_BYTES = 2 * 2**30
LEAST_DISK_BYTES = 64 * 2**20
_AT_ONCE = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that is up. As a context manager it is taken down at the end."""

    layout: Layout

    @property
    def folder(self) -> Path:
        return self.layout.folder

    @property
    def inventory(self) -> Path:
        return self.layout.inventory

    @property
    def minions(self) -> tuple[SandboxMinion, ...]:
        return tuple(map(SandboxMinion, self.layout.places))

    def __getitem__(self, name: str) -> SandboxMinion:
        for minion in self.minions:
            if minion.name == name:
                return minion
        raise NotFoundError(
            f"There is no Minion {name!r} in {self.folder}", hint=f"there are {', '.join(self.layout.names)}"
        )

    def start(self, name: str) -> bool:
        """Boots a Minion that is off, from its disk; whether there was anything to do."""
        minion = self[name]
        with state.locked(self.folder):
            if minion.running:
                return False
            if not network.link_exists(self.layout.bridge):
                raise PodctlError("The sandbox's bridge is gone", hint=f"podctl sandbox up --dir {self.folder}")
            _boot_afresh(minion)
            return True

    def load(self, archive: Path, names: Iterable[str] = ()) -> dict[str, str]:
        """`docker load` on those Minions, or on all; docker's word by name."""
        chosen = [self[name] for name in names] or list(self.minions)
        words = _in_parallel(lambda minion: load_image(minion, archive), chosen)
        return {minion.name: word for minion, word in zip(chosen, words, strict=True)}

    def health(self) -> list[Health]:
        return _in_parallel(SandboxMinion.health, self.minions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        down(self.folder)


def up(folder: Path, minions: int | None = None, *, disk_bytes: int = DEFAULT_DISK_BYTES) -> Sandbox:
    """A running sandbox with at least that many Minions (None: those there are, or 3). Those that run are left alone.

    Raises PodctlError when this machine cannot carry one, InputError when the folder holds something else.
    """
    require()
    folder = canonical(folder)
    amount = minions or 0
    if not 0 <= amount <= MOST_MINIONS:
        raise InputError(f"{amount} Minions are too many", hint=f"a sandbox has up to {MOST_MINIONS}")
    if disk_bytes < LEAST_DISK_BYTES:
        raise InputError(
            f"A disk of {disk_bytes} bytes is too small for docker", hint="64Mi is the least, 2Gi the default"
        )
    state.check_ours(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with state.locked(folder):
        layout = _claim(folder, minions)
        make_key(layout.key, "podctl sandbox")
        if not layout.image.exists():
            state.write_atomically(layout.image, busybox_archive())
        sandbox = Sandbox(layout)
        _in_parallel(lambda minion: make_folder(minion.place, layout, disk_bytes=disk_bytes), sandbox.minions)
        _write_ways_in(layout)
        _in_parallel(lambda minion: _see_that_it_runs(minion, layout.image), sandbox.minions)
    return sandbox


def _claim(folder: Path, minions: int | None) -> Layout:
    """The layout with its subnet taken by its bridge, and written down."""
    identity = sandbox_id(folder)
    known = state.load(folder)
    with network.bridge_claim():
        subnet = network.choose_subnet(identity, known.subnet if known else None)
        if known and known.subnet != subnet:
            kill_all(identity)  # they have addresses that are someone else's now
        names = minion_names(max(minions or 0, len(known.names) if known else 0) or DEFAULT_MINIONS)
        layout = Layout(folder=folder, subnet=subnet, names=names)
        state.save(layout)
        network.raise_bridge(layout)
    return layout


def _write_ways_in(layout: Layout) -> None:
    hosts = [
        texts.known_hosts_line(each, (each.folder / "ssh_host_ed25519_key.pub").read_text()) for each in layout.places
    ]
    inventory = texts.inventory_text(layout, cpu_millis=machine.cpu_millis(), memory_bytes=machine.memory_bytes())
    state.write_atomically(layout.known_hosts, "".join(hosts))
    state.write_atomically(layout.ssh_config, texts.ssh_config_text(layout))
    state.write_atomically(layout.inventory, inventory)
    if caller := os.environ.get("SUDO_UID"):  # whoever ran `sudo podctl sandbox up` uses the key without sudo
        os.chown(layout.key, int(caller), -1)


def _see_that_it_runs(minion: SandboxMinion, archive: Path) -> None:
    if minion.running:
        network.reattach(minion.place)
        machine.wait_until(
            lambda: minion.docker_answers() or minion.docker_died() or not minion.running,  # it may just be dying
            seconds=5,
        )
    if not minion.running:
        _boot_afresh(minion)
    elif not minion.docker_answers():
        minion.restart_docker()
    if not has_image(minion):
        load_image(minion, archive)


def _boot_afresh(minion: SandboxMinion) -> None:
    """Boots it once nothing of its last life is left, which a crash may have let live on in part."""
    kill_all(minion.place.marker)
    release_loops(minion.folder)
    boot(minion)


def _in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(function, items))


def find(folder: Path) -> Sandbox:
    """The sandbox that lives in the folder, running or not. Raises PodctlError when there is none.

    Needs root as `up` does: others cannot see whose a process is.
    """
    require()
    return Sandbox(state.existing(canonical(folder)))


def down(folder: Path) -> None:
    """Nothing of the sandbox is left: no process, namespace, mount, loop device, link, rule, cgroup or file.

    What lies in the folder that no sandbox makes stays, and the folder with it. Works without the folder too: whatever
    the kernel holds carries the sandbox's id.
    """
    require()
    folder = canonical(folder)
    state.check_ours(folder)
    if folder.exists():
        with state.locked(folder):
            _remove_from_kernel(folder)
            _remove_files(folder)
    else:
        _remove_from_kernel(folder)


def _remove_from_kernel(folder: Path) -> None:
    identity = sandbox_id(folder)
    kill_all(identity)
    release_loops(folder)
    network.remove_network(identity)
    remove_cgroups(f"/podctl-sandbox-{identity}")


def _remove_files(folder: Path) -> None:
    layout = state.load(folder)
    for place in layout.places if layout else ():
        shutil.rmtree(place.folder, ignore_errors=True)
    if layout:
        for file in (layout.inventory, layout.ssh_config, layout.known_hosts, layout.image, layout.key):
            file.unlink(missing_ok=True)
        layout.key.with_suffix(".pub").unlink(missing_ok=True)
    for draft in folder.glob(".*.draft*"):
        draft.unlink()
    (folder / state.STATE_FILE).unlink(missing_ok=True)
    with suppress(OSError):  # something else lies in it
        folder.rmdir()
        if folder == canonical(DEFAULT_FOLDER):
            folder.parent.rmdir()
