"""`docker create` for init and app containers, one small function for each part of the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podctl.core.environment import argv, environment
from podctl.core.model import Role
from podctl.core.quantity import cpu_millis, whole
from podctl.engine.docker import labels, security
from podctl.engine.docker.volumes import mount_flags, sub_path
from podctl.errors import InputError
from podctl.transport.shell import Hidden, Step, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podctl.core.environment import Text
    from podctl.core.schema import Container, PodSpec
    from podctl.engine.docker.making import Making

_LABELS, _ENV = 3, 4  # the descriptors of the two here-documents
_MOST_LINE = 65_535  # bytes of one line of an env file (docker-facts.md section 6)
_MOST_WORD = 131_071  # bytes of one argument, or of one variable with name and `=`: the kernel's limit
_GPU = "nvidia.com/gpu"


def container(making: Making, container: Container, role: Role) -> Step:
    """An init or app container, created beside its infra container and not started."""
    variables = environment(container, making.context)
    listed, exported = _split(variables, container, making)
    command, args = argv(container, variables)
    _check_size((*command, *args), container, making)
    hidden = [Hidden(word.value) if word.secret else word.value for word in (*command, *args)]
    entrypoint = ("--entrypoint", hidden.pop(0)) if command else ()
    flags = [
        making.docker, "create", "--pull", "never", "--name", making.container(container.name),
        "--label-file", f"/dev/fd/{_LABELS}", "--env-file", f"/dev/fd/{_ENV}",
        *(flag for name in exported for flag in ("-e", name)),
        *_namespaces(making), *_restart(making.spec, container, role), *_life(making.spec, container),
        *_resources(container), *security.flags(making, container), *_devices(making.spec, container),
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


def _check_size(argument_words: Iterable[Text], container: Container, making: Making) -> None:
    for word in argument_words:
        size = len(word.value.encode("utf-8", "surrogateescape"))
        if size > _MOST_WORD:
            raise InputError(
                f"{making.manifest.source}: pod {making.key}: container {container.name}: "
                f"an argument has {size} bytes; Linux allows {_MOST_WORD}",
                hint="Mount it as a file from a ConfigMap or Secret.",
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
        elif size > _MOST_WORD:
            raise InputError(
                f"{making.manifest.source}: pod {making.key}: container {container.name}: env {name} has {size} bytes; "
                f"Linux allows {_MOST_WORD} with its name",
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


# Some shell cannot export them (bash: read-only), or they would act on the shell or on docker's client.
_NOT_EXPORTABLE = frozenset({
    "BASHOPTS", "BASH_ENV", "BASH_VERSINFO", "ENV", "EUID", "GODEBUG", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "IFS",
    "LC_ALL", "NO_PROXY", "OPTIND", "PATH", "POSIXLY_CORRECT", "PPID", "PS4", "SHELLOPTS", "UID", "_", "http_proxy",
    "https_proxy",
})  # fmt: skip


def _exportable(name: str) -> bool:
    """False for names that a shell cannot export, and for those that would act on docker itself."""
    if not name.isidentifier() or not name.isascii():
        return False
    return name not in _NOT_EXPORTABLE and not name.startswith(("LD_", "DOCKER_"))


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


def sub_paths(making: Making) -> Iterable[tuple[str, str]]:
    """All pairs of a volume's name and a part of it that some container mounts."""
    for each in making.spec.all_containers:
        variables = environment(each, making.context)
        for mount in each.volume_mounts:
            yield mount.name, sub_path(mount, variables)
