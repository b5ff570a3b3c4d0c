"""The inventory's text to frozen values: a small table of keys instead of a validation library, for `get` is fast.

    cluster: shop
    defaults: {user: deploy}
    minions:
      alpha: {address: 192.0.2.11}

`inventory.example.yaml` has every key. What a Minion gives wins over `defaults`, key by key. Every error is shown at
once, as `inventory.yaml:7: minions.alpha.port: what`.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from podctl.core.inventory_values import (
    InventoryValueError,
    address,
    command,
    flag,
    image,
    labels,
    port,
    resources,
    seconds,
    strategy,
    taints,
    text,
    thresholds,
    transport,
)
from podctl.core.model import Inventory, Minion
from podctl.core.syntax import label_problem
from podctl.core.yamltext import Document, Path, did_you_mean, kind, load, nearest
from podctl.errors import InventoryError, ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from podctl.core.placement.model import Strategy

LOCAL = Inventory(cluster="default", minions=(Minion(name="local", transport="local"),), source="built in")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """A key of a Minion: where its value goes, how it is read, and whether `defaults` may have it, too."""

    attribute: str
    read: Callable[[Any], Any]
    shared: bool = True
    path: bool = False  # relative to the inventory's folder


KEYS: Mapping[str, _Key] = {
    "address": _Key(attribute="address", read=address, shared=False),
    "transport": _Key(attribute="transport", read=transport),
    "user": _Key(attribute="user", read=text),
    "port": _Key(attribute="port", read=port),
    "identity_file": _Key(attribute="identity_file", read=text, path=True),
    "known_hosts": _Key(attribute="known_hosts", read=text, path=True),
    "host_key_alias": _Key(attribute="host_key_alias", read=text, shared=False),
    "proxy_jump": _Key(attribute="proxy_jump", read=text),
    "ssh_config": _Key(attribute="ssh_config", read=text, path=True),
    "connect_timeout": _Key(attribute="connect_timeout_seconds", read=seconds),
    "command_timeout": _Key(attribute="command_timeout_seconds", read=seconds),
    "pull_timeout": _Key(attribute="pull_timeout_seconds", read=seconds),
    "sudo": _Key(attribute="sudo", read=flag),
    "docker": _Key(attribute="docker", read=command),
    "infra_image": _Key(attribute="infra_image", read=image),
    "labels": _Key(attribute="labels", read=labels, shared=False),
    "taints": _Key(attribute="taints", read=taints, shared=False),
    "capacity": _Key(attribute="capacity", read=resources, shared=False),
    "reserved": _Key(attribute="reserved", read=resources),
    "unschedulable": _Key(attribute="unschedulable", read=flag, shared=False),
    "health": _Key(attribute="health", read=thresholds),
}
_TOP = ("cluster", "strategy", "defaults", "minions")
_FORM = "Write `cluster: NAME` and below `minions:` one `NAME: {address: ...}` a machine; see inventory.example.yaml."


@dataclass(slots=True, kw_only=True)
class _Reading:
    document: Document
    folder: str
    problems: list[tuple[int, str]] = field(default_factory=list)

    def problem(self, path: Path, what: str) -> None:
        self.problems.append((self.document.line(path), self.document.problem(path, what)))


def parse_inventory(text: str, source: str) -> Inventory:
    """Raises InventoryError with every problem. Relative paths of files are below the folder of `source`; `~` stays."""
    try:
        documents = load(text, source)
    except ManifestError as error:
        raise InventoryError(error.problems) from None
    if len(documents) != 1:
        what = "is empty" if not documents else "has several documents (---); an inventory is one"
        raise InventoryError([f"{source}:1: {what}"], hint=_FORM)
    reading = _Reading(document=documents[0], folder=posixpath.dirname(source))
    found = _inventory(reading)
    if reading.problems or found is None:
        raise InventoryError([text for _, text in sorted(reading.problems, key=lambda each: each[0])], hint=_FORM)
    return found


def _inventory(reading: _Reading) -> Inventory | None:
    top = reading.document.value
    if not isinstance(top, dict):
        reading.problem((), f"an inventory is a mapping with cluster and minions, not {kind(top)}")
        return None
    wrong = [name for name in top if name not in _TOP]
    for name in wrong:
        reading.problem((name,), f"is no key of an inventory{did_you_mean(name, _TOP)}")
    if wrong:
        top = {nearest(name, _TOP) or name: value for name, value in top.items()}  # to go on with what was meant
    cluster = _cluster(top.get("cluster"), reading)
    shared = {each.attribute: value for each, value in _settings(top.get("defaults"), ("defaults",), reading)}
    minions = _minions(top.get("minions"), shared, reading)
    return Inventory(cluster=cluster, minions=minions, source=reading.document.source, strategy=_strategy(top, reading))


def _strategy(top: Mapping[str, Any], reading: _Reading) -> Strategy:
    given = top.get("strategy")
    try:
        return "binpack" if given is None else strategy(given)
    except InventoryValueError as error:
        reading.problem(("strategy",), error.what)
        return "binpack"


def _cluster(value: Any, reading: _Reading) -> str:
    if value is None:
        reading.problem(("cluster",), "is required: a name that goes into every container's name, as cluster: shop")
    elif not isinstance(value, str):
        reading.problem(("cluster",), f"must be a string, not {kind(value)}: put it in quotes")
    elif problem := label_problem(value):
        reading.problem(("cluster",), problem)
    else:
        return value
    return ""


def _minions(value: Any, shared: Mapping[str, Any], reading: _Reading) -> tuple[Minion, ...]:
    if value is None or value == {}:
        reading.problem(("minions",), "is required: at least one machine, as alpha: {address: 192.0.2.11}")
        return ()
    if not isinstance(value, dict):
        what = f"must be a mapping from names to settings, not {kind(value)}: write alpha: {{address: 192.0.2.11}}"
        reading.problem(("minions",), what)
        return ()
    found = []
    for name, given in value.items():
        if problem := label_problem(name):
            reading.problem(("minions", name), problem)
        own = {each.attribute: value for each, value in _settings(given, ("minions", name), reading)}
        found.append(_minion(name, {**shared, **own}))
    _distinct(found, reading)
    return tuple(found)


def _minion(name: str, settings: Mapping[str, Any]) -> Minion:
    """Over SSH the address is the name itself when none is given: a name of DNS or a Host of `~/.ssh/config`."""
    minion = Minion(name=name, **settings)
    return minion if minion.address or minion.transport == "local" else Minion(name=name, **settings, address=name)


def _settings(value: Any, path: Path, reading: _Reading) -> list[tuple[_Key, Any]]:
    """What is given under `defaults` or a Minion's name, as far as it is right."""
    if value is None:
        return []
    if not isinstance(value, dict):
        reading.problem(path, f"must be a mapping, as {{address: 192.0.2.11}}, not {kind(value)}")
        return []
    found = []
    for name, given in value.items():
        key = KEYS.get(name)
        at = (*path, name)
        if key is None:
            reading.problem(at, f"is no key of a Minion{did_you_mean(name, KEYS)}")
        elif path == ("defaults",) and not key.shared:
            reading.problem(at, "belongs to one Minion, not to defaults")
        elif given is not None:
            try:
                read = key.read(given)
            except InventoryValueError as error:
                reading.problem((*at, *error.path), error.what)
            else:
                found.append((key, _below(reading.folder, read) if key.path else read))
    return found


def _below(folder: str, path: str) -> str:
    return path if path.startswith("~") else posixpath.join(folder, path)


def _distinct(minions: list[Minion], reading: _Reading) -> None:
    """One machine under two names would be given twice what it has."""
    first: dict[tuple[object, ...], str] = {}
    for each in minions:
        way = (each.transport, each.address, each.port, each.proxy_jump, each.ssh_config, each.docker)
        if way in first:
            where = f"the address {each.address}" if each.address else "transport: local"
            reading.problem(("minions", each.name), f"is the same machine as {first[way]}: both have {where}")
        first.setdefault(way, each.name)
