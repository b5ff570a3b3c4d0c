"""One container in the description of its Pod: kubectl's `pkg/describe`, describeContainers.

Lines for `text.columns`: a tab ends a cell.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from podctl.core.amounts import texts
from podctl.core.jsonpath import parse_path
from podctl.core.jsonvalues import find, value_text
from podctl.core.probes.model import Which
from podctl.core.status import ContainerStatus, State
from podctl.errors import InputError
from podctl.report.text import ENGINE, NONE, UNKNOWN, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from podctl.core.objects import Object
    from podctl.core.status import Termination

_PROBES = (
    ("livenessProbe", "Liveness", Which.LIVENESS),
    ("readinessProbe", "Readiness", Which.READINESS),
    ("startupProbe", "Startup", Which.STARTUP),
)


def container_lines(container: Mapping[str, Any], status: ContainerStatus, pod: Object) -> Iterator[str]:
    """`container` as it stands in the manifest; `pod` as an object, for the values that fieldRef takes from it."""
    yield f"  {container['name']}:"
    inner = (
        *_identity(container, status),
        *_words("Command", container.get("command")),
        *_words("Args", container.get("args")),
        *_state_lines("State", status),
        *(_ended_lines("Last State", status.last) if status.last else ()),
        f"Ready:\t{'Unknown' if status.unknown else status.ready}",
        f"Restart Count:\t{status.restart_count}",
        *_resource_lines(container),
        *_probe_lines(container, status),
        *_env_from_lines(container),
        *_env_lines(container, pod),
        *_mount_lines(container),
    )
    yield from (f"    {line}" for line in inner)


def time_text(at: datetime | None) -> str:
    """RFC 1123 with a numeric zone, UTC."""
    return format_datetime(at) if at else UNKNOWN


def _identity(container: Mapping[str, Any], status: ContainerStatus) -> Iterator[str]:
    seen = status.seen
    ports = container.get("ports") or ()
    plural = "s" if len(ports) > 1 else ""
    if seen:
        yield f"Container ID:\t{ENGINE}://{seen.id}"
    yield f"Image:\t{container.get('image') or (seen.image if seen else UNKNOWN)}"
    if seen:
        yield f"Image ID:\t{ENGINE}://{seen.image_id}"
    yield f"Port{plural}:\t{_ports(ports, 'containerPort')}"
    yield f"Host Port{plural}:\t{_ports(ports, 'hostPort')}"
    if container.get("restartPolicy"):
        yield f"Restart Policy:\t{container['restartPolicy']}"


def _ports(ports: Iterable[Mapping[str, Any]], name: str) -> str:
    """A port that is not published is 0, as in kubectl."""
    return ", ".join(f"{port.get(name, 0)}/{port.get('protocol', 'TCP')}" for port in ports) or NONE


def _words(title: str, words: Iterable[str] | None) -> Iterator[str]:
    if words:
        yield f"{title}:"
        yield from (f"  {_flat(line)}" for word in words for line in str(word).split("\n"))


def _flat(text: str) -> str:
    """A tab of the user's own is no end of a cell."""
    return text.replace("\t", " ")


def _state_lines(title: str, status: ContainerStatus) -> Iterator[str]:
    """Unlike kubectl with the message of one that waits, and the reason of one that runs cut off from its Pod."""
    if status.state is State.TERMINATED:
        yield from _ended_lines(title, status)
        return
    yield f"{title}:\t{str(status.state).capitalize()}"
    yield from _reason_lines(status)
    if status.state is State.RUNNING:
        yield f"  Started:\t{time_text(status.started_at)}"


def _ended_lines(title: str, end: ContainerStatus | Termination) -> Iterator[str]:
    yield f"{title}:\tTerminated"
    yield from _reason_lines(end)
    yield f"  Exit Code:\t{UNKNOWN if end.exit_code is None else end.exit_code}"
    if end.started_at:
        yield f"  Started:\t{time_text(end.started_at)}"
    if end.finished_at:
        yield f"  Finished:\t{time_text(end.finished_at)}"


def _reason_lines(of: ContainerStatus | Termination) -> Iterator[str]:
    if of.reason:
        yield f"  Reason:\t{of.reason}"
    if of.message:
        yield f"  Message:\t{_flat(' '.join(of.message.split()))}"


def _resource_lines(container: Mapping[str, Any]) -> Iterator[str]:
    for title, kind in (("Limits", "limits"), ("Requests", "requests")):
        if given := texts(container, kind):
            yield f"{title}:"
            yield from (f"  {name}:\t{amount}" for name, amount in given.items())


def _probe_lines(container: Mapping[str, Any], status: ContainerStatus) -> Iterator[str]:
    """Unlike kubectl with the answer of this moment, where the probe was asked."""
    for name, title, which in _PROBES:
        if container.get(name):
            yield f"{title}:\t{probe_text(container[name])}"
        if answer := status.probed.get(which):
            said = f": {_flat(printable(answer.message))}" if answer.message else ""
            yield f"  Answer:\t{answer.verdict}{' (early)' if answer.early else ''}{said}"


def probe_text(probe: Mapping[str, Any]) -> str:
    """`http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`."""
    figures = (
        f"delay={probe.get('initialDelaySeconds') or 0}s timeout={probe.get('timeoutSeconds') or 1}s "
        f"period={probe.get('periodSeconds') or 10}s #success={probe.get('successThreshold') or 1} "
        f"#failure={probe.get('failureThreshold') or 3}"
    )
    if command := (probe.get("exec") or {}).get("command"):
        return _flat(f"exec [{' '.join(command)}] {figures}".replace("\n", " "))
    if http := probe.get("httpGet"):
        scheme, path = str(http.get("scheme", "HTTP")).lower(), str(http.get("path", "/"))
        return f"http-get {scheme}://{http.get('host', '')}:{http['port']}/{path.removeprefix('/')} {figures}"
    if tcp := probe.get("tcpSocket"):
        return f"tcp-socket {tcp.get('host', '')}:{tcp['port']} {figures}"
    if grpc := probe.get("grpc"):
        return f"grpc <pod>:{grpc['port']} {grpc.get('service', '')} {figures}"
    return f"unknown {figures}"


def _env_from_lines(container: Mapping[str, Any]) -> Iterator[str]:
    sources = container.get("envFrom") or ()
    if sources:
        yield "Environment Variables from:"
    for source in sources:
        kind, key = ("ConfigMap", "configMapRef") if source.get("configMapRef") else ("Secret", "secretRef")
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        ref = source.get(key) or {}
        yield f"  {ref.get('name', '')}\t{kind}{prefix}\tOptional: {_bool(ref.get('optional'))}"


def _env_lines(container: Mapping[str, Any], pod: Object) -> Iterator[str]:
    """Values from ConfigMaps and Secrets are named, not shown: they are not part of the Pod."""
    variables = container.get("env") or ()
    if not variables:
        yield f"Environment:\t{NONE}"
        return
    yield "Environment:"
    for variable in variables:
        first, *more = _env_value(variable, pod)
        yield f"  {variable['name']}:\t{first}"
        yield from (f"  \t{line}" for line in more)


def _env_value(variable: Mapping[str, Any], pod: Object) -> list[str]:
    source = variable.get("valueFrom") or {}
    if secret := source.get("secretKeyRef"):
        where = f"<set to the key '{secret['key']}' in secret '{secret.get('name', '')}'>"
        return [f"{where}\tOptional: {_bool(secret.get('optional'))}"]
    if config := source.get("configMapKeyRef"):
        where = f"<set to the key '{config['key']}' of config map '{config.get('name', '')}'>"
        return [f"{where}\tOptional: {_bool(config.get('optional'))}"]
    if field := source.get("fieldRef"):
        return [f"{_flat(_field(field['fieldPath'], pod))} ({field.get('apiVersion', 'v1')}:{field['fieldPath']})"]
    if resource := source.get("resourceFieldRef"):
        return [f" ({resource['resource']})"]
    return _flat(str(variable.get("value", ""))).split("\n")


def _field(path: str, pod: Object) -> str:
    """What `metadata.name` and the like stand for; kubectl resolves metadata only, too."""
    if not path.startswith("metadata."):
        return ""
    try:
        return " ".join(value_text(each) for each in find(parse_path(path), pod)).replace("\n", " ")
    except InputError:
        return ""


def _mount_lines(container: Mapping[str, Any]) -> Iterator[str]:
    mounts = sorted(container.get("volumeMounts") or (), key=lambda mount: str(mount["mountPath"]))
    yield "Mounts:" if mounts else f"Mounts:\t{NONE}"
    for mount in mounts:
        path = mount.get("subPath") or mount.get("subPathExpr")
        flags = ("ro" if mount.get("readOnly") else "rw") + (f',path="{path}"' if path else "")
        yield f"  {mount['mountPath']} from {mount['name']} ({flags})"
    if devices := container.get("volumeDevices"):
        yield "Devices:"
        yield from (f"  {device['devicePath']} from {device['name']}" for device in devices)


def _bool(value: Any) -> str:
    return "true" if value else "false"
