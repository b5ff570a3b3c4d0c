"""`docker create` for the infra container, which owns a Pod's namespaces, addresses and volumes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from podctl.core.model import Role
from podctl.engine import infra_image
from podctl.engine.docker import labels
from podctl.engine.docker.volumes import infra_mounts
from podctl.transport.shell import Script, Step, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.schema import PodSpec
    from podctl.engine.docker.making import Making

_LABELS = 3  # the descriptor of the labels' here-document
# Ceilings. It takes 0.3 MB and one process, but the runtime's own start, a Go program of many threads, has to fit, too:
# under 6 MB, and under 4 threads, it died on a busy machine once in a hundred times ("cannot start a stopped process").
_MEMORY_BYTES, _PIDS = 32 << 20, 128
HARDENED = (
    "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65535:65535",
    "--memory", str(_MEMORY_BYTES), "--cpu-shares", "2", "--pids-limit", str(_PIDS), "--log-driver", "none",
)  # fmt: skip


def create(making: Making) -> Step:
    """The infra container, born half made (`.new.UID`). It owns the namespaces, the addresses and every volume."""
    image = making.minion.infra_image or infra_image.IMAGE
    command = words([
        making.docker, "create", "--pull", "never", "--name", making.new_infra,
        "--label-file", f"/dev/fd/{_LABELS}", "--restart", "unless-stopped", "--no-healthcheck", *HARDENED,
        *_network(making), *_ports(making.spec), *_names(making), *_dns(making), *_sysctls(making.spec),
        "--ipc", "host" if making.spec.host_ipc else "shareable",
        *infra_mounts(making), image,
    ])  # fmt: skip
    return Step(
        title=f"create the infra container of pod {making.key}",
        script=command,
        group=making.uid,
        files={_LABELS: labels.label_file(_infra_labels(making))},
    )


def _infra_labels(making: Making) -> dict[str, str]:
    manifest = making.manifest
    return {
        **making.labels(Role.INFRA),
        labels.SPEC_HASH: manifest.spec_hash,
        labels.CONFIG_HASHES: json.dumps(dict(manifest.config_hashes), separators=(",", ":"), sort_keys=True),
        labels.REASON: making.placement_reason,
        **labels.pack_manifest(manifest.raw),
    }


def _network(making: Making) -> tuple[str, ...]:
    return ("--network", "host" if making.spec.host_network else f"podctl_{making.cluster}")


def _ports(spec: PodSpec) -> Iterable[str]:
    """Published where a hostPort is given; on the Minion's own network there is nothing to publish."""
    if spec.host_network:
        return
    for container in spec.all_containers:
        for port in container.ports:
            if port.host_port:
                address = f"[{port.host_ip}]:" if ":" in (port.host_ip or "") else f"{port.host_ip}:"
                yield "-p"
                yield f"{address if port.host_ip else ''}{port.host_port}:{port.container_port}/{port.protocol.lower()}"


# With --add-host docker makes the hosts file anew, and the Minion's own entries are lost: they are given, too.
_OWN_HOSTS = (
    "$(set -f; sed 's/#.*//; /%/d' /etc/hosts | while read -r a names; do "
    'for each in $names; do echo "--add-host $each:$a"; done; done)'
)


def _names(making: Making) -> Iterable[str | Script]:
    spec = making.spec
    if spec.host_network and spec.host_aliases:
        yield Script(_OWN_HOSTS, _OWN_HOSTS)
    for alias in spec.host_aliases:
        for name in alias.hostnames:
            yield from ("--add-host", f"{name}:{alias.ip}")
    if spec.host_network:
        return
    # Linux takes 64 characters; Kubernetes cuts at 63.
    hostname = (spec.hostname or making.key.name)[:63].rstrip("-.")
    domain = f"{spec.subdomain}.{making.key.namespace}.svc.cluster.local" if spec.subdomain else ""
    if spec.set_hostname_as_fqdn and domain:
        yield from ("--hostname", f"{hostname}.{domain}")
        return
    yield from ("--hostname", hostname)
    if domain:
        yield from ("--domainname", domain)


def _dns(making: Making) -> Iterable[str]:
    """A flag replaces its kind, so what the Minion's resolv.conf says is given, too, unless dnsPolicy is None."""
    spec, config = making.spec, making.spec.dns_config
    own = [f"{option.name}:{option.value}" if option.value else option.name for option in config.options]
    if spec.dns_policy == "None":
        nameservers, searches, options = list(config.nameservers), list(config.searches) or ["."], own or [""]
    elif config.nameservers or config.searches or own:
        theirs = _resolv_conf(making.facts.resolv_conf, loopback=spec.host_network)
        nameservers = [*theirs["nameserver"], *config.nameservers] if config.nameservers else []
        searches = [*theirs["search"], *config.searches] if config.searches else []
        options = [*theirs["options"], *own] if own else []
    else:
        return
    for flag, values in (("--dns", nameservers), ("--dns-search", searches), ("--dns-option", options)):
        for value in dict.fromkeys(values):
            yield from (flag, value)


def _resolv_conf(text: str, *, loopback: bool) -> Mapping[str, list[str]]:
    """Loopback nameservers are the Minion's own, and of use on its own network only."""
    found: dict[str, list[str]] = {"nameserver": [], "search": [], "options": []}
    for line in text.splitlines():
        keyword, *values = line.split() or [""]
        if keyword in found:
            found[keyword] += [value for value in values if loopback or not value.startswith(("127.", "::1"))]
    return found


def _sysctls(spec: PodSpec) -> Iterable[str]:
    for sysctl in spec.security_context.sysctls:
        yield from ("--sysctl", f"{sysctl.name.replace('/', '.')}={sysctl.value}")
