"""`docker create` for the containers of a Pod, one small function for each part of the manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from podctl.core.environment import argv, environment
from podctl.core.model import Role
from podctl.core.quantity import cpu_millis, whole
from podctl.engine import infra_image
from podctl.engine.docker import labels
from podctl.engine.docker.volumes import infra_mounts, mount_flags, sub_path
from podctl.errors import InputError
from podctl.transport.shell import Hidden, Step, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.environment import Text
    from podctl.core.schema import Container, PodSpec
    from podctl.engine.docker.making import Making

_LABELS, _ENV = 3, 4  # the descriptors of the two here-documents
_MOST_LINE = 65_535  # bytes of one line of an env file (docker-facts.md section 6)
_MOST_VARIABLE = 131_071  # bytes of one variable, name and `=` included: the kernel's limit
_GPU = "nvidia.com/gpu"


# ------------------------------------------------------------------------------------------------ the infra container


def infra(making: Making) -> Step:
    """The infra container, born half made (`.new.UID`). It owns the namespaces, the addresses and every volume."""
    image = making.minion.infra_image or infra_image.IMAGE
    hardened = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65535:65535",
                "--memory", "6291456", "--cpu-shares", "2", "--pids-limit", "4", "--log-driver", "none")  # fmt: skip
    command = [
        making.docker, "create", "--pull", "never", "--name", making.new_infra,
        "--label-file", f"/dev/fd/{_LABELS}", "--restart", "unless-stopped", "--no-healthcheck", *hardened,
        *_network(making), *_ports(making.spec), *_names(making), *_dns(making), *_sysctls(making.spec),
        "--ipc", "host" if making.spec.host_ipc else "shareable",
        *infra_mounts(making), image,
    ]  # fmt: skip
    return Step(
        title=f"create the infra container of pod {making.key}",
        script=words(command),
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


def _names(making: Making) -> Iterable[str]:
    spec = making.spec
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
        theirs = _resolv_conf(making.facts.resolv_conf)
        nameservers = [*theirs["nameserver"], *config.nameservers] if config.nameservers else []
        searches = [*theirs["search"], *config.searches] if config.searches else []
        options = [*theirs["options"], *own] if own else []
    else:
        return
    for flag, values in (("--dns", nameservers), ("--dns-search", searches), ("--dns-option", options)):
        for value in dict.fromkeys(values):
            yield from (flag, value)


def _resolv_conf(text: str) -> Mapping[str, list[str]]:
    """Loopback nameservers are the Minion's own and no use to a Pod."""
    found: dict[str, list[str]] = {"nameserver": [], "search": [], "options": []}
    for line in text.splitlines():
        keyword, *values = line.split() or [""]
        if keyword in found:
            found[keyword] += [value for value in values if not value.startswith("127.")]
    return found


def _sysctls(spec: PodSpec) -> Iterable[str]:
    for sysctl in spec.security_context.sysctls:
        yield from ("--sysctl", f"{sysctl.name.replace('/', '.')}={sysctl.value}")


# ------------------------------------------------------------------------------------------------ all the others


def container(making: Making, container: Container, role: Role) -> Step:
    """An init or app container, created beside its infra container and not started."""
    variables = environment(container, making.context)
    listed, exported = _split(variables, container, making)
    command, args = argv(container, variables)
    hidden = [Hidden(word.value) if word.secret else word.value for word in (*command, *args)]
    entrypoint = ("--entrypoint", hidden.pop(0)) if command else ()
    flags = [
        making.docker, "create", "--pull", "never", "--name", making.container(container.name),
        "--label-file", f"/dev/fd/{_LABELS}", "--env-file", f"/dev/fd/{_ENV}",
        *(flag for name in exported for flag in ("-e", name)),
        *_namespaces(making), *_restart(making.spec, container, role), *_life(making.spec, container),
        *_resources(container), *_security(making, container), *_devices(making.spec, container),
        *(flag for mount in container.volume_mounts for flag in mount_flags(making, mount, sub_path(mount, variables))),
    ]  # fmt: skip
    return Step(
        title=f"create container {container.name} of pod {making.key}",
        script=words([*flags, *entrypoint, container.image, *hidden]),
        group=making.uid,
        files={
            _LABELS: labels.label_file(making.labels(role, container.name)),
            _ENV: "".join(f"{name}={value}\n" for name, value in listed.items()),
        },
        env=exported,
    )


def _split(
    variables: Mapping[str, Text], container: Container, making: Making
) -> tuple[dict[str, str], dict[str, str]]:
    """Which variables go as lines of the env file, and which, as no line can hold them, through the shell."""
    listed, exported = {}, {}
    for name, text in variables.items():
        size = len(f"{name}={text.value}".encode("utf-8", "surrogateescape"))
        if "\n" not in text.value and not text.value.endswith("\r") and size <= _MOST_LINE:
            listed[name] = text.value
        elif size > _MOST_VARIABLE:
            raise InputError(
                f"{making.manifest.source}: pod {making.key}: container {container.name}: env {name} has {size} bytes; "
                f"Linux allows {_MOST_VARIABLE} with its name",
                hint="Mount it as a file from a ConfigMap or Secret.",
            )
        elif not _exportable(name):
            raise InputError(
                f"{making.manifest.source}: pod {making.key}: container {container.name}: env {name} has several lines "
                "and a name that no shell can export",
                hint="Rename it to letters, digits and _, or mount the value as a file.",
            )
        else:
            exported[name] = text.value
    return listed, exported


def _exportable(name: str) -> bool:
    """False for names that a shell cannot export, and for those that would act on docker itself."""
    if not name.isidentifier() or not name.isascii():
        return False
    return name not in ("PATH", "HOME", "IFS", "ENV", "BASH_ENV") and not name.startswith(("LD_", "DOCKER_"))


def _namespaces(making: Making) -> Iterable[str]:
    spec = making.spec
    yield from ("--network", f"container:{making.new_infra}")
    yield from ("--ipc", "host" if spec.host_ipc else f"container:{making.new_infra}")
    if spec.host_pid:
        yield from ("--pid", "host")
    elif spec.share_process_namespace:
        yield from ("--pid", f"container:{making.new_infra}")


_POLICY = {"Always": "unless-stopped", "OnFailure": "on-failure", "Never": "no"}


def _restart(spec: PodSpec, container: Container, role: Role) -> tuple[str, ...]:
    """An init container is tried again by docker until it ends with 0, unless the Pod is never to be restarted."""
    if role is Role.INIT and not container.sidecar:
        return ("--restart", "no" if spec.restart_policy == "Never" else "on-failure")
    return ("--restart", "unless-stopped" if container.sidecar else _POLICY[spec.restart_policy])


def _life(spec: PodSpec, container: Container) -> Iterable[str]:
    yield from ("--no-healthcheck", "--stop-timeout", str(spec.termination_grace_period_seconds))
    if container.lifecycle.stop_signal:
        yield from ("--stop-signal", container.lifecycle.stop_signal)
    if container.working_dir:
        yield from ("--workdir", container.working_dir)
    if container.tty:
        yield "-t"
    if container.stdin:
        yield "-i"
    if spec.runtime_class_name:
        yield from ("--runtime", spec.runtime_class_name)


def _resources(container: Container) -> Iterable[str]:
    """Shares as the kubelet sets them: without a request 2, the least; docker's own default would be more than most."""
    requests, limits = container.resources.effective_requests, container.resources.limits
    millis = cpu_millis(requests.get("cpu", "0"))
    yield from ("--cpu-shares", str(min(max(2, millis * 1024 // 1000), 262_144)))
    if quota := cpu_millis(limits.get("cpu", "0")):
        yield from ("--cpu-period", "100000", "--cpu-quota", str(max(1000, quota * 100)))
    if memory := whole(limits.get("memory", "0")):
        yield from ("--memory", str(memory), "--memory-swap", str(memory))
    if gpus := whole(limits.get(_GPU, "0")):
        yield from ("--gpus", str(gpus))


def _devices(spec: PodSpec, container: Container) -> Iterable[str]:
    paths = {volume.name: volume.host_path.path for volume in spec.volumes if volume.host_path}
    for device in container.volume_devices:
        yield from ("--device", f"{paths[device.name]}:{device.device_path}:rwm")


def _security(making: Making, container: Container) -> Iterable[str]:
    pod, own = making.spec.security_context, container.security_context
    yield from _user(making, container)
    groups = ([pod.fs_group] if pod.fs_group is not None else []) + list(pod.supplemental_groups)
    for group in dict.fromkeys(groups):
        yield from ("--group-add", str(group))
    for name in own.capabilities.drop:
        yield from ("--cap-drop", name)
    for name in own.capabilities.add:
        yield from ("--cap-add", name)
    if own.privileged:
        yield "--privileged"
    if own.read_only_root_filesystem:
        yield "--read-only"
    yield from _security_options(making, container)


def _user(making: Making, container: Container) -> tuple[str, ...]:
    """A group alone needs the image's own user beside it: `--user :G` would be root."""
    pod, own = making.spec.security_context, container.security_context
    user = pod.run_as_user if own.run_as_user is None else own.run_as_user
    group = pod.run_as_group if own.run_as_group is None else own.run_as_group
    if user is None and group is None:
        return ()
    image_user = making.image_users.get(container.image, "").partition(":")[0] or "0"
    name = image_user if user is None else str(user)
    return ("--user", name if group is None else f"{name}:{group}")


def _security_options(making: Making, container: Container) -> Iterable[str]:
    pod, own = making.spec.security_context, container.security_context
    if own.allow_privilege_escalation is False:
        yield from ("--security-opt", "no-new-privileges")
    seccomp = own.seccomp_profile or pod.seccomp_profile
    if seccomp and seccomp.type == "Unconfined":
        yield from ("--security-opt", "seccomp=unconfined")
    if seccomp and seccomp.localhost_profile:
        yield from ("--security-opt", f"seccomp={_profile(seccomp.localhost_profile)}")
    armor = own.app_armor_profile or pod.app_armor_profile
    if armor and armor.type != "RuntimeDefault":
        yield from ("--security-opt", f"apparmor={armor.localhost_profile or 'unconfined'}")
    linux = own.se_linux_options or pod.se_linux_options
    for part in ("user", "role", "type", "level"):
        if linux and getattr(linux, part):
            yield from ("--security-opt", f"label={part}:{getattr(linux, part)}")
    if own.proc_mount == "Unmasked":
        yield from ("--security-opt", "systempaths=unconfined")


def _profile(path: str) -> str:
    """A relative profile lies below the kubelet's folder, as in Kubernetes."""
    return path if path.startswith("/") else f"/var/lib/kubelet/seccomp/{path}"


def sub_paths(making: Making) -> Iterable[tuple[str, str]]:
    """All pairs of a volume's name and a part of it that some container mounts."""
    for each in making.spec.all_containers:
        variables = environment(each, making.context)
        for mount in each.volume_mounts:
            yield mount.name, sub_path(mount, variables)


def needs_image_user(spec: PodSpec, container: Container) -> bool:
    """True when what the image's USER says decides how, or whether, the container is made."""
    pod, own = spec.security_context, container.security_context
    user = pod.run_as_user if own.run_as_user is None else own.run_as_user
    group = pod.run_as_group if own.run_as_group is None else own.run_as_group
    return user is None and (group is not None or non_root(spec, container))


def non_root(spec: PodSpec, container: Container) -> bool:
    own = container.security_context.run_as_non_root
    return bool(spec.security_context.run_as_non_root if own is None else own)


def image_user_problem(making: Making) -> str:
    """Why runAsNonRoot forbids one of the images, in the kubelet's words; "" when none is forbidden."""
    for each in making.spec.all_containers:
        user = making.image_users.get(each.image)
        if user is None or not non_root(making.spec, each) or not needs_image_user(making.spec, each):
            continue
        name = user.partition(":")[0]
        if name in ("", "0"):
            return f"container {each.name} has runAsNonRoot and image {each.image} will run as root"
        if not name.isdigit():
            return f"container {each.name} has runAsNonRoot and image {each.image} has the non-numeric user {name}"
    return ""
