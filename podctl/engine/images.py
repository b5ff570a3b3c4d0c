"""Images: brought to a Minion once each, before any container of its Pods is touched."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from podctl.core.plan import Keep, Start
from podctl.engine.docker import change
from podctl.engine.session import side_by_side
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podctl.core.manifest import PodManifest
    from podctl.core.model import Minion, PodKey
    from podctl.core.plan import Plan
    from podctl.engine.session import Session
    from podctl.engine.work import Job
    from podctl.transport.base import Conversation

_NEVER = "ErrImageNeverPull"  # the first word of what `change.pull` says then
_CONFIG_JSON, _DOCKERCFG = ".dockerconfigjson", ".dockercfg"


def pull_all(talk: Conversation, minion: Minion, pods: Sequence[PodManifest], job: Job) -> dict[str, str]:
    """By image: why it could not be had, first line and evidence. {} when all are there."""
    steps: dict[str, Step] = {}
    for pod in pods:
        login = login_for(pod, job)
        for image, policy in job.image_policies(pod).items():
            if image not in steps or login:
                script = change.pull(minion.docker, image, policy, login=bool(login))
                seconds = minion.pull_timeout_seconds
                steps[image] = Step(title=f"pull {image}", script=script, stdin=login, timeout_seconds=seconds)
    results = talk.run(list(steps.values()))
    problems = zip(steps, results, strict=True)
    return {image: _problem(image, result.error_text) for image, result in problems if not result.ok}


def changed_images(session: Session, plan: Plan, job: Job) -> frozenset[PodKey]:
    """Asks the registries for the images of Pods that would be kept; the Pods whose image is another one now.

    An image that cannot be had is no reason to touch a Pod that runs.
    """
    kept = [each for each in plan.actions if isinstance(each, Keep | Start)]

    def changed(name: str) -> set[PodKey]:
        minion, talk = session.minion(name), session.conversation(name)
        mine = [each for each in kept if each.minion == name]
        found: set[PodKey] = set()
        for action in mine:
            login = login_for(action.pod, job)
            for container in action.pod.pod.spec.all_containers:
                get = change.pull(minion.docker, container.image, "Always", login=bool(login))
                ask_id = change.image_id(minion.docker, container.image)
                seconds = minion.pull_timeout_seconds
                pulled = Step(title=f"pull {container.image}", script=get, stdin=login, timeout_seconds=seconds)
                told = talk.run([pulled, Step(title="ask for its id", script=ask_id)])[1].text.strip()
                seen = action.observed.containers.get(container.name)
                if told and seen and seen.image_id != told:
                    found.add(action.key)
        return found

    answers = side_by_side(changed, {each.minion for each in kept})
    return frozenset(key for found in answers.values() if isinstance(found, set) for key in found)


def _problem(image: str, said: str) -> str:
    if said.startswith(_NEVER):
        return said
    return f"ErrImagePull: cannot pull {image}\n{said}"


def image_hint(problem: str) -> str:
    """What to do about a problem that `pull_all` told."""
    if problem.startswith(_NEVER):
        return "Load it there (docker load), or let imagePullPolicy be IfNotPresent."
    return "Check the image's name, the way from that Minion to its registry, and imagePullSecrets."


def login_for(pod: PodManifest, job: Job) -> bytes | None:
    """The config.json that the Pod's imagePullSecrets make together; None when it has none."""
    wanted = [each.name for each in pod.pod.spec.image_pull_secrets]
    auths: dict[str, Any] = {}
    for secret in job.given.secrets:
        if secret.metadata.namespace == pod.key.namespace and secret.metadata.name in wanted:
            if data := secret.content.get(_CONFIG_JSON):
                auths |= _object(data.reveal()).get("auths") or {}
            elif data := secret.content.get(_DOCKERCFG):
                auths |= _object(data.reveal())
    for entry in auths.values():
        if isinstance(entry, dict) and "auth" not in entry and "username" in entry:
            pair = f"{entry['username']}:{entry.get('password', '')}"
            entry["auth"] = base64.b64encode(pair.encode()).decode()
    return json.dumps({"auths": auths}).encode() if auths else None


def _object(data: bytes) -> dict[str, Any]:
    """{} for what is no JSON object: the registry then says what is missing."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
