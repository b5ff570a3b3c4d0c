"""What docker answers, parsed: each question in `ask.py` has its parser here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from podctl.core.model import MinionFacts, ObservedContainer, ObservedVolume, PodKey, PublishedPort
from podctl.engine.docker import labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NEVER = "0001-01-01T00:00:00Z"
_STAMP = re.compile(r"([-\dT:]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_POLICIES = {"unless-stopped": "Always", "on-failure": "OnFailure", "no": "Never"}  # as `create` sets them
_PERIOD_DEFAULT = 100_000  # microseconds, when a quota is set without a period


def parse_time(text: str) -> datetime | None:
    """docker's stamps have up to nine decimals, trailing zeros cut; None for its year 1."""
    if not text or text == _NEVER:
        return None
    found = _STAMP.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a time stamp of docker's")
    whole, digits, zone = found.groups()
    return datetime.fromisoformat(f"{whole}.{(digits or '')[:6]:0<6}{zone}").astimezone(UTC)


def _ports(bindings: Mapping[str, Any] | None) -> Iterable[PublishedPort]:
    for container_port, hosts in (bindings or {}).items():
        number, _, protocol = container_port.partition("/")
        for host in hosts or ():
            if host.get("HostPort"):
                yield PublishedPort(
                    host_ip="" if host.get("HostIp") in (None, "", "0.0.0.0", "::") else host["HostIp"],  # noqa: S104
                    host_port=int(host["HostPort"].split("-")[0]),
                    container_port=int(number),
                    protocol=(protocol or "tcp").upper(),
                )


def _cpu_limit_millis(raw: Mapping[str, Any]) -> int:
    if raw["nano_cpus"]:
        return int(raw["nano_cpus"]) // 1_000_000
    quota, period = int(raw["quota"]), int(raw["period"]) or _PERIOD_DEFAULT
    return quota * 1000 // period if quota > 0 else 0


def _container(raw: Mapping[str, Any]) -> ObservedContainer:
    state = raw["status"]
    never = datetime.fromtimestamp(0, UTC)
    return ObservedContainer(
        id=raw["id"],
        name=raw["name"].lstrip("/"),
        image=raw["image"],
        image_id=raw["image_id"],
        status=state,
        exit_code=raw["exit_code"],
        error=raw["error"],
        oom_killed=raw["oom_killed"],
        restart_count=raw["restart_count"],
        created_at=parse_time(raw["created"]) or never,
        started_at=parse_time(raw["started"]),
        finished_at=parse_time(raw["finished"]),
        labels=raw["labels"] or {},
        ip=next((net["IPAddress"] for net in (raw["networks"] or {}).values() if net.get("IPAddress")), ""),
        ports=tuple(sorted(_ports(raw["ports"]), key=lambda port: (port.host_port, port.protocol, port.host_ip))),
        # docker gives them in another order at each look
        volumes=tuple(sorted(mount["Name"] for mount in raw["mounts"] or () if mount.get("Type") == "volume")),
        cpu_limit_millis=_cpu_limit_millis(raw),
        memory_limit_bytes=raw["memory"],
        host_network=raw["network_mode"] == "host",
        restart_policy=_POLICIES.get(raw.get("restart") or "", raw.get("restart") or ""),
    )


def parse_containers(text: str) -> tuple[ObservedContainer, ...]:
    """One JSON object a line, as `ask.containers` prints them."""
    return tuple(_container(json.loads(line)) for line in text.splitlines() if line.strip())


def parse_volumes(text: str) -> tuple[ObservedVolume, ...]:
    return tuple(_volume(json.loads(line)) for line in text.splitlines() if line.strip())


def _volume(raw: Mapping[str, Any]) -> ObservedVolume:
    found = raw.get("Labels") or {}
    claim = found.get(labels.CLAIM, "")
    return ObservedVolume(
        name=raw["Name"],
        labels=found,
        mountpoint=raw["Mountpoint"],
        uid=found.get(labels.UID, ""),
        claim=PodKey(found.get(labels.NAMESPACE, ""), claim) if claim else None,
    )


def parse_facts(text: str, *, resolv_conf: str, address: str) -> MinionFacts:
    """Two JSON objects, a line each: of the server's version, and of its machine."""
    version, info = (json.loads(line) for line in text.splitlines() if line.strip())
    major, _, minor = version["api"].partition(".")
    return MinionFacts(
        cpu_millis=info["cpus"] * 1000,
        memory_bytes=info["memory"],
        engine_version=version["version"],
        api_version=(int(major), int(minor)),
        os_image=info["os"],
        kernel=info["kernel"],
        architecture=info["architecture"],
        security_options=tuple(info["security"] or ()),
        resolv_conf=resolv_conf,
        address=address,
        root_dir=info.get("root") or "",
    )


def parse_now(text: str) -> datetime:
    """Seconds since the epoch, by the Minion's own `date`."""
    return datetime.fromtimestamp(int(text.strip()), UTC)
