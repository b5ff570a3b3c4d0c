"""How each Action is done: the steps, in order.

All steps of one Pod are one group: at the first that fails the rest is skipped: what was made is half made.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from podctl.core import naming
from podctl.core.model import Mark, Role
from podctl.engine.docker import change, create, infra, security, volumes
from podctl.transport.shell import Script, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.actions import Remove
    from podctl.core.model import Minion, ObservedPod
    from podctl.core.schema import Container, PersistentVolumeClaim
    from podctl.engine.docker.making import Making

_START_SECONDS = 60
_HOOK_EXTRA_SECONDS = 15
_STOP_EXTRA_SECONDS = 15
_LEAST_GRACE_SECONDS = 2  # after a hook that took all (kubelet, minimumGracePeriodInSeconds)
_STOPPED_AT_ONCE = 50  # by one call of the engine's command line (docker/cli, parallelOperation)


def prepare(making: Making, claims: Sequence[PersistentVolumeClaim], architecture: str) -> tuple[Step, ...]:
    """From nothing to an infra container that runs, all volumes filled; the last step's answer completes `making`."""
    docker, spec = making.docker, making.spec
    infra_script, archive = change.infra_image_steps(making.minion, architecture)
    fresh = frozenset(claim.metadata.name for claim in claims)

    def step(title: str, script: Script, stdin: bytes | None = None) -> Step:
        return Step(title=title, script=script, stdin=stdin, group=making.uid, timeout_seconds=_START_SECONDS)

    steps = [step("check that the infra image is there", infra_script, archive)]
    if not spec.host_network:
        steps.append(step("make the cluster's network", change.ensure_network(docker, making.cluster)))
    steps += [step("check a hostPath", check) for each in spec.volumes if (check := volumes.host_path_check(each))]
    steps += [
        step(
            f"create the volume of claim {claim.metadata.name}",
            _quiet(volumes.create_claim(making.cluster, docker, claim, making.now_seconds)),
        )
        for claim in claims
    ]
    steps += [
        step(f"create volume {each.name}", _quiet(script))
        for each in spec.volumes
        if (script := volumes.create(making, each))
    ]
    steps.append(_quiet_step(infra.create(making)))
    steps.append(step("start the infra container", change.start(docker, [making.new_infra])))
    steps += fill(making, fresh, making.new_infra)
    names = [name for each in spec.volumes if (name := volumes.name_of(making, each))]
    steps.append(step("look at the new Pod", change.about_new_pod(making, names, images_to_ask(making))))
    return tuple(steps)


def fill(making: Making, fresh_claims: frozenset[str], infra: str) -> Iterable[Step]:
    """Writes the volumes' files through the infra container, and sets the roots of `fresh_claims`; no other claim's."""
    if any(volumes.name_of(making, each) for each in making.spec.volumes):
        yield Step(
            title="write the files of its volumes",
            script=change.fill(making, infra, volumes.ROOT),
            stdin=volumes.content(making, fresh_claims),
            group=making.uid,
            timeout_seconds=_START_SECONDS,
        )
    for script, tar in volumes.missing_files(making, infra):
        yield Step(title="make a hostPath file", script=script, stdin=tar, group=making.uid)


def images_to_ask(making: Making) -> list[str]:
    """The images whose USER decides something, once each."""
    asked = [each.image for each in making.spec.all_containers if security.needs_image_user(making.spec, each)]
    return list(dict.fromkeys(asked))


def populate(making: Making) -> tuple[Step, ...]:
    """All containers beside the infra container that runs; then the commit, unless another has the name meanwhile."""
    steps = []
    if folders := volumes.sub_path_folders(making, create.sub_paths(making)):
        steps.append(Step(title="make the folders of subPaths", script=folders, group=making.uid))
    inits = len(making.spec.init_containers)
    for index, container in enumerate(making.spec.all_containers):
        steps.append(_quiet_step(create.container(making, container, Role.INIT if index < inits else Role.APP)))
    return (*steps, *(() if making.overlap else (commit(making),)))


def commit(making: Making) -> Step:
    """The infra container takes its name. It fails where another has it."""
    script = change.rename(making.docker, making.new_infra, making.infra)
    return Step(title=f"commit pod {making.key}", script=script, group=making.uid)


def check(making: Making) -> None:
    """Renders all that can be rendered before anything runs. Raises ValueError or InputError for what never can be."""
    prepare(making, (), making.facts.architecture)
    mountpoints = {name: "/" for each in making.spec.volumes if (name := volumes.name_of(making, each))}
    populate(replace(making, mountpoints=mountpoints))


def start(making: Making, names: Sequence[str], hook_seconds: int) -> tuple[Step, ...]:
    """Starts containers of a complete Pod, one after the other, each with its postStart hook.

    "" is the infra container; its volumes are filled again then, as a Memory volume has lost its files. A hook that
    takes longer than `hook_seconds` is ended in the shell, before the step's own deadline would end the conversation.
    """
    steps: list[Step] = []
    by_name = {each.name: each for each in making.spec.all_containers}
    for name in names:
        target = making.container(name) if name else making.started_infra
        group = f"{making.uid}/{name}"
        steps.append(
            Step(
                title=f"start {name or 'the infra container'}",
                script=change.start(making.docker, [target]),
                group=group,
                timeout_seconds=_START_SECONDS,
            )
        )
        if not name:
            steps += fill(making, frozenset(), making.started_infra)
        elif hook := _exec_hook(making, by_name[name]):
            steps.append(
                Step(
                    title=f"run the postStart hook of {name}",
                    script=change.within(hook, hook_seconds),
                    group=group,
                    timeout_seconds=hook_seconds + _HOOK_EXTRA_SECONDS,
                )
            )
    return tuple(steps)


def restart(making: Making, names: Sequence[str]) -> tuple[Step, ...]:
    """For containers that run beside a namespace that is gone."""
    targets = [making.container(name) for name in names]
    grace = making.spec.termination_grace_period_seconds
    return (
        Step(
            title=f"restart {', '.join(names)}",
            script=change.restart(making.docker, targets),
            group=making.uid,
            timeout_seconds=len(names) * (grace + _STOP_EXTRA_SECONDS),
        ),
    )


def _exec_hook(making: Making, container: Container) -> Script | None:
    """PostStart by exec or sleep; httpGet is the transport's affair (see hooks.py), tcpSocket does nothing."""
    hook = container.lifecycle.post_start
    if hook and hook.exec:
        command = change.exec_in(making.docker, making.container(container.name), hook.exec.command)
        return Script(f"{command.text} >/dev/null", command.shown)
    if hook and hook.sleep:
        text = f"sleep {hook.sleep.seconds}"
        return Script(text, text)
    return None


def remove(
    minion: Minion, cluster: str, actions: Sequence[Remove], grace_seconds: int | None = None
) -> tuple[Step, ...]:
    """From Pods, or from what is left of them, to nothing: all marked first, all stopped at once, then removed.

    Each Pod's steps are a group of their own; its infra container and volumes go last. The stop belongs to no group
    where several Pods share it.
    """
    return (*mark(minion, cluster, actions), *stop(minion, actions, grace_seconds))


def mark(minion: Minion, cluster: str, actions: Sequence[Remove]) -> tuple[Step, ...]:
    """The first part of `remove`: from here on nothing brings these Pods back: not podctl, and not the engine."""
    steps = []
    for each in actions:
        if each.pod:
            steps += [*give_name_up(minion, cluster, each.pod), _switch_off(minion.docker, each.pod)]
    return tuple(steps)


def switch_off(minion: Minion, actions: Sequence[Remove]) -> tuple[Step, ...]:
    """The same for Pods that have given their names up."""
    return tuple(_switch_off(minion.docker, each.pod) for each in actions if each.pod)


def stop(
    minion: Minion,
    actions: Sequence[Remove],
    grace_seconds: int | None = None,
    spent_seconds: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Step, ...]:
    """The rest of `remove`, for what is marked. `spent_seconds`, by uid, are taken off the grace."""
    pods = [each.pod for each in actions if each.pod]
    return (
        *_stop(minion.docker, pods, grace_seconds, spent_seconds),
        *(step for each in actions for step in _wipe(minion.docker, each)),
    )


def halt(minion: Minion, pods: Sequence[ObservedPod], spent_seconds: Mapping[str, int]) -> tuple[Step, ...]:
    """Stops the containers of these Pods as if the Pods were to go, and takes nothing away."""
    return tuple(_stop(minion.docker, pods, None, spent_seconds))


def _going(pod_uid: str, title: str, script: Script) -> Step:
    return Step(title=title, script=script, group=pod_uid, timeout_seconds=_START_SECONDS)


def give_name_up(minion: Minion, cluster: str, pod: ObservedPod) -> tuple[Step, ...]:
    """A committed Pod is then one that goes; none for what is half made or half removed."""
    if not pod.infra or pod.mark is not Mark.COMMITTED:
        return ()
    script = change.rename(
        minion.docker, pod.infra.id, naming.marked(naming.infra(cluster, pod.key), Mark.OLD, pod.uid)
    )
    return (_going(pod.uid, f"mark pod {pod.key} as going", script),)


def take_name_back(minion: Minion, cluster: str, pod: ObservedPod) -> tuple[Step, ...]:
    """Undoes `give_name_up`, for a Pod whose successor could not take the name."""
    if not pod.infra or pod.mark is not Mark.COMMITTED:
        return ()
    script = change.rename(minion.docker, pod.infra.id, naming.infra(cluster, pod.key))
    return (_going(pod.uid, f"let pod {pod.key} stay", script),)


def _switch_off(docker: str, pod: ObservedPod) -> Step:
    every = [*(each.id for each in pod.containers.values()), *([pod.infra.id] if pod.infra else [])]
    return _going(pod.uid, "switch off its restart policies", change.never_restart(docker, every))


def _stop(
    docker: str, pods: Sequence[ObservedPod], grace_seconds: int | None, spent_seconds: Mapping[str, int]
) -> Iterable[Step]:
    """One step that stops all these Pods: one call for all of the same grace, as each call is a process there."""
    together: defaultdict[int, list[str]] = defaultdict(list)
    scripts: list[Script] = []
    longest = 0
    for pod in pods:
        whole = grace_of(pod, grace_seconds)
        grace = max(whole - spent_seconds.get(pod.uid, 0), min(whole, _LEAST_GRACE_SECONDS))
        running = [each.id for each in pod.containers.values() if each.running or each.status == "restarting"]
        if hooks := _pre_stop(docker, pod) if grace and running else ():
            scripts.append(change.stop(docker, running, grace, hooks))
        else:
            together[grace] += running
        longest = max(longest, grace if running else 0)
    scripts += [change.stop(docker, names, grace, ()) for grace, names in together.items() if names]
    if scripts:
        waves = 1 + max((len(names) for names in together.values()), default=0) // _STOPPED_AT_ONCE
        yield Step(
            title=f"stop {', '.join(f'pod {pod.key}' for pod in pods)}",
            script=change.side_by_side(scripts) if len(scripts) > 1 else scripts[0],
            group=pods[0].uid if len(pods) == 1 else "",
            timeout_seconds=waves * longest + _STOP_EXTRA_SECONDS + len(pods),
        )


def _wipe(docker: str, action: Remove) -> Iterable[Step]:
    pod = action.pod
    if pod and pod.containers:
        members = [each.id for each in pod.containers.values()]
        yield _going(
            pod.uid, f"remove the containers of pod {pod.key}", change.remove_containers(docker, members)
        )  # fmt: skip
    if pod and pod.infra:
        yield _going(pod.uid, "remove its infra container", change.remove_containers(docker, [pod.infra.id]))
    if action.volumes:
        yield _going(action.uid, "remove its volumes", change.remove_volumes(docker, action.volumes))


def grace_of(pod: ObservedPod, grace_seconds: int | None) -> int:
    """The grace that is given, else terminationGracePeriodSeconds as applied.

    What is half made or half removed is not waited for.
    """
    if grace_seconds is not None:
        return grace_seconds
    if pod.mark is not Mark.COMMITTED:
        return 0
    return int((pod.manifest.get("spec") or {}).get("terminationGracePeriodSeconds", 30))


def _pre_stop(docker: str, pod: ObservedPod) -> list[Script]:
    """PreStop hooks by exec and sleep of the containers that run."""
    found = []
    for name, hook in pre_stop_hooks(pod).items():
        if "exec" in hook:
            found.append(change.exec_in(docker, pod.containers[name].id, hook["exec"].get("command") or ()))
        elif "sleep" in hook:
            text = f"sleep {int(hook['sleep'].get('seconds') or 0)}"
            found.append(Script(text, text))
    return found


def pre_stop_hooks(pod: ObservedPod) -> Mapping[str, Mapping[str, Any]]:
    """By container: the preStop hooks of the containers that run, as the manifest has them.

    None of a Pod that is half made; none of one that is half removed, whose hooks have been run.
    """
    if pod.mark is not Mark.COMMITTED:
        return {}
    spec = pod.manifest.get("spec") or {}
    hooks = {
        each["name"]: (each.get("lifecycle") or {}).get("preStop") or {}
        for each in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    }
    return {
        name: hook for name, hook in hooks.items() if hook and name in pod.containers and pod.containers[name].running
    }


def _quiet(script: Script) -> Script:
    return Script(f"{script.text} >/dev/null", script.shown)


def _quiet_step(step: Step) -> Step:
    return replace(step, script=_quiet(step.script))
