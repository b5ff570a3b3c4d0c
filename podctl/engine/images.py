"""Images: brought to a Minion once each, before any container of its Pods is touched."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from podctl.core.plan import Keep, Start
from podctl.engine.docker import change
from podctl.engine.session import side_by_side
from podctl.transport.shell import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.manifest import PodManifest
    from podctl.core.model import Minion, PodKey
    from podctl.core.plan import Plan
    from podctl.engine.session import Session
    from podctl.engine.work import Job
    from podctl.transport.base import Conversation

_ALWAYS, _IF_NOT_PRESENT, _NEVER = _ORDER = ("Always", "IfNotPresent", "Never")
_NOT_THERE = "ErrImageNeverPull"  # the first word of what `change.pull` says then
_CONFIG_JSON, _DOCKERCFG = ".dockerconfigjson", ".dockercfg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """How a Pod wants an image; what several want alike is done once a Minion. `login` is a config.json."""

    image: str
    policy: str
    login: bytes | None = field(default=None, repr=False)
    key: str = ""  # of the inventory, for an image that no Pod names

    def step(self, minion: Minion) -> Step:
        return Step(
            title=f"pull {self.image}",
            script=change.pull(minion.docker, self.image, self.policy, login=bool(self.login)),
            stdin=self.login,
            timeout_seconds=minion.pull_timeout_seconds,
        )


def pull_all(talk: Conversation, minion: Minion, pods: Sequence[PodManifest], job: Job) -> dict[PodKey, str]:
    """By Pod: why an image of it could not be had, first line and evidence. {} when all are there.

    The Minion's own infra image comes with them: found missing later, a Pod's predecessor would be gone already.
    """
    infra = [Pull(image=minion.infra_image, policy=_IF_NOT_PRESENT, key="infra_image")] if minion.infra_image else []
    wanted = {pod.key: [*infra, *_pulls(pod, job)] for pod in pods}
    problems = _pulled(talk, minion, (pull for pulls in wanted.values() for pull in pulls))
    return _blamed(wanted, problems)


def _pulls(pod: PodManifest, job: Job) -> list[Pull]:
    """In the order of the Pod's containers."""
    login = login_for(pod, job)
    return [
        Pull(image=each.image, policy=each.pull_policy, login=None if each.pull_policy == _NEVER else login)
        for each in pod.pod.spec.all_containers
    ]


def _pulled(talk: Conversation, minion: Minion, pulls: Iterable[Pull]) -> dict[Pull, str]:
    """Does each once; those that failed, with what was said.

    Always comes first and Never last: in Kubernetes, too, a Pod with Never starts as soon as another brought its image.
    """
    once = sorted(dict.fromkeys(pulls), key=lambda pull: _ORDER.index(pull.policy))
    results = talk.run([each.step(minion) for each in once])
    ended = zip(once, results, strict=True)
    return {pull: _problem(pull, result.error_text) for pull, result in ended if not result.ok}


def _blamed(wanted: Mapping[PodKey, Sequence[Pull]], problems: Mapping[Pull, str]) -> dict[PodKey, str]:
    """The first problem of each Pod that has one."""
    found = {key: [problems[pull] for pull in pulls if pull in problems] for key, pulls in wanted.items()}
    return {key: own[0] for key, own in found.items() if own}


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


def _problem(pull: Pull, said: str) -> str:
    if said.startswith(_NOT_THERE):
        return said
    named = f"{pull.key} {pull.image}" if pull.key else pull.image
    return f"ErrImagePull: cannot pull {named}\n{said}"


def image_hint(problem: str) -> str:
    """What to do about a problem that `pull_all` told."""
    if problem.startswith(_NOT_THERE):
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
