"""What apply and delete say of what they did: results on stdout, in kubectl's words; troubles on stderr."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from podctl.core.model import Mark
from podctl.core.outcome import Word
from podctl.core.plan import Create, Keep, Remove, Replace, Start
from podctl.errors import ExitCode
from podctl.report.reasons import alike, reason_lines, used_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from podctl.core.manifest import Manifests, PodManifest
    from podctl.core.model import Cluster, PodKey
    from podctl.core.outcome import Outcome
    from podctl.core.plan import Action, Held, Plan
    from podctl.core.schema import PersistentVolumeClaim

DRY_RUN = " (dry run)"
_WORDS: Mapping[type, Word] = {
    Create: Word.CREATED, Replace: Word.CONFIGURED, Start: Word.STARTED, Keep: Word.UNCHANGED, Remove: Word.DELETED,
}  # fmt: skip
_DONE = (Word.CREATED, Word.CONFIGURED, Word.STARTED, Word.UNCHANGED)


def planned_words(plan: Plan) -> dict[PodKey, Word]:
    """What would become of each Pod."""
    return {
        action.key: _WORDS[type(action)] for action in plan.actions if action.key and not isinstance(action, Remove)
    }


def done_words(outcomes: Iterable[Outcome]) -> dict[PodKey, Word]:
    return {each.key: each.word for each in outcomes if each.key and each.word in _DONE}


def result_lines(
    manifests: Manifests, words: Mapping[PodKey, Word], cluster: Cluster, *, ending: str = ""
) -> list[str]:
    """One line an object, in kubectl's form. ConfigMaps, Secrets and claims go as the Pods that use them do."""
    lines = []
    for kind, name, users in _objects(manifests):
        told = [pod for pod in users if pod.key in words]
        if told:
            lines.append(f"{kind}/{name} {_config_word(f'{kind}/{name}', told, cluster)}{ending}")
    there = _claims_there(cluster)
    for claim in manifests.claims:
        if _place(claim) in there:
            lines.append(f"persistentvolumeclaim/{claim.metadata.name} {Word.UNCHANGED}{ending}")
        elif any(key in words for key in _claim_users(claim, manifests)):
            lines.append(f"persistentvolumeclaim/{claim.metadata.name} {Word.CREATED}{ending}")
    lines += [f"pod/{pod.key.name} {words[pod.key]}{ending}" for pod in manifests.pods if pod.key in words]
    return lines


def unused_lines(manifests: Manifests, cluster: Cluster) -> list[str]:
    """What is in the files and was not made, as no Pod of the files uses it: nothing is kept for later."""
    lines = [
        f"warning: {kind}/{name} is used by no Pod in these files: nothing was done with it"
        for kind, name, users in _objects(manifests)
        if not users
    ]
    there = _claims_there(cluster)
    lines += [
        f"warning: persistentvolumeclaim/{claim.metadata.name} is made with the first Pod that uses it, in one apply"
        for claim in manifests.claims
        if not _claim_users(claim, manifests) and _place(claim) not in there
    ]
    return lines


def _place(claim: PersistentVolumeClaim) -> tuple[str, str]:
    return claim.metadata.namespace, claim.metadata.name


def _claims_there(cluster: Cluster) -> set[tuple[str, str]]:
    """(namespace, name) of the claims that have a volume."""
    return {(it.claim.namespace, it.claim.name) for each in cluster.minions for it in each.volumes if it.claim}


def _claim_users(claim: PersistentVolumeClaim, manifests: Manifests) -> list[PodKey]:
    namespace, name = _place(claim)
    return [pod.key for pod in manifests.pods if pod.key.namespace == namespace and name in pod.claims]


def _objects(manifests: Manifests) -> Iterable[tuple[str, str, list[PodManifest]]]:
    for kind, things in (("configmap", manifests.config_maps), ("secret", manifests.secrets)):
        for thing in things:
            name, namespace = thing.metadata.name, thing.metadata.namespace
            users = [
                pod
                for pod in manifests.pods
                if pod.key.namespace == namespace and (f"{kind}/{name}" in pod.config_hashes or _pulls(pod, kind, name))
            ]
            yield kind, name, users


def _pulls(pod: PodManifest, kind: str, name: str) -> bool:
    return kind == "secret" and name in [each.name for each in pod.pod.spec.image_pull_secrets]


def _config_word(name: str, users: Sequence[PodManifest], cluster: Cluster) -> Word:
    """The cluster keeps neither ConfigMaps nor Secrets, so the Pods tell: what they had of it, and what they get."""
    before = {pod.key: pod.config_hashes for pod in cluster.pods if pod.mark is Mark.COMMITTED}
    seen = [pod for pod in users if pod.key in before]
    told = [pod for pod in seen if name in before[pod.key]]
    if any(before[pod.key][name] != pod.config_hashes.get(name) for pod in told):
        return Word.CONFIGURED
    # What images are pulled with leaves no hash.
    pulled = any(name not in pod.config_hashes for pod in seen)
    return Word.UNCHANGED if told or pulled else Word.CREATED


def plan_lines(plan: Plan) -> list[str]:
    """The changes with their reasons, for people."""
    return [_plan_line(action) for action in plan.changes]


def _plan_line(action: Action) -> str:
    match action:
        case Create():
            return f"+ pod {action.key} on {action.minion}: {action.placement_reason}"
        case Replace():
            if action.remove.minion == action.minion:
                return f"~ pod {action.key} on {action.minion}: {action.reason}"
            move = f"{action.remove.minion} to {action.minion}"
            return f"~ pod {action.key} on {move}: {action.reason}; {action.placement_reason}"
        case Start():
            return f"> pod {action.key} on {action.minion}: {action.reason}"
        case Remove():
            return f"- {f'pod {action.key}' if action.key else 'volumes'} on {action.minion}: {action.reason}"
        case Keep():
            return f"= pod {action.key} on {action.minion}"


def trouble_lines(outcomes: Iterable[Outcome]) -> list[str]:
    """What went wrong: what, evidence, hint."""
    lines: list[str] = []
    for each in outcomes:
        if not each.message:
            continue
        who = f"pod/{each.key.name}" if each.key else "a leftover"
        lines.append(f"error: {who} on {each.minion}: {each.message}")
        lines += [f"  {line}" for line in each.evidence.splitlines()[-10:]]
        if each.hint:
            lines.append(f"Hint: {each.hint}")
    return lines


def held_lines(held: Iterable[Held]) -> list[str]:
    """A line a Pod that was not made; below those of one reason what they lack as a whole, then one reason a Minion.

    A hint that many share is said once, after the last of them.
    """
    by_hint: defaultdict[str, list[Held]] = defaultdict(list)
    for each in held:
        by_hint[_held(each)[1]].append(each)
    lines: list[str] = []
    for hint, those in by_hint.items():
        for members in alike(those):
            first = members[0]
            lines += [f"error: pod/{each.key.name} {_held(each)[0]}" for each in members]
            lines += [f"  {line}" for line in (first.diagnosis, *reason_lines(first.reasons)) if line]
        lines.append(f"Hint: {hint}")
    return lines


def used_lines(plan: Plan) -> list[str]:
    """How many Minions are in use once the plan is done, and how few it could be."""
    return [used_text(plan.minions_used, plan.lower_bound, "in use")] if plan.minions_used else []


def _held(held: Held) -> tuple[str, str]:
    """What became of the Pod, and the way out."""
    stays = f"stays as it is on {held.observed.minion}" if held.observed else "is not created"
    if held.unseen:
        names = " ".join(f"--assume-empty {name}" for name in held.reasons)
        missed = "a claim of it" if held.observed else "it"
        return (
            f"{stays}: {missed} is on no Minion that answers",
            f"If it is certain that it is not there either: the same apply with {names}",
        )
    wanted = "as it is wanted now it" if held.observed else "it"
    return (
        f"{stays}: {wanted} fits on no Minion",
        "Change what the reasons name, make room, or add a Minion; then run the same apply again.",
    )


def codes(outcomes: Iterable[Outcome], held: Iterable[Held], cluster: Cluster) -> list[ExitCode]:
    """All that the exit code is to tell."""
    found = [each.code for each in outcomes]
    found += [ExitCode.UNREACHABLE if each.unseen else ExitCode.UNPLACED for each in held]
    return found + ([ExitCode.UNREACHABLE] if cluster.silent else [])
