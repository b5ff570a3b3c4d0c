"""Rules between the fields of one Pod: one function a rule, one visible tuple of rules.

They read the raw mapping, so that they answer also when other fields are wrong, and stay silent where a field has the
wrong type: that is the models' to say. A rule yields the path of what is wrong with a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from podctl.core.quantity import quantity
from podctl.core.schema.resources import LEAST_MEMORY
from podctl.core.yamltext import Path, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Found: TypeAlias = "Iterator[tuple[Path, str]]"


def broken_rules(raw: Mapping[str, Any]) -> Found:
    """What is wrong between the fields of an object; objects that are no Pods keep all of them."""
    if raw.get("kind") == "Pod":
        for rule in RULES:
            yield from rule(raw)


def _map(value: Any, name: str) -> Mapping[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _each(value: Any, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    inner = value.get(name) if isinstance(value, dict) else None
    return [(at, each) for at, each in enumerate(inner) if isinstance(each, dict)] if isinstance(inner, list) else []


def _text(value: Mapping[str, Any], name: str) -> str:
    inner = value.get(name)
    return inner if isinstance(inner, str) else ""


def _containers(raw: Mapping[str, Any]) -> list[tuple[Path, Mapping[str, Any]]]:
    return [
        (("spec", field, at), each)
        for field in ("initContainers", "containers")
        for at, each in _each(raw.get("spec"), field)
    ]


def _repeated(named: list[tuple[Path, str]], what: str) -> Found:
    first: dict[str, Path] = {}
    for path, name in named:
        if name and name in first:
            yield path, f'the {what} "{name}" is given twice'
        first.setdefault(name, path)


def names_are_unique(raw: Mapping[str, Any]) -> Found:
    yield from _repeated([((*at, "name"), _text(each, "name")) for at, each in _containers(raw)], "container")
    volumes: list[tuple[Path, str]] = [
        (("spec", "volumes", at, "name"), _text(each, "name")) for at, each in _each(raw.get("spec"), "volumes")
    ]
    yield from _repeated(volumes, "volume")
    for path, container in _containers(raw):
        ports: list[tuple[Path, str]] = [
            ((*path, "ports", at, "name"), _text(port, "name")) for at, port in _each(container, "ports")
        ]
        yield from _repeated(ports, "port")


def mounts_name_volumes(raw: Mapping[str, Any]) -> Found:
    volumes = {_text(each, "name"): each for _, each in _each(raw.get("spec"), "volumes")}
    for path, container in _containers(raw):
        for at, mount in _each(container, "volumeMounts"):
            name = _text(mount, "name")
            if name and name not in volumes:
                yield (*path, "volumeMounts", at, "name"), _no_volume(name, volumes)
            elif mount.get("mountPropagation", "None") != "None" and "hostPath" not in volumes.get(name, {}):
                yield (*path, "volumeMounts", at, "mountPropagation"), "is possible for hostPath volumes only"
        for at, device in _each(container, "volumeDevices"):
            name = _text(device, "name")
            if name and name not in volumes:
                yield (*path, "volumeDevices", at, "name"), _no_volume(name, volumes)
            elif name and _map(volumes[name], "hostPath").get("type") not in ("BlockDevice", "CharDevice"):
                what = f'the volume "{name}" is no device: give it hostPath with type BlockDevice or CharDevice'
                yield (*path, "volumeDevices", at, "name"), what


def _no_volume(name: str, volumes: Mapping[str, Any]) -> str:
    return f'no volume of spec.volumes is named "{name}"{did_you_mean(name, volumes)}'


def mount_paths_are_unique(raw: Mapping[str, Any]) -> Found:
    for path, container in _containers(raw):
        places: list[tuple[Path, str]] = [
            ((*path, field, at, key), _text(each, key).rstrip("/") or _text(each, key))
            for field, key in (("volumeMounts", "mountPath"), ("volumeDevices", "devicePath"))
            for at, each in _each(container, field)
        ]
        yield from _repeated(places, "path")


def host_ports_are_free(raw: Mapping[str, Any]) -> Found:
    """Each address, port and protocol of the Minion once in a Pod; under hostNetwork both numbers are one."""
    host_network = _map(raw, "spec").get("hostNetwork") is True
    taken: dict[tuple[int, str], list[str]] = {}
    for path, container in _containers(raw):
        for at, port in _each(container, "ports"):
            given, inner = port.get("hostPort"), port.get("containerPort")
            host = inner if host_network and not given else given
            if not isinstance(host, int) or not host:
                continue
            here: Path = (*path, "ports", at, "hostPort" if given else "containerPort")
            if host_network and host != inner:
                yield here, f"must be the containerPort {inner} under hostNetwork, not {host}"
            others = taken.setdefault((host, _text(port, "protocol") or "TCP"), [])
            address = _text(port, "hostIP").replace("0.0.0.0", "")  # noqa: S104  it is read, not bound
            if any(address == other or not address or not other for other in others):
                yield here, f"the port {host} of the Minion is given twice"
            others.append(address)


def requests_within_limits(raw: Mapping[str, Any]) -> Found:
    for path, container in _containers(raw):
        resources = _map(container, "resources")
        limits, requests = _map(resources, "limits"), _map(resources, "requests")
        for name, amount in requests.items():
            asked, most = _amount(amount), _amount(limits.get(name))
            here = (*path, "resources", "requests", name)
            if asked is None:
                continue
            if "/" in name and asked != most:
                yield here, f"must be the same as the limit of {name}: give both, or the limit alone"
            elif most is not None and asked > most:
                yield here, f"{amount} is more than the limit of {limits[name]}"
        least = _amount(limits.get("memory"))
        if least is not None and 0 < least < LEAST_MEMORY:
            what = f"{limits['memory']} is less than container engines accept: at least 6Mi (M is mega, m is milli)"
            yield (*path, "resources", "limits", "memory"), what


def _amount(value: Any) -> Any:
    try:
        return quantity(value) if isinstance(value, str | int | float) and len(str(value)) < 40 else None  # noqa: PLR2004
    except ValueError:
        return None


def init_containers_end(raw: Mapping[str, Any]) -> Found:
    """Probes and hooks belong to what runs on: containers, and init containers that are sidecars."""
    for at, container in _each(raw.get("spec"), "initContainers"):
        for name in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
            if container.get(name) and container.get("restartPolicy") != "Always":
                path: Path = ("spec", "initContainers", at, name)
                yield path, "an init container has this only as a sidecar, with restartPolicy: Always"
    for at, container in _each(raw.get("spec"), "containers"):
        if container.get("restartPolicy"):
            what = "only init containers have it (Always makes a sidecar); the Pod's stands in spec.restartPolicy"
            yield ("spec", "containers", at, "restartPolicy"), what


def probes_fit(raw: Mapping[str, Any]) -> Found:
    for path, container in _containers(raw):
        ports = {_text(port, "name"): port for _, port in _each(container, "ports")}
        for field in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = _map(container, field)
            successes = probe.get("successThreshold")
            if field != "readinessProbe" and isinstance(successes, int) and successes > 1:
                yield (*path, field, "successThreshold"), f"must be 1, not {successes}"
            if field == "readinessProbe" and probe.get("terminationGracePeriodSeconds") is not None:
                yield (*path, field, "terminationGracePeriodSeconds"), "a readiness probe ends nothing; leave it out"
            for handler in ("httpGet", "tcpSocket"):
                name = _text(_map(probe, handler), "port")
                if name and not name.isdigit() and name not in ports:
                    what = f'no port of this container is named "{name}"{did_you_mean(name, ports)}'
                    yield (*path, field, handler, "port"), what


def sysctls_fit(raw: Mapping[str, Any]) -> Found:
    """What belongs to a namespace that is the Minion's own cannot be set for the Pod."""
    spec = _map(raw, "spec")
    named: list[tuple[Path, str]] = []
    for at, sysctl in _each(_map(spec, "securityContext"), "sysctls"):
        path: Path = ("spec", "securityContext", "sysctls", at, "name")
        name = _text(sysctl, "name").replace("/", ".")
        named.append((path, name))
        for field, prefixes in (("hostNetwork", ("net.",)), ("hostIPC", ("kernel.", "fs.mqueue."))):
            if spec.get(field) is True and name.startswith(prefixes):
                yield path, f"{name} cannot be set under {field}: it would be the Minion's own"
    yield from _repeated(named, "kernel parameter")


def files_of_volumes_differ(raw: Mapping[str, Any]) -> Found:
    for at, volume in _each(raw.get("spec"), "volumes"):
        path: Path = ("spec", "volumes", at)
        for field in ("configMap", "secret", "downwardAPI"):
            source = _map(volume, field)
            paths: list[tuple[Path, str]] = [
                ((*path, field, "items", index, "path"), _text(item, "path")) for index, item in _each(source, "items")
            ]
            yield from _repeated(paths, "file")


def resource_fields_name_containers(raw: Mapping[str, Any]) -> Found:
    names = {_text(container, "name") for _, container in _containers(raw)}
    for path, container in _containers(raw):
        for at, variable in _each(container, "env"):
            name = _text(_map(_map(variable, "valueFrom"), "resourceFieldRef"), "containerName")
            if name and name not in names:
                what = f'no container is named "{name}"{did_you_mean(name, names)}'
                yield (*path, "env", at, "valueFrom", "resourceFieldRef", "containerName"), what


RULES: tuple[Callable[[Mapping[str, Any]], Found], ...] = (
    names_are_unique,
    mounts_name_volumes,
    mount_paths_are_unique,
    host_ports_are_free,
    requests_within_limits,
    init_containers_end,
    probes_fit,
    sysctls_fit,
    files_of_volumes_differ,
    resource_fields_name_containers,
)
