"""References to ConfigMaps and Secrets that are in none of the files: closed from what the cluster remembers.

An object of the files comes before one of the same name in the cluster, which is about to be replaced by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from podctl.core.document.model import ObjectKey
from podctl.core.schema.advice import secrets_in_arguments
from podctl.core.schema.config import ConfigMap, PersistentVolumeClaim, Secret
from podctl.core.spechash import content_hash
from podctl.core.yamltext import Document, Path, did_you_mean
from podctl.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from podctl.core.manifest import Manifests, PodManifest
    from podctl.core.model import PodKey
    from podctl.core.schema.references import Use

Object: TypeAlias = ConfigMap | Secret | PersistentVolumeClaim
_TO_DO = "Nothing was touched. Correct the files and run it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUse:
    """A reference whose object is in none of the files, at its place in them."""

    use: Use
    document: Document = field(repr=False, compare=False)  # it may have a Secret's value elsewhere
    path: Path  # of the Pod in the document

    def problem(self, what: str) -> str:
        return self.document.problem((*self.path, *self.use.path), what)

    @property
    def line(self) -> int:
        return self.document.line((*self.path, *self.use.path))


def key_of(thing: Object) -> ObjectKey:
    return ObjectKey(thing.kind, thing.metadata.namespace, thing.metadata.name)


def content_of(thing: object) -> Mapping[str, bytes]:
    """Of a ConfigMap or a Secret; {} for anything else."""
    if isinstance(thing, ConfigMap):
        return thing.content
    if isinstance(thing, Secret):
        return {key: value.reveal() for key, value in thing.content.items()}
    return {}


def taken(use: Use, content: Mapping[str, bytes]) -> dict[str, bytes]:
    """The keys that a use is about, with their values."""
    return {key: value for key, value in content.items() if use.key in ("", key)}


def lacking(use: Use, content: Mapping[str, bytes], where: str = "") -> str:
    """What the object has not that the use needs; "" when it has all."""
    if use.optional:
        return ""
    if use.key and use.key not in content:
        return f'the {use.kind} "{use.name}"{where} has no key "{use.key}"{did_you_mean(use.key, content)}'
    if use.for_pull and not {".dockerconfigjson", ".dockercfg"} & set(content):
        return (
            f'the Secret "{use.name}"{where} has no key ".dockerconfigjson"; its type is kubernetes.io/dockerconfigjson'
        )
    return ""


def referred(manifests: Manifests) -> frozenset[ObjectKey]:
    """What the Pods need that is not in the files: open references and claims."""
    keys = {ObjectKey(each.use.kind, pod.key.namespace, each.use.name) for pod in manifests.pods for each in pod.open}
    claims = {
        ObjectKey("PersistentVolumeClaim", pod.key.namespace, name) for pod in manifests.pods for name in pod.claims
    }
    return frozenset(keys | (claims - {key_of(each) for each in manifests.claims}))


def resolve(manifests: Manifests, known: Manifests) -> Manifests:
    """`manifests` with every open reference closed by an object of `known`; what was taken stands in `known_*`.

    Raises ManifestError with every reference, in the order of the files, that neither can satisfy.
    """
    done, problems = attempt(manifests, known)
    if problems:
        raise ManifestError([text for texts in problems.values() for text in texts], hint=_TO_DO)
    return done


def attempt(manifests: Manifests, known: Manifests) -> tuple[Manifests, Mapping[PodKey, tuple[str, ...]]]:
    """As `resolve`, but a Pod that cannot be completed is left out, and told of with what is wrong."""
    things = {**_by_key(_all(known)), **_by_key(_all(manifests))}
    problems: dict[PodKey, tuple[str, ...]] = {}
    pods: list[PodManifest] = []
    for pod in manifests.pods:
        if wrong := tuple(_problems(pod, things)):
            problems[pod.key] = wrong
        else:
            pods.append(_closed(pod, things) if pod.open else pod)
    wanted = referred(manifests) & things.keys()
    from_known = [things[key] for key in sorted(wanted - _by_key(_own(manifests)).keys())]
    before: tuple[Object, ...] = (*manifests.known_config_maps, *manifests.known_secrets, *manifests.known_claims)
    every = tuple(_by_key([*before, *from_known]).values())
    done = replace(
        manifests,
        pods=tuple(pods),
        known_config_maps=tuple(each for each in every if isinstance(each, ConfigMap)),
        known_secrets=tuple(each for each in every if isinstance(each, Secret)),
        known_claims=tuple(each for each in every if isinstance(each, PersistentVolumeClaim)),
        warnings=(*manifests.warnings, *_new_warnings(manifests, things)),
    )
    return done, problems


def _all(manifests: Manifests) -> Iterator[Object]:
    """Those of the files last, since they count."""
    yield from manifests.known_config_maps
    yield from manifests.known_secrets
    yield from manifests.known_claims
    yield from _own(manifests)


def _own(manifests: Manifests) -> Iterator[Object]:
    yield from manifests.config_maps
    yield from manifests.secrets
    yield from manifests.claims


def _by_key(things: Iterable[Object]) -> dict[ObjectKey, Object]:
    return {key_of(each): each for each in things}


def _target(pod: PodManifest, use: Use, things: Mapping[ObjectKey, Object]) -> Object | None:
    return things.get(ObjectKey(use.kind, pod.key.namespace, use.name))


def _problems(pod: PodManifest, things: Mapping[ObjectKey, Object]) -> Iterator[str]:
    for each in sorted(pod.open, key=lambda each: each.line):
        use, target = each.use, _target(pod, each.use, things)
        if target is not None:
            if what := lacking(use, content_of(target), " in the cluster"):
                yield each.problem(what)
        elif not use.optional:
            missing = f'the {use.kind} "{use.name}" of namespace "{pod.key.namespace}"'
            way_out = "add its file with -f" + ("" if use.for_pull else ", or say optional: true")
            yield each.problem(f"{missing} is neither in these files nor in the cluster; {way_out}")


def _closed(pod: PodManifest, things: Mapping[ObjectKey, Object]) -> PodManifest:
    used: dict[str, dict[str, bytes]] = {}
    for each in pod.open:
        target = _target(pod, each.use, things)
        if target is not None and not each.use.for_pull:
            name = f"{each.use.kind.lower()}/{each.use.name}"
            used.setdefault(name, {}).update(taken(each.use, content_of(target)))
    hashes = {**pod.config_hashes, **{name: content_hash(content) for name, content in used.items()}}
    return replace(pod, open=(), config_hashes=dict(sorted(hashes.items())))


def _new_warnings(manifests: Manifests, things: Mapping[ObjectKey, Object]) -> Iterator[str]:
    """Of arguments that show a Secret's value, which only its keys tell where all of them become variables."""
    for pod in manifests.pods:
        whole = [each for each in pod.open if _is_whole_secret(each.use)]
        keys = {each.use.name: tuple(content_of(_target(pod, each.use, things))) for each in whole}
        for warned in secrets_in_arguments(pod.pod, keys) if whole else ():
            text = whole[0].document.problem((*whole[0].path, *warned.path), warned.note)
            if not any(each.startswith(text) for each in manifests.warnings):
                yield text


def _is_whole_secret(use: Use) -> bool:
    return use.kind == "Secret" and not use.key and not use.for_pull
