"""Who a container runs as and what it may do: flags of `docker create` (docker-facts.md section 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podctl.core.schema import Container, PodSpec
    from podctl.engine.docker.making import Making


def flags(making: Making, container: Container) -> Iterable[str]:
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
