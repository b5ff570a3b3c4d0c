"""Which Pod and which container a command reaches into. Messages are kubectl's, where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podctl.core.kinds import POD, parse_kind
from podctl.core.model import Mark
from podctl.core.selectors import matches
from podctl.core.state import container_statuses, spec_of
from podctl.errors import InputError, NotFoundError, PodctlError, UnreachableError

if TYPE_CHECKING:
    from podctl.core.model import Cluster, ObservedContainer, ObservedPod, PodKey
    from podctl.core.selectors import Selector

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The container that is meant; `note` is for stderr, "" where nobody needs to be told."""

    container: str
    note: str = ""


def parse_pod(word: str) -> str:
    """The name in `web`, `pod/web`, `pods/web` or `po/web`. Raises InputError for any other kind."""
    kind, slash, name = word.partition("/")
    if not slash:
        name = word
    elif parse_kind(kind) is not POD:
        raise InputError(f"{word}: only Pods have containers to reach into", hint="Name a Pod: POD, or pod/POD.")
    if not name or "/" in name:
        raise InputError(f"{word!r} names no Pod", hint="Name a Pod: POD, or pod/POD.")
    return name


def find_pod(cluster: Cluster, key: PodKey) -> ObservedPod:
    """The Pod of that name; where several carry it, the complete one.

    Raises NotFoundError when every Minion answered, else UnreachableError: the Pod may be on a silent one.
    """
    found = [pod for pod in cluster.pods if pod.key == key]
    if found:
        return min(found, key=lambda pod: (pod.mark is not Mark.COMMITTED, pod.mark is not Mark.NEW))
    message = f'pods "{key.name}" not found'
    if cluster.silent:
        names = ", ".join(each.minion.name for each in cluster.silent)
        raise UnreachableError(
            f"{message} on the Minions that answered; no answer from {names}",
            evidence="\n".join(f"{each.minion.name}: {each.problem}" for each in cluster.silent),
            hint="It may be there: see why with `podctl get minions`, and ask again.",
        )
    elsewhere = sorted({pod.key.namespace for pod in cluster.pods if pod.key.name == key.name})
    hint = f"There is one in the namespace {elsewhere[0]}: -n {elsewhere[0]}" if elsewhere else ""
    raise NotFoundError(message, hint=hint)


def select_pods(cluster: Cluster, namespace: str, selector: Selector) -> tuple[ObservedPod, ...]:
    """The Pods of the namespace whose labels match, by name, one for each name."""
    keys = {
        pod.key for pod in cluster.pods if pod.key.namespace == namespace and matches(selector, labels_of_pod(pod))
    }  # fmt: skip
    return tuple(find_pod(cluster, key) for key in sorted(keys))


def labels_of_pod(pod: ObservedPod) -> dict[str, str]:
    return dict((pod.manifest.get("metadata") or {}).get("labels") or {})


def app_names(pod: ObservedPod) -> tuple[str, ...]:
    """In the manifest's order; as they are seen where the manifest is gone with its infra container."""
    return tuple(each.name for each in container_statuses(pod) if not each.init)


def init_names(pod: ObservedPod) -> tuple[str, ...]:
    return tuple(each.name for each in container_statuses(pod) if each.init)


def choose_container(pod: ObservedPod, wanted: str = "") -> Choice:
    """The container `wanted`; else the one of the Pod's annotation default-container; else its first.

    Raises NotFoundError that lists what there is.
    """
    apps, inits = app_names(pod), init_names(pod)
    every = ", ".join([*apps, *(f"{name} (init)" for name in inits)])
    if wanted:
        if wanted not in (*apps, *inits):
            raise NotFoundError(f"container {wanted} not found in pod {pod.key.name}", hint=f"It has: {every}.")
        return Choice(container=wanted)
    if not apps:
        raise NotFoundError(f"pod {pod.key.name} has no container left on Minion {pod.minion}")
    annotations = (pod.manifest.get("metadata") or {}).get("annotations") or {}
    preferred = annotations.get(_DEFAULT_CONTAINER, "")
    if preferred in (*apps, *inits):
        return Choice(container=preferred)
    notes = [f'Default container name "{preferred}" not found in pod {pod.key.name}'] if preferred else []
    if len(apps) + len(inits) > 1:
        notes.append(f'Defaulted container "{apps[0]}" out of: {every}')
    return Choice(container=apps[0], note="\n".join(notes))


def seen_container(pod: ObservedPod, name: str) -> ObservedContainer:
    """Raises NotFoundError when somebody removed it behind podctl's back."""
    found = pod.containers.get(name)
    if found is None:
        raise NotFoundError(
            f"container {name} of pod {pod.key.name} is no longer on Minion {pod.minion}",
            hint="Somebody removed it there; `podctl apply` makes the Pod whole again.",
        )
    return found


def running_container(pod: ObservedPod, name: str) -> ObservedContainer:
    """Raises PodctlError with the container's state, when there is none that a command could run in."""
    container = seen_container(pod, name)
    if container.status == "running":
        return container
    status = next((each for each in container_statuses(pod) if each.name == name), None)
    state = f"{status.state}: {status.reason}" if status and status.reason else container.status
    if container.status == "paused":
        state = "paused"
    raise PodctlError(
        f"container {name} of pod {pod.key.name} is not running ({state})",
        evidence=(status.message if status else "") or container.error,
        hint=f"See `podctl describe pod {pod.key.name} -n {pod.key.namespace}` and `podctl logs`.",
    )


def container_ports(pod: ObservedPod) -> dict[str, tuple[int, str]]:
    """By name: the port and its protocol, of all containers and sidecars; the first of a name counts."""
    spec = spec_of(pod)
    found: dict[str, tuple[int, str]] = {}
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        for port in container.get("ports") or ():
            if port.get("name"):
                found.setdefault(port["name"], (int(port["containerPort"]), str(port.get("protocol") or "TCP")))
    return found


def pod_address(pod: ObservedPod) -> tuple[str, str]:
    """Where its Minion reaches the Pod, and the id of its infra container. Raises PodctlError when it does not run."""
    infra = pod.infra
    if infra is None or not infra.running or pod.mark is Mark.OLD:
        raise PodctlError(
            f"unable to forward port because pod {pod.key.name} is not running",
            hint=f"See `podctl get pod {pod.key.name} -n {pod.key.namespace}`.",
        )
    if infra.host_network:
        return "127.0.0.1", infra.id
    if not infra.ip:
        raise PodctlError(f"pod {pod.key.name} has no address on Minion {pod.minion}")
    return infra.ip, infra.id
