"""Images: brought to a Minion once each, before any container of its Pods is touched."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from podctl.core.actions import Keep, Start
from podctl.core.outcome import Outcome, Word
from podctl.engine.docker import change
from podctl.engine.session import side_by_side
from podctl.errors import ExitCode, PodctlError, UnreachableError
from podctl.transport.shell import Step, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.actions import Plan
    from podctl.core.manifest import PodManifest
    from podctl.core.model import Minion, PodKey
    from podctl.engine.session import Session
    from podctl.engine.work import Job
    from podctl.transport.base import Conversation

_ALWAYS, _IF_NOT_PRESENT, _NEVER = _ORDER = ("Always", "IfNotPresent", "Never")
_NOT_THERE = "ErrImageNeverPull"  # the first word of what `change.pull` says then
_ANOTHER = "its image is another one now"
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
    """Does each once; those that failed, with what was said."""
    once = _once(pulls)
    results = talk.run([each.step(minion) for each in once])
    ended = zip(once, results, strict=True)
    return {pull: _problem(pull, result.error_text) for pull, result in ended if not result.ok}


def _once(pulls: Iterable[Pull]) -> list[Pull]:
    """Always first and Never last: in Kubernetes, too, a Pod with Never starts as soon as another brought its image."""
    return sorted(dict.fromkeys(pulls), key=lambda pull: _ORDER.index(pull.policy))


def _blamed(wanted: Mapping[PodKey, Sequence[Pull]], problems: Mapping[Pull, str]) -> dict[PodKey, str]:
    """The first problem of each Pod that has one."""
    found = {key: [problems[pull] for pull in pulls if pull in problems] for key, pulls in wanted.items()}
    return {key: own[0] for key, own in found.items() if own}


def changed_images(session: Session, plan: Plan, job: Job) -> tuple[dict[PodKey, str], tuple[Outcome, ...]]:
    """Asks the registries for the images of Pods that would be kept: the Pods whose image is another one now.

    Beside them what went wrong, for each Pod: an image that cannot be had is no reason to touch a Pod that runs. A
    Minion that broke off meanwhile makes its Pods UNKNOWN. Images of imagePullPolicy Never are looked at, not pulled.
    """
    kept = [each for each in plan.actions if isinstance(each, Keep | Start)]

    def ask(name: str) -> tuple[set[PodKey], dict[PodKey, str]]:
        mine = [each for each in kept if each.minion == name]
        return _asked_anew(session.conversation(name), session.minion(name), mine, job)

    answers = side_by_side(ask, dict.fromkeys(each.minion for each in kept))
    changed: set[PodKey] = set()
    troubles: list[Outcome] = []
    for action in kept:
        answer = answers[action.minion]
        if isinstance(answer, PodctlError):
            troubles.append(_broken_off(action, answer))
        elif problem := answer[1].get(action.key):
            troubles.append(_not_had(action, problem))
        elif action.key in answer[0]:
            changed.add(action.key)
    return dict.fromkeys(changed, _ANOTHER), tuple(troubles)


def _asked_anew(
    talk: Conversation, minion: Minion, kept: Sequence[Keep | Start], job: Job
) -> tuple[set[PodKey], dict[PodKey, str]]:
    """On one Minion: the Pods with a container of another image than its name now means; by Pod, what went wrong."""
    wanted = {
        each.key: [pull if pull.policy == _NEVER else replace(pull, policy=_ALWAYS) for pull in _pulls(each.pod, job)]
        for each in kept
    }
    once = _once(pull for pulls in wanted.values() for pull in pulls)
    ended = list(zip(once, talk.run([_pull_and_tell(each, minion) for each in once]), strict=True))
    problems = {
        pull: _problem(pull, result.error_text) for pull, result in ended if not result.ok and pull.policy != _NEVER
    }
    ids = {pull: result.text.strip() for pull, result in ended if result.ok}
    changed = {each.key for each in kept if _runs_another(each, wanted[each.key], ids)}
    return changed, _blamed(wanted, problems)


def _pull_and_tell(pull: Pull, minion: Minion) -> Step:
    """Prints the id of the image that is there then."""
    told = change.image_id(minion.docker, pull.image)
    if pull.policy == _NEVER:
        return Step(title=f"ask for the id of {pull.image}", script=told)
    step = pull.step(minion)
    return replace(step, script=in_order([step.script, told]))


def _runs_another(action: Keep | Start, pulls: Sequence[Pull], ids: Mapping[Pull, str]) -> bool:
    """`pulls` are those of the Pod's containers, in their order."""
    pairs = zip(action.pod.pod.spec.all_containers, pulls, strict=True)
    there = [(action.observed.containers.get(container.name), ids.get(pull)) for container, pull in pairs]
    return any(seen.image_id != now for seen, now in there if seen and now)


def _not_had(action: Keep | Start, problem: str) -> Outcome:
    what, _, evidence = problem.partition("\n")
    return Outcome(
        key=action.key, minion=action.minion, word=Word.FAILED, code=ExitCode.FAILED,
        message=f"{what}; it keeps the image that it has", evidence=evidence, hint=image_hint(problem),
    )  # fmt: skip


def _broken_off(action: Keep | Start, error: PodctlError) -> Outcome:
    code = error.exit_code if isinstance(error, UnreachableError) else ExitCode.FAILED
    return Outcome(
        key=action.key, minion=action.minion, word=Word.UNKNOWN, code=code, message=error.message,
        evidence=error.evidence, hint=error.hint,
    )  # fmt: skip


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
    for name, secret in job.given.secrets_of(pod.key.namespace).items():
        if name in wanted:
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
