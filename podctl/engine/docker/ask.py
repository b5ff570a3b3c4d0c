"""Questions to docker: shell text that prints what `answers.py` parses. None of them changes anything."""

from __future__ import annotations

import re

from podctl.engine.docker import labels
from podctl.transport.shell import Script, bind, words

_CONTAINER = (
    '{"id":{{json .Id}},"name":{{json .Name}},"image":{{json .Config.Image}},"image_id":{{json .Image}},'
    '"status":{{json .State.Status}},"exit_code":{{.State.ExitCode}},"error":{{json .State.Error}},'
    '"oom_killed":{{.State.OOMKilled}},"restart_count":{{.RestartCount}},"created":{{json .Created}},'
    '"started":{{json .State.StartedAt}},"finished":{{json .State.FinishedAt}},"labels":{{json .Config.Labels}},'
    '"networks":{{json .NetworkSettings.Networks}},"ports":{{json .HostConfig.PortBindings}},'
    '"mounts":{{json .Mounts}},"nano_cpus":{{.HostConfig.NanoCpus}},"quota":{{.HostConfig.CpuQuota}},'
    '"period":{{.HostConfig.CpuPeriod}},"memory":{{.HostConfig.Memory}},'
    '"network_mode":{{json .HostConfig.NetworkMode}},"restart":{{json .HostConfig.RestartPolicy.Name}}}'
)
_VERSION = '{"version":{{json .Server.Version}},"api":{{json .Server.APIVersion}}}'
_INFO = (
    '{"cpus":{{.NCPU}},"memory":{{.MemTotal}},"os":{{json .OperatingSystem}},"kernel":{{json .KernelVersion}},'
    '"architecture":{{json .Architecture}},"security":{{json .SecurityOptions}},'
    '"root":{{json .DockerRootDir}}}'
)

# Not `no such file`: a shell says so of a missing docker, and docker of a missing socket.
_GONE = re.compile(r"no such (container|volume|object)\b", re.IGNORECASE)


def containers(docker: str) -> Script:
    """Every container of the machine, ours or not. A container that goes between ps and inspect is left out."""
    return bind(
        'ids=$({docker} ps -aq --no-trunc) || exit\n[ -z "$ids" ] || {docker} container inspect --format {format} $ids',
        docker=docker,
        format=_CONTAINER,
    )


def containers_named(docker: str, names: tuple[str, ...]) -> Script:
    return words([docker, "container", "inspect", "--format", _CONTAINER, *names])


def volumes(docker: str, cluster: str) -> Script:
    return bind(
        "names=$({docker} volume ls -q --filter {filter}) || exit\n"
        '[ -z "$names" ] || {docker} volume inspect --format {format} $names',
        docker=docker,
        filter=f"label={labels.CLUSTER}={cluster}",
        format="{{json .}}",
    )


def facts(docker: str) -> Script:
    return bind(
        "{docker} version --format {version} && {docker} info --format {info}",
        docker=docker,
        version=_VERSION,
        info=_INFO,
    )


def now() -> Script:
    return Script("date +%s", "date +%s")


def resolv_conf() -> Script:
    return Script("cat /etc/resolv.conf 2>/dev/null || :", "cat /etc/resolv.conf")


def address() -> Script:
    """The address at which SSH reached the machine, else its own first one."""
    text = 'set -- $SSH_CONNECTION; [ -n "$3" ] && echo "$3" || hostname -I 2>/dev/null | cut -d " " -f 1'
    return Script(text, text)


def is_gone(stderr: str) -> bool:
    """True when a failure says only that something asked for is not there (any more)."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    return bool(lines) and all(_GONE.search(line) for line in lines)
