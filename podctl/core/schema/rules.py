"""Rules between the fields of one Pod: one function a rule, one visible tuple of rules.

They read the raw mapping, so that they answer also when other fields are wrong, and stay silent where a field has the
wrong type: that is the models' to say. A rule yields the path of what is wrong with a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from podctl.core.quantity import quantity
from podctl.core.schema.base import quantity_text
from podctl.core.schema.raw import containers, each_at, map_at, text_at
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


def _repeated(named: list[tuple[Path, str]], what: str) -> Found:
    first: dict[str, Path] = {}
    for path, name in named:
        if name and name in first:
            yield path, f'the {what} "{name}" is given twice'
        first.setdefault(name, path)


def names_are_unique(raw: Mapping[str, Any]) -> Found:
    yield from _repeated([((*at, "name"), text_at(each, "name")) for at, each in containers(raw)], "container")
    volumes: list[tuple[Path, str]] = [
        (("spec", "volumes", at, "name"), text_at(each, "name")) for at, each in each_at(raw.get("spec"), "volumes")
    ]
    yield from _repeated(volumes, "volume")
    for path, container in containers(raw):
        ports: list[tuple[Path, str]] = [
            ((*path, "ports", at, "name"), text_at(port, "name")) for at, port in each_at(container, "ports")
        ]
        yield from _repeated(ports, "port")


def mounts_name_volumes(raw: Mapping[str, Any]) -> Found:
    volumes = {text_at(each, "name"): each for _, each in each_at(raw.get("spec"), "volumes")}
    for path, container in containers(raw):
        for at, mount in each_at(container, "volumeMounts"):
            name = text_at(mount, "name")
            if name and name not in volumes:
                yield (*path, "volumeMounts", at, "name"), _no_volume(name, volumes)
            elif mount.get("mountPropagation", "None") != "None" and "hostPath" not in volumes.get(name, {}):
                yield (*path, "volumeMounts", at, "mountPropagation"), "is possible for hostPath volumes only"
        for at, device in each_at(container, "volumeDevices"):
            name = text_at(device, "name")
            if name and name not in volumes:
                yield (*path, "volumeDevices", at, "name"), _no_volume(name, volumes)
            elif name and map_at(volumes[name], "hostPath").get("type") not in ("BlockDevice", "CharDevice"):
                what = f'the volume "{name}" is no device: give it hostPath with type BlockDevice or CharDevice'
                yield (*path, "volumeDevices", at, "name"), what


def _no_volume(name: str, volumes: Mapping[str, Any]) -> str:
    return f'no volume of spec.volumes is named "{name}"{did_you_mean(name, volumes)}'


def mount_paths_are_unique(raw: Mapping[str, Any]) -> Found:
    for path, container in containers(raw):
        places: list[tuple[Path, str]] = [
            ((*path, field, at, key), text_at(each, key).rstrip("/") or text_at(each, key))
            for field, key in (("volumeMounts", "mountPath"), ("volumeDevices", "devicePath"))
            for at, each in each_at(container, field)
        ]
        yield from _repeated(places, "path")


def host_ports_are_free(raw: Mapping[str, Any]) -> Found:
    """Each address, port and protocol of the Minion once in a Pod; under hostNetwork both numbers are one."""
    host_network = map_at(raw, "spec").get("hostNetwork") is True
    taken: dict[tuple[int, str], list[str]] = {}
    for path, container in containers(raw):
        for at, port in each_at(container, "ports"):
            given, inner = port.get("hostPort"), port.get("containerPort")
            host = inner if host_network and not given else given
            if not isinstance(host, int) or not host:
                continue
            here: Path = (*path, "ports", at, "hostPort" if given else "containerPort")
            if host_network and host != inner:
                yield here, f"must be the containerPort {inner} under hostNetwork, not {host}"
            others = taken.setdefault((host, text_at(port, "protocol") or "TCP"), [])
            address = text_at(port, "hostIP").replace("0.0.0.0", "")  # noqa: S104  it is read, not bound
            if any(address == other or not address or not other for other in others):
                yield here, f"the port {host} of the Minion is given twice"
            others.append(address)


def requests_within_limits(raw: Mapping[str, Any]) -> Found:
    for path, container in containers(raw):
        resources = map_at(container, "resources")
        limits, requests = map_at(resources, "limits"), map_at(resources, "requests")
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


def extended_resources_are_whole(raw: Mapping[str, Any]) -> Found:
    for path, container in containers(raw):
        for field in ("limits", "requests"):
            for name, given in map_at(map_at(container, "resources"), field).items():
                amount = _amount(given) if "/" in name else None
                if amount is not None and amount % 1:
                    yield (*path, "resources", field, name), f"must be a whole number, not {given}"


def _amount(value: Any) -> Any:
    try:
        return None if value is None else quantity(quantity_text(value))
    except ValueError:
        return None


def init_containers_end(raw: Mapping[str, Any]) -> Found:
    """Probes and hooks belong to what runs on: containers, and init containers that are sidecars."""
    for at, container in each_at(raw.get("spec"), "initContainers"):
        for name in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
            if container.get(name) and container.get("restartPolicy") != "Always":
                path: Path = ("spec", "initContainers", at, name)
                yield path, "an init container has this only as a sidecar, with restartPolicy: Always"
    for at, container in each_at(raw.get("spec"), "containers"):
        if container.get("restartPolicy"):
            what = "only init containers have it (Always makes a sidecar); the Pod's stands in spec.restartPolicy"
            yield ("spec", "containers", at, "restartPolicy"), what


def probes_fit(raw: Mapping[str, Any]) -> Found:
    for path, container in containers(raw):
        ports = {text_at(port, "name"): port for _, port in each_at(container, "ports")}
        for field in ("livenessProbe", "readinessProbe", "startupProbe"):
            if not (probe := map_at(container, field)):
                continue
            successes = probe.get("successThreshold")
            if field != "readinessProbe" and isinstance(successes, int) and successes > 1:
                yield (*path, field, "successThreshold"), f"must be 1, not {successes}"
            if field == "readinessProbe" and probe.get("terminationGracePeriodSeconds") is not None:
                yield (*path, field, "terminationGracePeriodSeconds"), "a readiness probe ends nothing; leave it out"
            for handler in ("httpGet", "tcpSocket"):
                name = text_at(map_at(probe, handler), "port")
                if name and not name.isdigit() and name not in ports:
                    what = f'no port of this container is named "{name}"{did_you_mean(name, ports)}'
                    yield (*path, field, handler, "port"), what


def sysctls_fit(raw: Mapping[str, Any]) -> Found:
    """What belongs to a namespace that is the Minion's own cannot be set for the Pod."""
    spec = map_at(raw, "spec")
    named: list[tuple[Path, str]] = []
    for at, sysctl in each_at(map_at(spec, "securityContext"), "sysctls"):
        path: Path = ("spec", "securityContext", "sysctls", at, "name")
        name = text_at(sysctl, "name").replace("/", ".")
        named.append((path, name))
        for field, prefixes in (("hostNetwork", ("net.",)), ("hostIPC", ("kernel.", "fs.mqueue."))):
            if spec.get(field) is True and name.startswith(prefixes):
                yield path, f"{name} cannot be set under {field}: it would be the Minion's own"
    yield from _repeated(named, "kernel parameter")


def files_of_volumes_differ(raw: Mapping[str, Any]) -> Found:
    for at, volume in each_at(raw.get("spec"), "volumes"):
        path: Path = ("spec", "volumes", at)
        for field in ("configMap", "secret", "downwardAPI"):
            source = map_at(volume, field)
            paths: list[tuple[Path, str]] = [
                ((*path, field, "items", index, "path"), text_at(item, "path"))
                for index, item in each_at(source, "items")
            ]
            yield from _repeated(paths, "file")


def resource_fields_name_containers(raw: Mapping[str, Any]) -> Found:
    names = {text_at(container, "name") for _, container in containers(raw)}
    for path, container in containers(raw):
        for at, variable in each_at(container, "env"):
            name = text_at(map_at(map_at(variable, "valueFrom"), "resourceFieldRef"), "containerName")
            if name and name not in names:
                what = f'no container is named "{name}"{did_you_mean(name, names)}'
                yield (*path, "env", at, "valueFrom", "resourceFieldRef", "containerName"), what


def root_is_allowed(raw: Mapping[str, Any]) -> Found:
    """Whom the manifest makes root; what the image says is seen on the Minion."""
    spec = map_at(raw, "spec")
    pod = map_at(spec, "securityContext")
    for path, container in containers(raw):
        own = map_at(container, "securityContext")
        here: Path = (*path, "securityContext") if "runAsUser" in own else ("spec", "securityContext")
        if {**pod, **own}.get("runAsNonRoot") is True and {**pod, **own}.get("runAsUser") == 0:
            name = text_at(container, "name")
            yield (*here, "runAsUser"), f"0 is root, which runAsNonRoot forbids to container {name}"


def spread_constraints_differ(raw: Mapping[str, Any]) -> Found:
    """One constraint for each topologyKey and whenUnsatisfiable, as in Kubernetes."""
    named: list[tuple[Path, str]] = []
    for at, each in each_at(raw.get("spec"), "topologySpreadConstraints"):
        key, when = text_at(each, "topologyKey"), text_at(each, "whenUnsatisfiable")
        if key and when:
            named.append((("spec", "topologySpreadConstraints", at, "topologyKey"), f"{key} {when}"))
    yield from _repeated(named, "spread constraint")


RULES: tuple[Callable[[Mapping[str, Any]], Found], ...] = (
    names_are_unique,
    mounts_name_volumes,
    mount_paths_are_unique,
    host_ports_are_free,
    requests_within_limits,
    extended_resources_are_whole,
    init_containers_end,
    probes_fit,
    sysctls_fit,
    files_of_volumes_differ,
    resource_fields_name_containers,
    root_is_allowed,
    spread_constraints_differ,
)
